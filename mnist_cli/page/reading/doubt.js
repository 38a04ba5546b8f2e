// Doubt, as `mnist predict` says it: perhaps this is no digit (mnist_cli/handwriting/digit.py).

import { normalize } from "../net/data.js";
import { forward } from "../net/net.js";
import { say } from "../parts/words.js";

/** Sentences about what `readStrokes` found, of which a net has this confidence. */
export function findDoubts(judge, { pixels, spread }, confidence) {
  const [odds, against] = forward(judge, normalize(pixels)).a[1]; // logarithms
  const score = odds - against - Math.max(spread - judge.spread, 0);
  const isDoubtful = score < judge.doubtful || (score < 0 && confidence < judge.sure);
  return isDoubtful ? [say("doubtful")] : [];
}
