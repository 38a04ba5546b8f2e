// The PNG of a digit in the MNIST format, as "Collect" saves it -> its 784 numbers.

import { make } from "../parts/paint.js";
import { SIDE } from "../reading/picture.js";
import { Refused } from "./unzip.js";

const [SIGNATURE, SIZE] = [0x89504e47, 16]; // how a PNG begins, and where it says how large it is

const reader = make("canvas", { width: SIDE, height: SIDE }).getContext("2d", { alpha: false, willReadFrequently: true });

/** Only what says that it is 28x28 is decoded. */
export async function readPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < SIZE + 8 || view.getUint32(0) !== SIGNATURE) throw new Refused("unreadable");
  const [width, height] = [view.getUint32(SIZE), view.getUint32(SIZE + 4)];
  if (width !== SIDE || height !== SIDE) throw new Refused("otherSize", { shape: `${height}x${width}` });
  reader.drawImage(await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" }), 0, 0);
  return reader.getImageData(0, 0, SIDE, SIDE).data.filter((_, i) => i % 4 === 0); // of red, green, blue and opacity
}
