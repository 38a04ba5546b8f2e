// A drawing -> the MNIST format, step by step as `mnist predict` does it (mnist_cli/handwriting/):
// bright on black, the longer side 20 pixels, MNIST's stroke width, the centre of mass in the middle.

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const PAD = 280; // units of the pad's side, in which strokes are kept
export const ZOOM = 2; // pixels of the saved PNG a unit

const PNG = ZOOM * PAD;
const WORK = 120; // pixels of the long side on which a drawing is read
const DRAWN = 80; // pixels of the long side on which strokes are made thicker or thinner
const RIM = PAD / 240; // of a drawing, as the search for it sees it
const REACH = 16; // of these, beyond which no stroke is moved
const LENGTH = 18.7; // with soft rims it is MNIST's 20
const STROKE = [2.5, 3]; // the least and the greatest width that strokes are left with
const SOFT_EDGE = 0.8; // pixels from ink to background
const SOFT = 4; // pixels round a digit that belong to its edge
const MIDDLE = 14.5 / SIDE;

/** Strokes {points: [[x, y], ...], width} on the pad -> 784 numbers 0..255, or null without ink. */
export function toMnist(strokes) {
  const frame = chooseFrame(strokes);
  if (!frame) return null;
  const wider = Math.max(1, frame.width / frame.height); // a row keeps its resolution
  const ink = blur(drawInk(strokes, frame, Math.floor(WORK * wider)), Math.hypot(0.7, 1));
  const level = findThreshold(ink.values);
  const { mask, box } = mainDigit(ink, level);
  return place(setStrokeWidth(drawLarge(ink, mask, level, box)));
}

/** The whole pad reduced to 28x28 and nothing else, as `mnist predict --no-preprocess --invert`. */
export function toSmall(strokes) {
  const fine = drawInk(strokes, { left: 0, top: 0, width: PNG, height: PNG }, 4 * SIDE);
  const edges = Float64Array.from({ length: SIDE + 1 }, (_, i) => 4 * i);
  return toBytes(sumBetween(fine, edges, edges), 16);
}

const grid = (width, height) => ({ width, height, values: new Float32Array(width * height) });

/** In pixels of the PNG: all of it or, where the drawing fills less than 45 %, that and a margin. */
function chooseFrame(strokes) {
  let [left, top, right, bottom] = [PNG, PNG, 0, 0];
  for (const { points, width } of strokes) {
    const reach = width / 2 + RIM; // the search for the drawing sees a soft rim
    for (const [x, y] of points) {
      left = Math.min(left, ZOOM * (x - reach));
      right = Math.max(right, ZOOM * (x + reach));
      top = Math.min(top, ZOOM * (y - reach));
      bottom = Math.max(bottom, ZOOM * (y + reach));
    }
  }
  if (left >= right || top >= bottom) return null;
  const long = Math.max(right - left, bottom - top);
  const margin = long < 0.45 * PNG ? 0.6 * long : PNG;
  left = Math.floor(Math.max(0, left - margin));
  top = Math.floor(Math.max(0, top - margin));
  return { left, top, width: Math.ceil(Math.min(PNG, right + margin)) - left, height: Math.ceil(Math.min(PNG, bottom + margin)) - top };
}

/** How much of each pixel the strokes cover, 0..1, `long` pixels on the longer side of the frame. */
function drawInk(strokes, { left, top, width, height }, long) {
  const shrink = Math.max(width, height) / long;
  const ink = grid(Math.max(1, Math.round(width / shrink)), Math.max(1, Math.round(height / shrink)));
  const [xs, ys] = [middles(left, width, ink.width), middles(top, height, ink.height)];
  for (const { points, width: thickness } of strokes) {
    const at = points.map(([x, y]) => [ZOOM * x, ZOOM * y]);
    at.forEach((end, i) => cover(ink, xs, ys, at[Math.max(0, i - 1)], end, (ZOOM * thickness) / 2, shrink));
  }
  return ink;
}

/** Where the middles of reduced pixels lie: each is a mean of whole pixels of the PNG. */
function middles(start, length, count) {
  const edge = (i) => start + Math.round((i * length) / count);
  return Float64Array.from({ length: count }, (_, i) => (edge(i) + edge(i + 1)) / 2);
}

