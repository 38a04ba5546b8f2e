// The address of the page follows what is on it, and a page that is opened with such an address shows the same.

import { press, slide } from "../parts/controls.js";
import { readLink, writeLink } from "./link.js";
import { byId } from "../parts/paint.js";
import { stagesOf } from "../views/stage.js";
import { offered } from "../views/step.js";
import { say } from "../parts/words.js";

const PAUSE_BEFORE_LINK = 300; // milliseconds without a hand on the page

// Open what the address says, now and whenever another is entered; then keep it up to date.
// `page`: {nets, images, pad, alive, steps, lesson, sliders, reset, follow}: `reset()` undoes what is on the page,
// `follow()` is called when neurons were switched.
export function keepAddress(page) {
  const { nets, images, pad, alive, steps, lesson, sliders } = page;
  const [refused, copy] = ["refused", "link"].map(byId);
  const valuesOf = (name) => Array.from(document.querySelectorAll(`[name=${name}]`), ({ value }) => value);
  const chosen = (name) => document.querySelector(`[name=${name}]:checked`)?.value;
  const usual = { size: chosen("size") };
  let waiting = 0;

  for (const kind of ["pointerup", "keyup", "change"]) {
    addEventListener(kind, () => {
      clearTimeout(waiting);
      copy.setAttribute("aria-busy", "true");
      waiting = setTimeout(write, PAUSE_BEFORE_LINK);
    });
  }
  addEventListener("hashchange", ({ newURL }) => open(newURL)); // by then `write` may have replaced it
  copy.onclick = async () => {
    write();
    if (!navigator.clipboard) return prompt(say("link"), location.href); // where the page is not from a safe place
    await navigator.clipboard.writeText(location.href);
    byId("copied").textContent = say("copied");
  };
  open(location.href);

  function write() {
    copy.removeAttribute("aria-busy");
    const shown = nets[chosen("net") ?? 0];
    const state = { // in the form in which `readLink` gives it
      net: nets.indexOf(shown) || null,
      lesson: lesson.number,
      draw: pad.strokes,
      image: images.includes(pad.image) ? pad.image.index : null,
      raw: byId("raw").checked ? 1 : null,
      ...Object.fromEntries(sliders.map(([name]) => [name, Number(byId(name).value) || null])),
      off: nets.flatMap(({ off }, net) => off.flatMap((neurons, layer) => Array.from(neurons, (neuron) => [net, layer, neuron]))),
      look: alive.chosen,
      learning: nets[0].state === nets[0].states.at(-1) ? null : nets[0].states.indexOf(nets[0].state),
      step: steps.stage?.name,
      act: shown.activation === shown.trained ? null : shown.activation,
      N: chosen("size") === usual.size ? null : chosen("size"),
    };
    let text = writeLink(state, Boolean(state.lesson));
    if (text) text += `&lang=${document.documentElement.lang}`;
    refused.hidden = true;
    if (text === location.hash.slice(1)) return;
    byId("copied").textContent = "";
    history.replaceState(null, "", `#${text}`);
  }

  function open(url) {
    clearTimeout(waiting); // what was to be written, the address that was entered has replaced
    copy.removeAttribute("aria-busy");
    byId("copied").textContent = "";
    const text = new URL(url).hash.slice(1);
    const state = text && readLink(text, {
      nets,
      images,
      sliders,
      languages: valuesOf("language"),
      lessons: lesson.numbers,
      sizes: valuesOf("size"),
      stages: (net) => stagesOf(net).map(({ name }) => name),
      activations: offered,
    });
    refused.hidden = state !== null;
    refused.textContent = state === null ? say("refused") : "";
    if (state) show(state);
  }

  /** Do what the state says as a hand would, by the page's own controls. */
  function show(state) {
    const has = (key) => Object.hasOwn(state, key);
    page.reset();
    if (has("lang")) press("language", state.lang);
    if (has("net")) press("net", state.net ?? 0);
    lesson.open(state.lesson);
    const image = images.find(({ index }) => index === state.image);
    if (has("draw") || has("image")) pad.put(state.draw ?? [], state.draw ? null : (image ?? null));
    if (has("raw") && byId("raw").checked !== Boolean(state.raw)) byId("raw").click();
    for (const [name] of sliders.filter(([name]) => has(name))) slide(name, state[name] ?? 0);
    if (has("off")) {
      for (const neurons of nets.flatMap(({ off }) => off)) neurons.clear();
      for (const [net, layer, neuron] of state.off ?? []) nets[net].off[layer].add(neuron);
      page.follow();
    }
    if (has("learning")) slide("learning", state.learning ?? nets[0].states.length - 1);
    if (has("N")) press("size", state.N ?? usual.size);
    if (has("step")) steps.show(state.step);
    if (has("act")) press("activation", state.act ?? nets[state.net ?? 0].trained);
    if (has("look") && state.look) alive.choose(state.look);
  }
}
