// The forward pass a step at a time: the buttons, which stage is shown, and which activation stands between layers.

import { check, offerChoices } from "../parts/controls.js";
import { argmax } from "../net/net.js";
import { byId } from "../parts/paint.js";
import { explainStage, stagesOf } from "./stage.js";
import { say } from "../parts/words.js";

/** The steps. `changed()` is called when another stage is shown, `activated()` when the net got another activation. */
export function makeSteps(changed, activated) {
  const [bar, onward, back, end, names, activations, trained, said] =
    ["stepping", "step", "step-back", "step-end", "stages", "activations", "trained", "step-said"].map(byId);
  let net = null;
  let stages = [];
  let at = -1; // place in `stages`; without it everything is shown at once

  const steps = {
    /** {name, layer, isSum} that is shown, or undefined. */
    get stage() { return stages[at]; },
    /** Another net, or another language. */
    build(next) {
      net = next;
      stages = stagesOf(net);
      if (at >= stages.length) at = -1;
      offerChoices(names, "stage", stages.map(({ name }) => [name, name]), steps.show);
      offerChoices(activations, "activation", offered(net).map((name) => [name, name]), activate);
      mark();
    },
    /** Show the stage of this name; without one, everything again. */
    show(name) {
      const [wasShown, top] = [at >= 0, onward.getBoundingClientRect().top];
      at = stages.findIndex((stage) => stage.name === name);
      mark();
      if (at < 0 && wasShown && net.activation !== net.trained) activate(net.trained);
      changed();
      if (document.activeElement === onward) scrollBy(0, onward.getBoundingClientRect().top - top); // it stays under the finger
      const told = ["h3", "code", "p"].map((tag) => byId("told").querySelector(tag).textContent);
      said.textContent = at < 0 ? "" : told.join(". ").replaceAll("\n", ". "); // for those who listen
    },
    /** The neuron of the stage that is worked out: the one that was selected, or its largest sum. */
    pick(result, selected) {
      const layer = Math.max(0, stages[at].layer);
      if (selected?.[0] === layer) return selected;
      if (stages[at].layer < 0) return null;
      return [layer, result ? argmax(result.a[layer]) : 0];
    },
    explain(net, result, layer, neuron) {
      const stage = stages[at];
      const title = say("stage", { number: at + 1, count: stages.length, name: stage.name });
      return { title, ...explainStage(net, result, stage, layer === Math.max(0, stage.layer) ? neuron : undefined) };
    },
    next: () => go(at + 1),
    back: () => go(at - 1),
    /** The activation that stands between layers was changed. */
    mark,
  };

  onward.onclick = steps.next;
  back.onclick = steps.back;
  end.onclick = () => {
    steps.show();
    onward.focus({ preventScroll: true });
  };
  new ResizeObserver(() => byId("flow").style.setProperty("--below", `${bar.offsetHeight}px`)).observe(bar);
  return steps;

  /** After the last stage comes the first again; before the first is nothing. */
  function go(to) {
    if (net && to >= 0) steps.show(stages[to % stages.length].name);
  }

  /** Put another activation between the layers of the net. */
  function activate(name) {
    net.activation = name;
    mark();
    activated();
  }

  function mark() {
    const isShown = at >= 0;
    for (const part of [back, end, names, activations, trained]) part.hidden = !isShown;
    if (at === 0 && document.activeElement === back) onward.focus({ preventScroll: true });
    back.disabled = at === 0;
    if (isShown) byId("told").removeAttribute("aria-live"); // the step is said by its own line
    bar.classList.toggle("on", isShown);
    bar.classList.toggle("between", isShown && stages[at].name[0] === "z"); // between layers
    onward.classList.toggle("primary", isShown);
    trained.textContent = net ? say("trained", { activation: net.trained }) : "";
    check(names, stages[at]?.name);
    check(activations, net?.activation);
  }
}

/** The activations that may stand between the layers of a net, its own first. */
export const offered = (net) => [...new Set([net.trained, "sigmoid", "step", "identity"])];
