// What the eight cards of the lesson ask. Every answer is computed from the net and the images on the page.

import { corrupt } from "../net/corrupt.js";
import { plain } from "../views/explain.js";
import { press, slide } from "../parts/controls.js";
import { argmax, forward } from "../net/net.js";
import { byId } from "../parts/paint.js";
import { PIXELS } from "../reading/picture.js";
import { runSet } from "../net/testset.js";
import { say, sayTimes } from "../parts/words.js";

const AWAY = 4; // pixels by which the image of the first card is moved
const TRIED = 200; // images that are looked through for a good example
const CLEAR = [2, 9]; // leads of the best score that are no tie, and not beyond words

// The cards in their order. `ask...(page)` sets the page and gives {values of its texts, choices: [{text or image,
// isTrue}], show()}, which sets the page so that the answer is seen; or null where this net has nothing to ask.
// `look` is the neuron that the question is about, `question` the text that is put in the place of the usual one.
export const CARDS = {
  image: askShifted,
  shapes: askLargest,
  sum: askSign,
  sigmoid: askReplacement,
  second: askMissed,
  softmax: askLead,
  accuracy: askHarder,
  batches: askShape,
};

/** An image that is read correctly, and another way when it is moved. */
function askShifted(page) {
  const moved = (i) => forward(page.net, corrupt(xOf(page, i), { turn: 0, right: AWAY, down: 0, noise: 0 })).y;
  const some = readCorrectly(page).slice(0, TRIED);
  const found = some.find((i) => argmax(moved(i)) !== page.images[i].label) ?? some[0] ?? 0;
  const y = moved(found);
  const { label } = page.images[found];
  page.pad.show(page.images[found]);
  page.steps.show("x");
  const digits = new Set([label, ...Array.from(y.keys()).sort((p, q) => y[q] - y[p])]);
  const offered = [...digits].slice(0, 4).sort();
  return {
    values: { label, answer: argmax(y), away: AWAY },
    choices: offered.map((digit) => ({ text: digit, isTrue: digit === argmax(y) })),
    show() {
      page.steps.show();
      slide("right", AWAY);
    },
  };
}

/** Which matrix has the most numbers. */
function askLargest(page) {
  const { layers } = page.net;
  const arrays = layers.map(({ inputs, outputs }, i) =>
    ({ name: `W${i + 1}`, shape: `(${inputs}, ${outputs})`, inputs, outputs, count: inputs * outputs }));
  if (layers.length === 1) arrays.push({ name: "b1", shape: "(10,)", count: 10 });
  const most = Math.max(...arrays.map(({ count }) => count));
  const { name, inputs, outputs } = arrays.find(({ count }) => count === most);
  const total = layers.reduce((sum, layer) => sum + layer.W.length + layer.b.length, 0);
  showExample(page, "a1");
  return {
    values: { name, inputs, outputs, count: most.toLocaleString("en"), total: total.toLocaleString("en") },
    choices: arrays.map((each) => ({ text: `${each.name} ${each.shape}`, isTrue: each.count === most })),
    show: () => page.steps.show("a1"),
  };
}

/** Whether a sum is above 0, to be seen from its weights upon the ink. */
function askSign(page) {
  const example = showExample(page, "x");
  const a = forward(page.net, xOf(page, example)).a[0];
  const neuron = argmax(a.map((value, j) => Math.abs(value - page.net.layers[0].b[j])));
  return {
    look: [0, neuron],
    values: { neuron, sum: plain(a[neuron]) },
    choices: [
      { text: say("above"), isTrue: a[neuron] > 0 },
      { text: say("below"), isTrue: a[neuron] <= 0 },
    ],
    show() {
      page.steps.show("a1");
      page.alive.choose([0, neuron]);
    },
  };
}

/** Which replacement of the activation costs more. */
async function askReplacement(page) {
  const { net } = page;
  showExample(page, "z1");
  if (!net.off.length) return null;
  const correct = {};
  for (const activation of ["step", "identity"]) correct[activation] = (await runSet({ ...net, activation }, page.images, page.x)).correct;
  const least = Math.min(...Object.values(correct));
  const share = (count) => (count / page.images.length).toFixed(4);
  const [worst] = Object.keys(correct).filter((name) => correct[name] === least);
  return {
    values: { step: share(correct.step), identity: share(correct.identity), own: share(page.whole.correct), trained: net.trained },
    choices: Object.keys(correct).map((name) => ({ text: name, isTrue: correct[name] === least })),
    show() {
      page.steps.show("z1");
      press("activation", worst);
    },
  };
}

