// Break it: how the input is disturbed, what is switched off, and what that costs.

import { byId, disable, make } from "../parts/paint.js";
import { say } from "../parts/words.js";

export const SLIDERS = [ // name, least, most, step, unit
  ["noise", 0, 1, 0.05, ""],
  ["right", -8, 8, 1, ""],
  ["down", -8, 8, 1, ""],
  ["turn", -90, 90, 5, "°"],
];

/** The panel. `changed()` is called when the input is disturbed in another way. */
export function makeBreak(changed) {
  for (const [name, min, max, step] of SLIDERS) {
    const slider = make("input", { type: "range", id: name, min, max, step, value: 0, oninput: changed });
    const text = make("span");
    text.dataset.t = name;
    byId("sliders").append(make("label", {}, text, slider, make("output")));
  }

  const view = {
    get corruption() { return Object.fromEntries(SLIDERS.map(([name]) => [name, Number(byId(name).value)])); },
    /** Whether what a net makes of the images is not what it makes of them undisturbed. */
    isBroken(net) {
      const isDisturbed = Object.values(view.corruption).some(Boolean);
      return isDisturbed || net.activation !== net.trained || net.off.some(({ size }) => size);
    },
    reset() {
      for (const [name] of SLIDERS) byId(name).value = 0;
    },
    /** What is switched off and how the input is disturbed; what that costs is to be counted. */
    show(net) {
      byId("accuracy").setAttribute("aria-busy", "true");
      const off = net.off.flatMap((neurons, layer) => Array.from(neurons, (neuron) => `z${layer + 1}[${neuron}]`));
      byId("off").textContent = off.length ? say("off", { list: off.join(", ") }) : say("noneOff");
      disable("all-on", !off.length);
      disable("undo-all", !view.isBroken(net) && net.state === net.states.at(-1));
      for (const [name, , , , unit] of SLIDERS) byId(name).nextElementSibling.textContent = byId(name).value + unit;
    },
    /** So many of the images are correct, and so many before. */
    showAccuracy(correct, count, before) {
      const share = (of) => (of / count).toFixed(4);
      const [figure, meter, sentence] = byId("accuracy").children;
      for (const each of [figure, byId("standing"), byId("learnt-accuracy")]) each.textContent = share(correct);
      meter.value = correct / count;
      sentence.textContent = say("correct", { correct, count, before: share(before) });
    },
  };
  return view;
}
