// Who reads what as what: the class's accuracy, its hardest digit, and ten by ten fields with pictures.

import { byId, make, pictureOf } from "../parts/paint.js";
import { rove } from "../parts/controls.js";
import { say, sayShare } from "../parts/words.js";

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);
const LEAST = 5; // digits of a label: of fewer nobody can say how hard it is
const MOST_GROUPS = 12; // of digits that are misread alike
const MOST_SHOWN_ALIKE = 30; // of one group

/** The view. `choose(digit)` is called for the one that is to be put on the pad. */
export function makeConfusion(parent, choose) {
  const [share, meter, correct, hardest, fields, pictures] =
    ["class-accuracy", "class-meter", "class-correct", "hardest", "fields", "pictures"].map(byId);
  let groups = new Map(); // "label prediction" -> digits that were read so
  let chosen = null; // the field of which digits are shown, or null for what is misread
  const countOf = (label, prediction) => groups.get(`${label} ${prediction}`)?.length ?? 0;
  const totalOf = (label) => DIGITS.reduce((sum, prediction) => sum + countOf(label, prediction), 0);
  rove(fields);

  /** Show digits {label, prediction, confidence, pixels}, or nothing where there are none. */
  return (digits) => {
    parent.hidden = !digits.length;
    chosen = null;
    groups = new Map();
    for (const digit of digits) {
      const key = `${digit.label} ${digit.prediction}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(digit);
    }
    const count = DIGITS.reduce((sum, digit) => sum + countOf(digit, digit), 0);
    share.textContent = digits.length ? (count / digits.length).toFixed(4) : "";
    meter.value = count / digits.length || 0;
    correct.textContent = say("classCorrect", { correct: count, count: digits.length });
    hardest.textContent = sayHardest();
    fields.replaceChildren(makeTable());
    fields.querySelectorAll("button").forEach((button, i) => (button.tabIndex = i ? -1 : 0));
    showPictures();
  };

  /** The label of which the greatest share is misread, and as what. */
  function sayHardest() {
    const missed = (label) => 1 - countOf(label, label) / totalOf(label);
    const [label] = DIGITS.filter((digit) => totalOf(digit) >= LEAST).sort((p, q) => missed(q) - missed(p));
    const wrong = totalOf(label) - countOf(label, label);
    if (!wrong) return DIGITS.some(missed) ? "" : say("noneMisread");
    const others = DIGITS.filter((digit) => digit !== label);
    const other = others.sort((p, q) => countOf(label, q) - countOf(label, p))[0];
    return say("hardest", { label, other, wrong, count: totalOf(label) });
  }

  function makeTable() {
    const heads = DIGITS.map((digit) => make("th", { scope: "col", textContent: digit }));
    const rows = DIGITS.map((label) =>
      make("tr", {}, make("th", { scope: "row", textContent: label }), ...DIGITS.map((prediction) => makeField(label, prediction))));
    return make("table", {},
      make("caption", { textContent: say("fieldsHint") }),
      make("thead", {}, make("tr", {}, make("td", { ariaHidden: "true" }), ...heads)),
      make("tbody", {}, ...rows));
  }

  function makeField(label, prediction) {
    const count = countOf(label, prediction);
    if (!count) return make("td");
    const key = `${label} ${prediction}`;
    const isWrong = label !== prediction;
    const about = { className: isWrong ? "wrong" : "", ariaLabel: say("readAs", { label, prediction, count }), ariaPressed: "false" };
    const button = make("button", about, make("b", { textContent: count }));
    if (isWrong) button.prepend(pictureOf(groups.get(key)[0]));
    else button.style.setProperty("--share", count / totalOf(label));
    button.onclick = () => {
      chosen = chosen === key ? null : key;
      for (const each of fields.querySelectorAll("button")) each.setAttribute("aria-pressed", each === button && chosen !== null);
      showPictures();
    };
    return make("td", {}, button);
  }

  /** The digits of the field that was tapped, else those that are misread, the most frequent first. */
  function showPictures() {
    const isMisread = ([key]) => key[0] !== key[2];
    const shown = chosen
      ? [[chosen, groups.get(chosen)]]
      : [...groups].filter(isMisread).sort(([, p], [, q]) => q.length - p.length).slice(0, MOST_GROUPS);
    pictures.replaceChildren(...shown.map(([key, digits]) => {
      const about = say("readAs", { label: key[0], prediction: key[2], count: digits.length });
      const row = make("div", { className: "alike", ariaLabel: about }, ...digits.slice(0, MOST_SHOWN_ALIKE).map(makeDigit));
      rove(row);
      row.firstChild.tabIndex = 0;
      return make("div", {}, make("h3", { textContent: about }), row);
    }));
  }

  function makeDigit(digit) {
    const className = digit.prediction === digit.label ? "thumb" : "thumb wrong";
    const title = say("classDigit", { ...digit, confidence: sayShare(digit.confidence) });
    return make("button", { className, title, ariaLabel: title, tabIndex: -1, onclick: () => choose(digit) }, pictureOf(digit));
  }
}
