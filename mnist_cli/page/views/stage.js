// One stage of the forward pass, x, a1, z1, ... y: its formula, its shape, and one of its numbers worked out.

import { added, largest, plain, signed, weigh } from "./explain.js";
import { ACTIVATIONS, argmax, weightsInto } from "../net/net.js";
import { make } from "../parts/paint.js";
import { say, sayShare } from "../parts/words.js";

const LEAST_SHOWN = 6; // of a curve to both sides of 0
const DOTS = 120; // along a curve; none lies at 0, where step jumps

/** The stages of a net of any depth: {name, layer, isSum}; x is that of layer -1. */
export function stagesOf(net) {
  const layers = net.layers.flatMap((_, layer) => [
    { name: `a${layer + 1}`, layer, isSum: true },
    { name: layer < net.off.length ? `z${layer + 1}` : "y", layer, isSum: false },
  ]);
  return [{ name: "x", layer: -1, isSum: false }, ...layers];
}

/** {figures, formulas, text, working: elements} of a stage, about one of its neurons. */
export function explainStage(net, result, stage, neuron) {
  const tell = stage.layer < 0 ? tellInput : stage.isSum ? tellSum : stage.name === "y" ? tellSoftmax : tellActivation;
  const { formulas, about } = tell(net, result, stage, neuron);
  return { figures: [], text: say("stageStart"), ...about, formulas: formulas.join("\n") };
}

function tellInput(net, result, _, neuron) {
  const formulas = ["x = pixels / 255", `(28, 28) → (${net.sizes[0]},)`];
  if (!result) return { formulas };
  const ink = result.x.filter((value) => value > 0).length;
  const figures = neuron === undefined ? [] : [[weightsInto(net.layers[0], neuron), say("looksFor")]];
  return { formulas, about: { figures, text: say("stageX", { ink, count: result.x.length }) } };
}

function tellSum(net, result, { layer, name }, neuron) {
  const { b, inputs, outputs } = net.layers[layer];
  const [n, from] = [layer + 1, layer ? `z${layer}` : "x"];
  const formulas = [
    `${name} = ${from} W${n} + b${n}`,
    `(${inputs},) @ (${inputs}, ${outputs}) + (${outputs},) → (${outputs},)`,
  ];
  if (!result) return { formulas };
  const { below, weights, terms } = weigh(net, result, layer, neuron);
  const most = largest(terms);
  const rest = result.a[layer][neuron] - b[neuron] - most.reduce((sum, k) => sum + terms[k], 0);
  const products = most.map((k) => `${plain(below[k])}·${within(weights[k])}`).join(" + ");
  const total = plain(result.a[layer][neuron]);
  formulas.push(`${name}[${neuron}] = ${products} ${added(rest)} ${added(b[neuron])} = ${total}`);
  const list = most.map((k) => `${from}[${k}] W${n}[${k}, ${neuron}] = ${signed(terms[k])}`).join(", ");
  const text = say("stageSum", { list, rest: signed(rest), others: inputs - most.length, bias: signed(b[neuron]), n, neuron });
  const figures = layer ? [] : [[weights, say("looksFor")], [terms, "x * W1"]];
  return { formulas, about: { figures, text } };
}

function tellActivation(net, result, { layer, name }, neuron) {
  const n = layer + 1;
  const size = net.sizes[n];
  const { formula } = ACTIVATIONS[net.activation];
  const formulas = [`${name} = ${net.activation}(a${n}) = ${formula(`a${n}`)}`, `(${size},) → (${size},)`];
  if (!result) return { formulas };
  const [a, z] = [result.a[layer][neuron], result.z[layer]];
  const isOff = net.off[layer].has(neuron);
  const value = plain(z[neuron]);
  formulas.push(`${name}[${neuron}] = ${isOff ? `${value} (${say("isOff")})` : `${net.activation}(${plain(a)}) = ${value}`}`);
  const limit = net.activation === "sigmoid" ? 0.5 : 0;
  const text = say("stageLight", { above: z.filter((each) => each > limit).length, count: size, limit });
  return { formulas, about: { text, working: [drawCurve(net.activation, a, `a${n}[${neuron}]`, isOff ? 0 : z[neuron], `${name}[${neuron}]`)] } };
}

