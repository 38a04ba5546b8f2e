// What "Break it" does to images: turn, shift, noise, as `mnist eval --rotate --shift --noise` does.

import { PIXELS, SIDE } from "../reading/picture.js";
import { sample } from "../reading/pixels.js";

const GAUSSIAN = makeGaussian(1 << 16, 1); // the same noise every time

/** Corrupt N images x (N, 784) 0..1, `first` of all pixels; without any corruption it is x itself. */
export function corrupt(x, { turn, right, down, noise }, first = 0) {
  if (!turn && !right && !down && !noise) return x;
  const result = new Float64Array(x.length);
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const middle = (SIDE - 1) / 2;
  for (let start = 0; start < x.length; start += PIXELS) {
    const image = { width: SIDE, height: SIDE, values: x.subarray(start, start + PIXELS) };
    for (let i = 0; i < PIXELS; i++) {
      const u = (i % SIDE) - right - middle; // each pixel looks back to where it comes from
      const v = Math.floor(i / SIDE) - down - middle;
      const ink = sample(image, u * cos - v * sin + middle, u * sin + v * cos + middle);
      const added = noise && noise * GAUSSIAN[((first + start) * 7 + i) % GAUSSIAN.length];
      result[start + i] = Math.round(255 * Math.min(1, Math.max(0, ink + added))) / 255;
    }
  }
  return result;
}

/** `count` normal numbers by Box and Muller from a small generator (mulberry32). */
function makeGaussian(count, seed) {
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length: count }, () =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}
