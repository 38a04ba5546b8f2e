// A drawing -> the MNIST format, step by step as `mnist predict` does it (mnist_cli/handwriting/):
// bright on black, the longer side 20 pixels, MNIST's stroke width, the centre of mass in the middle.

import { blur, grid, labelComponents, longSide, measureDistance, resize, sumBetween } from "./pixels.js";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const PAD = 280; // units of the pad's side, in which strokes are kept
export const ZOOM = 2; // pixels of the saved PNG a unit

const PNG = ZOOM * PAD;
const WORK = 120; // pixels of the long side on which a drawing is read
const DRAWN = 80; // pixels of the long side on which strokes are made thicker or thinner
const REACH = 16; // of these, beyond which no stroke is moved
const RIM = PAD / 240; // units: a drawing as the search for it sees it is softer
const LENGTH = 18.7; // with soft rims it is MNIST's 20
const STROKE = [2.5, 3]; // the least and the greatest width that strokes are left with
const SOFT_EDGE = 0.8; // pixels from ink to background
const SOFT = 4; // pixels round a digit that belong to its edge
const MIDDLE = 14.5 / SIDE;

// Strokes {points: [[x, y], ...], width} on the pad -> {pixels: 784 numbers 0..255 of the main digit, spread: how
// many components most of the ink is in}, or null without ink.
export function readStrokes(strokes) {
  const frame = chooseFrame(strokes);
  if (!frame) return null;
  const wider = Math.max(1, frame.width / frame.height); // a row keeps its resolution
  const ink = blur(drawInk(strokes, frame, Math.floor(WORK * wider)), Math.hypot(0.7, 1));
  const level = findThreshold(ink.values);
  const { labels, parts } = labelComponents(ink.values, ink.width, ink.height, level);
  const digit = findDigit(ink, parts);
  const numbers = new Set(digit.map((part) => part.number));
  const mask = { ...ink, values: labels.map((label) => (numbers.has(label) ? 1 : 0)) };
  const sum = (of) => parts.reduce((total, part) => total + of(part), 0);
  const spread = sum(({ area }) => area) ** 2 / sum(({ area }) => area ** 2);
  return { pixels: place(setStrokeWidth(drawLarge(ink, mask, level, digit))), spread };
}

/** The whole pad reduced to 28x28 and nothing else, as `mnist predict --no-preprocess --invert`. */
export function toSmall(strokes) {
  const fine = drawInk(strokes, { left: 0, top: 0, width: PNG, height: PNG }, 4 * SIDE);
  const edges = Float64Array.from({ length: SIDE + 1 }, (_, i) => 4 * i);
  return toBytes(sumBetween(sumBetween(fine, edges), edges).values, 16);
}

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
  right = Math.ceil(Math.min(PNG, right + margin));
  bottom = Math.ceil(Math.min(PNG, bottom + margin));
  return { left, top, width: right - left, height: bottom - top };
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

/** The connected components that make the main digit, itself first: not those of another beside it. */
function findDigit({ width, height }, parts) {
  for (const part of parts) {
    const across = (part.left + part.right) / 2 / width - 0.5;
    const away = Math.hypot(across, (part.top + part.bottom) / 2 / height - 0.5);
    const touches = Math.min(part.left, part.top) === 0 || part.right === width || part.bottom === height;
    part.touches = touches;
    part.weight = part.area * Math.exp(-((2 * away) ** 2)) * (touches ? 0.1 : 1);
  }
  const main = parts.reduce((best, part) => (part.weight > best.weight ? part : best));
  const size = Math.max(main.right - main.left, main.bottom - main.top);
  const others = parts
    .filter((part) => part !== main && part.area >= 0.02 * main.area && (main.touches || !part.touches))
    .sort((a, b) => b.area - a.area);
  const digits = [[main]]; // nearly as tall, beside and apart: another digit
  const rest = [];
  for (const part of others) {
    const shared = Math.min(part.bottom, main.bottom) - Math.max(part.top, main.top);
    const heights = [part.bottom - part.top, main.bottom - main.top];
    const beside = heights[0] >= 0.6 * heights[1] && shared >= 0.5 * Math.min(...heights);
    if (beside && digits.every(([digit]) => gap(part, digit) > 0.12 * size)) digits.push([part]);
    else rest.push(part);
  }
  for (const part of rest) {
    const nearest = digits.reduce((best, digit) => (gap(part, digit[0]) < gap(part, best[0]) ? digit : best));
    const distance = gap(part, nearest[0]);
    if (distance <= 0.06 * size || (distance <= 0.25 * size && part.area > 0.04 * main.area)) nearest.push(part);
  }
  return digits[0];
}

/** How far two boxes are apart. */
const gap = (a, b) => Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom, 0);

/** The digit in two tones, its long side about 80 pixels and background around it. */
function drawLarge(ink, mask, level, parts) {
  const [left, top] = ["left", "top"].map((side) => Math.min(...parts.map((part) => part[side])));
  const [right, bottom] = ["right", "bottom"].map((side) => Math.max(...parts.map((part) => part[side])));
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

/** Strokes of MNIST's width with soft edges: the outline is moved in or out, by the same everywhere. */
function setStrokeWidth(bits) {
  const pixel = longSide(bits, 0) / LENGTH;
  const width = measureStrokeWidth(bits) / pixel;
  let growth = ((Math.min(Math.max(width, STROKE[0]), STROKE[1]) - width) * pixel) / 2;
  const reach = Math.min(REACH, Math.ceil(SOFT_EDGE * pixel / 2 + Math.max(growth, 0)) + 1);
  const outwards = measureDistance(bits, 1, reach); // what is further out stays without ink
  const inwards = measureDistance(bits, 0, REACH);
  const inside = bits.values.map((bit, i) => (bit ? inwards[i] - 0.5 : 0.5 - outwards[i]));
  const deepest = inside.reduce((most, value) => Math.max(most, value));
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
  const small = sumBetween(sumBetween(ink, edges(x / sum)), edges(y / sum)).values;
  return toBytes(small, small.reduce((top, value) => Math.max(top, value)));
}

const toBytes = (values, white) => new Uint8ClampedArray(values.map((value) => (value / white) * 255)); // it rounds
