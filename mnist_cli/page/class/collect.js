// Collect: digits for a set, written when they are asked for or labelled on the pad; one ZIP of them.

import { normalize } from "../net/data.js";
import { argmax, forward, switchedOn } from "../net/net.js";
import { byId, disable, make, pictureOf } from "../parts/paint.js";
import { download, drawPng } from "../pad/pen.js";
import { readStrokes } from "../reading/picture.js";
import { shorten } from "../link/link.js";
import { recall, remember } from "./remember.js";
import { offerChoices, rove } from "../parts/controls.js";
import { say } from "../parts/words.js";
import { crc32, writeZip } from "./zip.js";

const MOST_KEPT = 500;

/** The panel, and beside the pad what is asked for. `predictPad()` is what the net says of the pad. */
export function makeCollect(pad, predictPad) {
  const [panel, ask, labels, sheet] = ["collect", "ask", "labels", "kept"].map(byId);
  const [told, putBack, remembers] = ["kept-told", "put-back", "remember"].map(byId);
  const [prompt, turn] = ask.querySelectorAll("p");
  let net = null;
  let kept = []; // {label, pixels: 784 numbers 0..255}
  let past = []; // what was kept before each deletion, until another digit is kept
  let asked = []; // digits to write, the next one first
  let total = 0; // of those that were asked for
  let last = ["", {}]; // what was told
  let isSaved = true; // every digit that is kept is in a set

  for (let label = 0; label < 10; label++) {
    const about = { tabIndex: label ? -1 : 0, onclick: () => keep(label) };
    labels.append(make("button", about, make("b", { textContent: label }), " ", make("small")));
  }
  rove(labels);
  rove(sheet);
  offerChoices(byId("asks"), "asks", [10, 30, 100].map((count) => [count, count]), () => {}, 30);
  byId("start-asking").onclick = () => {
    pad.clear();
    byId("desk").scrollIntoView();
    askFor(Number(document.querySelector("[name=asks]:checked").value));
  };
  byId("stop-asking").onclick = () => askFor(0);
  byId("to-collect").onclick = () => byId("start-asking").focus();
  byId("save-set").onclick = saveSet;
  byId("delete-all").onclick = () => {
    tell("deletedAll", { count: kept.length });
    remove(kept);
  };
  putBack.onclick = () => {
    change(past.pop());
    tell("putBackTold");
    if (putBack.hidden) byId("save-set").focus();
  };
  remembers.onchange = () => (remembers.checked ? store() : remember(null));

  addEventListener("beforeunload", (event) => {
    if (isSaved || !kept.length || remembers.checked) return;
    event.returnValue = "unsaved"; // for those of 2023
    event.preventDefault(); // the browser asks whether the page is to be left
  });

  const view = {
    /** Keep what is on the pad as the digit that is asked for. */
    keepAsked() {
      if (!asked.length || !keep(asked[0])) return;
      asked.shift();
      showAsked();
      if (asked.length) return;
      tell("allWritten", { count: total });
      panel.scrollIntoView();
      byId("save-set").focus({ preventScroll: true });
    },
    update() {
      const isEmpty = pad.isEmpty();
      disable("keep", isEmpty);
      disable("labelling", isEmpty);
      disable("save-set", isEmpty && !kept.length);
      const prediction = predictPad();
      [...labels.children].forEach((button, label) => button.classList.toggle("best", label === prediction));
    },
    /** Another net reads what is kept. The first time what this browser kept is there again. */
    use(next) {
      const before = net ? kept : recall();
      remembers.checked ||= Boolean(!net && before);
      isSaved &&= !remembers.checked;
      net = switchedOn(next);
      kept = (before ?? []).slice(0, MOST_KEPT);
      show();
    },
    speak() {
      showAsked();
      tell(...last);
      if (net) show();
    },
  };
  byId("keep").onclick = view.keepAsked;
  return view;

  /** Whether there was something on the pad, and room for it. */
  function keep(label) {
    const pixels = pad.image?.pixels ?? readStrokes(shorten(pad.strokes))?.pixels;
    if (!pixels) return false;
    if (kept.length >= MOST_KEPT) {
      tell("full", { count: MOST_KEPT });
      return false;
    }
    past = [];
    isSaved = false;
    change([...kept, { label, pixels }]);
    tell("keptTold", { label, count: kept.length });
    pad.clear();
    return true;
  }

  function remove(digits) {
    past.push(kept);
    change(kept.filter((digit) => !digits.includes(digit)));
  }

  function change(next) {
    kept = next;
    if (remembers.checked) store();
    show();
    view.update();
  }

  function store() {
    if (remember(kept)) return;
    remembers.checked = false;
    tell("notRemembered");
  }

  function tell(key, values) {
    last = [key, values];
    told.textContent = key && say(key, values);
  }

  /** Ask for so many digits, each as often as the others. */
  function askFor(count) {
    total = count;
    asked = Array.from({ length: total / 10 }, shuffleDigits).flat();
    showAsked();
    byId("pad").focus({ preventScroll: true });
  }

  function showAsked() {
    ask.hidden = !asked.length;
    if (ask.hidden) return;
    prompt.textContent = say("write", { digit: asked[0] });
    turn.textContent = say("asked", { number: total - asked.length + 1, total });
  }

  /** The sheet, and how many there are of each digit. */
  function show() {
    const focused = [...sheet.children].indexOf(document.activeElement);
    sheet.replaceChildren(...kept.map(makeThumb));
    sheet.hidden = byId("delete-all").hidden = !kept.length;
    putBack.hidden = !past.length;
    const next = sheet.children[Math.min(focused, kept.length - 1)];
    if (sheet.firstChild) (next ?? sheet.firstChild).tabIndex = 0;
    if (focused >= 0) (next ?? putBack).focus();
    [...labels.children].forEach((button, label) => {
      const count = kept.filter((digit) => digit.label === label).length;
      button.lastChild.textContent = `×${count}`;
    });
  }

  function makeThumb(digit) {
    const { label, pixels } = digit;
    const prediction = argmax(forward(net, normalize(pixels)).y);
    const isWrong = prediction !== label;
    const caption = isWrong ? `${label} → ${prediction}` : label;
    const title = say("deleteThis", { caption });
    const about = { className: isWrong ? "kept wrong" : "kept", title, ariaLabel: title, tabIndex: -1 };
    const button = make("button", about, pictureOf(digit), make("small", {}, caption));
    button.onclick = () => {
      remove([digit]);
      tell("deletedTold", { label });
    };
    return button;
  }

  /** Save what is kept, sorted as its files are; where nothing is, what is on the pad as what it is read. */
  async function saveSet() {
    if (!kept.length) keep(predictPad());
    const digits = [...kept].sort((p, q) => p.label - q.label);
    const files = [];
    for (const digit of digits) {
      const number = files.filter(([name]) => name.startsWith(`${digit.label}_`)).length + 1;
      const png = await drawPng({ image: digit });
      files.push([`${digit.label}_${String(number).padStart(3, "0")}.png`, new Uint8Array(await png.arrayBuffer())]);
    }
    const content = crc32(files.flatMap(([, bytes]) => [...bytes])).toString(16);
    const name = `digits-${content.padStart(8, "0")}.zip`; // those of a class differ
    download(writeZip(files), name);
    isSaved = true;
    tell("savedTold", { count: digits.length, name });
  }
}

/** 0 to 9 in any order. */
function shuffleDigits() {
  const drawn = Array.from({ length: 10 }, (_, digit) => ({ digit, place: Math.random() }));
  return drawn.sort((p, q) => p.place - q.place).map(({ digit }) => digit);
}
