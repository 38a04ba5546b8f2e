// Doubt, as `mnist predict` says it: several digits, or perhaps none (mnist_cli/handwriting/).

import { normalize } from "../net/data.js";
import { forward } from "../net/net.js";
import { enclose, gap } from "./picture.js";
import { say } from "../parts/words.js";

const DOUBTFUL = -2.2; // odds (logarithms) below which it is perhaps no digit
const SURE = 0.7; // the confidence that makes up for odds below 0
const SPREAD = 4; // components that have the ink of a digit; each that a texture has more is taken off
const MOST_IN_ROW = 20; // components; of more nobody is told how many digits they are

/** Sentences about what `readStrokes` found, of which a net has this confidence. */
export function findDoubts(judge, reading, confidence) {
  const { pixels, spread, digits } = reading;
  const count = digits.length > 1 && spread <= MOST_IN_ROW ? countDigits(judge, reading) : 1;
  const score = judgeOdds(judge, pixels) - (count < 2 ? Math.max(spread - SPREAD, 0) : 0);
  const isDoubtful = score < DOUBTFUL || (score < 0 && confidence < SURE);
  return [count > 1 && say("several", { count }), isDoubtful && say("doubtful")].filter(Boolean);
}

/** The logarithm of the odds that 784 numbers 0..255 are one digit. */
function judgeOdds(judge, pixels) {
  const { a } = forward(judge, normalize(pixels));
  return a[1][0] - a[1][1];
}

/** The best path through the groups from left to right, each alone or up to four as one digit. */
function countDigits(judge, { digits, format }) {
  const groups = digits.map((parts) => ({ parts, ...enclose(parts) })).sort((p, q) => p.left + p.right - q.left - q.right);
  const heights = groups.map(({ top, bottom }) => bottom - top).sort((p, q) => p - q);
  const height = heights[heights.length >> 1];
  const best = [{ score: 0, count: 0 }]; // up to each group
  for (let stop = 1; stop <= groups.length; stop++) {
    const skipped = Math.min(1, (groups[stop - 1].bottom - groups[stop - 1].top) / height) ** 2;
    best[stop] = { ...best[stop - 1], score: best[stop - 1].score - 4 * skipped };
    for (let start = stop - 1; start >= Math.max(0, stop - 4); start--) {
      const one = groups.slice(start, stop);
      const { left, right } = enclose(one);
      if (right - left > 1.5 * height || (one[1] && gap(one[0], enclose(one.slice(1))) > 0.35 * height)) break;
      const odds = judgeOdds(judge, format(one.flatMap(({ parts }) => parts)));
      const score = best[start].score + Math.min(3, Math.max(-10, odds)) + 0.5;
      if (score > best[stop].score) best[stop] = { score, count: best[start].count + 1 };
    }
  }
  return best[groups.length].count;
}
