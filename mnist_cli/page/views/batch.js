// Batches: the shapes of N images on their way through the net, their predictions, and the time.

import { offerChoices } from "../parts/controls.js";
import { argmax, forward } from "../net/net.js";
import { PIXELS } from "../reading/picture.js";
import { byId, css, fit, make, makePicture, paintInk } from "../parts/paint.js";
import { breathe } from "../net/testset.js";
import { say } from "../parts/words.js";

const SHEETS = [[1, 1, 1], [10, 5, 10], [100, 10, 25], [1000, 20, 50]]; // N, in a row on a phone, and else
const RUNS = 15; // of each way, in turn
const RUN = 50; // milliseconds at the least: some browsers' clocks know whole ones only
const FASTER = 0.95; // of the time: what is nearer to 1 says nothing

export function makeBatch(images) {
  const [sizes, shapes, times, sheet, measureButton] = ["sizes", "shapes", "times", "sheet", "measure"].map(byId);
  const all = images.length;
  let [net, set, size] = [null, null, Math.min(100, all)];
  let measuring = null; // the measurement that goes on

  const offered = [...SHEETS.map(([N]) => N).filter((N) => N < all), all];
  offerChoices(sizes, "size", offered.map((N) => [N, N.toLocaleString("en")]), (value) => {
    size = Number(value);
    view.speak();
    if (set) view.update(net, set);
  }, size);
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
  const [, narrow, wide] = SHEETS.find(([N]) => size <= N);
  const across = room < 500 ? narrow : wide;
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

// Microseconds an image, after each run: {times: {oneByOne: [...], batched}, different}.
// The ways take turns, so that what slows the device slows both; all predictions before warm it up.
async function* measure(net, x, size) {
  const count = x.length / PIXELS;
  const ways = [["oneByOne", 1], ["batched", size]].slice(0, size > 1 ? 2 : 1);
  const predict = (from, batch) => {
    const some = x.subarray(from * PIXELS, (from + batch) * PIXELS); // the last batch may be smaller
    const { y } = forward(net, some, some.length / PIXELS);
    return Array.from({ length: y.length / 10 }, (_, i) => argmax(y, 10 * i, 10));
  };
  const predictAll = (batch) =>
    Array.from({ length: Math.ceil(count / batch) }, (_, i) => predict(i * batch, batch)).flat();
  const time = (batch) => {
    const [start, whole] = [performance.now(), count - (count % size)]; // batches of another size are not timed
    let [images, passed] = [0, 0];
    for (; passed < RUN; passed = performance.now() - start) {
      predict(images % whole, batch);
      images += batch;
    }
    return (passed * 1000) / images;
  };
  await breathe();
  const [first, second = first] = ways.map(([, batch]) => predictAll(batch));
  const different = first.filter((prediction, i) => prediction !== second[i]).length;
  const times = Object.fromEntries(ways.map(([name]) => [name, []]));
  for (let run = 0; run < RUNS; run++) {
    for (const [name, batch] of ways) {
      await breathe(); // the page stays alive
      times[name].push(time(batch));
    }
    yield { times, different };
  }
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
  parent.replaceChildren(...rows, make("p", { className: "told quiet" }, `${told} ${say("numpy")}`));
}

function compare({ oneByOne, batched }) {
  const runs = batched.length;
  const ratios = batched.map((time, run) => time / oneByOne[run]).sort((p, q) => p - q);
  const [low, high] = [ratios[Math.floor(runs / 4)], ratios[Math.floor((3 * runs) / 4)]];
  const ratio = Math.min(...batched) / Math.min(...oneByOne);
  const values = { runs, ratio: ratio.toFixed(2), low: low.toFixed(2), high: high.toFixed(2) };
  return say(ratio < FASTER ? "faster" : "notFaster", values);
}
