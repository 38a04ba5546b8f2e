// Batches: the shapes of N images on their way through the net, their predictions, and the time.

import { argmax, forward } from "./net.js";
import { PIXELS } from "./picture.js";
import { byId, css, fit, make, makePicture, paintInk } from "./paint.js";
import { say } from "./words.js";

const SIZES = [1, 10, 100, 1000];
const RUNS = 15; // of each way, in turn, at the least
const MEASURED = 1500; // milliseconds; while they last there are more runs
const TICKS = 50; // of the browser's clock that a run lasts: some know whole milliseconds only
const FASTER = 0.95; // of the time: what is nearer to 1 says nothing

export function makeBatch(images) {
  const [sizes, shapes, times, sheet, measureButton] = 
    ["sizes", "shapes", "times", "sheet", "measure"].map(byId);
  let [net, set, size] = [null, null, 100];
  let measuring = null; // the measurement that goes on

  for (const each of SIZES) {
    const choice = make("input", { type: "radio", name: "size", value: each, checked: each === size });
    choice.onchange = () => {
      size = each;
      view.speak();
      if (set) view.update(net, set);
    };
    sizes.append(make("label", {}, choice, make("span", {}, each.toLocaleString("en"))));
  }
  measureButton.onclick = async () => {
    if (!set) return; // the views are not there yet
    const mine = (measuring = { net, size });
    measureButton.disabled = true;
    for await (const found of measure(net, set.x, size)) {
      if (measuring !== mine) return;
      showTimes(times, found, size);
    }
    measureButton.disabled = false;
  };

  const view = {
    /** `set`: {x: (N, 784), predictions} of every image as the net is given it now. */
    update(nextNet, nextSet) {
      if (net !== nextNet) view.speak();
      [net, set] = [nextNet, nextSet];
      shapes.replaceChildren(...drawShapes(net, size));
      paintSheet(sheet, set, images, size);
    },
    /** What was measured is of no use any more. */
    speak() {
      measuring = null;
      measureButton.disabled = false;
      times.replaceChildren();
    },
  };
  return view;
}

/** x (N, 784) @ W1 (784, 50) + b1 (50,) -> a1 (N, 50), a line for each layer. */
function drawShapes(net, N) {
  return net.layers.map(({ inputs, outputs }, number) => {
    const n = number + 1;
    const [from, to] = [number ? `z${number}` : "x", n === net.layers.length ? "y" : `z${n}`];
    const after = n === net.layers.length ? "softmax" : net.activation;
    const sign = (text) => make("span", {}, text);
    return make("p", {},
      box(from, N, inputs, "flowing"), sign("@"), box(`W${n}`, inputs, outputs), sign("+"),
      box(`b${n}`, 1, outputs, "", `(${outputs},)`), sign(`→ ${after} →`), box(to, N, outputs, "flowing"));
  });
}

function box(name, rows, columns, kind = "", shape = `(${rows}, ${columns})`) {
  const matrix = make("i");
  matrix.style.height = `${4 + 20 * Math.log10(rows)}px`;
  matrix.style.width = `${4 + 20 * Math.log10(columns)}px`;
  return make("span", { className: `matrix ${kind}` }, matrix, make("b", {}, name), make("code", {}, shape));
}

