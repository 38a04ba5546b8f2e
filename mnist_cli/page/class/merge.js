// The sets that a class saved, put together: which files are taken, and what the net makes of them.

import { makeConfusion } from "./confusion.js";
import { normalize } from "../net/data.js";
import { readPair, sizeOfPair } from "./idx.js";
import { switchedOn } from "../net/net.js";
import { byId, make } from "../parts/paint.js";
import { PIXELS } from "../reading/picture.js";
import { breathe, runSet } from "../net/testset.js";
import { listEntries, readEntry, Refused } from "./unzip.js";
import { say } from "../parts/words.js";

const MOST_DIGITS = 10_000; // of all files together
const MOST_TOLD = 8; // files that are refused in a sentence of their own
const MOST_NAME = 60; // characters
const AT_ONCE = 200; // digits, of which every value is kept while they are read
const PAIR = [3, 1].map((dimensions) => new RegExp(`(^|/)(?!\\.)[^/]*-?(images|labels)[-.]idx${dimensions}-ubyte$`));

/** The panel. `choose(digit)` puts one of the class's digits on the pad. */
export function makeMerge(choose) {
  const [panel, zips, told, unread] = ["merge", "zips", "merge-told", "unread"].map(byId);
  const showClass = makeConfusion(byId("class"), choose);
  const seen = new Set(); // checksums of the pairs
  const digits = []; // {index, label, pixels, prediction, confidence} of all
  let net = null;
  let faults = []; // {name, reason, values} of the files that were refused last
  let work = Promise.resolve(); // one thing after another

  zips.onchange = () => {
    add([...zips.files]);
    zips.value = ""; // the same file may be chosen again
  };
  window.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // else the browser would leave the page for the file
    panel.classList.add("over");
  });
  window.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) panel.classList.remove("over");
  });
  window.addEventListener("drop", (event) => {
    panel.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
  byId("forget-class").onclick = () => {
    seen.clear();
    [digits.length, faults] = [0, []];
    show();
    zips.focus();
  };

  return {
    /** Another net reads the class. */
    use(next) {
      net = switchedOn(next);
      work = work.then(predictAll);
    },
    speak: show,
  };

  function add(files) {
    panel.setAttribute("aria-busy", "true");
    told.textContent = say("reading");
    work = work.then(async () => {
      faults = [];
      for (const file of files) await addFile(file);
      await predictAll();
      panel.removeAttribute("aria-busy");
      panel.scrollIntoView();
    });
  }

  async function addFile(file) {
    try {
      const { checksums, found } = await readSet(file);
      if (seen.has(checksums)) throw new Refused("alreadyThere");
      const count = digits.length + found.length;
      if (count > MOST_DIGITS) throw new Refused("tooMany", { count, most: MOST_DIGITS });
      seen.add(checksums);
      for (const digit of found) digits.push({ ...digit, index: digits.length });
    } catch (error) {
      const { reason, values } = error instanceof Refused ? error : new Refused("unreadable");
      faults.push({ name: escapeName(file.name), reason, values });
    }
  }

  /** A few at a time, so that the page stays alive. */
  async function predictAll() {
    for (let first = 0; first < digits.length; first += AT_ONCE) {
      const some = digits.slice(first, first + AT_ONCE);
      const pixels = new Uint8Array(some.length * PIXELS);
      some.forEach((digit, i) => pixels.set(digit.pixels, i * PIXELS));
      let set;
      for (set of runSet(net, some, normalize(pixels))) await breathe();
      some.forEach((digit, i) => {
        [digit.prediction, digit.confidence] = [set.predictions[i], set.confidences[i]];
      });
    }
    show();
  }

  function show() {
    told.textContent = digits.length ? say("merged", { files: seen.size, count: digits.length }) : "";
    const sentences = faults.slice(0, MOST_TOLD).map(({ name, reason, values }) => `${name}: ${say(reason, values)}`);
    if (faults.length > MOST_TOLD) sentences.push(say("moreRefused", { count: faults.length - MOST_TOLD }));
    unread.replaceChildren(...sentences.map((sentence) => make("li", {}, sentence)));
    unread.hidden = !faults.length;
    byId("forget-class").hidden = !digits.length;
    showClass(digits);
  }
}

/** The digits of a ZIP's pair, and its checksums. */
async function readSet(file) {
  const entries = await listEntries(file);
  const pair = PAIR.map((name) => entries.filter((entry) => name.test(entry.name)));
  if (pair.some((found) => found.length !== 1)) throw new Refused("noPair");
  const most = sizeOfPair(MOST_DIGITS);
  const [images, labels] = [await readEntry(file, pair[0][0], most[0]), await readEntry(file, pair[1][0], most[1])];
  return { checksums: pair.map(([{ crc }]) => crc).join(), found: readPair(images, labels) };
}

/** A name that somebody chose, on one line and without what would turn or hide it. */
function escapeName(name) {
  const shown = name.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "\u00b7");
  return shown.length > MOST_NAME ? `${shown.slice(0, MOST_NAME)}…` : shown;
}
