// Radio buttons side by side in a fieldset, sliders, rows of buttons: as the page offers and as it moves them itself.

import { byId, make } from "./paint.js";

/** Offer `choices`, each [value, text], in the place of those before; `use(value)` is called for one that is chosen. */
export function offerChoices(fieldset, name, choices, use, checked) {
  for (const old of fieldset.querySelectorAll("label")) old.remove();
  fieldset.append(...choices.map(([value, text]) =>
    make("label", {}, make("input", { type: "radio", name, value }), make("span", {}, text))));
  fieldset.onchange = ({ target }) => use(target.value);
  check(fieldset, checked);
}

export function check(fieldset, value) {
  for (const choice of fieldset.querySelectorAll("input")) choice.checked = choice.value === String(value);
}

/** Choose one of several radio buttons, as a hand does. */
export function press(name, value) {
  const choice = document.querySelector(`[name=${name}][value="${value}"]`);
  if (choice && !choice.checked) choice.click();
}

/** Move a slider, as a hand does. */
export function slide(name, value) {
  byId(name).value = value;
  byId(name).oninput();
}

/** Let a row or grid of buttons, there now or later, be one stop of the Tab key: arrow keys go through them. */
export function rove(parent) {
  parent.setAttribute("role", "toolbar");
  parent.addEventListener("focusin", ({ target }) => {
    for (const each of parent.querySelectorAll("button")) each.tabIndex = each === target ? 0 : -1;
  });
  parent.addEventListener("keydown", (event) => {
    const buttons = [...parent.querySelectorAll("button")];
    const from = buttons.indexOf(event.target);
    const across = buttons.filter((each) => each.offsetTop === buttons[0].offsetTop).length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -from };
    const step = event.key === "End" ? buttons.length - 1 - from : steps[event.key];
    if (from < 0 || step === undefined) return;
    event.preventDefault();
    buttons[from + step]?.focus();
  });
}
