// The row of images to try: by digit, those that the net gets wrong, a random one.

import { sayLabel } from "../pad/answer.js";
import { rove } from "../parts/controls.js";
import { byId, make, pictureOf } from "../parts/paint.js";
import { say } from "../parts/words.js";

const SHOWN = 24;

/** The row. `choose(image)` is called with the image that was picked. */
export function makeImages(images, choose) {
  const [filter, onlyWrong, random, strip] = ["filter", "only-wrong", "random", "strip"].map(byId);
  let predictions = null;

  const view = {
    /** Show the row for these predictions, one for each image. */
    update(next = predictions) {
      predictions = next;
      const found = matching();
      strip.replaceChildren(...found.slice(0, SHOWN).map(makeThumb));
      if (found.length) strip.firstElementChild.tabIndex = 0;
      if (!found.length) strip.append(make("p", { className: "quiet" }, say("noImages")));
      random.disabled = !found.length;
    },
    random() {
      const found = matching();
      if (found.length) choose(found[Math.floor(Math.random() * found.length)]);
    },
    speak() {
      const chosen = filter.value;
      const digits = ["", ...new Set(images.map(({ label }) => String(label)))].sort(); // a set may lack some
      filter.replaceChildren(...digits.map((value) => make("option", { value }, value || say("every"))));
      filter.value = chosen;
      view.update();
    },
  };
  filter.onchange = onlyWrong.onchange = () => view.update();
  random.onclick = view.random;
  rove(strip);
  return view;

  function matching() {
    return images.filter((image, i) =>
      (filter.value === "" || image.label === Number(filter.value)) &&
      (!onlyWrong.checked || (predictions && predictions[i] !== image.label)));
  }

  function makeThumb(image) {
    const prediction = predictions?.[images.indexOf(image)] ?? "";
    const className = prediction === "" || prediction === image.label ? "thumb" : "thumb wrong";
    const title = say("image", { ...image, label: sayLabel(image), prediction });
    return make("button", { className, title, ariaLabel: title, tabIndex: -1, onclick: () => choose(image) }, pictureOf(image));
  }
}
