// The pad: strokes by mouse, pen, finger or arrow keys, with undo; and the drawing as a PNG.

import { PAD, ZOOM } from "./picture.js";

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEY_STEP = 7; // units that an arrow key moves the pen, 1 with Shift

/** Make `canvas` a pad. It calls `changed` whenever there is more or less on it. */
export function makePad(canvas, changed) {
  const pad = { strokes: [], image: null, width: 20 }; // image: a test image instead of strokes
  const past = []; // what stood there before each change
  const cursor = { at: null, down: false }; // of the keyboard's pen
  let drawing = null; // the pointer that draws

  const change = (strokes, image = null) => {
    past.push([pad.strokes, pad.image]);
    [pad.strokes, pad.image] = [strokes, image];
    pad.repaint();
    changed();
  };
  const begin = (point) => change([...(pad.image ? [] : pad.strokes), { points: [point], width: pad.width }]);
  const extend = (points) => {
    pad.strokes[pad.strokes.length - 1].points.push(...points);
    pad.repaint();
    changed();
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
  };

  pad.show = (image) => change([], image);
  pad.clear = () => (pad.isEmpty() ? null : change([]));
  pad.isEmpty = () => !pad.image && !pad.strokes.length;
  pad.canUndo = () => past.length > 0;
  pad.undo = () => {
    if (!past.length) return;
    [pad.strokes, pad.image] = past.pop();
    pad.repaint();
    changed();
  };
  pad.repaint = () => {
    paint(canvas, pad, getComputedStyle(canvas).color);
    if (cursor.at && document.activeElement === canvas) paintCursor(canvas, cursor, pad.width);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (drawing !== null || event.button !== 0) return;
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    cursor.at = null;
    begin(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const all = event.getCoalescedEvents?.() ?? [];
    extend((all.length ? all : [event]).map(place));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId === drawing) drawing = null;
    });
  }
  canvas.addEventListener("keydown", (event) => {
    const step = KEYS[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    cursor.at ??= [PAD / 2, PAD / 2];
    if (step) {
      const far = event.shiftKey ? 1 : KEY_STEP;
      cursor.at = cursor.at.map((at, axis) => Math.min(PAD, Math.max(0, at + far * step[axis])));
      if (cursor.down && pad.strokes.length) return extend([cursor.at]);
    } else {
      cursor.down = !cursor.down;
      if (cursor.down) return begin(cursor.at);
    }
    pad.repaint();
  });
  for (const name of ["focus", "blur"]) {
    canvas.addEventListener(name, () => {
      cursor.down = false;
      pad.repaint();
    });
  }
  return pad;
}

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
    to.moveTo(...points[0]);
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

/** Download what is on the pad as a PNG that `mnist predict` reads: black on white, or the test image. */
export function savePng(pad) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = pad.image ? 28 : ZOOM * PAD;
  const to = canvas.getContext("2d");
  if (pad.image) {
    const data = to.createImageData(28, 28);
    pad.image.pixels.forEach((value, i) => data.data.set([value, value, value, 255], 4 * i));
    to.putImageData(data, 0, 0);
  } else {
    paint(canvas, pad, "#000");
    to.globalCompositeOperation = "destination-over";
    to.fillStyle = "#fff";
    to.fillRect(0, 0, PAD, PAD);
  }
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = pad.image ? `mnist-${pad.image.index}.png` : "digit.png";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }, "image/png");
}
