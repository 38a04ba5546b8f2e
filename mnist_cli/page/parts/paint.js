// Elements, colours of the theme, and 784 numbers as a picture.

import { SIDE } from "../reading/picture.js";

export const byId = (id) => document.getElementById(id);

/** What had the focus leaves it, when it is disabled, where the page's work begins, not nowhere. */
export function disable(id, isDisabled) {
  const element = byId(id);
  if (isDisabled && element.contains(document.activeElement)) byId("pad").focus({ preventScroll: true });
  element.disabled = isDisabled;
}

const colours = new Map();

/** A colour of the style sheet as [red, green, blue]. */
export function colour(name) {
  if (!colours.has(name)) {
    const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    colours.set(name, [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)));
  }
  return colours.get(name);
}

/** So many of the page's own units of length, which grow with its text, in pixels. */
export const rem = (count) => count * parseFloat(getComputedStyle(document.documentElement).fontSize);

/** Light became dark, or dark light. */
export const forgetColours = () => colours.clear();

export const css = (name, alpha = 1) => `rgb(${colour(name).join(" ")} / ${alpha})`;

/** Ink, white on black, as the net sees it; `scale` 1 is for numbers 0..255. */
export function paintInk(canvas, values, scale = 255) {
  const to = canvas.getContext("2d");
  const picture = to.createImageData(SIDE, SIDE);
  for (let i = 0; i < values.length; i++) {
    const level = values[i] * scale;
    setPixel(picture.data, i, [level, level, level], 255);
  }
  to.putImageData(picture, 0, 0);
}

/** Numbers of either sign: blue above 0, orange below, as strong as they are large. */
export function paintSigned(canvas, values) {
  let most = 1e-12;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const to = canvas.getContext("2d");
  const picture = to.createImageData(SIDE, SIDE);
  const [above, below] = [colour("--for"), colour("--against")];
  for (let i = 0; i < values.length; i++) {
    setPixel(picture.data, i, values[i] > 0 ? above : below, 255 * Math.sqrt(Math.abs(values[i]) / most));
  }
  to.putImageData(picture, 0, 0);
}

/** Give pixel `i` of an ImageData's numbers a colour [red, green, blue] and an opacity 0..255. */
export function setPixel(data, i, tint, opacity) {
  data[4 * i] = tint[0];
  data[4 * i + 1] = tint[1];
  data[4 * i + 2] = tint[2];
  data[4 * i + 3] = opacity;
}

/** A new element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A canvas of 28x28 pixels that is decoration for those who cannot see it. */
export function makePicture() {
  return make("canvas", { width: SIDE, height: SIDE, ariaHidden: "true" });
}

/** A digit's `pixels` 0..255 as an image: canvases are layers that the browser puts together in every frame. */
export function pictureOf(digit) {
  if (!digit.picture) {
    const canvas = makePicture();
    paintInk(canvas, digit.pixels, 1);
    digit.picture = make("img", { src: canvas.toDataURL(), alt: "" });
  }
  return digit.picture.cloneNode();
}

/** Fit a canvas to its box on this screen; its context in CSS pixels, and its width and height. */
export function fit(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const dots = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * dots), Math.round(height * dots)];
  const to = canvas.getContext("2d");
  to.setTransform(dots, 0, 0, dots, 0, 0);
  return { to, width, height };
}
