// What is painted on the stage of the net: light on neurons, bars of digits, lines between layers.

import { css, make } from "../parts/paint.js";

const LINES = 32; // between two layers
const HALO = 8; // pixels of light round a neuron

/** The light of a neuron with its halo in a colour of the style sheet: `width` pixels and HALO on each side. */
export function makeLight(width, isTile, name) {
  const side = width + 2 * HALO;
  const light = make("canvas", { width: 2 * side, height: 2 * side });
  const to = light.getContext("2d");
  to.scale(2, 2);
  to.fillStyle = to.shadowColor = css(name);
  to.shadowBlur = 2 * HALO;
  to.beginPath();
  if (isTile) to.roundRect(HALO, HALO, width, width, 7);
  else to.arc(side / 2, side / 2, width / 2 - 1, 0, 7);
  to.fill();
  return light;
}

/** A neuron as bright as `strength`, 0..1. */
export function shine(to, light, { x, top, bottom, width }, strength) {
  if (strength < 0.01) return;
  const half = width / 2 + HALO;
  to.globalAlpha = 0.95 * strength;
  to.drawImage(light, x - half, (top + bottom) / 2 - half, 2 * half, 2 * half);
}

/** A bar of a height above a digit, filled between two shares of it in a colour of the style sheet. */
export function fillBar(to, { x, top, width }, height, from, until, name) {
  const [left, bottom] = [Math.round(x - width / 2), Math.round(top + height)];
  to.globalAlpha = 1;
  to.fillStyle = css("--stage-line");
  to.fillRect(left, bottom - height, Math.round(width), height);
  to.fillStyle = css(name);
  to.fillRect(left, bottom - height * until, Math.round(width), height * (until - from));
}

/** The strongest contributions z W into a layer, or only those of the selected neuron. */
export function connections(net, { a, z }, layer, selected) {
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
  const strongest = Array.from(values.keys()).filter((i) => Math.abs(values[i]) >= least);
  return strongest.map((i) => ({ from: Math.floor(i / outputs), to: i % outputs, value: values[i] }));
}

/** A line between two neurons: blue raises the sum, orange lowers it. */
export function curve(to, start, end, value, strength) {
  const middle = (start.bottom + end.top) / 2;
  to.globalAlpha = 0.12 + 0.7 * strength ** 2;
  to.strokeStyle = css(value > 0 ? "--for" : "--against");
  to.lineWidth = 0.6 + 2.2 * strength;
  to.beginPath();
  to.moveTo(start.x, start.bottom);
  to.bezierCurveTo(start.x, middle, end.x, middle, end.x, end.top);
  to.stroke();
}
