// The lesson: eight cards, each with a question to answer first; then the page shows the answer.

import { CARDS } from "./cards.js";
import { byId, make, pictureOf } from "../parts/paint.js";
import { say } from "../parts/words.js";

// The lesson. `page`, as the cards use it: {images, x: of all images, pad, alive, steps, net: the one that is shown,
// whole: what it makes of the images undisturbed, reset(): undo what is broken, follow(): neurons were switched}.
export function makeLesson(page) {
  const [course, toggle, title, text, question, choices, answer, back, onward] = ["course", "lesson",
    "course-title", "course-text", "course-question", "choices", "course-answer", "course-back", "course-on"].map(byId);
  const names = Object.keys(CARDS);
  let asked = 0; // cards so far: only the last one's question is put

  const lesson = {
    /** Of the cards, from 1. */
    numbers: names.map((_, i) => i + 1),
    /** Of the card that is open, or null: there is no lesson. */
    number: null,
    /** Open the card of this number; without one, end the lesson. */
    open(number = null) {
      lesson.number = number;
      course.hidden = !number;
      toggle.setAttribute("aria-expanded", Boolean(number));
      asked += 1;
      if (number) turnUp(number, asked);
    },
    /** Another language or another net: the card is put anew. */
    renew: () => lesson.number && lesson.open(lesson.number),
  };
  toggle.onclick = () => {
    if (!page.whole) return; // the views are not there yet
    lesson.open(lesson.number ? null : 1);
    if (lesson.number) title.focus();
  };
  byId("course-end").onclick = () => {
    lesson.open(null);
    toggle.focus();
  };
  back.onclick = () => lesson.open(lesson.number - 1);
  onward.onclick = () => lesson.open(lesson.number + 1);
  return lesson;

  async function turnUp(number, mine) {
    const name = names[number - 1];
    page.reset();
    title.textContent = say("card", { number, count: names.length, name: say(`${name}Card`) });
    text.textContent = say(`${name}Text`, page.net.layers[0]);
    for (const part of [question, answer]) part.textContent = "";
    choices.replaceChildren();
    back.disabled = number === 1;
    onward.disabled = number === names.length;
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
