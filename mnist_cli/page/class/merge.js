// The sets that a class saved, put together: which files are taken, and what the net makes of them.

import { makeConfusion } from "./confusion.js";
import { normalize } from "../net/data.js";
import { switchedOn } from "../net/net.js";
import { byId, make } from "../parts/paint.js";
import { PIXELS, SIDE } from "../reading/picture.js";
import { runSet } from "../net/testset.js";
import { listEntries, readEntry, Refused } from "./zip.js";
import { say } from "../parts/words.js";

const MOST_DIGITS = 10_000; // of all files together
const MOST_TOLD = 8; // files that are refused in a sentence of their own
const MOST_NAME = 60; // characters
const AT_ONCE = 200; // digits, of which every value is kept while they are read
const MOST_BYTES = 8192; // of a digit's file, which can inflate to a thousand times as much
const [SIGNATURE, SIZE] = [0x89504e47, 16]; // how a PNG begins, and where it says how large it is
const NAME = /(?:^|\/)(\d)_[^/]*\.png$/; // the label comes first

const reader = make("canvas", { width: SIDE, height: SIDE }).getContext("2d", { alpha: false, willReadFrequently: true });

/** The panel. `choose(digit)` puts one of the class's digits on the pad. */
export function makeMerge(choose) {
  const [panel, zips, told, unread] = ["merge", "zips", "merge-told", "unread"].map(byId);
  const showClass = makeConfusion(byId("class"), choose);
  const seen = new Set(); // checksums of the digits of each file
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
  window.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || panel.classList.remove("over"));
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
      const entries = (await listEntries(file)).filter(({ name }) => NAME.test(name));
      if (!entries.length) throw new Refused("noDigits");
      const checksums = entries.map(({ name, crc }) => name.match(NAME)[1] + crc).join();
      if (seen.has(checksums)) throw new Refused("alreadyThere");
      const count = digits.length + entries.length;
      if (count > MOST_DIGITS) throw new Refused("tooMany", { count, most: MOST_DIGITS });
      const found = [];
      for (const entry of entries) { // one after another, for they might inflate to much
        const pixels = await readPng(await readEntry(file, entry, MOST_BYTES));
        found.push({ label: Number(entry.name.match(NAME)[1]), pixels });
      }
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
      const { predictions, confidences } = await runSet(net, some, normalize(pixels));
      some.forEach((digit, i) => Object.assign(digit, { prediction: predictions[i], confidence: confidences[i] }));
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

/** The PNG of a digit -> its 784 numbers. Only what says that it is 28x28 is decoded. */
async function readPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < SIZE + 8 || view.getUint32(0) !== SIGNATURE) throw new Refused("unreadable");
  const [width, height] = [view.getUint32(SIZE), view.getUint32(SIZE + 4)];
  if (width !== SIDE || height !== SIDE) throw new Refused("otherSize", { shape: `${height}x${width}` });
  reader.drawImage(await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" }), 0, 0);
  return reader.getImageData(0, 0, SIDE, SIDE).data.filter((_, i) => i % 4 === 0); // of red, green, blue and opacity
}

/** A name that somebody chose, on one line and without what would turn or hide it. */
function escapeName(name) {
  const shown = name.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "\u00b7");
  return shown.length > MOST_NAME ? `${shown.slice(0, MOST_NAME)}…` : shown;
}
