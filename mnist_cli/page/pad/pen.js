// The pad: strokes by mouse, pen, finger or arrow keys, with undo; and the drawing as a PNG; downloads.

import { make, makePicture, paintInk } from "../parts/paint.js";
import { PAD, ZOOM } from "../reading/picture.js";

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEY_STEP = 7; // units that an arrow key moves the pen, 1 with Shift
const MOST_UNDONE = 100; // changes that can be taken back
const PALM = 1000; // milliseconds after the pen in which a touch is the hand that holds it

/** Make `canvas` a pad. It calls `changed` whenever there is more or less on it. */
export function makePad(canvas, changed) {
  const pad = { strokes: [], image: null }; // image: one of the set instead of strokes
  const past = []; // what stood there before each change
  const cursor = { at: null, down: false }; // of the keyboard's pen
  let stroke = null; // the one in hand
  let drawing = null; // {pointerId, pointerType} of what draws it
  let penSeen = -Infinity; // when

  const turnTo = ([strokes, image]) => { // the stroke in hand ends first
    stroke = drawing = null;
    [pad.strokes, pad.image] = [strokes, image];
    pad.repaint();
    changed();
  };
  const change = (strokes, image = null) => {
    past.push([pad.strokes, pad.image]);
    if (past.length > MOST_UNDONE) past.shift();
    turnTo([strokes, image]);
  };
  const begin = (point) => {
    change([...pad.strokes, { points: [point], width: penWidth() }]); // beside an image there are no strokes
    stroke = pad.strokes.at(-1);
  };
  const extend = (points) => {
    stroke.points.push(...points);
    pad.repaint();
    changed();
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
  };

  pad.put = change;
  pad.show = (image) => change([], image);
  pad.clear = () => (pad.isEmpty() ? null : change([]));
  pad.isEmpty = () => !pad.image && !pad.strokes.length;
  pad.canUndo = () => past.length > 0;
  pad.undo = () => past.length && turnTo(past.pop());
  pad.repaint = () => {
    paint(canvas, pad, getComputedStyle(canvas).color);
    if (cursor.at && document.activeElement === canvas) paintCursor(canvas, cursor, penWidth());
  };

  canvas.addEventListener("pointerdown", (event) => {
    const isPen = event.pointerType === "pen";
    const isPalm = event.pointerType === "touch" && event.timeStamp - penSeen < PALM;
    if (event.button !== 0 || isPalm) return;
    if (drawing && !(isPen && drawing.pointerType === "touch")) return;
    if (drawing) pad.undo(); // it was the palm, and the pen wins
    if (isPen) penSeen = event.timeStamp;
    canvas.setPointerCapture(event.pointerId);
    [cursor.at, cursor.down] = [null, false];
    begin(place(event));
    drawing = event;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "pen") penSeen = event.timeStamp;
    if (event.pointerId !== drawing?.pointerId) return;
    const all = event.getCoalescedEvents?.() ?? [];
    extend((all.length ? all : [event]).map(place));
  });
  canvas.onpointerup = canvas.onpointercancel = ({ pointerId }) => {
    if (pointerId === drawing?.pointerId) stroke = drawing = null;
  };
  canvas.addEventListener("keydown", (event) => {
    const step = KEYS[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (drawing) return; // one stroke at a time
    cursor.at ??= [PAD / 2, PAD / 2];
    if (!step) {
      cursor.down = !cursor.down;
      if (cursor.down) return begin(cursor.at);
    } else {
      const far = event.shiftKey ? 1 : KEY_STEP;
      const from = cursor.at;
      cursor.at = from.map((at, axis) => Math.min(PAD, Math.max(0, at + far * step[axis])));
      if (cursor.down && !stroke) begin(from); // after undo or clear the pen is still down
      if (cursor.down) return extend([cursor.at]);
    }
    pad.repaint();
  });
  canvas.onfocus = canvas.onblur = () => {
    cursor.down = false;
    pad.repaint();
  };
  return pad;
}

const penWidth = () => Number(document.querySelector("[name=pen]:checked").value);

function paint(canvas, { strokes, image }, ink) {
  const to = canvas.getContext("2d");
  to.setTransform(1, 0, 0, 1, 0, 0);
  to.clearRect(0, 0, canvas.width, canvas.height);
  to.scale(canvas.width / PAD, canvas.height / PAD);
  [to.strokeStyle, to.fillStyle, to.lineCap, to.lineJoin] = [ink, ink, "round", "round"];
  if (image) {
    image.pixels.forEach((value, i) => {
      to.globalAlpha = value / 255;
      to.fillRect((i % 28) * 10, Math.floor(i / 28) * 10, 10, 10);
    });
    to.globalAlpha = 1;
  }
  for (const { points, width } of strokes) {
    to.lineWidth = width;
    to.beginPath();
    to.arc(...points[0], width / 2, 0, 2 * Math.PI); // a line of no length is not painted
    to.fill();
    to.beginPath();
    for (const point of points) to.lineTo(...point);
    to.stroke();
  }
}

function paintCursor(canvas, { at, down }, width) {
  const to = canvas.getContext("2d");
  [to.lineWidth, to.strokeStyle] = [2, getComputedStyle(canvas).outlineColor];
  to.beginPath();
  to.arc(...at, width / 2 + (down ? 1 : 4), 0, 7);
  to.stroke();
}

/** A PNG of what is on the pad, or was, that `mnist predict` reads: black on white, or the image. */
export function drawPng({ strokes, image }) {
  const canvas = image ? makePicture() : make("canvas", { width: ZOOM * PAD, height: ZOOM * PAD });
  if (image) {
    paintInk(canvas, image.pixels, 1);
  } else {
    paint(canvas, { strokes }, "#000");
    const to = canvas.getContext("2d");
    to.globalCompositeOperation = "destination-over";
    to.fillStyle = "#fff";
    to.fillRect(0, 0, PAD, PAD);
  }
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

export async function savePng(pad) {
  const name = pad.image ? `mnist-${pad.image.index}.png` : "digit.png";
  download(await drawPng(pad), name);
}

export function download(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
