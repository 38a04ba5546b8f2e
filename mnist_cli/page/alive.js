// The net, alive: neurons as light, the strongest connections as lines, and one of them explained.

import { argmax, evidence } from "./net.js";
import { byId, css, fit, freeze, make, makePicture, paintInk, paintSigned } from "./paint.js";
import { PIXELS } from "./picture.js";
import { say, sayTimes } from "./words.js";

const MOST_SHOWN = 200; // neurons of a layer
const LINES = 32; // between two layers
const BAR = 54; // pixels of a probability of 1
const HALO = 8; // pixels of light round a neuron

/** The view. `toggled(layer, neuron)` is called when a neuron is clicked, to switch it off or on. */
export function makeAlive(toggled) {
  const [flow, canvas, input, explanation] = ["flow", "light", "input", "explanation"].map(byId);
  let net, result, bands, places;
  let selected = null; // [layer, neuron]; without one the prediction is explained

  const view = {
    /** Show another net. */
    build(next) {
      [net, result, selected] = [next, null, null];
      for (const old of flow.querySelectorAll(".band")) old.remove();
      bands = net.layers.map((layer, number) => makeBand(net, number));
      bands.forEach(({ element, neurons }, layer) => {
        flow.append(element);
        neurons.forEach((button, neuron) => {
          button.onpointerenter = button.onfocus = () => select([layer, neuron]);
          if (layer < net.off.length) button.onclick = () => toggled(layer, neuron);
        });
        element.onkeydown = (event) => move(event, neurons);
      });
      view.measure();
    },
    /** Show what `forward` made of one image, or nothing. */
    update(next) {
      result = next;
      paintInk(input, result ? result.x : new Float64Array(PIXELS));
      explain();
      paint();
    },
    /** Show which neurons are switched off. */
    showOff() {
      net.off.forEach((off, layer) => bands[layer].neurons.forEach((button, neuron) => {
        button.classList.toggle("off", off.has(neuron));
        button.setAttribute("aria-pressed", off.has(neuron));
      }));
    },
    /** The layout changed: where is every neuron now? */
    measure() {
      const origin = flow.getBoundingClientRect();
      const spot = (element) => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const y = top - origin.top;
        return { x: left + width / 2 - origin.left, top: y, bottom: y + height, width };
      };
      places = { stage: fit(canvas), input: spot(input), bands: bands.map(({ neurons }) => neurons.map(spot)) };
      places.input.bottom = spot(input.closest("#lens")).bottom;
      places.lights = places.bands.map(([first], layer) => makeLight(first.width, layer === 0));
      paint();
    },
  };

  flow.onpointerleave = () => flow.contains(document.activeElement) || select(null);
  flow.onfocusin = () => explanation.setAttribute("aria-live", "polite");
  flow.onfocusout = () => explanation.removeAttribute("aria-live");
  new ResizeObserver(() => bands && view.measure()).observe(flow);
  return view;

  function select(next) {
    selected = next;
    bands.forEach(({ neurons }, layer) => neurons.forEach((button, neuron) => {
      button.classList.toggle("selected", selected?.[0] === layer && selected[1] === neuron);
    }));
    explain();
    paint();
  }

  function explain() {
    const last = net.layers.length - 1;
    const [layer, neuron] = selected ?? [last, result && argmax(result.y)];
    const about = layer === last ? explainDigit : explainNeuron;
    const told = result ? about(net, result, layer, neuron) : { figures: [], text: say("start") };
    explanation.querySelectorAll("figure").forEach((figure, i) => {
      figure.hidden = !told.figures[i];
      if (figure.hidden) return;
      paintSigned(figure.firstElementChild, told.figures[i][0]);
      figure.lastElementChild.textContent = told.figures[i][1];
    });
    const [title, formulas, text, legend] = explanation.lastElementChild.children;
    title.textContent = told.title ?? "";
    formulas.textContent = told.formulas ?? "";
    text.textContent = told.text;
    legend.textContent = told.formulas ? say("colours") : "";
  }

  /** Lines, and light on every neuron, below the buttons that stand there. */
  function paint() {
    const { to, width, height } = places.stage;
    to.clearRect(0, 0, width, height);
    bands.forEach((_, layer) => result && drawConnections(to, layer));
    const prediction = result && argmax(result.y);
    bands.forEach(({ neurons }, layer) => {
      const isLast = layer === net.off.length;
      const values = (isLast ? result?.y : result?.z[layer]) ?? new Float64Array(neurons.length);
      const most = net.activation === "relu" && !isLast ? Math.max(1e-9, ...values) : 1;
      neurons.forEach((button, neuron) => {
        const place = places.bands[layer][neuron];
        if (!isLast) return shine(to, places.lights[layer], place, values[neuron] / most);
        fillBar(to, place, values[neuron]);
        button.classList.toggle("best", neuron === prediction);
        button.lastChild.textContent = result ? values[neuron].toFixed(4) : "";
      });
    });
    to.globalAlpha = 1;
  }

  function drawConnections(to, layer) {
    const found = connections(net, result, layer, selected);
    const strongest = Math.max(...found.map(({ value }) => Math.abs(value)));
    for (const { from, to: end, value } of found) {
      const start = layer ? places.bands[layer - 1][from] : places.input;
      const target = places.bands[layer][end];
      if (start && target) curve(to, start, target, value, Math.abs(value) / strongest);
    }
  }
}

