// Radio buttons side by side in a fieldset.

import { make } from "./paint.js";

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
