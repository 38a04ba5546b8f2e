// What scripts may call on the page, as `window.mnist`.

import { normalize } from "../net/data.js";
import { argmax, forward } from "../net/net.js";
import { findDoubts } from "../pad/answer.js";
import { PAD, PIXELS, readStrokes } from "../reading/picture.js";
import { say } from "../parts/words.js";

const FURTHEST = 1e100; // coordinates: their sums and ratios stay numbers

/** The functions, by a net as it stands on the page, neurons that are switched off included. */
export function makeApi(net, judge) {
  return { predict, read };

  /** 784 numbers 0..255 -> {prediction, probabilities}. */
  function predict(pixels) {
    const isLevel = (value) => typeof value === "number" && value >= 0 && value <= 255;
    if (pixels?.length !== PIXELS || !Array.from(pixels).every(isLevel)) {
      throw new TypeError(`expected ${PIXELS} numbers from 0 to 255`);
    }
    const { y } = forward(net, normalize(pixels));
    return { prediction: argmax(y), probabilities: Array.from(y) };
  }

  /** Strokes, lists of [x, y] in any unit with y down -> {image, prediction, probabilities, warnings}. */
  function read(strokes) {
    const isNumber = (value) => typeof value === "number" && Math.abs(value) < FURTHEST;
    const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(isNumber);
    if (!Array.isArray(strokes) || !strokes.every((points) => Array.isArray(points) && points.every(isPoint))) {
      throw new TypeError("expected strokes, each a list of [x, y]");
    }
    const edge = (axis, choose) => strokes.flat().reduce((found, point) => choose(found, point[axis]), choose());
    const [left, top] = [0, 1].map((axis) => edge(axis, Math.min));
    const [right, bottom] = [0, 1].map((axis) => edge(axis, Math.max));
    const zoom = (0.6 * PAD) / (Math.max(right - left, bottom - top) || Infinity) || 1;
    const middle = [(left + right) / 2, (top + bottom) / 2];
    const place = (point) => point.map((value, axis) => PAD / 2 + (value - middle[axis]) * zoom);
    const found = readStrokes(strokes.map((points) => ({ points: points.map(place), width: 20 })));
    if (!found) return { image: Array(PIXELS).fill(0), prediction: null, probabilities: null, warnings: [say("empty")] };
    const said = predict(found.pixels);
    const warnings = findDoubts(judge, found, Math.max(...said.probabilities));
    return { image: Array.from(found.pixels), ...said, warnings };
  }
}
