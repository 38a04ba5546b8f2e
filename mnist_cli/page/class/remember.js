// The digits that are kept in this browser, where the person says so and the browser allows it.

import { PIXELS } from "../reading/picture.js";

const PLACE = "mnist-draw-digits"; // pages of the same origin share it, such as all files of a computer

/** Keep digits {label, pixels}, or with null nothing, in the place of those before; false where that is refused. */
export function remember(digits) {
  const held = digits?.map(({ label, pixels }) => ({ label, pixels: btoa(String.fromCharCode(...pixels)) }));
  try {
    localStorage.removeItem(PLACE);
    if (held) localStorage.setItem(PLACE, JSON.stringify(held));
    return true;
  } catch { // there is no room, or no storage
    return false;
  }
}

/** The digits that were kept; null where there are none, or what is there is something else. */
export function recall() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)).map(readKept);
  } catch {
    return null;
  }
}

function readKept({ label, pixels: text }) {
  const pixels = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const isDigit = Number.isInteger(label) && label >= 0 && label <= 9;
  if (!isDigit || pixels.length !== PIXELS) throw new TypeError(PLACE);
  return { label, pixels };
}