function tellSoftmax(net, result, { layer }, digit) {
  const a = `a${layer + 1}`;
  const size = net.sizes[layer + 1];
  const formulas = [`y = softmax(${a}) = exp(${a} − max) / sum`, `(${size},) → (${size},)`];
  if (!result) return { formulas };
  const [scores, y] = [result.a[layer], result.y];
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  formulas.push(`y[${digit}] = exp(${plain(scores[digit])} − ${within(top)}) / ${sayTotal(sum)} = ${sayShare(y[digit])}`);
  const text = say("stageY", { sum: sayTotal(sum), prediction: argmax(y) });
  const rows = Array.from(y, (share, k) => [k, plain(scores[k]), sayPower(powers[k]), sayShare(share)]);
  return { formulas, about: { text, working: [makeTable(["", a, "exp", "y"], rows, ["", "", sayTotal(sum), "1"], digit)] } };
}

const within = (value) => (value < 0 ? `(${plain(value)})` : plain(value));
const sayTotal = (sum) => String(Number(sum.toPrecision(6)));
const sayPower = (power) => (power < 0.001 ? power.toExponential(1).replace("-", "−") : power.toFixed(3));

/** A table whose last row adds up; the row of `digit` is marked. */
function makeTable(names, rows, sums, digit) {
  const cells = (kind, values) => values.map((value, i) => make(i ? kind : "th", {}, String(value)));
  const body = rows.map((row, k) => make("tr", { className: k === digit ? "marked" : "" }, ...cells("td", row)));
  return make("table", {},
    make("thead", {}, make("tr", {}, ...cells("th", names))),
    make("tbody", {}, ...body),
    make("tfoot", {}, make("tr", {}, ...cells("td", [say("sum"), ...sums.slice(1)]))));
}

/** The curve of an activation with one neuron's dot on it. */
function drawCurve(activation, a, nameOfA, z, nameOfZ) {
  const [width, height, edge] = [240, 132, 12];
  const reach = Math.max(LEAST_SHOWN, 1.15 * Math.abs(a));
  const [low, high] = ACTIVATIONS[activation].range(reach);
  const x = (value) => edge + ((value + reach) / (2 * reach)) * (width - 2 * edge);
  const y = (value) => height - edge - ((value - low) / (high - low)) * (height - 2 * edge);
  const points = Array.from({ length: DOTS }, (_, i) => {
    const value = reach * ((2 * i) / (DOTS - 1) - 1);
    return `${x(value).toFixed(1)},${y(ACTIVATIONS[activation].of(value)).toFixed(1)}`;
  });
  const label = `${nameOfA} = ${plain(a)}, ${nameOfZ} = ${plain(z)}`;
  const side = a > 0 ? { x: x(a) - 8, "text-anchor": "end" } : { x: x(a) + 8, "text-anchor": "start" };
  return draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": say("curve", { activation, label }) },
    draw("path", { class: "axis", d: `M0 ${y(0)}H${width}M${x(0)} 0V${height}` }),
    draw("path", { class: "drop", d: `M${x(a)} ${y(0)}V${y(z)}H${x(0)}` }),
    draw("polyline", { class: "curve", points: points.join(" ") }),
    draw("circle", { class: "dot", cx: x(a), cy: y(z), r: 5 }),
    draw("text", { ...side, y: y(0) - 5 }, plain(a)),
    draw("text", { x: x(0) + (a > 0 ? -5 : 5), y: y(z) + 4, "text-anchor": a > 0 ? "end" : "start", class: "dot" }, plain(z)));
}

function draw(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
