// What each net predicts: the digit, the confidence and what speaks against it, ten small bars.

import { normalize } from "../net/data.js";
import { argmax, forward } from "../net/net.js";
import { make } from "../parts/paint.js";
import { say, sayShare } from "../parts/words.js";

/** A card for each net; the returned function shows the results of `forward`, sentences of doubt, and an image if it is one. */
export function makeAnswers(parent, nets) {
  const cards = nets.map((net, number) => {
    const digit = make("output", { id: number ? `prediction-${number + 1}` : "prediction" });
    const bars = Array.from({ length: 10 }, (_, i) => make("i", { title: String(i) }));
    const note = make("p");
    const name = make("p", { className: "name", textContent: nets.length > 1 ? net.name : "" });
    const chart = make("div", { className: "bars", role: "img" }, ...bars);
    parent.append(make("div", { className: "answer" }, name, digit, note, chart));
    return { digit, bars, note, chart };
  });
  return (results, doubts, image) => cards.forEach(({ digit, bars, note, chart }, number) => {
    const y = results?.[number].y;
    const prediction = y && argmax(y);
    digit.textContent = y ? prediction : "";
    note.textContent = y ? [...(doubts[number] ?? []), describe(y, prediction, image)].join(" · ") : say("empty");
    const values = y ? Array.from(y, (p, i) => `${i}: ${sayShare(p)}`).join(", ") : say("empty");
    chart.setAttribute("aria-label", `${say("probabilities")} ${values}`);
    note.classList.toggle("wrong", Boolean(doubts[number]?.length || (y && image?.label !== undefined && image.label !== prediction)));
    bars.forEach((bar, i) => {
      bar.style.setProperty("--p", y ? y[i].toFixed(4) : 0);
      bar.classList.toggle("best", i === prediction);
    });
  });
}

/** Whether what `readStrokes` found is no digit, in sentences as `mnist predict` says them, by the confidence of a net. */
export function findDoubts(judge, { pixels, spread }, confidence) {
  const [odds, against] = forward(judge, normalize(pixels)).a[1]; // logarithms
  const score = odds - against - Math.max(spread - judge.spread, 0);
  const isDoubtful = score < judge.doubtful || (score < 0 && confidence < judge.sure);
  return isDoubtful ? [say("doubtful")] : [];
}

function describe(y, prediction, image) {
  const other = argmax(y.map((value, i) => (i === prediction ? -1 : value)));
  const close = y[prediction] < 0.6 || y[prediction] - y[other] < 0.3; // as `mnist predict`
  const text = say(close ? "unsure" : "confidence", { prediction, other, confidence: sayShare(y[prediction]) });
  return image?.label !== undefined ? `${text} · ${say("labelled", { label: sayLabel(image) })}` : text;
}

/** The label of an image, and that people do not agree with it, where five were asked and did not. */
export function sayLabel({ label, people }) {
  if (!people) return String(label);
  const [digit, count] = people; // what most of them read, or null: neither the label nor the same digit
  return `${label} (${say(digit === null ? "peopleDisagree" : "peopleRead", { digit, people: count })})`;
}
