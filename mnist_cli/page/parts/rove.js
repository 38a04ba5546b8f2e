// A row or grid of buttons as one stop of the Tab key: arrow keys go through them.

/** Let `parent` hold such buttons, now or later; the first of them has tabIndex 0, the others -1. */
export function rove(parent) {
  parent.setAttribute("role", "toolbar");
  parent.addEventListener("focusin", ({ target }) => {
    for (const each of parent.querySelectorAll("button")) each.tabIndex = each === target ? 0 : -1;
  });
  parent.addEventListener("keydown", (event) => {
    const buttons = [...parent.querySelectorAll("button")];
    const from = buttons.indexOf(event.target);
    const across = buttons.filter((each) => each.offsetTop === buttons[0].offsetTop).length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -from };
    const step = event.key === "End" ? buttons.length - 1 - from : steps[event.key];
    if (from < 0 || step === undefined) return;
    event.preventDefault();
    buttons[from + step]?.focus();
  });
}
