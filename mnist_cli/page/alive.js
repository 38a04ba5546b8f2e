// The net, alive: neurons as light, the strongest connections as lines, and one of them explained.

import { explain, nameNeuron } from "./explain.js";
import { argmax } from "./net.js";
import { byId, css, fit, freeze, make, makePicture, paintInk, paintSigned, rem } from "./paint.js";
import { PIXELS } from "./picture.js";
import { rove } from "./rove.js";
import { say } from "./words.js";

const MOST_SHOWN = 200; // neurons of a layer
const LINES = 32; // between two layers
const BAR = 2.8; // rem of a probability of 1
const HALO = 8; // pixels of light round a neuron
const NAMING = 250; // milliseconds without a change after which neurons are named for those who listen

/** The view. `toggle(layer, neuron)` is called to switch a neuron off or on. */
export function makeAlive(toggle) {
  const [flow, canvas, input, lens, told] = ["flow", "light", "input", "lens", "told"].map(byId);
  const [switchOne, back] = ["switch", "back"].map(byId);
  const figures = [...lens.querySelectorAll("figure")].slice(1);
  let net, result, bands, places, naming;
  let chosen = null; // [layer, neuron] that was tapped or has the focus: it stays until a new drawing
  let pointed = null; // the one under the mouse; without either the prediction is explained
  let marked = null; // the button of what is looked at
  let again = false; // whether the neuron that is pressed was chosen before

  const view = {
    /** Show another net. */
    build(next) {
      [net, result, chosen, pointed] = [next, null, null, null];
      for (const old of flow.querySelectorAll(".band")) old.remove();
      bands = net.layers.map((layer, number) => makeBand(net, number));
      bands.forEach(({ element, neurons }, layer) => {
        flow.append(element);
        neurons.forEach((button, neuron) => listen(button, [layer, neuron]));
      });
      nameAll();
      view.measure();
    },
    /** Show what `forward` made of one image, or nothing. */
    update(next) {
      result = next;
      paintInk(input, result ? result.x : new Float64Array(PIXELS));
      look();
      clearTimeout(naming); // nobody hears 160 names a frame
      naming = setTimeout(nameAll, NAMING);
    },
    /** A new drawing is explained anew. */
    forget() {
      chosen = pointed = null;
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
      places = { stage: fit(canvas), input: spot(input.parentElement), bands: bands.map(({ neurons }) => neurons.map(spot)) };
      places.bar = rem(BAR);
      places.lights = places.bands.map(([first], layer) => makeLight(first.width, layer === 0));
      paint();
    },
  };

  switchOne.onclick = () => toggle(...chosen);
  back.onclick = unchoose;
  flow.onpointerleave = () => point(null);
  flow.onkeydown = (event) => {
    if (event.key === "Escape") unchoose();
  };
  flow.onfocusin = () => told.setAttribute("aria-live", "polite");
  flow.onfocusout = () => told.removeAttribute("aria-live");
  new ResizeObserver(() => bands && view.measure()).observe(flow);
  return view;

  /** To point, to tap and to focus only look; a second tap, or Enter, switches off or on. */
  function listen(button, place) {
    const isChosen = () => chosen?.join() === place.join();
    button.onpointerenter = (event) => {
      if (event.pointerType === "mouse") point(place);
    };
    button.onpointerdown = () => {
      again = isChosen();
    };
    button.onfocus = () => choose(place);
    button.onclick = (event) => {
      const isSecond = event.detail ? again : isChosen(); // a key presses nothing down
      if (isSecond && place[0] < net.off.length) toggle(...place);
      else choose(place);
    };
  }

  function point(place) {
    pointed = place;
    if (!chosen) look();
  }

  function choose(place) {
    chosen = place;
    look();
  }

  function unchoose() {
    view.forget();
    look();
  }

  function nameAll() {
    net.off.forEach((_, layer) => bands[layer].neurons.forEach((button, neuron) => {
      button.setAttribute("aria-label", nameNeuron(net, result, layer, neuron));
    }));
  }

  /** Show what is looked at, and explain it. */
  function look() {
    const selected = chosen ?? pointed;
    const [layer, neuron] = selected ?? [net.off.length, result && argmax(result.y)];
    marked?.removeAttribute("aria-current");
    marked = selected && bands[layer].neurons[neuron];
    marked?.setAttribute("aria-current", "true");
    const about = explain(net, result, layer, neuron);
    figures.forEach((figure, i) => {
      figure.hidden = !about.figures[i];
      if (figure.hidden) return;
      paintSigned(figure.firstElementChild, about.figures[i][0]);
      figure.lastElementChild.textContent = about.figures[i][1];
    });
    const [title, formulas, text] = ["h3", "code", "p"].map((tag) => told.querySelector(tag));
    [title.textContent, formulas.textContent, text.textContent] = [about.title, about.formulas, about.text];
    back.hidden = !chosen;
    switchOne.hidden = !chosen || layer === net.off.length;
    if (!switchOne.hidden) switchOne.textContent = say(net.off[layer].has(neuron) ? "switchOn" : "switchOff");
    paint();
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
        fillBar(to, place, places.bar, values[neuron]);
        button.classList.toggle("best", neuron === prediction);
        const share = values[neuron] < 0.99995 ? values[neuron].toFixed(4) : ">.9999"; // there is no room for more
        button.lastChild.textContent = result ? share : "";
      });
    });
    to.globalAlpha = 1;
  }

  function drawConnections(to, layer) {
    const found = connections(net, result, layer, chosen ?? pointed);
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

function fillBar(to, { x, top, width }, height, share) {
  const [left, bottom] = [Math.round(x - width / 2), Math.round(top + height)];
  to.globalAlpha = 1;
  to.fillStyle = css("--stage-line");
  to.fillRect(left, bottom - height, Math.round(width), height);
  to.fillStyle = css("--glow");
  to.fillRect(left, bottom - height * share, Math.round(width), height * share);
}

function makeBand(net, number) {
  const { W, inputs, outputs } = net.layers[number];
  const isLast = number === net.layers.length - 1;
  const shown = Math.min(outputs, MOST_SHOWN);
  const neurons = Array.from({ length: shown }, (_, j) => {
    const button = make("button", { tabIndex: j ? -1 : 0, className: isLast ? "digit" : "neuron" });
    if (isLast) button.append(make("b", { textContent: j }), " ", make("small"));
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
  list.setAttribute("aria-label", about);
  rove(list);
  return { element: make("div", { className: "band" }, make("p", { textContent: about }), list), neurons };
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
