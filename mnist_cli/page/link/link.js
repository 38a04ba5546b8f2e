// The state of the page, the drawing included, as text for its address after the # - and back.
// Nothing of such a text is trusted: it is read whole, checked against the page, or refused.

import { PAD } from "../reading/picture.js";

const MOST = 4000; // characters
const SHORT = 1500; // of a drawing: what a QR code can still hold
const TOLERANCE = 0.3; // units of the pad by which a line may lie beside the one drawn
const MOST_TOLERANCE = 5;
const [SCALE, SHIFT, END] = [2, 364, 36 ** 2]; // a coordinate is two digits of base 36: half units, from -182 on

/** The state, with nothing for what is as the page begins, as `key=value&...`; that is left out, unless it is `whole`. */
export function writeLink(state, isWhole = false) {
  const off = state.off.map((neuron) => neuron.join(".")).join("_");
  const parts = Object.entries({ ...state, draw: writeStrokes(state.draw), off, look: state.look?.join(".") });
  const written = parts.map(([key, value]) => [key, value ?? ""]).filter(([, text]) => isWhole || text !== "");
  return written.map(([key, text]) => `${key}=${text}`).join("&");
}

// The text after the # -> the parts of the state that it has, or null for one that this page did not write.
// `page` has what is allowed: {nets, images, languages, lessons, sliders, sizes, stages, activations}.
export function readLink(text, page) {
  if (text.length > MOST) return null;
  const readers = makeReaders(page);
  const state = {};
  for (const part of text.split("&")) {
    const [, key, value] = part.match(/^(\w+)=([\w.-]*)$/) ?? [];
    if (!Object.hasOwn(readers, key ?? "") || Object.hasOwn(state, key)) return null;
    state[key] = value === "" ? null : readers[key](value);
    if (state[key] === undefined) return null;
  }
  const used = page.nets[state.net ?? 0];
  if (state.step && !page.stages(used).includes(state.step)) return null;
  if (state.act && !page.activations(used).includes(state.act)) return null;
  if (state.look && !(state.look[1] < used.layers[state.look[0]]?.outputs)) return null;
  return state;
}

/** For each key, what makes its value, or undefined of what is none. */
function makeReaders({ nets, images, languages, lessons, sliders, sizes }) {
  const among = (values) => (text) => values.find((value) => String(value) === text);
  const between = (least, most) => (text) => (/^-?\d+(\.\d+)?$/.test(text) && text >= least && text <= most ? Number(text) : undefined);
  const whole = (text) => (/^\d{1,5}$/.test(text) ? Number(text) : undefined);
  const each = (mark, read) => (text) => {
    const found = text.split(mark).map(read);
    return found.includes(undefined) ? undefined : found;
  };
  const neuron = (text) => {
    const place = each(".", whole)(text);
    const [net, layer, number] = place ?? [];
    return place?.length === 3 && layer < nets[net]?.off.length && number < nets[net].sizes[layer + 1] ? place : undefined;
  };
  return {
    net: among(nets.map((_, number) => number)),
    lang: among(languages),
    lesson: among(lessons),
    draw: each(".", readStroke),
    image: among(images.map(({ index }) => index)),
    raw: among([1]),
    ...Object.fromEntries(sliders.map(([name, least, most]) => [name, between(least, most)])),
    off: each("_", neuron),
    learning: among(nets[0].states.map((_, number) => number)),
    look: (text) => each(".", whole)(text),
    step: (text) => (/^[axyz]\d?$/.test(text) ? text : undefined),
    act: (text) => text,
    N: among(sizes),
  };
}

/** Strokes {points, width} as an address has them, which has them again the same; as they are where it has none. */
export function shorten(strokes) {
  const read = writeStrokes(strokes).split(".").map(readStroke);
  return read.includes(undefined) ? strokes : read;
}

/** Strokes as text: the width and then each point, as few on the grid of half units as show the lines. */
function writeStrokes(strokes) {
  const onGrid = strokes.map(({ points, width }) => ({ points: points.map((point) => point.map(toGrid)), width }));
  for (let tolerance = SCALE * TOLERANCE; tolerance < SCALE * MOST_TOLERANCE; tolerance *= 1.5) {
    const text = onGrid.map(({ points, width }) => [width, ...simplify(points, tolerance).flat()].map(writeNumber).join("")).join(".");
    if (text.length <= SHORT) return text;
  }
  return "";
}

const toGrid = (value) => Math.min(END - 1, Math.max(0, Math.round(SCALE * value) + SHIFT));
const writeNumber = (number) => number.toString(36).padStart(2, "0");

function readStroke(text) {
  if (!/^[0-9a-z]{2}([0-9a-z]{4})+$/.test(text)) return undefined;
  const [width, ...numbers] = text.match(/../g).map((digits) => parseInt(digits, 36));
  const values = numbers.map((number) => (number - SHIFT) / SCALE);
  const points = Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]);
  const isOnPad = points.some((point) => point.every((value) => value >= -width && value <= PAD + width));
  return isOnPad && [12, 20, 30].includes(width) ? { points, width } : undefined;
}

/** Fewer points that make nearly the same line (Douglas and Peucker, 1973). */
function simplify(points, tolerance) {
  if (points.length < 3) return points;
  const [start, end] = [points[0], points[points.length - 1]];
  let [furthest, most] = [0, tolerance];
  points.forEach((point, i) => {
    const distance = distanceTo(point, start, end);
    if (distance > most) [furthest, most] = [i, distance];
  });
  if (!furthest) return [start, end];
  return [...simplify(points.slice(0, furthest + 1), tolerance).slice(0, -1), ...simplify(points.slice(furthest), tolerance)];
}

/** From a point to the segment between two others. */
function distanceTo([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}
