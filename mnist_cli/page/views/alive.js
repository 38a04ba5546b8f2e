// The net, alive: neurons as light, the strongest connections as lines, and one of them explained.

import { explain, nameNeuron, plain } from "./explain.js";
import { ACTIVATIONS, argmax, weightsInto } from "../net/net.js";
import { connections, curve, fillBar, makeLight, shine } from "./light.js";
import { byId, fit, make, makePicture, paintInk, paintSigned } from "../parts/paint.js";
import { PIXELS } from "../reading/picture.js";
import { rove } from "../parts/controls.js";
import { say } from "../parts/words.js";

const MOST_SHOWN = 200; // neurons of a layer
const BAR = 14 / 15; // of the room above a digit: a probability of 1
const NAMING = 250; // milliseconds without a change after which neurons are named for those who listen

/** The view. `toggle(layer, neuron)` is called to switch a neuron off or on; `steps` may show only a part. */
export function makeAlive(toggle, steps) {
  const [flow, canvas, input, lens, told] = ["flow", "light", "input", "lens", "told"].map(byId);
  const [switchOne, back, working, stepping] = ["switch", "back", "working", "stepping"].map(byId);
  const figures = [...lens.querySelectorAll("figure")].slice(1);
  let net, result, bands, places, naming;
  let chosen = null; // [layer, neuron] that was tapped or has the focus: it stays until a new drawing
  let pointed = null; // the one under the mouse; without either the prediction is explained
  let marked = null; // the button of what is looked at
  let again = false; // whether the neuron that is pressed was chosen before

  const view = {
    build(next) {
      [net, result, chosen, pointed] = [next, undefined, null, null];
      for (const old of flow.querySelectorAll(".band")) old.remove();
      bands = net.layers.map((layer, number) => makeBand(net, number));
      bands.forEach(({ element, neurons }, layer) => {
        stepping.before(element);
        neurons.forEach((button, neuron) => listen(button, [layer, neuron]));
      });
      view.measure();
      view.follow();
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
    forget: () => (chosen = pointed = null),
    follow() {
      bands.forEach(({ element }, layer) => {
        const about = nameBand(net, layer, steps.stage?.isSum && layer === steps.stage.layer);
        element.firstChild.textContent = about;
        element.lastChild.setAttribute("aria-label", about);
      });
      look();
      nameAll();
    },
    /** [layer, neuron] that was tapped, or null; or tap one. */
    get chosen() { return chosen; },
    choose,
    /** The net is in another state: its first neurons look for something else. */
    learn() {
      const pictures = net.off.length ? drawWeights(net.state) : [];
      pictures.forEach((src, neuron) => (bands[0].neurons[neuron].firstChild.src = src));
    },
    showOff() {
      net.off.forEach((off, layer) => bands[layer].neurons.forEach((button, neuron) => {
        if (button.getAttribute("aria-pressed") === String(off.has(neuron))) return; // to set it again costs time
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
      places.bar = BAR * parseFloat(getComputedStyle(bands.at(-1).neurons[0]).paddingTop);
      places.lights = places.bands.map(([first], layer) =>
        Object.fromEntries(["--glow", "--for", "--against"].map((name) => [name, makeLight(first.width, layer === 0, name)])));
      paint();
    },
  };

  switchOne.onclick = () => toggle(...chosen);
  back.onclick = unchoose;
  flow.onpointerleave = () => point(null);
  flow.addEventListener("keydown", ({ key }) => key === "Escape" && unchoose());
  flow.onfocusin = () => steps.stage || told.setAttribute("aria-live", "polite");
  flow.onfocusout = () => told.removeAttribute("aria-live");
  // While it is laid out anew it may have no width for a moment, and no place for light.
  new ResizeObserver(() => bands && flow.clientWidth && view.measure()).observe(flow);
  return view;

  /** To point, to tap and to focus only look; a second tap, or Enter, switches off or on. */
  function listen(button, place) {
    const isChosen = () => chosen?.join() === place.join();
    button.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && point(place));
    button.addEventListener("pointerdown", () => (again = isChosen()));
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
      button.setAttribute("aria-label", nameNeuron(net, shownOf(layer)?.values[neuron], layer, neuron));
    }));
  }

  /** Show what is looked at, and explain it. */
  function look() {
    const selected = looked();
    const [layer, neuron] = selected ?? [net.off.length, result && argmax(result.y)];
    marked?.removeAttribute("aria-current");
    marked = selected && bands[layer].neurons[neuron];
    marked?.setAttribute("aria-current", "true");
    const about = (steps.stage ? steps.explain : explain)(net, result, layer, neuron);
    figures.forEach((figure, i) => {
      figure.hidden = !about.figures[i];
      if (figure.hidden) return;
      paintSigned(figure.firstElementChild, about.figures[i][0]);
      figure.lastElementChild.textContent = about.figures[i][1];
    });
    const [title, formulas, text] = ["h3", "code", "p"].map((tag) => told.querySelector(tag));
    [title.textContent, formulas.textContent, text.textContent] = [about.title, about.formulas, about.text];
    working.replaceChildren(...(about.working ?? []));
    back.hidden = !chosen;
    switchOne.hidden = !chosen || layer === net.off.length;
    if (!switchOne.hidden) switchOne.textContent = say(net.off[layer].has(neuron) ? "switchOn" : "switchOff");
    paint();
  }

  /** [layer, neuron] that is explained, or null: the prediction is. */
  function looked() {
    const selected = chosen ?? pointed;
    return steps.stage ? steps.pick(result, selected) : selected;
  }

  /** What is known of a layer, {values, isSum: they are its a}, or null. */
  function shownOf(layer) {
    const { stage } = steps;
    if (!result || (stage && layer > stage.layer)) return null;
    if (stage?.isSum && layer === stage.layer) return { values: result.a[layer], isSum: true };
    return { values: layer === net.off.length ? result.y : result.z[layer], isSum: false };
  }

  /** Lines, and light on every neuron, below the buttons that stand there. */
  function paint() {
    const { to, width, height } = places.stage;
    to.clearRect(0, 0, width, height);
    bands.forEach((_, layer) => shownOf(layer) && drawConnections(to, layer));
    bands.forEach((_, layer) => (layer === net.off.length ? paintDigits : paintNeurons)(to, layer, shownOf(layer)));
    to.globalAlpha = 1;
  }

  /** Sums of either sign in two colours, activations as light. */
  function paintNeurons(to, layer, shown) {
    if (!shown) return;
    const [low, high] = ACTIVATIONS[net.activation].range(2); // 2 where nothing bounds it
    const isSigned = shown.isSum || low < 0;
    const most = shown.isSum || high > 1 ? Math.max(1e-9, ...shown.values.map(Math.abs)) : 1;
    places.bands[layer].forEach((place, neuron) => {
      const value = shown.values[neuron];
      const name = isSigned ? (value > 0 ? "--for" : "--against") : "--glow";
      shine(to, places.lights[layer][name], place, Math.abs(value) / most);
    });
  }

  /** Probabilities as bars from the ground, scores from their zero up or down. */
  function paintDigits(to, layer, shown) {
    const prediction = shown && !shown.isSum ? argmax(shown.values) : -1;
    const [low, high] = shown?.isSum ? [Math.min(0, ...shown.values), Math.max(1e-9, ...shown.values)] : [0, 1];
    bands[layer].neurons.forEach((button, digit) => {
      const value = shown?.values[digit] ?? 0;
      const [from, until] = [0, value].map((each) => (each - low) / (high - low)).sort((p, q) => p - q);
      const name = shown?.isSum ? (value > 0 ? "--for" : "--against") : "--glow";
      fillBar(to, places.bands[layer][digit], places.bar, from, until, name);
      button.classList.toggle("best", digit === prediction);
      const figure = shown?.isSum ? plain(value) : value < 0.99995 ? value.toFixed(4) : ">.9999"; // there is no room for more
      button.lastChild.textContent = shown ? figure : "";
    });
  }

  function drawConnections(to, layer) {
    const found = connections(net, result, layer, looked());
    const strongest = Math.max(...found.map(({ value }) => Math.abs(value)));
    for (const { from, to: end, value } of found) {
      const start = layer ? places.bands[layer - 1][from] : places.input;
      const target = places.bands[layer][end];
      if (start && target) curve(to, start, target, value, Math.abs(value) / strongest);
    }
  }
}

