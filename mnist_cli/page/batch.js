// Batches: the shapes of N images on their way through the net, their predictions, and the time.

import { argmax, forward } from "./net.js";
import { PIXELS } from "./picture.js";
import { byId, css, fit, make, makePicture, paintInk } from "./paint.js";
import { say } from "./words.js";

const SIZES = [1, 10, 100, 1000];

export function makeBatch(images) {
  const [sizes, shapes, times, sheet, measureButton] = 
    ["sizes", "shapes", "times", "sheet", "measure"].map(byId);
  let [net, set, size] = [null, null, 100];

  for (const each of SIZES) {
    const choice = make("input", { type: "radio", name: "size", value: each, checked: each === size });
    choice.onchange = () => {
      size = each;
      view.speak();
      if (set) view.update(net, set);
    };
    sizes.append(make("label", {}, choice, make("span", {}, each.toLocaleString("en"))));
  }
  measureButton.onclick = () => {
    if (!set) return; // the views are not there yet
    measureButton.disabled = true;
    setTimeout(() => {
      showTimes(times, measure(net, set.x, size), size);
      measureButton.disabled = false;
    }, 30); // the button is seen to be pressed
  };

  const view = {
    /** `set`: {x: (N, 784), predictions} of every image as the net is given it now. */
    update(nextNet, nextSet) {
      if (net !== nextNet) times.replaceChildren();
      [net, set] = [nextNet, nextSet];
      shapes.replaceChildren(...drawShapes(net, size));
      paintSheet(sheet, set, images, size);
    },
    speak: () => times.replaceChildren(),
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

/** Seconds for all images per sample and in batches of `size`: the median of three runs, in turn. */
function measure(net, x, size) {
  const count = x.length / PIXELS;
  const predict = (batch) => {
    const found = [];
    for (let i = 0; i < count; i += batch) {
      const { y } = forward(net, x.subarray(i * PIXELS, (i + batch) * PIXELS), batch);
      for (let k = 0; k < batch; k++) found.push(argmax(y, 10 * k, 10));
    }
    return found;
  };
  const times = { oneByOne: [], batched: [] };
  let different = 0;
  for (let run = -1; run < 3; run++) { // the first is to warm up
    const start = performance.now();
    const single = predict(1);
    const between = performance.now();
    const batched = predict(size);
    const end = performance.now();
    different = single.filter((prediction, i) => prediction !== batched[i]).length;
    if (run < 0) continue;
    times.oneByOne.push(between - start);
    times.batched.push(end - between);
  }
  const median = (values) => values.sort((p, q) => p - q)[1] / 1000;
  return { oneByOne: median(times.oneByOne), batched: median(times.batched), different, count };
}

function showTimes(parent, { oneByOne, batched, different, count }, size) {
  const slowest = Math.max(oneByOne, batched);
  const row = (name, seconds) => {
    const bar = make("i");
    bar.style.width = `${(100 * seconds) / slowest}%`;
    const time = say("microseconds", { time: ((seconds / count) * 1e6).toFixed(1) });
    return make("p", {}, make("span", {}, name), make("span", { className: "track" }, bar), make("b", {}, time));
  };
  const ratio = (batched / oneByOne).toFixed(2);
  const told = different ? say("different", { count: different }) : say("faster", { ratio });
  parent.replaceChildren(
    row(say("oneByOne"), oneByOne),
    row(say("batched", { size }), batched),
    make("p", { className: "told" }, told));
}
