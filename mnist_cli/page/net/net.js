// The forward pass of Deep Learning from Scratch, chapter 3, for N images at once:
//   a1 = x W1 + b1, z1 = sigmoid(a1), ... y = softmax(a3), all in float64.

const TILE = 4;

/** What may stand between two layers: z of a, its slope there, by z, its range for a from -r to r, as the book writes it. */
export const ACTIVATIONS = {
  sigmoid: { of: (a) => 1 / (1 + Math.exp(-a)), slope: (z) => z * (1 - z), range: () => [0, 1], formula: (a) => `1 / (1 + exp(−${a}))` },
  relu: { of: (a) => Math.max(a, 0), slope: (z) => +(z > 0), range: (r) => [0, r], formula: (a) => `max(${a}, 0)` },
  tanh: { of: Math.tanh, slope: (z) => 1 - z * z, range: () => [-1, 1], formula: (a) => `tanh(${a})` },
  step: { of: (a) => +(a > 0), slope: () => 0, range: () => [0, 1], formula: (a) => `${a} > 0` },
  identity: { of: (a) => a, slope: () => 1, range: (r) => [-r, r], formula: (a) => a },
};

// A net from {name, sizes: [784, 50, 100, 10], activation, parameters: W1 b1 W2 b2 ...}, `trained` for this activation.
// Its `states` are {samples: how many images it had seen, read(): its layers then}, the last one as it was trained.
export function makeNet({ name, sha256, sizes, activation, parameters, map, states = [], seen }) {
  const layers = makeLayers(sizes, parameters);
  const off = layers.slice(0, -1).map(() => new Set()); // hidden neurons that are switched off
  const state = { samples: seen, read: () => layers };
  return { name, sha256, sizes, activation, trained: activation, layers, state, states: [...states, state], map, off };
}

export function makeLayers(sizes, parameters) {
  const layers = [];
  let at = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    const [inputs, outputs] = [sizes[layer - 1], sizes[layer]];
    const W = new Float64Array(parameters.subarray(at, (at += inputs * outputs)));
    const b = new Float64Array(parameters.subarray(at, (at += outputs)));
    layers.push({ W, b, inputs, outputs, tiles: cutIntoTiles(W, inputs, outputs) });
  }
  return layers;
}

/** The net with every neuron on, as it was trained or in another of its states. */
export const switchedOn = (net, state = net.states.at(-1)) =>
  ({ ...net, layers: state.read(), activation: net.trained, off: net.off.map(() => new Set()) });

/** W (inputs, outputs) so that the four weights used together lie together. */
function cutIntoTiles(W, inputs, outputs) {
  const tiles = new Float64Array(Math.ceil(outputs / TILE) * TILE * inputs);
  for (let j = 0; j < outputs; j++) {
    const start = (j - (j % TILE)) * inputs + (j % TILE);
    for (let k = 0; k < inputs; k++) tiles[start + k * TILE] = W[k * outputs + j];
  }
  return tiles;
}

/** x (N, 784) with values 0..1 to every a and z of the book, each (N, n), and y (N, 10). */
export function forward(net, x, N = 1) {
  const a = [];
  const z = [];
  const activation = ACTIVATIONS[net.activation];
  net.layers.forEach((layer, number) => {
    a.push(multiply(number ? z[number - 1] : x, N, layer));
    if (number === net.layers.length - 1) return;
    z.push(a[number].map((value) => activation.of(value)));
    for (const neuron of net.off[number]) {
      for (let i = 0; i < N; i++) z[number][i * layer.outputs + neuron] = 0;
    }
  });
  return { x, a, z, y: softmax(a[a.length - 1], N) };
}

/** x (N, inputs) @ W (inputs, outputs) + b. Four images share each weight that is read: batches are fast. */
function multiply(x, N, { b, inputs, outputs, tiles }) {
  const a = new Float64Array(N * outputs);
  let i = 0;
  for (; i + TILE <= N; i += TILE) {
    for (let j = 0; j < outputs; j += TILE) multiplyTile(x, i * inputs, tiles, j * inputs, inputs, a, i, j, outputs);
  }
  for (; i < N; i++) {
    for (let j = 0; j < outputs; j += TILE) multiplyRow(x, i * inputs, tiles, j * inputs, inputs, a, i, j, outputs);
  }
  for (i = 0; i < N; i++) for (let j = 0; j < outputs; j++) a[i * outputs + j] += b[j];
  return a;
}

