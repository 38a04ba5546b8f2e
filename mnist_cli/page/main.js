// From a drawing to a prediction; and the page put together: what is drawn, what is broken, and the views of both.

import { makeCollect } from "./class/collect.js";
import { makeMerge } from "./class/merge.js";
import { makeLesson } from "./lesson/lesson.js";
import { keepAddress } from "./link/address.js";
import { makeApi } from "./link/api.js";
import { shorten } from "./link/link.js";
import { corrupt } from "./net/corrupt.js";
import { normalize, tellAbout, unpack } from "./net/data.js";
import { argmax, forward, locate } from "./net/net.js";
import { breathe, runSet, runWhole } from "./net/testset.js";
import { findDoubts, makeAnswers } from "./pad/answer.js";
import { keepPadInView } from "./pad/apart.js";
import { makePad, savePng } from "./pad/pen.js";
import { offerChoices } from "./parts/controls.js";
import { byId, disable, forgetColours, paintInk } from "./parts/paint.js";
import { LANGUAGES, speak } from "./parts/words.js";
import { PIXELS, readStrokes, toSmall } from "./reading/picture.js";
import { makeAlive } from "./views/alive.js";
import { makeBatch } from "./views/batch.js";
import { SLIDERS, makeBreak } from "./views/break.js";
import { makeImages } from "./views/images.js";
import { makeLearning } from "./views/learning.js";
import { makeMap } from "./views/map.js";
import { makeSteps } from "./views/step.js";

const PAUSE = 120; // milliseconds without a change, before it is asked whether this is a digit

/** What is on the pad -> 784 numbers, as `mnist predict` makes them; strokes change with each move of the pen. */
function refresh() {
  const isRaw = byId("raw").checked;
  const strokes = shorten(pad.strokes); // what a link shows is what is read
  reading = pad.image || isRaw ? null : readStrokes(strokes);
  pixels = pad.image?.pixels ?? (isRaw && !pad.isEmpty() ? toSmall(strokes) : reading?.pixels);
  if (begun !== (begun = pad.image ?? pad.strokes[0])) alive.forget();
  predict();
}

/** These numbers, disturbed as "Break it" says -> ten probabilities, at once; the views follow when that is painted. */
function predict() {
  const x = pixels ? corrupt(normalize(pixels), broken.corruption) : null;
  results = x && nets.map((each) => forward(each, x));
  if (!reading) doubts = [];
  showAnswers(results, doubts, pad.image);
  clearTimeout(doubting);
  doubting = reading && setTimeout(doubt, PAUSE);
  byId("answers").setAttribute("aria-busy", Boolean(reading));
  paintInk(document.querySelector("#seen canvas"), x ?? new Float64Array(PIXELS));
  byId("flow").setAttribute("aria-busy", true);
  frame ||= requestAnimationFrame(() => setTimeout(refreshViews)); // the prediction is painted first
}

/** Say whether this looks like one digit; until then what was said of it before stands. */
function doubt() {
  doubts = results.map(({ y }) => findDoubts(judge, reading, Math.max(...y)));
  showAnswers(results, doubts);
  byId("answers").setAttribute("aria-busy", false);
}

// What not every browser has; without it the page says so, and does no more.
const NEEDED = [window.ResizeObserver, window.DecompressionStream, CanvasRenderingContext2D.prototype.roundRect];

const carried = JSON.parse(byId("data").textContent);
const about = tellAbout(carried);
await beSeen();
const { nets, judge, images, x: undisturbed } = await unpack(carried);
let net = nets[0];
let isSetStale = true; // the predictions of the images have to be made again
let isSetRunning = false; // they are being made
let results = null; // of each net, for what is on the pad
let begun = null; // the first stroke on the pad, or the image: another one is a new drawing
let reading = null; // of the strokes on the pad
let pixels = null; // 784 numbers 0..255: what is on the pad
let doubts = []; // of each net: sentences about it
let doubting = 0; // the pause after which they are found
let frame = 0; // the one after which the views follow

const pad = makePad(byId("pad"), refresh);
const showAnswers = makeAnswers(byId("answers"), nets);
const steps = makeSteps(() => alive.follow(), breakMore);
const alive = makeAlive((layer, neuron) => {
  const off = net.off[layer];
  if (!off.delete(neuron)) off.add(neuron);
  alive.showOff();
  breakMore();
}, steps);
const row = makeImages(images, pad.show);
const map = makeMap(images, pad.show);
const broken = makeBreak(breakMore);
const learning = makeLearning(nets[0], images, undisturbed, () => {
  alive.learn();
  breakMore();
});
const batch = makeBatch(images);
const controls = { images, pad, alive, steps, reset, follow: breakMore }; // what a lesson and an address move
const lesson = makeLesson({
  ...controls,
  x: undisturbed,
  get net() { return net; },
  get whole() { return isReady() && net.states.at(-1).whole; },
});
const collect = makeCollect(pad, () => results && argmax(results[0].y));
const merge = makeMerge(pad.show);