/** Add one segment from a to b of a stroke. */
function cover({ width, height, values }, xs, ys, [ax, ay], [bx, by], radius, shrink) {
  const [dx, dy, reach] = [bx - ax, by - ay, radius + shrink];
  const squared = dx * dx + dy * dy || 1;
  const first = (middles, least) => Math.max(0, Math.floor((least - reach - middles[0]) / shrink));
  for (let y = first(ys, Math.min(ay, by)); y < height && ys[y] < Math.max(ay, by) + reach; y++) {
    for (let x = first(xs, Math.min(ax, bx)); x < width && xs[x] < Math.max(ax, bx) + reach; x++) {
      const along = Math.min(1, Math.max(0, ((xs[x] - ax) * dx + (ys[y] - ay) * dy) / squared));
      const u = xs[x] - ax - along * dx;
      const v = ys[y] - ay - along * dy;
      const covered = (radius - Math.sqrt(u * u + v * v)) / shrink + 0.5;
      const old = values[y * width + x];
      if (covered > old) values[y * width + x] = Math.min(1, covered);
    }
  }
}

function blur(picture, sigma) {
  const radius = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const total = kernel.reduce((sum, weight) => sum + weight);
  const once = ({ width, height, values }) => {
    const turned = grid(height, width); // along the rows, then turned: twice gives both directions
    const row = new Float32Array(width + 2 * radius);
    for (let y = 0; y < height; y++) {
      row.fill(values[y * width], 0, radius); // the edge pixels are repeated outwards
      row.set(values.subarray(y * width, (y + 1) * width), radius);
      row.fill(values[(y + 1) * width - 1], width + radius);
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let i = 0; i < kernel.length; i++) sum += kernel[i] * row[x + i];
        turned.values[x * height + y] = sum / total;
      }
    }
    return turned;
  };
  return once(once(picture));
}

/** 0.6 of Otsu's level (1979) between background and ink, at least a quarter of the peak. */
function findThreshold(values) {
  const peak = values.reduce((top, value) => Math.max(top, value), 1e-6);
  const counts = new Float64Array(256);
  for (const value of values) counts[Math.min(255, Math.floor((value / peak) * 256))] += 1;
  const total = counts.reduce((sum, count, i) => sum + count * (i + 0.5), 0);
  let [below, sum, best, level] = [0, 0, -1, 0];
  for (let i = 0; i < 256; i++) {
    below += counts[i];
    sum += counts[i] * (i + 0.5);
    const above = values.length - below;
    const separation = (total * below - sum * values.length) ** 2 / Math.max(below * above, 1);
    if (separation > best) [best, level] = [separation, i + 0.5];
  }
  return Math.max(0.6 * (level / 256) * peak, 0.25 * peak);
}

/** Of the connected components those that make the main digit: its mask and its box. */
function mainDigit({ width, height, values }, level) {
  const { labels, parts } = labelComponents(values, width, height, level);
  for (const part of parts) {
    const away = Math.hypot((part.left + part.right) / 2 / width - 0.5, (part.top + part.bottom) / 2 / height - 0.5);
    const touches = Math.min(part.left, part.top) === 0 || part.right === width || part.bottom === height;
    part.touches = touches;
    part.weight = part.area * Math.exp(-((2 * away) ** 2)) * (touches ? 0.1 : 1);
  }
  const main = parts.reduce((best, part) => (part.weight > best.weight ? part : best));
  const size = Math.max(main.right - main.left, main.bottom - main.top);
  const others = parts
    .filter((part) => part !== main && part.area >= 0.02 * main.area && (main.touches || !part.touches))
    .sort((a, b) => b.area - a.area);
  const digits = [main]; // nearly as tall, beside and apart: another digit
  const rest = [];
  for (const part of others) {
    const shared = Math.min(part.bottom, main.bottom) - Math.max(part.top, main.top);
    const heights = [part.bottom - part.top, main.bottom - main.top];
    const beside = heights[0] >= 0.6 * heights[1] && shared >= 0.5 * Math.min(...heights);
    (beside && digits.every((digit) => gap(part, digit) > 0.12 * size) ? digits : rest).push(part);
  }
  const kept = [main];
  for (const part of rest) {
    const nearest = digits.reduce((best, digit) => (gap(part, digit) < gap(part, best) ? digit : best));
    const distance = gap(part, nearest);
    const near = distance <= 0.06 * size || (distance <= 0.25 * size && part.area > 0.04 * main.area);
    if (nearest === main && near) kept.push(part);
  }
  const numbers = new Set(kept.map((part) => part.number));
  const box = {
    left: Math.min(...kept.map((part) => part.left)), right: Math.max(...kept.map((part) => part.right)),
    top: Math.min(...kept.map((part) => part.top)), bottom: Math.max(...kept.map((part) => part.bottom)),
  };
  return { mask: { width, height, values: labels.map((label) => (numbers.has(label) ? 1 : 0)) }, box };
}

