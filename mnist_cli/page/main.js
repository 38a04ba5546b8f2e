// The page put together: what is drawn, what is broken, and the views of both, once a frame.

import { keepAddress } from "./address.js";
import { keepPadInView } from "./apart.js";
import { makeAlive } from "./alive.js";
import { makeAnswers } from "./answer.js";
import { makeApi } from "./api.js";
import { makeBatch } from "./batch.js";
import { makeCollect } from "./collect.js";
import { corrupt } from "./corrupt.js";
import { normalize, unpack } from "./data.js";
import { findDoubts } from "./doubt.js";
import { makeImages } from "./images.js";
import { makeLesson } from "./lesson.js";
import { makeMap } from "./map.js";
import { makeMerge } from "./merge.js";
import { argmax, forward, lastHidden } from "./net.js";
import { byId, disable, forgetColours, make, paintInk } from "./paint.js";
import { makePad, savePng } from "./pen.js";
import { PIXELS, readStrokes, toSmall } from "./picture.js";
import { makeSteps } from "./step.js";
import { breathe, runSet } from "./testset.js";
import { LANGUAGES, say, speak } from "./words.js";

const SLIDERS = [ // name, least, most, step, unit
  ["noise", 0, 1, 0.05, ""],
  ["right", -8, 8, 1, ""],
  ["down", -8, 8, 1, ""],
  ["turn", -90, 90, 5, "°"],
];
const PAUSE = 120; // milliseconds without a change, before it is asked whether this is a digit

const { nets, judge, images, about, x: undisturbed } = await unpack(JSON.parse(byId("data").textContent));
const corruption = { noise: 0, right: 0, down: 0, turn: 0 };
const whole = []; // of each net: what it makes of the images while nothing is broken
let net = nets[0];
let isSetStale = true; // the predictions of the images have to be made again
let isSetRunning = false; // they are being made
let results = null; // of each net, for what is on the pad
let begun = null; // the first stroke on the pad, or the image: another one is a new drawing
let reading = null; // of the strokes on the pad
let pixels = null; // 784 numbers 0..255: what is on the pad
let doubts = []; // of each net: sentences about it
let doubting = 0; // the pause after which they are found
let frame = 0; // the one in which the views follow

const pad = makePad(byId("pad"), refresh);
const showAnswers = makeAnswers(byId("answers"), nets);
const steps = makeSteps(() => alive.follow(), breakMore);
const alive = makeAlive((layer, neuron) => {
  const off = net.off[layer];
  if (!off.delete(neuron)) off.add(neuron);
  breakMore();
}, steps);
const row = makeImages(images, pad.show);
const map = makeMap(images, pad.show);
const batch = makeBatch(images);
const lesson = makeLesson({
  ...{ images, x: undisturbed, pad, alive, steps, reset, follow: breakMore },
  get net() { return net; },
  get whole() { return whole[nets.indexOf(net)]; },
});
const collect = makeCollect(pad, () => results && argmax(results[0].y));
const merge = makeMerge(pad.show);

start();

