// The two files of a labelled set, in the format of MNIST's: IDX, big-endian.

import { PIXELS, SIDE } from "../reading/picture.js";
import { Refused } from "./unzip.js";

const [IDX_IMAGES, IDX_LABELS] = [0x803, 0x801]; // magic numbers: bytes in 3 dimensions, in 1
const [IMAGES_HEAD, LABELS_HEAD] = [16, 8]; // bytes of the headers

/** How long the files of so many images are. */
export const sizeOfPair = (count) => [IMAGES_HEAD + count * PIXELS, LABELS_HEAD + count];

/** Digits {pixels: 784 numbers 0..255, label} as the bytes of both files. */
export function writePair(digits) {
  const [images, labels] = sizeOfPair(digits.length).map((size) => new Uint8Array(size));
  [IDX_IMAGES, digits.length, SIDE, SIDE].forEach((number, i) => new DataView(images.buffer).setUint32(4 * i, number));
  [IDX_LABELS, digits.length].forEach((number, i) => new DataView(labels.buffer).setUint32(4 * i, number));
  digits.forEach(({ pixels, label }, i) => {
    images.set(pixels, IMAGES_HEAD + i * PIXELS);
    labels[LABELS_HEAD + i] = label;
  });
  return [images, labels];
}

/** The bytes of both files as digits. */
export function readPair(images, labels) {
  const [shape, count] = [readNumbers(images, 4), readNumbers(labels, 2)];
  if (shape[0] !== IDX_IMAGES || count[0] !== IDX_LABELS) throw new Refused("noIdx");
  if (shape[2] !== SIDE || shape[3] !== SIDE) throw new Refused("otherSize", { shape: `${shape[2]}x${shape[3]}` });
  if (shape[1] !== count[1]) throw new Refused("unequalPair", { images: shape[1], labels: count[1] });
  const sizes = sizeOfPair(shape[1]);
  if (!shape[1] || images.length !== sizes[0] || labels.length !== sizes[1]) throw new Refused("noIdx");
  const wrong = labels.subarray(LABELS_HEAD).find((label) => label > 9);
  if (wrong !== undefined) throw new Refused("noLabel", { label: wrong });
  return Array.from(labels.subarray(LABELS_HEAD), (label, i) => {
    const from = IMAGES_HEAD + i * PIXELS;
    return { label, pixels: images.subarray(from, from + PIXELS) };
  });
}

function readNumbers(bytes, count) {
  if (bytes.length < 4 * count) throw new Refused("noIdx");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, i) => view.getUint32(4 * i));
}