offerChoices(byId("languages"), "language", Object.entries(LANGUAGES), useLanguage, spoken());
for (const choice of byId("languages").querySelectorAll("input")) choice.parentElement.lang = choice.value;
offerChoices(byId("nets"), "net", nets.map(({ name }, number) => [number, `${"AB"[number]} · ${name}`]), (number) => useNet(nets[number]), 0);
byId("nets").hidden = nets.length < 2;
byId("held").textContent = nets.map(({ name, sha256 }) => `${name} · SHA-256 ${sha256}`).join("\n");
const actions = { undo: pad.undo, clear: pad.clear, save: () => savePng(pad), "undo-all": undoAll, "all-on": switchAllOn };
for (const [id, action] of Object.entries(actions)) byId(id).onclick = action;
byId("raw").onchange = refresh;
keepPadInView();
for (const place of ["desk", "alive"]) byId(place).addEventListener("keydown", useKey);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
addEventListener("resize", () => breakMore());
window.mnist = { ...makeApi(nets[0], judge), clear: pad.clear };
speak(spoken(), about); // what was made since it was seen
pad.repaint();
requestAnimationFrame(() => setTimeout(startViews)); // the page is seen first
byId("pad").focus({ preventScroll: true });

/** Show the page with its texts, before what it carries is unpacked. */
async function beSeen() {
  if (!NEEDED.every(Boolean)) return new Promise(() => {}); // never
  document.documentElement.classList.add("ready");
  speak(spoken(), about);
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

/** The views of all images, which take longer to make than the pad. */
async function startViews() {
  for (const each of nets) await runWhole(each, each.state, images, undisturbed);
  useNet(nets[0]);
  row.speak();
  keepAddress({ ...controls, nets, lesson, sliders: SLIDERS });
}

function breakMore() {
  isSetStale = true;
  predict();
}

/** Whether the views of all images are there. */
function isReady() {
  return nets.every(({ states }) => states.at(-1).whole);
}

function refreshViews() {
  frame = 0;
  byId("flow").removeAttribute("aria-busy");
  byId("invitation").hidden = !pad.isEmpty();
  byId("raw-note").hidden = !byId("raw").checked;
  disable("undo", !pad.canUndo());
  disable("clear", pad.isEmpty());
  disable("save", pad.isEmpty());
  collect.update();
  if (!isReady()) return;
  if (isSetStale) refreshSet();
  alive.update(results?.[nets.indexOf(net)]);
  showOnMap();
}

function showOnMap() {
  const result = results?.[nets.indexOf(net)];
  map.show(result && locate(net, result));
}

/** The accuracy follows a few images at a time, so that the page stays alive on a slow device. */
async function refreshSet() {
  broken.show(net);
  alive.showOff();
  if (isSetRunning) return;
  isSetRunning = true;
  while (isSetStale && !frame) { // in the next frame it is shown first what is broken now
    isSetStale = false;
    const asked = net;
    const now = { ...net, off: net.off.map((off) => new Set(off)) };
    const [isBroken, corruption] = [broken.isBroken(now), broken.corruption];
    const whole = await runWhole(now, now.state, images, undisturbed);
    const set = isBroken ? await runSet(now, images, undisturbed, corruption) : whole;
    if (asked !== net) continue;
    broken.showAccuracy(set.correct, images.length, whole.correct);
    for (const follow of [() => row.update(set.predictions), () => map.update(set), showOnMap, () => batch.update(net, set)]) {
      await breathe();
      if (asked === net) follow();
    }
  }
  isSetRunning = false;
  if (!isSetStale) byId("accuracy").removeAttribute("aria-busy");
}

function useNet(next) {
  net = next;
  byId("signature").textContent = `${net.sizes.join(" → ")} · ${net.trained}`;
  map.build(net.states.at(-1).whole.places);
  collect.use(net);
  merge.use(net);
  showNet();
}

/** Another net is shown, or another language spoken. */
function showNet() {
  steps.build(net);
  alive.build(net);
  learning.use(net);
  breakMore();
  lesson.renew();
}

function switchAllOn() {
  for (const off of nets.flatMap((each) => each.off)) off.clear();
  breakMore();
}

function undoAll() {
  broken.reset();
  learning.reset();
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

function spoken() {
  const wanted = [document.documentElement.dataset.language, ...navigator.languages, "en"];
  return wanted.map((tag) => tag.split("-")[0]).find((tag) => tag in LANGUAGES);
}

function useLanguage(language) {
  speak(language, about);
  for (const view of [row, batch, collect, merge]) view.speak();
  showNet();
}

function recolour() {
  forgetColours();
  pad.repaint();
  map.recolour();
  breakMore();
}

/** Single keys work while the focus is on the drawing side, those of the steps on the net too: none is pressed by chance. */
function useKey(event) {
  if (event.altKey || event.target.matches("select")) return;
  // What the key is called, or where it lies while it writes Hangul or another script.
  const key = /^[a-z0-9]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^(Key|Digit)/, "").toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key !== "z") return;
  const stepping = { n: steps.next, b: steps.back };
  const drawing = { z: pad.undo, c: pad.clear, delete: pad.clear, s: () => pad.isEmpty() || savePng(pad), r: row.random, k: collect.keepAsked };
  byId("pens").querySelectorAll("input").forEach((pen, i) => (drawing[i + 1] = () => pen.click()));
  const action = { ...stepping, ...(event.currentTarget === byId("desk") && drawing) }[key];
  if (!action) return;
  event.preventDefault();
  action();
}
