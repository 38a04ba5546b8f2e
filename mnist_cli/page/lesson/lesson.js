// The lesson: eight cards, each with a question to answer first; then the page shows the answer.

import { CARDS } from "./cards.js";
import { byId, make, pictureOf } from "../parts/paint.js";
import { say } from "../parts/words.js";

/**
 * The lesson. `page`, as the cards use it: {images, x: of all images, pad, alive, steps, net: the one that is shown,
 * whole: what it makes of the images undisturbed, reset(): undo what is broken, follow(): neurons were switched}.
 */
export function makeLesson(page) {
  const [course, toggle, title, text, question, choices, answer, back, onward] = ["course", "lesson",
    "course-title", "course-text", "course-question", "choices", "course-answer", "course-back", "course-on"].map(byId);
  const names = Object.keys(CARDS);
  let at = -1; // place of the card, without one there is no lesson
  let asked = 0; // cards so far: only the last one's question is put

  const lesson = {
    /** Of the cards, from 1. */
    numbers: names.map((_, i) => i + 1),
    /** Of the card that is open, or undefined. */
    get number() {
      return at < 0 ? undefined : at + 1;
    },
    /** Open the card of this number; without one, end the lesson. */
    open(number) {
      at = number ? number - 1 : -1;
      course.hidden = at < 0;
      toggle.setAttribute("aria-expanded", String(at >= 0));
      asked += 1;
      if (at >= 0) turnUp(names[at], asked);
    },
    /** Another language or another net: the card is put anew. */
    renew: () => at >= 0 && lesson.open(at + 1),
  };
  toggle.onclick = () => {
    if (!page.whole) return; // the views are not there yet
    lesson.open(at < 0 ? 1 : null);
    if (at >= 0) title.focus();
  };
  byId("course-end").onclick = () => {
    lesson.open(null);
    toggle.focus();
  };
  back.onclick = () => lesson.open(at);
  onward.onclick = () => lesson.open(at + 2);
  return lesson;

  async function turnUp(name, mine) {
    page.reset();
    title.textContent = say("card", { number: at + 1, count: names.length, name: say(`${name}Card`) });
    text.textContent = say(`${name}Text`, page.net.layers[0]);
    for (const part of [question, answer]) part.textContent = "";
    choices.replaceChildren();
    back.disabled = at === 0;
    onward.disabled = at === names.length - 1;
    byId("views").scrollIntoView(); // the card is the first of them
    course.setAttribute("aria-busy", "true");
    const card = await CARDS[name](page);
    if (mine !== asked) return; // another card was opened meanwhile
    course.removeAttribute("aria-busy");
    question.textContent = card ? say(card.question ?? `${name}Question`, card.values) : say("nothingToAsk");
    if (card?.look) page.alive.choose(card.look);
    if (card) choices.replaceChildren(...card.choices.map((choice) => makeChoice(choice, () => take(name, card, choice))));
  }

  /** The first answer counts; then the page shows what is so. */
  function take(name, card, taken) {
    if (answer.textContent) return;
    choices.childNodes.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(card.choices[i] === taken));
      button.setAttribute("aria-disabled", "true");
      button.classList.toggle("true", card.choices[i].isTrue);
    });
    answer.textContent = `${say(taken.isTrue ? "isCorrect" : "isIncorrect")} ${say(`${name}Answer`, card.values)}`;
    card.show();
  }
}

function makeChoice({ text, image }, take) {
  if (!image) return make("button", { onclick: take }, String(text));
  return make("button", { onclick: take, ariaLabel: say("imageAlone", image) }, pictureOf(image));
}
