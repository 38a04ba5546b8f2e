// What the page carries: nets as float32, the test images without their zeros, all in base64.

import { makeNet } from "./net.js";
import { PIXELS } from "./picture.js";

/** The JSON that `mnist draw` writes -> {nets, images: [{index, label, pixels}], x: (N, 784) 0..1}. */
export function unpack({ nets, images, labels, every }) {
  const pixels = new Uint8Array(labels.length * PIXELS);
  const bytes = decode(images);
  for (let from = 0, to = 0; from < bytes.length; from++) {
    if (bytes[from]) pixels[to++] = bytes[from];
    else to += bytes[++from]; // a zero is followed by how many there are
  }
  return {
    nets: nets.map((net) => makeNet({ ...net, parameters: floats(net.parameters), map: readMap(net.map) })),
    images: Array.from(labels, (label, i) => ({
      index: i * every,
      label: Number(label),
      pixels: pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
    })),
    x: normalize(pixels),
  };
}

/** Numbers 0..255 as 0..1. */
export function normalize(pixels) {
  const x = new Float64Array(pixels.length);
  for (let i = 0; i < x.length; i++) x[i] = pixels[i] / 255;
  return x;
}

function readMap(text) {
  const values = floats(text);
  const size = values.length / 3;
  return [0, 1, 2].map((row) => values.subarray(row * size, (row + 1) * size)); // mean and two axes
}

const floats = (text) => new Float32Array(decode(text).buffer);

function decode(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
