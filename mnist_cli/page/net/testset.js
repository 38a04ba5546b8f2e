// What a net makes of all images, a few at a time.

import { corrupt } from "./corrupt.js";
import { argmax, forward, locate, switchedOn } from "./net.js";
import { PIXELS } from "../reading/picture.js";

const SLICE = 20; // images
const BREATH = 10; // milliseconds of work, after which the page may do something else

/** {x, predictions, confidences, places on the map, correct} of images; the page stays alive meanwhile. */
export async function runSet(net, images, undisturbed, corruption = {}) {
  const set = { x: new Float64Array(undisturbed.length), predictions: [], confidences: [], places: [], correct: 0 };
  for (let first = 0; first < images.length; first += SLICE) {
    const count = Math.min(SLICE, images.length - first);
    const from = first * PIXELS;
    const x = corrupt(undisturbed.subarray(from, from + count * PIXELS), corruption, from);
    set.x.set(x, from);
    const result = forward(net, x, count);
    for (let i = 0; i < count; i++) {
      const prediction = argmax(result.y, 10 * i, 10);
      set.predictions.push(prediction);
      set.confidences.push(result.y[10 * i + prediction]);
      set.places.push(locate(net, result, i));
      set.correct += prediction === images[first + i].label;
    }
    await breathe();
  }
  return set;
}

/** What a net makes of all images in one of its states, with nothing broken; it is found once. */
export async function runWhole(net, state, images, undisturbed) {
  state.whole ??= { ...(await runSet(switchedOn(net, state), images, undisturbed)), x: undisturbed };
  return state.whole;
}

let since = 0;

/** Let the page do something else, if it has worked for long. */
export async function breathe() {
  if (performance.now() - since < BREATH) return;
  await new Promise((done) => setTimeout(done));
  since = performance.now();
}
