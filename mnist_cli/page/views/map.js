// The images as the last hidden layer sees them, on the two axes of PCA found by NumPy.

import { sayLabel } from "../pad/answer.js";
import { SIDE } from "../reading/picture.js";
import { byId, colour, css, fit, make, paintInk, paintPixels, rem } from "../parts/paint.js";
import { say, sayShare } from "../parts/words.js";

const ACROSS = 40; // images in a row of the sheet of sprites
const EDGE = 14; // pixels of the field that stay free
const NEAR = { mouse: 18, pen: 18, touch: 30 }; // pixels from what is pointed at

/** The map. `choose(image)` is called for the one that is to be put on the pad. */
export function makeMap(images, choose) {
  const [field, points, you, card] = ["field", "points", "you", "card"].map(byId);
  let set, frame, sprites, spots, overlay;
  let pointed = -1; // place in `images`
  let pointer = "mouse"; // what points
  const isWrong = (i) => set.predictions[i] !== images[i].label;

  const view = {
    /** Another net: the frame of the map is that of its undisturbed images. */
    build(places) {
      const [us, vs] = [0, 1].map((axis) => places.map((place) => place[axis]));
      const [left, top] = [Math.min(...us), Math.min(...vs)];
      frame = { left, top, width: Math.max(...us) - left || 1, height: Math.max(...vs) - top || 1 };
    },
    /** `set`: {places, predictions, confidences} of every image. */
    update(next = set) {
      set = next;
      const canvas = fit(points);
      overlay = fit(you);
      const size = rem(canvas.width < rem(33) ? 0.8 : 1.13);
      spots = set.places.map((place) => spot(place, canvas));
      sprites ??= drawSprites(images);
      paintField(canvas, spots, size);
      point(-1);
    },
    /** Where the drawing is, or null. */
    show(place) {
      if (!overlay) return; // the images are not there yet
      const { to, width, height } = overlay;
      to.clearRect(0, 0, width, height);
      if (!place) return;
      const [x, y] = spot(place, overlay);
      for (const [name, thick] of [["--paper", 7], ["--ink", 3]]) {
        [to.strokeStyle, to.lineWidth] = [css(name), thick];
        to.beginPath();
        to.arc(x, y, 11, 0, 7);
        to.stroke();
      }
    },
    recolour() {
      sprites = null;
      if (set) view.update();
    },
  };

  points.onpointerdown = points.onpointermove = (event) => {
    pointer = event.pointerType;
    if (pointer === "mouse") point(nearest(event));
  };
  points.addEventListener("pointerleave", () => pointer === "mouse" && point(-1));
  points.addEventListener("blur", ({ relatedTarget }) => card.contains(relatedTarget) || point(-1));
  points.onclick = (event) => { // a mouse has looked already; a tap looks, and the card has a button
    if (pointer !== "mouse") point(nearest(event));
    else if (pointed >= 0) choose(images[pointed]);
  };
  card.lastElementChild.onclick = () => {
    choose(images[pointed]);
    points.focus({ preventScroll: true });
  };
  points.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && pointed >= 0) choose(images[pointed]);
    if (!step) return;
    event.preventDefault();
    const vertical = event.key === "ArrowDown" || event.key === "ArrowUp";
    for (let i = 1; i <= images.length; i++) {
      const next = (Math.max(pointed, step < 0 ? 0 : -1) + step * i + images.length * 2) % images.length;
      if (!vertical || isWrong(next)) return point(next);
    }
  };
  return view;

  function spot([u, v], { width, height }) {
    const into = (share, room) => EDGE + Math.min(1, Math.max(0, share)) * (room - 2 * EDGE);
    return [into((u - frame.left) / frame.width, width), into((v - frame.top) / frame.height, height)];
  }

  function paintField({ to, width, height }, spots, size) {
    to.clearRect(0, 0, width, height);
    spots.forEach(([x, y], i) => {
      const [column, row] = [i % ACROSS, Math.floor(i / ACROSS)];
      to.drawImage(sprites, column * SIDE, row * SIDE, SIDE, SIDE, x - size / 2, y - size / 2, size, size);
    });
    const wrong = spots.filter((_, i) => isWrong(i));
    const crowd = Math.min(1, 60 / wrong.length); // many rings are thin ones
    [to.strokeStyle, to.lineWidth] = [css("--orange", 0.4 + 0.6 * crowd), 1 + crowd];
    for (const [x, y] of wrong) {
      to.beginPath();
      to.arc(x, y, size * 0.62, 0, 7);
      to.stroke();
    }
    [to.font, to.textAlign, to.textBaseline] = [`700 ${rem(1.73)}px system-ui, sans-serif`, "center", "middle"];
    [to.lineJoin, to.lineWidth, to.strokeStyle] = ["round", 6, css("--paper")];
    for (let digit = 0; digit < 10; digit++) {
      const own = spots.filter((_, i) => images[i].label === digit);
      if (!own.length) continue;
      const middle = (axis) => own.map((each) => each[axis]).sort((p, q) => p - q)[own.length >> 1];
      const [x, y] = [middle(0), middle(1)];
      to.fillStyle = css(`--d${digit}`);
      to.strokeText(digit, x, y);
      to.fillText(digit, x, y);
    }
  }

  function nearest({ offsetX: x, offsetY: y }) {
    let [best, least] = [-1, NEAR[pointer] ** 2];
    spots?.forEach(([u, v], i) => {
      const distance = (u - x) ** 2 + (v - y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    });
    return best;
  }

  function point(next) {
    pointed = next;
    card.hidden = pointed < 0;
    if (card.hidden) return;
    const { pixels, ...image } = images[pointed];
    const [prediction, confidence] = [set.predictions[pointed], sayShare(set.confidences[pointed])];
    paintInk(card.firstElementChild, pixels, 1);
    card.querySelector("p").textContent = say("mapCard", { ...image, label: sayLabel(image), prediction, confidence });
    card.classList.toggle("wrong", isWrong(pointed));
    card.classList.toggle("tapped", pointer === "touch" || pointer === "pen");
    const [x, y] = spots[pointed];
    const left = x > field.clientWidth / 2 ? x - card.offsetWidth - 16 : x + 16;
    card.style.left = `${Math.max(0, Math.min(left, field.clientWidth - card.offsetWidth))}px`;
    card.style.top = `${Math.min(Math.max(0, y - 40), field.clientHeight - card.offsetHeight)}px`;
  }
}

/** Every image in the colour of its digit, without the paper. */
function drawSprites(images) {
  const sheet = make("canvas", { width: ACROSS * SIDE, height: Math.ceil(images.length / ACROSS) * SIDE });
  const to = sheet.getContext("2d");
  images.forEach(({ label, pixels }, number) => {
    const [ink, column, row] = [colour(`--d${label}`), number % ACROSS, Math.floor(number / ACROSS)];
    paintPixels(to, pixels, (opacity) => [ink, opacity], column * SIDE, row * SIDE);
  });
  return sheet;
}
