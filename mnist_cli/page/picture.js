// A drawing -> the MNIST format, step by step as `mnist predict` does it (mnist_cli/handwriting/):
// bright on black, the longer side 20 pixels, MNIST's stroke width, the centre of mass in the middle.

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const PAD = 280; // units of the pad's side, in which strokes are kept

const WORK = 120; // pixels of the long side on which a drawing is read
const DRAWN = 80; // pixels of the long side on which strokes are made thicker or thinner
const REACH = 16; // of these, beyond which no stroke is moved
const LENGTH = 18.7; // with soft rims it is MNIST's 20
const STROKE = [2.5, 3]; // the least and the greatest width that strokes are left with
const SOFT_EDGE = 0.8;
const MIDDLE = 14.5 / SIDE;

/** Strokes {points: [[x, y], ...], width} on the pad -> 784 numbers 0..255, or null without ink. */
export function toMnist(strokes) {
  const frame = chooseFrame(strokes);
  if (!frame) return null;
  const ink = blur(drawInk(strokes, frame, WORK / Math.max(frame.width, frame.height)), Math.hypot(0.7, 1));
  const level = findThreshold(ink.values);
  const { mask, box } = mainDigit(ink, level);
  return place(setStrokeWidth(drawLarge(ink, mask, level, box)));
}

/** The whole pad reduced to 28x28 and nothing else, as `mnist predict --no-preprocess --invert`. */
export function toSmall(strokes) {
  const fine = drawInk(strokes, { left: 0, top: 0, width: PAD, height: PAD }, (4 * SIDE) / PAD);
  const edges = Float64Array.from({ length: SIDE + 1 }, (_, i) => 4 * i);
  return toBytes(sumBetween(fine, edges, edges), 16);
}

const grid = (width, height) => ({ width, height, values: new Float32Array(width * height) });

/** The pad, or, where the drawing fills less than 45 % of it, that and a margin. */
function chooseFrame(strokes) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { points, width } of strokes) {
    for (const [x, y] of points) {
      left = Math.min(left, x - width / 2);
      right = Math.max(right, x + width / 2);
      top = Math.min(top, y - width / 2);
      bottom = Math.max(bottom, y + width / 2);
    }
  }
  if (left > PAD || right < 0 || top > PAD || bottom < 0) return null; // or no stroke at all
  const long = Math.max(right - left, bottom - top);
  const margin = long < 0.45 * PAD ? 0.6 * long : PAD;
  left = Math.max(0, left - margin);
  top = Math.max(0, top - margin);
  return { left, top, width: Math.min(PAD, right + margin) - left, height: Math.min(PAD, bottom + margin) - top };
}

/** How much of each pixel the strokes cover, 0..1, at `scale` pixels a unit. */
function drawInk(strokes, frame, scale) {
  const ink = grid(Math.max(1, Math.round(frame.width * scale)), Math.max(1, Math.round(frame.height * scale)));
  for (const { points, width } of strokes) {
    const radius = (width / 2) * scale;
    const at = points.map(([x, y]) => [(x - frame.left) * scale - 0.5, (y - frame.top) * scale - 0.5]);
    at.forEach((end, number) => coverSegment(ink, at[Math.max(0, number - 1)], end, radius));
  }
  return ink;
}

function coverSegment({ width, height, values }, [ax, ay], [bx, by], radius) {
  const [dx, dy, reach] = [bx - ax, by - ay, radius + 1];
  const squared = dx * dx + dy * dy || 1;
  const bottom = Math.min(height - 1, Math.max(ay, by) + reach);
  const right = Math.min(width - 1, Math.max(ax, bx) + reach);
  for (let y = Math.max(0, Math.ceil(Math.min(ay, by) - reach)); y <= bottom; y++) {
    for (let x = Math.max(0, Math.ceil(Math.min(ax, bx) - reach)); x <= right; x++) {
      const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared));
      const covered = radius + 0.5 - Math.hypot(x - ax - along * dx, y - ay - along * dy);
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

/** The digit in two tones, its long side about 80 pixels and REACH of background around it. */
function drawLarge(ink, mask, level, box) {
  const near = measureDistance(mask, 1, 3);
  const own = { ...ink, values: ink.values.map((value, i) => (near[i] <= 2 ? value : 0)) };
  const zoom = DRAWN / Math.max(box.right - box.left, box.bottom - box.top);
  const margin = REACH + 8; // the soft rim of the ink too
  const bits = grid(Math.round((box.right - box.left) * zoom) + 2 * margin, Math.round((box.bottom - box.top) * zoom) + 2 * margin);
  for (let y = 0; y < bits.height; y++) {
    for (let x = 0; x < bits.width; x++) {
      const value = sample(own, (x - margin + 0.5) / zoom + box.left - 0.5, (y - margin + 0.5) / zoom + box.top - 0.5);
      bits.values[y * bits.width + x] = +(value > level);
    }
  }
  return bits;
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
  const edge = SOFT_EDGE * pixel;
  const width = measureStrokeWidth(bits) / pixel;
  const growth = ((Math.min(Math.max(width, STROKE[0]), STROKE[1]) - width) * pixel) / 2;
  const reach = Math.min(REACH, Math.ceil(edge / 2 + Math.abs(growth)) + 1);
  const outwards = measureDistance(bits, 1, reach);
  const inwards = measureDistance(bits, 0, reach);
  for (const share of [1, 0.5, 0.25, 0]) { // less where it would leave nothing
    const values = bits.values.map((bit, i) => {
      const inside = bit ? inwards[i] - 0.5 : 0.5 - outwards[i];
      return Math.min(1, Math.max(0, (inside + share * growth) / edge + 0.5));
    });
    if (!share || values.some((value) => value > 0.5)) return { ...bits, values };
  }
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