const gap = (a, b) =>
  Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom, 0);

/** The 8-connected components above `level`, numbered from 1: area and box of each. */
function labelComponents(values, width, height, level) {
  const labels = new Float32Array(values.length);
  const parts = [];
  for (let start = 0; start < values.length; start++) {
    if (labels[start] || values[start] <= level) continue;
    const part = { number: parts.length + 1, area: 0, left: width, top: height, right: 0, bottom: 0 };
    const waiting = [start];
    labels[start] = part.number;
    while (waiting.length) {
      const at = waiting.pop();
      const x = at % width;
      const y = (at - x) / width;
      part.area += 1;
      if (x < part.left) part.left = x;
      if (x >= part.right) part.right = x + 1;
      if (y < part.top) part.top = y;
      if (y >= part.bottom) part.bottom = y + 1;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (labels[next] || values[next] <= level) continue;
          labels[next] = part.number;
          waiting.push(next);
        }
      }
    }
    parts.push(part);
  }
  return { labels, parts };
}

/** The distance from each pixel to the nearest that is `wanted`, at most `reach` + 1. */
function measureDistance({ width, height, values }, wanted, reach) {
  const far = reach + 1;
  const along = new Int32Array(values.length); // in the pixel's row: once from the left, once back
  for (let at = 0, since = far; at < values.length; at++) {
    if (at % width === 0) since = far;
    along[at] = since = values[at] === wanted ? 0 : Math.min(since + 1, far);
  }
  for (let at = values.length - 1, since = far; at >= 0; at--) {
    if (at % width === width - 1) since = far;
    since = Math.min(since + 1, along[at]);
    along[at] = since * since;
  }
  const nearest = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    let least = along[at];
    for (let k = 1; k <= reach && k * k < least; k++) {
      const above = at - k * width;
      const below = at + k * width;
      if (above >= 0 && along[above] + k * k < least) least = along[above] + k * k;
      if (below < values.length && along[below] + k * k < least) least = along[below] + k * k;
    }
    nearest[at] = Math.sqrt(least);
  }
  return nearest;
}

/** The digit in two tones, its long side about 80 pixels and background around it. */
function drawLarge(ink, mask, level, { left, top, right, bottom }) {
  const near = measureDistance(mask, 1, 3);
  const own = { ...ink, values: ink.values.map((value, i) => (near[i] <= 2 ? value : 0)) };
  const zoom = DRAWN / Math.max(right - left, bottom - top);
  const wide = resize(own, left - SOFT, right - left + 2 * SOFT, zoom);
  const large = resize(wide, top - SOFT, bottom - top + 2 * SOFT, zoom);
  const bits = grid(large.width + 2 * REACH, large.height + 2 * REACH);
  large.values.forEach((value, i) => {
    const x = i % large.width;
    if (value > level) bits.values[((i - x) / large.width + REACH) * bits.width + x + REACH] = 1;
  });
  return bits;
}

/** Resize `length` columns from `start` on by a cubic kernel, and turn: twice gives both directions. */
function resize({ width, height, values }, start, length, zoom) {
  const count = Math.round(length * zoom);
  const scale = length / count;
  const wide = Math.max(1, scale); // the kernel, where the picture becomes smaller
  const turned = grid(height, count);
  for (let i = 0; i < count; i++) {
    const middle = (i + 0.5) * scale;
    const from = Math.max(0, Math.floor(middle - 2 * wide));
    const weights = [];
    for (let k = from; k < Math.min(length, middle + 2 * wide); k++) weights.push(cubic((k + 0.5 - middle) / wide));
    const total = weights.reduce((sum, weight) => sum + weight);
    weights.forEach((weight, k) => {
      const x = start + from + k;
      if (x < 0 || x >= width) return;
      for (let y = 0; y < height; y++) turned.values[i * height + y] += (weight / total) * values[y * width + x];
    });
  }
  return turned;
}

