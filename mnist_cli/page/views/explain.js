// What a neuron or a digit has to do with the image, in two pictures, a formula and a sentence.

import { argmax, evidence, weightsInto } from "../net/net.js";
import { say, sayShare, sayTimes } from "../parts/words.js";

export const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
export const plain = (value) => (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);
export const added = (value) => `${value < 0 ? "−" : "+"} ${plain(Math.abs(value))}`;

/** {title, figures: [[784 numbers, caption], ...], formulas, text} about a hidden neuron or a digit. */
export function explain(net, result, layer, neuron) {
  const isDigit = layer === net.off.length;
  const name = isDigit ? say("digit", { digit: neuron }) : say("neuron", { number: neuron, layer: layer + 1 });
  if (!result) return { title: neuron === undefined ? "" : name, figures: [], formulas: "", text: say("start") };
  return { title: name, ...(isDigit ? explainDigit : explainNeuron)(net, result, layer, neuron) };
}

/** A hidden neuron in words: which, the number that is shown of it, if one is, whether it is off. */
export function nameNeuron(net, value, layer, neuron) {
  const name = say("neuron", { number: neuron, layer: layer + 1 });
  const off = net.off[layer].has(neuron) && say("isOff");
  return [name, value !== undefined && plain(value), off].filter(Boolean).join(", ");
}

function explainNeuron(net, result, layer, neuron) {
  const { b, outputs } = net.layers[layer];
  const [a, z, n] = [result.a[layer][neuron], result.z[layer][neuron], layer + 1];
  const { weights, terms } = weigh(net, result, layer, neuron);
  const next = net.layers[n];
  const votes = Float64Array.from({ length: next.outputs }, (_, j) => z * next.W[neuron * next.outputs + j]);
  const wanted = Float64Array.from({ length: outputs }, (_, j) => +(j === neuron));
  const isOff = net.off[layer].has(neuron);
  const formulas =
    `a${n} = ${layer ? `z${layer}` : "x"} W${n} + b${n} = ${plain(a - b[neuron])} ${added(b[neuron])} = ${plain(a)}\n` +
    `z${n} = ${isOff ? `0.00 (${say("isOff")})` : `${net.activation}(a${n}) = ${plain(z)}`}`;
  const sent = isOff ? say("silent", { layer: n + 1 }) : say("votes", { layer: n + 1, list: strongest(votes) });
  if (!layer) return { formulas, text: sent, figures: [[weights, say("looksFor")], [terms, "x * W1"]] };
  const text = `${say("from", { layer, list: strongest(terms) })} ${sent}`;
  return { formulas, text, figures: [[evidence(net, result, wanted, layer), say("evidenceFor")]] };
}

/** What goes into a neuron: values below it, its weights, and each term of its sum. */
export function weigh(net, { x, z }, layer, neuron) {
  const [below, weights] = [layer ? z[layer - 1] : x, weightsInto(net.layers[layer], neuron)];
  return { below, weights, terms: weights.map((weight, k) => weight * below[k]) };
}

/** Of a digit: why it and not the runner-up; of one that is not predicted, why not. */
function explainDigit(net, result, layer, digit) {
  const prediction = argmax(result.y);
  const other = digit === prediction ? argmax(result.y.map((p, i) => (i === digit ? -1 : p))) : prediction;
  const [scores, n] = [result.a[layer], layer + 1];
  const lead = scores[digit] - scores[other];
  const own = Float64Array.from(scores, (_, i) => +(i === digit));
  const against = own.map((wanted, i) => wanted - (i === other));
  return {
    figures: [
      [evidence(net, result, own), say("digit", { digit })],
      [evidence(net, result, against), say("versus", { digit, other })],
    ],
    formulas: `a${n} = ${plain(scores[digit])}, y = softmax(a${n}) = ${sayShare(result.y[digit])}`,
    text: say(lead < 0 ? "behind" : "margin", {
      digit, other, layer: n, margin: plain(Math.abs(lead)), times: sayTimes(Math.exp(lead)),
    }),
  };
}

/** The places of the three values that are furthest from 0. */
export function largest(values) {
  return Array.from(values.keys()).sort((p, q) => Math.abs(values[q]) - Math.abs(values[p])).slice(0, 3);
}

const strongest = (values) => largest(values).map((place) => `${place} (${signed(values[place])})`).join(", ");
