// On narrow screens the pad, small, and the prediction stay in view when the net is looked at.

import { byId } from "../parts/paint.js";

export const NARROW = matchMedia("(max-width: 61.99em)"); // as in the style sheet
const LEFT = 40; // pixels of the desk that are as good as out of sight: a card of the lesson leaves about ten

/** Once what lies under the pad has left the screen at its top, the desk is `apart`. */
export function keepPadInView() {
  const desk = byId("desk");
  const follow = (seen) => {
    const isApart = NARROW.matches && !seen.at(-1).isIntersecting;
    if (isApart === desk.classList.contains("apart")) return;
    desk.style.gridTemplateRows = isApart ? getComputedStyle(desk).gridTemplateRows : ""; // nothing moves up
    desk.classList.toggle("apart", isApart);
  };
  // What is below counts as seen, however far: only what has left at the top is not, also after a jump.
  const watcher = new IntersectionObserver(follow, { rootMargin: `-${LEFT}px 0px 1000000px` });
  watcher.observe(byId("result"));
  NARROW.onchange = () => { // it tells where the result is when it begins to watch
    watcher.disconnect();
    watcher.observe(byId("result"));
  };
}
