// What the page carries, compressed and in base64: nets as float32, states of the first one on its way as whole
// numbers with a scale for each neuron, labelled images, the judge of drawings.

import { makeLayers, makeNet } from "./net.js";
import { PIXELS } from "../reading/picture.js";

/** What the page says of the JSON that `mnist draw` writes: from which file its images are, and how many. */
export function tellAbout({ version, source, total, labels }) {
  return { version, source, total: total.toLocaleString("en"), count: labels.length.toLocaleString("en") };
}

/** That JSON -> {nets, judge, images: [{index, label, pixels, people}], x: (N, 784) 0..1}. */
export async function unpack({ nets, learnt, judge, images, labels, total, doubted = {} }) {
  const pixels = await unpackText(images);
  if (learnt) Object.assign(nets[0], { states: await readStates(learnt, nets[0].sizes), seen: learnt.seen });
  return {
    nets: await Promise.all(nets.map(async (net) =>
      makeNet({ ...net, parameters: await floats(net.parameters), map: await floats(net.map) }))),
    judge: await makeJudge(judge),
    images: Array.from(labels, (label, i) => {
      const index = Math.floor((i * total) / labels.length); // in the whole set
      return { index, label: Number(label), pixels: pixels.subarray(i * PIXELS, (i + 1) * PIXELS), people: doubted[index] };
    }),
    x: normalize(pixels),
  };
}

async function readStates({ samples, bytes, floats: text }, sizes) {
  const [whole, real] = [new Int8Array((await unpackText(bytes)).buffer), await floats(text)];
  const partOf = (array, i) => array.subarray((i * array.length) / samples.length, ((i + 1) * array.length) / samples.length);
  return samples.map((count, i) => ({
    samples: count,
    read: () => makeLayers(sizes, joinParameters(sizes, partOf(whole, i), partOf(real, i))),
  }));
}

/** W1 b1 W2 b2 ... of whole numbers, and for each layer the scales of its neurons and its biases. */
function joinParameters(sizes, whole, real) {
  const parameters = new Float32Array(whole.length + real.length / 2);
  let [at, w, r] = [0, 0, 0];
  for (let layer = 1; layer < sizes.length; layer++) {
    const [inputs, outputs] = [sizes[layer - 1], sizes[layer]];
    for (let k = 0; k < inputs * outputs; k++) parameters[at++] = whole[w++] * real[r + (k % outputs)];
    parameters.set(real.subarray(r + outputs, (r += 2 * outputs)), at);
    at += outputs;
  }
  return parameters;
}

/** The judge's first weights are whole numbers from -127 to 127; those of a pixel share a scale. */
async function makeJudge(judge) {
  const [bytes, rest] = [new Int8Array((await unpackText(judge.bytes)).buffer), await floats(judge.floats)];
  const [scales, neurons] = [rest.subarray(-PIXELS), judge.sizes[1]];
  const parameters = new Float32Array(bytes.length + rest.length);
  bytes.forEach((value, i) => (parameters[i] = value * scales[Math.floor(i / neurons)]));
  parameters.set(rest, bytes.length);
  return { ...makeNet({ ...judge, parameters }), ...judge.limits };
}

/** Numbers 0..255 as 0..1. */
export function normalize(pixels) {
  const x = new Float64Array(pixels.length);
  for (let i = 0; i < x.length; i++) x[i] = pixels[i] / 255;
  return x;
}

const floats = async (text) => new Float32Array((await unpackText(text)).buffer);

async function unpackText(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i); // `from` takes forty times as long
  return inflate(bytes, "deflate");
}

/** What was compressed: "deflate" as zlib has it, "deflate-raw" as ZIP. */
export async function inflate(bytes, format) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
