// What a hand does to the controls of the page, done by the page itself.

import { byId } from "../parts/paint.js";

/** Choose one of several radio buttons. */
export function press(name, value) {
  const choice = document.querySelector(`[name=${name}][value="${value}"]`);
  if (choice && !choice.checked) choice.click();
}

/** Move a slider. */
export function slide(name, value) {
  byId(name).value = value;
  byId(name).oninput();
}