/** Keys' kernel (1981) with a = -0.5. */
function cubic(x) {
  x = Math.abs(x);
  if (x >= 2) return 0;
  return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/** The picture between its pixels, by the four nearest; 0 outside. */
export function sample({ width, height, values }, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [x - left, y - top];
  const at = (column, row) =>
    column < 0 || row < 0 || column >= width || row >= height ? 0 : values[row * width + column];
  return (
    (1 - v) * ((1 - u) * at(left, top) + u * at(left + 1, top)) +
    v * ((1 - u) * at(left, top + 1) + u * at(left + 1, top + 1))
  );
}

/** Strokes of MNIST's width with soft edges: the outline is moved in or out, by the same everywhere. */
function setStrokeWidth(bits) {
  const pixel = longSide(bits, 0) / LENGTH;
  const width = measureStrokeWidth(bits) / pixel;
  const outwards = measureDistance(bits, 1, REACH);
  const inwards = measureDistance(bits, 0, REACH);
  const inside = bits.values.map((bit, i) => (bit ? inwards[i] - 0.5 : 0.5 - outwards[i]));
  const deepest = inside.reduce((most, value) => Math.max(most, value));
  let growth = ((Math.min(Math.max(width, STROKE[0]), STROKE[1]) - width) * pixel) / 2;
  if (growth < 0) growth = Math.max(growth, Math.min(0.1 - deepest, 0)); // something is to be left
  const values = inside.map((value) => Math.min(1, Math.max(0, (value + growth) / (SOFT_EDGE * pixel) + 0.5)));
  return { ...bits, values };
}

/** A stroke is a ribbon: its area is length times width, its outline twice its length. */
function measureStrokeWidth(bits) {
  const { width, values } = blur(bits, 1);
  let [outline, area] = [0, 0];
  for (let i = width; i < values.length - width; i++) {
    const across = values[i + 1] - values[i - 1];
    const down = values[i + width] - values[i - width];
    outline += Math.sqrt(across * across + down * down) / 2;
    area += values[i];
  }
  return (2 * area) / outline;
}

/** How many pixels the longer side of what is above `level` has. */
function longSide({ width, values }, level) {
  let [left, top, right, bottom] = [width, Infinity, -1, -1];
  for (let i = 0; i < values.length; i++) {
    if (values[i] <= level) continue;
    const x = i % width;
    const y = (i - x) / width;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    bottom = y;
  }
  return Math.max(right - left, bottom - top) + 1;
}

/** Scale to LENGTH and put the centre of mass in the middle: 784 numbers 0..255. */
function place(ink) {
  const frame = (SIDE * longSide(ink, 0.5)) / LENGTH; // pixels of `ink` that become 28
  let [sum, x, y] = [0, 0, 0];
  ink.values.forEach((value, i) => {
    sum += value;
    x += value * ((i % ink.width) + 0.5);
    y += value * (Math.floor(i / ink.width) + 0.5);
  });
  const edges = (middle) => Float64Array.from({ length: SIDE + 1 }, (_, i) => middle + (i / SIDE - MIDDLE) * frame);
  const small = sumBetween(ink, edges(x / sum), edges(y / sum));
  return toBytes(small, small.reduce((top, value) => Math.max(top, value)));
}

const toBytes = (values, white) => new Uint8ClampedArray(values.map((value) => (value / white) * 255)); // it rounds

/** Sums over the cells between neighbouring edges, which may cut through pixels. */
function sumBetween({ width, height, values }, across, down) {
  const columns = new Float64Array(height * SIDE); // first along the rows
  const rows = new Float64Array(SIDE * SIDE);
  const add = (edges, count, each) => {
    for (let cell = 0; cell < SIDE; cell++) {
      const [from, to] = [Math.max(0, edges[cell]), Math.min(count, edges[cell + 1])];
      for (let i = Math.floor(from); i < to; i++) each(cell, i, Math.min(to, i + 1) - Math.max(from, i));
    }
  };
  add(across, width, (cell, x, share) => {
    for (let y = 0; y < height; y++) columns[y * SIDE + cell] += share * values[y * width + x];
  });
  add(down, height, (cell, y, share) => {
    for (let x = 0; x < SIDE; x++) rows[cell * SIDE + x] += share * columns[y * SIDE + x];
  });
  return rows;
}