/** The light of a neuron with its halo, drawn once for a band: `width` pixels and HALO on each side. */
function makeLight(width, isTile) {
  const side = width + 2 * HALO;
  const light = make("canvas", { width: 2 * side, height: 2 * side });
  const to = light.getContext("2d");
  to.scale(2, 2);
  to.fillStyle = to.shadowColor = css("--glow");
  to.shadowBlur = 2 * HALO;
  to.beginPath();
  if (isTile) to.roundRect(HALO, HALO, width, width, 7);
  else to.arc(side / 2, side / 2, width / 2 - 1, 0, 7);
  to.fill();
  return light;
}

/** A neuron as bright as its activation, 0..1. */
function shine(to, light, { x, top, bottom, width }, strength) {
  if (strength < 0.01) return;
  const half = width / 2 + HALO;
  to.globalAlpha = 0.95 * strength;
  to.drawImage(light, x - half, (top + bottom) / 2 - half, 2 * half, 2 * half);
}

function fillBar(to, { x, top, width }, share) {
  const box = [Math.round(x - width / 2), Math.round(width), Math.round(top) + BAR];
  to.globalAlpha = 1;
  to.fillStyle = css("--stage-line");
  to.fillRect(box[0], box[2] - BAR, box[1], BAR);
  to.fillStyle = css("--glow");
  to.fillRect(box[0], box[2] - BAR * share, box[1], BAR * share);
}

function makeBand(net, number) {
  const { W, inputs, outputs } = net.layers[number];
  const isLast = number === net.layers.length - 1;
  const shown = Math.min(outputs, MOST_SHOWN);
  const neurons = Array.from({ length: shown }, (_, j) => {
    const button = make("button", { tabIndex: j ? -1 : 0, className: isLast ? "digit" : "neuron" });
    if (isLast) button.append(make("b", { textContent: j }), make("small"));
    else button.setAttribute("aria-label", say("neuron", { number: j, layer: number + 1 }));
    if (number === 0 && !isLast) {
      const picture = makePicture();
      paintSigned(picture, Float64Array.from({ length: inputs }, (_, k) => W[k * outputs + j]));
      button.append(freeze(picture));
    }
    return button;
  });
  const kind = isLast ? "digits" : number ? "dots" : "tiles";
  const values = { layer: number + 1, count: outputs, shown };
  const about = isLast ? say("output") : say(shown < outputs ? "shownOf" : "layer", values);
  const list = make("div", { className: kind }, ...neurons);
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", about);
  return { element: make("div", { className: "band" }, make("p", { textContent: about }), list), neurons };
}

/** Arrow keys go through the neurons of a band; Tab goes to the next band. */
function move(event, neurons) {
  const from = neurons.indexOf(event.target);
  const across = neurons.filter((each) => each.offsetTop === neurons[0].offsetTop).length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
  const next = step && neurons[from + step];
  if (step) event.preventDefault();
  if (!next) return;
  [neurons[from].tabIndex, next.tabIndex] = [-1, 0];
  next.focus();
}