function paintSheet(canvas, { x, predictions }, images, size) {
  const room = canvas.previousElementSibling.clientWidth; // of a block beside it, which fills the section
  const most = { 1: [1, 1], 10: [5, 10], 100: [10, 25], 1000: [20, 50] }; // in a row, on a phone and else
  const across = most[size][room < 500 ? 0 : 1];
  const side = Math.min(84, room / across);
  const text = Math.max(9, Math.min(16, side * 0.42));
  canvas.style.width = `${across * side}px`;
  canvas.style.height = `${Math.ceil(size / across) * (side + text + 3)}px`;
  const { to } = fit(canvas);
  const one = makePicture();
  [to.font, to.textAlign, to.textBaseline] = [`600 ${text}px system-ui, sans-serif`, "center", "top"];
  let wrong = 0;
  for (let i = 0; i < size; i++) {
    const [left, top] = [(i % across) * side, Math.floor(i / across) * (side + text + 3)];
    paintInk(one, x.subarray(i * PIXELS, (i + 1) * PIXELS));
    to.drawImage(one, left + 0.5, top, side - 1, side - 1);
    const isWrong = predictions[i] !== images[i].label;
    wrong += isWrong;
    to.fillStyle = css(isWrong ? "--orange-text" : "--ink");
    [to.strokeStyle, to.lineWidth] = [css("--orange"), 2];
    if (isWrong) to.strokeRect(left + 1.5, top + 1, side - 3, side - 3);
    to.fillText(predictions[i], left + side / 2, top + side + 1);
  }
  canvas.setAttribute("aria-label", say("sheet", { size, wrong }));
}

/**
 * Microseconds an image, after each run: {times: {oneByOne: [...], sameLoop, batched}, different}.
 * The ways take turns, so that what slows the device slows all of them; the first pass warms up.
 */
async function* measure(net, x, size) {
  const count = x.length / PIXELS;
  const ways = { oneByOne: [1, false], ...(size > 1 && { sameLoop: [size, false], batched: [size, true] }) };
  const names = Object.keys(ways);
  const pass = (name, images) => {
    const [batch, sharing] = ways[name];
    const found = [];
    for (let i = 0; i < images; i += batch) {
      const from = (i % count) * PIXELS;
      found.push(forward(net, x.subarray(from, from + batch * PIXELS), batch, sharing).y);
    }
    return found.flatMap((y) => Array.from({ length: batch }, (_, i) => argmax(y, 10 * i, 10)));
  };
  const time = (name, images) => {
    const start = performance.now();
    pass(name, images);
    return ((performance.now() - start) * 1000) / images;
  };
  const breathe = () => new Promise((done) => setTimeout(done, 10)); // the page stays alive
  await breathe();
  const [first, ...others] = names.map((name) => pass(name, count));
  const different = first.filter((prediction, i) => others.some((other) => other[i] !== prediction)).length;
  const least = (TICKS * 1000 * findTick()) / time("oneByOne", 100);
  const images = size * Math.ceil(least / size);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const end = performance.now() + MEASURED;
  for (let run = 0; run < RUNS || performance.now() < end; run++) {
    await breathe();
    for (const name of names) times[name].push(time(name, images));
    yield { times, different };
  }
}

/** Milliseconds of a step of the browser's clock. */
function findTick() {
  const start = performance.now();
  let now = start;
  while (now === start) now = performance.now();
  return now - start;
}

/** The best run of each way as a bar, and in words how the batch compares. */
function showTimes(parent, { times, different }, size) {
  const best = Object.entries(times).map(([name, all]) => [name, Math.min(...all)]);
  const slowest = Math.max(...best.map(([, time]) => time));
  const rows = best.map(([name, time]) => {
    const bar = make("i");
    bar.style.width = `${(100 * time) / slowest}%`;
    const text = say("microseconds", { time: time.toFixed(1) });
    return make("p", {}, make("span", {}, say(name, { size })), make("span", { className: "track" }, bar), make("b", {}, text));
  });
  const isSame = different ? say("different", { count: different }) : say("same");
  const told = times.batched ? `${compare(times)} ${isSame}` : say("single");
  parent.replaceChildren(...rows, make("p", { className: "told" }, `${told} ${say("numpy")}`));
}

function compare({ oneByOne, batched }) {
  const runs = batched.length;
  const ratios = batched.map((time, run) => time / oneByOne[run]).sort((p, q) => p - q);
  const [low, high] = [ratios[Math.floor(runs / 4)], ratios[Math.floor((3 * runs) / 4)]];
  const ratio = Math.min(...batched) / Math.min(...oneByOne);
  const values = { runs, ratio: ratio.toFixed(2), low: low.toFixed(2), high: high.toFixed(2) };
  return say(ratio < FASTER ? "faster" : "notFaster", values);
}