/** Which digit suffers most when a neuron is switched off: one of those for which it is lit most. */
async function askMissed(page) {
  const { net, images } = page;
  const example = showExample(page);
  if (!net.off.length) return null;
  const neuron = findLoudest(net, forward(net, xOf(page, example)));
  const after = await runSet({ ...net, off: net.off.map((off, layer) => new Set(layer ? off : [neuron])) }, images, page.x);
  const [{ z }, { outputs }] = [forward(net, page.x, images.length), net.layers[0]];
  const digits = [...new Set(images.map(({ label }) => label))].sort().map((digit) => {
    const own = [...images.keys()].filter((i) => images[i].label === digit);
    const read = (predictions) => own.filter((i) => predictions[i] === digit).length;
    const light = own.reduce((sum, i) => sum + z[0][i * outputs + neuron], 0) / own.length;
    return { digit, light, before: read(page.whole.predictions), after: read(after.predictions) };
  });
  const lost = ({ before, after }) => before - after;
  const worst = digits.reduce((most, each) => (lost(each) > lost(most) ? each : most));
  const brightest = [...digits].sort((p, q) => q.light - p.light);
  const offered = [...new Set([worst, ...brightest])].slice(0, 4).sort((p, q) => p.digit - q.digit);
  return {
    look: [0, neuron],
    values: {
      neuron, ...worst, list: offered.map(({ digit, light }) => `${digit} (${plain(light)})`).join(", "),
      accuracy: (after.correct / images.length).toFixed(4), own: (page.whole.correct / images.length).toFixed(4),
    },
    choices: [
      ...offered.map((each) => ({ text: each.digit, isTrue: lost(each) > 0 && lost(each) === lost(worst) })),
      { text: say("none"), isTrue: lost(worst) <= 0 },
    ],
    show() {
      page.alive.choose([0, neuron]);
      net.off[0].add(neuron);
      page.follow();
    },
  };
}

/** How many times as likely a lead in the last scores makes a digit. */
function askLead(page) {
  const last = page.net.layers.length;
  const leadOf = (i) => {
    const scores = forward(page.net, xOf(page, i)).a[last - 1];
    const [best, other] = Array.from(scores.keys()).sort((p, q) => scores[q] - scores[p]);
    return { i, best, other, scores, lead: scores[best] - scores[other] };
  };
  const some = [...readCorrectly(page).slice(0, TRIED), 0].map(leadOf);
  const found = some.find(({ lead }) => lead > CLEAR[0] && lead < CLEAR[1]) ?? some[0];
  const { i, best, other, scores, lead } = found;
  page.pad.show(page.images[i]);
  page.steps.show(`a${last}`);
  const texts = [lead, lead ** 2, Math.exp(lead)].map(sayTimes);
  return {
    values: { n: last, best, other, high: plain(scores[best]), low: plain(scores[other]), lead: plain(lead), times: texts[2] },
    choices: [...new Set(texts)].map((text) => ({ text, isTrue: text === texts[2] })),
    show: () => page.steps.show("y"),
  };
}

/** Which of two images is misread; where none is, of which the net is less sure. */
function askHarder(page) {
  const { images, whole } = page;
  showExample(page);
  const order = images.map((_, i) => i).sort((p, q) => whole.confidences[p] - whole.confidences[q]);
  const isWrong = (i) => whole.predictions[i] !== images[i].label;
  const hard = order.findLast((i) => isWrong(i) && !images[i].people) ?? order[0];
  const others = order.filter((i) => i !== hard && !isWrong(i));
  const easy = others.find((i) => images[i].label === images[hard].label) ?? others[0];
  const question = isWrong(hard) ? "accuracyQuestion" : "sureQuestion";
  const pair = [hard, easy].filter((i) => i !== undefined).sort((p, q) => p - q);
  return {
    values: {
      prediction: whole.predictions[hard], label: images[hard].label, count: images.length,
      wrong: images.length - whole.correct, accuracy: (whole.correct / images.length).toFixed(4),
    },
    question,
    choices: pair.map((i) => ({ image: images[i], isTrue: i === hard })),
    show: () => page.pad.show(images[hard]),
  };
}

/** The shape of a batch behind the first layer. */
function askShape(page) {
  const { inputs, outputs } = page.net.layers[0];
  const N = Math.min(100, page.images.length);
  showExample(page);
  const [shape, ...others] = [[N, outputs], [outputs, N], [inputs, outputs]].map((sizes) => `(${sizes.join(", ")})`);
  return {
    values: { N, inputs, outputs, shape },
    choices: [...new Set([others[0], shape, others[1]])].map((text) => ({ text, isTrue: text === shape })),
    show() { // the answer is on the card: it is left only where the card comes along
      if (getComputedStyle(byId("course")).position === "sticky") byId("batch").scrollIntoView();
    },
  };
}

/** Put an image that is read correctly on the pad, and show a step of it; its place. */
function showExample(page, step) {
  const example = readCorrectly(page)[0] ?? 0;
  page.pad.show(page.images[example]);
  page.steps.show(step);
  return example;
}

const readCorrectly = ({ images, whole }) => images.map((_, i) => i).filter((i) => whole.predictions[i] === images[i].label);

const xOf = ({ x }, i) => x.subarray(i * PIXELS, (i + 1) * PIXELS);

/** The neuron of the first layer with the strongest votes. */
function findLoudest({ layers: [, { W, outputs }] }, { z }) {
  const weightsFrom = (k) => W.subarray(k * outputs, (k + 1) * outputs);
  return argmax(z[0].map((value, k) => weightsFrom(k).reduce((sum, weight) => sum + Math.abs(value * weight), 0)));
}