/** The strongest contributions z W into a layer, or only those of the selected neuron. */
function connections(net, { a, z }, layer, selected) {
  const { W, b, inputs, outputs } = net.layers[layer];
  const only = (which, neuron) => !selected || selected[0] !== which || selected[1] === neuron;
  if (selected && selected[0] !== layer && selected[0] !== layer - 1) return [];
  // The 784 pixels count as one. `values` are (sources, outputs).
  const sources = layer ? inputs : 1;
  const values = new Float64Array(sources * outputs);
  for (let from = 0; from < sources; from++) {
    for (let to = 0; to < outputs; to++) {
      if (!only(layer, to) || (layer && !only(layer - 1, from))) continue;
      values[from * outputs + to] = layer ? z[layer - 1][from] * W[from * outputs + to] : a[0][to] - b[to];
    }
  }
  const most = layer ? LINES : LINES / 2;
  const sizes = values.map(Math.abs).sort();
  const least = Math.max(sizes[Math.max(0, sizes.length - most)], 1e-9);
  const found = [];
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) < least) continue;
    found.push({ from: Math.floor(i / outputs), to: i % outputs, value: values[i] });
  }
  return found;
}

function curve(to, start, end, value, strength) {
  const middle = (start.bottom + end.top) / 2;
  to.globalAlpha = 0.12 + 0.7 * strength ** 2;
  to.strokeStyle = css(value > 0 ? "--for" : "--against");
  to.lineWidth = 0.6 + 2.2 * strength;
  to.beginPath();
  to.moveTo(start.x, start.bottom);
  to.bezierCurveTo(start.x, middle, end.x, middle, end.x, end.top);
  to.stroke();
}

const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
const plain = (value) => (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);

/** {figures: [[784 numbers, caption], ...], title, formulas, text} about a hidden neuron. */
function explainNeuron(net, result, layer, neuron) {
  const { W, b, inputs, outputs } = net.layers[layer];
  const [a, z, n] = [result.a[layer][neuron], result.z[layer][neuron], layer + 1];
  const below = layer ? result.z[layer - 1] : result.x;
  const weights = Float64Array.from({ length: inputs }, (_, k) => W[k * outputs + neuron]);
  const terms = weights.map((weight, k) => weight * below[k]);
  const next = net.layers[n];
  const votes = Float64Array.from({ length: next.outputs }, (_, j) => z * next.W[neuron * next.outputs + j]);
  const wanted = Float64Array.from({ length: outputs }, (_, j) => +(j === neuron));
  const off = net.off[layer].has(neuron) ? ` (${say("isOff")})` : "";
  const bias = `${b[neuron] < 0 ? "−" : "+"} ${plain(Math.abs(b[neuron]))}`;
  const told = {
    title: say("neuron", { number: neuron, layer: n }) + off,
    formulas:
      `a${n} = ${layer ? `z${layer}` : "x"} W${n} + b${n} = ${plain(a - b[neuron])} ${bias} = ${plain(a)}\n` +
      `z${n} = ${net.activation}(a${n}) = ${plain(z)}`,
    text: say("votes", { layer: n + 1, list: strongest(votes) }),
  };
  if (!layer) return { ...told, figures: [[weights, say("looksFor")], [terms, say("overlap")]] };
  const text = `${say("from", { layer, list: strongest(terms) })} ${told.text}`;
  return { ...told, text, figures: [[evidence(net, result, wanted, layer), say("evidenceFor")]] };
}

/** The same about a digit: why it and not the runner-up; of one that is not predicted, why not. */
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
    title: say("digit", { digit }),
    formulas: `a${n} = ${plain(scores[digit])}, y = softmax(a${n}) = ${result.y[digit].toFixed(4)}`,
    text: say(lead < 0 ? "behind" : "margin", {
      digit, other, layer: n, margin: plain(Math.abs(lead)), times: sayTimes(Math.exp(lead)),
    }),
  };
}

function strongest(values) {
  const order = Array.from(values.keys()).sort((p, q) => Math.abs(values[q]) - Math.abs(values[p]));
  return order.slice(0, 3).map((place) => `${place} (${signed(values[place])})`).join(", ");
}