/** What the neurons of the first layer look for in a state of a net, as addresses of pictures; drawn once. */
export function drawWeights(state) {
  if (!state.pictures) {
    const [[layer], picture] = [state.read(), makePicture()];
    state.pictures = Array.from({ length: Math.min(layer.outputs, MOST_SHOWN) }, (_, neuron) => {
      paintSigned(picture, weightsInto(layer, neuron));
      return picture.toDataURL();
    });
  }
  return state.pictures;
}

function makeBand(net, number) {
  const { outputs } = net.layers[number];
  const isLast = number === net.layers.length - 1;
  const neurons = Array.from({ length: Math.min(outputs, MOST_SHOWN) }, (_, j) => {
    const button = make("button", { tabIndex: j ? -1 : 0, className: isLast ? "digit" : "neuron" });
    if (isLast) button.append(make("b", { textContent: j }), " ", make("small"));
    if (number === 0 && !isLast) button.append(make("img", { src: drawWeights(net.state)[j], alt: "" }));
    return button;
  });
  const kind = isLast ? "digits" : number ? "dots" : "tiles";
  const list = make("div", { className: kind }, ...neurons);
  rove(list);
  return { element: make("div", { className: "band" }, make("p"), list), neurons };
}

/** What a band shows, in words: the activations of a layer, or its sums. */
function nameBand(net, number, isSum) {
  const count = net.layers[number].outputs;
  const values = { layer: number + 1, count, shown: Math.min(count, MOST_SHOWN) };
  if (number === net.off.length) return say(isSum ? "scores" : "output", values);
  if (isSum) return say("sums", values);
  return say(values.shown < count ? "shownOf" : "layer", values);
}
