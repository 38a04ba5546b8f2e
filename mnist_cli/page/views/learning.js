// How it learnt: a slider through the states of the first net, from random numbers to the net as it was trained.

import { drawWeights } from "./alive.js";
import { NARROW } from "../pad/apart.js";
import { byId } from "../parts/paint.js";
import { breathe, runWhole } from "../net/testset.js";
import { say, sayNumber } from "../parts/words.js";

/** The slider. `follow()` is called when the net has taken another state; `images` and their `x` are those of the page. */
export function makeLearning(net, images, x, follow) {
  const [panel, slider, told] = ["learnt", "learning", "learnt-told"].map(byId);
  const { states } = net;
  slider.max = slider.value = states.length - 1;
  slider.oninput = () => turnTo(states[slider.value]);
  slider.onchange = () => NARROW.matches && byId("flow").scrollIntoView(); // below the slider, which stays in sight
  slider.addEventListener("input", prepare, { once: true });

  return {
    /** Another net is shown, or another language spoken. */
    use(shown) {
      panel.hidden = shown !== net || states.length < 2;
      tell();
    },
    /** The net as it was trained. */
    reset() {
      slider.value = states.length - 1;
      if (net.state !== states.at(-1)) turnTo(states.at(-1));
    },
  };

  function turnTo(state) {
    net.state = state;
    net.layers = state.read();
    tell();
    follow();
  }

  function tell() {
    const { samples } = net.state;
    const isLast = net.state === states.at(-1);
    const count = sayNumber(samples ?? 0);
    told.textContent = isLast
      ? say(samples ? "learntAll" : "learntEnd", { count })
      : say(samples ? "learntSome" : "learntNothing", { count });
    slider.setAttribute("aria-valuetext", told.textContent);
    panel.classList.toggle("on", !isLast);
  }

  /** From the first move on, what the other states look for and make of the images is found beforehand. */
  async function prepare() {
    for (const state of states) {
      await runWhole(net, state, images, x);
      drawWeights(state);
      await breathe();
    }
  }
}
