// The digits that are kept in this browser, where the person says so and the browser allows it.

import { PIXELS } from "../reading/picture.js";

const PLACE = "mnist-draw-digits"; // pages of the same origin share it, such as all files of a computer
const MOST_POINTS = 100_000; // of a digit that is read again

/** Keep digits {label, strokes, image, pixels} in the place of those before; false where that is refused. */
export function remember(digits) {
  const round = (value) => Math.round(10 * value) / 10; // of a unit of the pad
  const held = digits.map(({ label, strokes, pixels }) => ({
    label,
    pixels: btoa(String.fromCharCode(...pixels)),
    strokes: strokes.map(({ points, width }) => ({ width, points: points.map((point) => point.map(round)) })),
  }));
  try {
    localStorage.setItem(PLACE, JSON.stringify(held));
    return true;
  } catch { // there is no room, or no storage
    return false;
  }
}

/** Forget them. */
export function forgetKept() {
  try {
    localStorage.removeItem(PLACE);
  } catch {} // then there are none
}

/** The digits that were kept; null where there are none, or what is there is something else. */
export function recall() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)).map(readKept);
  } catch {
    return null;
  }
}

function readKept({ label, strokes, pixels: text }) {
  const pixels = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const isPoint = (point) => point.length === 2 && point.every(Number.isFinite);
  const isStroke = ({ points, width }) => width >= 1 && width <= 100 && points.length > 0 && points.every(isPoint);
  const count = strokes.reduce((sum, { points }) => sum + points.length, 0);
  const isDigit = Number.isInteger(label) && label >= 0 && label <= 9;
  if (!isDigit || pixels.length !== PIXELS || count > MOST_POINTS || !strokes.every(isStroke)) throw new TypeError(PLACE);
  const image = strokes.length ? null : { index: 0, label, pixels }; // it was one of a set
  return { label, strokes, image, pixels };
}
