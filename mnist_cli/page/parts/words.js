// What the page says, in each of its languages: texts.json is the table, with a column for each.
// A hole ${name} is filled by the second argument of `say`. A digit d with its Korean particle is
// ${d|이/가}: 영, 일, 삼, 육, 칠, 팔 end with a consonant.

import { byId } from "./paint.js";

const MOST_TIMES = 1e12; // beyond it "more than" is enough
const TEXTS = JSON.parse(byId("texts").textContent);

export const LANGUAGES = TEXTS.languageName; // each by its own name

let language = "en";

/** Speak a language from now on, and in every element that has a `data-t` or a `data-label`. */
export function speak(next, values) {
  document.documentElement.lang = language = next;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = say(element.dataset.t, values);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
}

/** A text in the language that is spoken. */
export function say(key, values = {}) {
  return TEXTS[key][language].replace(/\$\{(\w+)(?:\|(.)\/(.))?\}/g, (_, name, closed, open) =>
    values[name] + (closed ? ("013678".includes(values[name]) ? closed : open) : ""));
}

/** A ratio to two digits, in words where it is large: 3.5 times, a million times; 약 100만 배; 約100万倍. */
export function sayTimes(ratio) {
  const about = Number(Math.min(ratio, MOST_TIMES).toPrecision(2));
  const number = sayNumber(about, language === "en" ? 1e6 : 1e4).replace(/^1 /, "a ");
  return say(ratio > MOST_TIMES ? "manyTimes" : "times", { number });
}

/** A number, from `many` on to two digits and in words: 25,600; 41 million; 4100만; 4100万. */
export function sayNumber(number, many = 1e6) {
  const inWords = { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 2 };
  return number.toLocaleString(language, number < many ? {} : inWords).replace(/[만억조]$/, "$& ");
}

/** A probability to four decimals, and to as many more, up to 6, as keep it from looking like 1. */
export function sayShare(share) {
  const decimals = share < 0.99995 ? 4 : Math.ceil(-Math.log10(1 - share));
  return decimals > 6 ? ">0.999999" : share.toFixed(decimals);
}