function multiplyRow(x, from, tiles, w, inputs, a, i, j, outputs) {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (let k = 0; k < inputs; k++, w += TILE) {
    const v = x[from + k];
    s0 += v * tiles[w];
    s1 += v * tiles[w + 1];
    s2 += v * tiles[w + 2];
    s3 += v * tiles[w + 3];
  }
  put(a, i, j, outputs, s0, s1, s2, s3);
}

function multiplyTile(x, from, tiles, w, inputs, a, i, j, outputs) {
  const [p, q, r] = [from + inputs, from + 2 * inputs, from + 3 * inputs];
  let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
  let c0 = 0, c1 = 0, c2 = 0, c3 = 0, d0 = 0, d1 = 0, d2 = 0, d3 = 0;
  for (let k = 0; k < inputs; k++, w += TILE) {
    const w0 = tiles[w], w1 = tiles[w + 1], w2 = tiles[w + 2], w3 = tiles[w + 3];
    let v = x[from + k];
    a0 += v * w0; a1 += v * w1; a2 += v * w2; a3 += v * w3;
    v = x[p + k];
    b0 += v * w0; b1 += v * w1; b2 += v * w2; b3 += v * w3;
    v = x[q + k];
    c0 += v * w0; c1 += v * w1; c2 += v * w2; c3 += v * w3;
    v = x[r + k];
    d0 += v * w0; d1 += v * w1; d2 += v * w2; d3 += v * w3;
  }
  put(a, i, j, outputs, a0, a1, a2, a3);
  put(a, i + 1, j, outputs, b0, b1, b2, b3);
  put(a, i + 2, j, outputs, c0, c1, c2, c3);
  put(a, i + 3, j, outputs, d0, d1, d2, d3);
}

function put(a, i, j, outputs, s0, s1, s2, s3) {
  const at = i * outputs + j;
  a[at] = s0;
  if (j + 1 < outputs) a[at + 1] = s1;
  if (j + 2 < outputs) a[at + 2] = s2;
  if (j + 3 < outputs) a[at + 3] = s3;
}

/** exp(a) / sum(exp(a)) of each row of ten; the largest is taken off first, so exp cannot overflow. */
function softmax(a, N) {
  const n = a.length / N;
  const y = new Float64Array(a.length);
  for (let i = 0; i < a.length; i += n) {
    const top = Math.max(...a.subarray(i, i + n));
    let sum = 0;
    for (let j = i; j < i + n; j++) sum += y[j] = Math.exp(a[j] - top);
    for (let j = i; j < i + n; j++) y[j] /= sum;
  }
  return y;
}

/** Where the map has image `i`: what the last layer sees, the last z, or x, on the two axes of the net as it was trained. */
export function locate({ map }, { x, z }, i = 0) {
  const [seen, size] = [z.at(-1) ?? x, map.length / 3];
  const [mean, ...axes] = [0, 1, 2].map((row) => map.subarray(row * size, (row + 1) * size));
  const start = i * size;
  return axes.map((axis) => axis.reduce((sum, value, j) => sum + value * (seen[start + j] - mean[j]), 0));
}

/** The weights into one neuron of a layer. */
export const weightsInto = ({ W, inputs, outputs }, neuron) =>
  Float64Array.from({ length: inputs }, (_, k) => W[k * outputs + neuron]);

/** The place of the largest of `values` from `from` on, `count` of them. */
export function argmax(values, from = 0, count = values.length) {
  let best = 0;
  for (let j = 1; j < count; j++) if (values[from + j] > values[from + best]) best = j;
  return best;
}

// Evidence of each pixel, (784,): gradient times input of a weighted sum of one layer's a.
// For a digit `wanted` is (10,) with a 1 for it, and -1 for one that it is compared with.
export function evidence(net, { x, z }, wanted, last = net.layers.length - 1) {
  const { slope } = ACTIVATIONS[net.activation];
  let gradient = wanted;
  for (let number = last; number >= 0; number--) {
    const { W, inputs, outputs } = net.layers[number];
    const below = new Float64Array(inputs);
    for (let k = 0; k < inputs; k++) {
      for (let j = 0; j < outputs; j++) below[k] += W[k * outputs + j] * gradient[j];
      if (number) below[k] *= net.off[number - 1].has(k) ? 0 : slope(z[number - 1][k]);
    }
    gradient = below;
  }
  return gradient.map((value, pixel) => value * x[pixel]);
}