function start() {
  if (!window.ResizeObserver || !CanvasRenderingContext2D.prototype.roundRect) return; // the page says so
  makeSliders();
  for (const [lang, name] of Object.entries(LANGUAGES)) offer("language", lang, name).lang = lang;
  chooseAmong("language", spoken(), useLanguage);
  nets.forEach(({ name }, number) => offer("net", number, `${"AB"[number]} · ${name}`));
  byId("nets").hidden = nets.length < 2;
  byId("held").textContent = nets.map(({ name, sha256 }) => `${name} · SHA-256 ${sha256}`).join("\n");
  chooseAmong("net", "0", (number) => useNet(nets[number]));
  chooseAmong("pen", "20", (width) => (pad.width = Number(width)));
  byId("undo").onclick = pad.undo;
  byId("clear").onclick = pad.clear;
  byId("save").onclick = () => savePng(pad);
  byId("raw").onchange = refresh;
  byId("undo-all").onclick = undoAll;
  byId("all-on").onclick = switchAllOn;
  keepPadInView();
  byId("desk").addEventListener("keydown", useKey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  addEventListener("resize", () => breakMore());
  window.mnist = { ...makeApi(nets[0], judge), clear: pad.clear };
  document.documentElement.classList.add("ready");
  speak(spoken(), about);
  pad.repaint();
  requestAnimationFrame(() => setTimeout(startViews)); // the page is seen first
  byId("pad").focus({ preventScroll: true });
}

/** The views of all images, which take longer to make than the pad. */
function startViews() {
  for (const each of nets) whole.push([...runSet(each, images, undisturbed)].pop());
  useNet(nets[0]);
  row.speak();
  keepAddress({ nets, images, pad, alive, steps, lesson, sliders: SLIDERS, reset, follow: breakMore });
}

/** Read the pad again and say what it is. */
function refresh() {
  const isRaw = byId("raw").checked;
  reading = pad.image || isRaw ? null : readStrokes(pad.strokes);
  pixels = pad.image?.pixels ?? (isRaw && !pad.isEmpty() ? toSmall(pad.strokes) : reading?.pixels);
  if (begun !== (begun = pad.image ?? pad.strokes[0])) alive.forget();
  predict();
}

/** Say what the pixels are, at once; the views follow with the next frame. */
function predict() {
  const x = pixels ? corrupt(normalize(pixels), corruption) : null;
  results = x && nets.map((each) => forward(each, x));
  if (!reading) doubts = [];
  showAnswers(results, doubts, pad.image);
  clearTimeout(doubting);
  doubting = reading && setTimeout(doubt, PAUSE);
  paintInk(document.querySelector("#seen canvas"), x ?? new Float64Array(PIXELS));
  frame ||= requestAnimationFrame(refreshViews);
}

/** Say whether this looks like one digit; until then what was said of it before stands. */
function doubt() {
  doubts = results.map(({ y }) => findDoubts(judge, reading, Math.max(...y)));
  showAnswers(results, doubts);
}

function breakMore() {
  isSetStale = true;
  predict();
}

function refreshViews() {
  frame = 0;
  byId("invitation").hidden = !pad.isEmpty();
  byId("raw-note").hidden = !byId("raw").checked;
  disable("undo", !pad.canUndo());
  disable("clear", pad.isEmpty());
  disable("save", pad.isEmpty());
  collect.update();
  if (!whole.length) return; // they are not there yet
  if (isSetStale) refreshSet();
  alive.update(results?.[nets.indexOf(net)]);
  showOnMap();
}

function showOnMap() {
  const result = results?.[nets.indexOf(net)];
  map.show(result && lastHidden(net, result));
}

/** The accuracy follows a few images at a time, so that the page stays alive on a slow device. */
async function refreshSet() {
  showBroken();
  if (isSetRunning) return;
  isSetRunning = true;
  while (isSetStale) {
    isSetStale = false;
    const asked = net;
    const broken = { ...net, off: net.off.map((off) => new Set(off)) }; // as it is now
    let set;
    for (set of runSet(broken, images, undisturbed, { ...corruption })) await breathe();
    if (asked !== net) continue;
    showAccuracy(set.correct);
    for (const follow of [() => row.update(set.predictions), () => map.update(set), showOnMap, () => batch.update(net, set)]) {
      await breathe();
      if (asked === net) follow();
    }
  }
  isSetRunning = false;
  byId("accuracy").removeAttribute("aria-busy");
}

/** What is switched off and how the input is disturbed. */
function showBroken() {
  byId("accuracy").setAttribute("aria-busy", "true");
  alive.showOff();
  const off = net.off.flatMap((neurons, layer) => Array.from(neurons, (neuron) => `z${layer + 1}[${neuron}]`));
  byId("off").textContent = off.length ? say("off", { list: off.join(", ") }) : say("noneOff");
  disable("all-on", !off.length);
  disable("undo-all", !off.length && net.activation === net.trained && !Object.values(corruption).some(Boolean));
  for (const [name, , , , unit] of SLIDERS) byId(name).nextElementSibling.textContent = corruption[name] + unit;
}

function showAccuracy(correct) {
  const share = (count) => (count / images.length).toFixed(4);
  const [figure, meter, sentence] = byId("accuracy").children;
  byId("standing").textContent = figure.textContent = share(correct);
  meter.value = correct / images.length;
  const before = share(whole[nets.indexOf(net)].correct);
  sentence.textContent = say("correct", { correct, count: images.length, before });
}

function useNet(next) {
  net = next;
  byId("signature").textContent = `${net.sizes.join(" → ")} · ${net.trained}`;
  steps.build(net);
  alive.build(net);
  map.build(net, whole[nets.indexOf(net)].hidden);
  collect.use(net);
  merge.use(net);
  breakMore();
  lesson.renew();
}

function switchAllOn() {
  for (const off of nets.flatMap((each) => each.off)) off.clear();
  breakMore();
}

function undoAll() {
  for (const [name] of SLIDERS) byId(name).value = corruption[name] = 0;
  for (const each of nets) each.activation = each.trained;
  steps.mark();
  switchAllOn();
}

/** As the page begins, but for the net and the language. */
function reset() {
  if (byId("raw").checked) byId("raw").click();
  pad.clear();
  alive.forget();
  steps.show();
  undoAll();
}

function makeSliders() {
  for (const [name, min, max, step] of SLIDERS) {
    const slider = make("input", { type: "range", id: name, min, max, step, value: 0 });
    slider.setAttribute("value", 0);
    slider.oninput = () => {
      corruption[name] = Number(slider.value);
      breakMore();
    };
    const text = make("span");
    text.dataset.t = name;
    byId("sliders").append(make("label", {}, text, slider, make("output")));
  }
}

function spoken() {
  const wanted = [document.documentElement.dataset.language, ...navigator.languages, "en"];
  return wanted.map((tag) => tag.split("-")[0]).find((tag) => tag in LANGUAGES);
}

function useLanguage(language) {
  speak(language, about);
  row.speak();
  batch.speak();
  steps.build(net);
  collect.speak();
  merge.speak();
  alive.build(net);
  breakMore();
  lesson.renew();
}

/** Put one more radio button into a fieldset, whose id is its `name` with an s. */
function offer(name, value, text) {
  const label = make("label", {}, make("input", { type: "radio", name, value }), make("span", {}, text));
  byId(`${name}s`).append(label);
  return label;
}

/** Radio buttons: the one with `value` is checked, and `use` is called with the value of a new one. */
function chooseAmong(name, value, use) {
  for (const choice of document.querySelectorAll(`[name=${name}]`)) {
    choice.checked = choice.value === value;
    choice.onchange = () => use(choice.value);
  }
}

function recolour() {
  forgetColours();
  pad.repaint();
  map.recolour();
  breakMore();
}

/** Single keys work while the focus is on the drawing side, so they cannot be pressed by chance. */
function useKey(event) {
  if (event.altKey || event.target.matches("select")) return;
  // What the key is called, or where it lies while it writes Hangul or another script.
  const key = /^[a-z0-9]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^(Key|Digit)/, "").toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key !== "z") return;
  const pens = [...document.querySelectorAll("[name=pen]")];
  const actions = { z: pad.undo, c: pad.clear, delete: pad.clear, s: () => pad.isEmpty() || savePng(pad), r: row.random, k: collect.keepAsked };
  if (pens[key - 1]) pens[key - 1].click();
  else if (actions[key]) actions[key]();
  else return;
  event.preventDefault();
}
