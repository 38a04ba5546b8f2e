// Radio buttons side by side in a fieldset, and sliders, as the page offers them and as it moves them itself.

import { byId, make } from "./paint.js";

/** Offer `choices`, each [value, text], in the place of those before; `use` is called with the value that is chosen. */
export function offerChoices(fieldset, name, choices, use) {
  for (const old of fieldset.querySelectorAll("label")) old.remove();
  fieldset.append(...choices.map(([value, text]) =>
    make("label", {}, make("input", { type: "radio", name, value }), make("span", {}, text))));
  fieldset.onchange = ({ target }) => use(target.value);
}

/** Check the one with this value. */
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
