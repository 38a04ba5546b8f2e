// The few image operations that reading a drawing needs, on grids {width, height, values}.

export const grid = (width, height) => ({ width, height, values: new Float32Array(width * height) });

export function blur(picture, sigma) { // by a Gaussian
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

/** The 8-connected components above `level`, numbered from 1: area and box of each. */
export function labelComponents(values, width, height, level) {
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
export function measureDistance({ width, height, values }, wanted, reach) {
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

/** Resize `length` columns from `start` on by a cubic kernel, and turn: twice gives both directions. */
export function resize({ width, height, values }, start, length, zoom) {
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

/** How many pixels the longer side of what is above `level` has. */
export function longSide({ width, values }, level) {
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

/** Sums along the rows between neighbouring edges, which may cut through pixels; turned, as resize. */
export function sumBetween({ width, height, values }, edges) {
  const turned = grid(height, edges.length - 1);
  for (let cell = 0; cell < turned.height; cell++) {
    const to = Math.min(width, edges[cell + 1]);
    for (let x = Math.max(0, Math.floor(edges[cell])); x < to; x++) {
      const share = Math.min(to, x + 1) - Math.max(edges[cell], x);
      for (let y = 0; y < height; y++) turned.values[cell * height + y] += share * values[y * width + x];
    }
  }
  return turned;
}
