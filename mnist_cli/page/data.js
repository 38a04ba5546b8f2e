// What the page carries, compressed and in base64: nets as float32, labelled images, the judge of drawings.

import { makeNet } from "./net.js";
import { PIXELS } from "./picture.js";

/** The JSON that `mnist draw` writes -> {about, nets, judge, images: [{index, label, pixels, people}], x: (N, 784) 0..1}. */
export async function unpack({ nets, judge, images, labels, total, source, version, doubted = {} }) {
  const pixels = await inflate(images);
  return {
    about: { version, source, total: sayCount(total), count: sayCount(labels.length) },
    nets: await Promise.all(nets.map(async (net) =>
      makeNet({ ...net, parameters: await floats(net.parameters), map: readMap(await floats(net.map)) }))),
    judge: await makeJudge(judge),
    images: Array.from(labels, (label, i) => {
      const index = Math.floor((i * total) / labels.length); // in the whole set
      return { index, label: Number(label), pixels: pixels.subarray(i * PIXELS, (i + 1) * PIXELS), people: doubted[index] };
    }),
    x: normalize(pixels),
  };
}

/** The judge's first weights are whole numbers from -127 to 127; those of a pixel share a scale. */
async function makeJudge(judge) {
  const [bytes, rest] = [new Int8Array((await inflate(judge.bytes)).buffer), await floats(judge.floats)];
  const [scales, neurons] = [rest.subarray(-PIXELS), judge.sizes[1]];
  const parameters = new Float32Array(bytes.length + rest.length);
  bytes.forEach((value, i) => (parameters[i] = value * scales[Math.floor(i / neurons)]));
  parameters.set(rest, bytes.length);
  return makeNet({ ...judge, parameters });
}

/** Numbers 0..255 as 0..1. */
export function normalize(pixels) {
  const x = new Float64Array(pixels.length);
  for (let i = 0; i < x.length; i++) x[i] = pixels[i] / 255;
  return x;
}

function readMap(values) {
  const size = values.length / 3;
  return [0, 1, 2].map((row) => values.subarray(row * size, (row + 1) * size)); // mean and two axes
}

const sayCount = (count) => count.toLocaleString("en");

const floats = async (text) => new Float32Array((await inflate(text)).buffer);

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
