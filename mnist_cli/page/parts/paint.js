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

export const forgetColours = () => colours.clear();

export const css = (name, alpha = 1) => `rgb(${colour(name).join(" ")} / ${alpha})`;

/** Ink, white on black, as the net sees it; `scale` 1 is for numbers 0..255. */
export function paintInk(canvas, values, scale = 255) {
  paintPixels(canvas.getContext("2d"), values, (value) => [[value * scale, value * scale, value * scale], 255]);
}

/** Numbers of either sign: blue above 0, orange below, as strong as they are large. */
export function paintSigned(canvas, values) {
  const most = Math.max(1e-12, ...values.map(Math.abs));
  const [above, below] = [colour("--for"), colour("--against")];
  const look = (value) => [value > 0 ? above : below, 255 * Math.sqrt(Math.abs(value) / most)];
  paintPixels(canvas.getContext("2d"), values, look);
}

/** 28x28 pixels from a place on: `look(value)` is the colour [red, green, blue] of each and its opacity 0..255. */
export function paintPixels(to, values, look, left = 0, top = 0) {
  const picture = to.createImageData(SIDE, SIDE);
  values.forEach((value, i) => {
    const [tint, opacity] = look(value);
    for (let part = 0; part < 3; part++) picture.data[4 * i + part] = tint[part];
    picture.data[4 * i + 3] = opacity;
  });
  to.putImageData(picture, left, top);
}

/** A new element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A canvas of 28x28 pixels that is decoration for those who cannot see it. */
export const makePicture = () => make("canvas", { width: SIDE, height: SIDE, ariaHidden: "true" });

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
