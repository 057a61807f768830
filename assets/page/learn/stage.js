// Puts the page beneath a lesson into a state, and keeps the answer out of sight until a prediction is given.

const BARS = "#dials, .explore .transport, .tree-bar, .compare-bar"; // they stay in sight while the rest scrolls

/** No room beside the card: it lies over the foot of the page (card.css). */
export const isNarrow = () => matchMedia("(max-width: 1000px)").matches;

let marked = []; // [element, class] that the question on the card has set

/** Wait until something holds; false once nobody wants it any more. */
export function until(holds, isWanted = () => true) {
  return new Promise((resolve) => {
    const look = () => {
      if (isWanted() && !holds()) requestAnimationFrame(look);
      else resolve(isWanted());
    };
    look();
  });
}

/** Dials that would give the answer away stand still, views that would are covered. */
export function gate({ hold = [], cover = [] }) {
  document.body.classList.add("predicting");
  mark(hold, "held");
  mark(cover, "covered");
}

export function lift() {
  document.body.classList.remove("predicting");
  unmark((name) => name !== "watched");
}

/** Frame the view that a question is about and scroll to it; `block` is "start" (to the top) or "nearest". */
export function watch(selector, block) {
  unmark((name) => name === "watched");
  mark([selector], "watched");
  const view = document.querySelector(selector);
  if (!view) return;
  view.style.scrollMarginTop = `${barsAbove()}px`;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
}

/** How much of the window's top the open page's bars take, in pixels. */
const barsAbove = () =>
  [...document.querySelectorAll(BARS)]
    .filter((bar) => bar.offsetParent && getComputedStyle(bar).position === "sticky")
    .reduce((height, bar) => height + bar.offsetHeight, 8);

export function clear() {
  lift();
  unmark(() => true);
}

/** `name` is "held", "covered" or "watched"; only what is watched can still be used. */
function mark(selectors, name) {
  for (const element of selectors.flatMap((selector) => [...document.querySelectorAll(selector)])) {
    element.classList.add(name);
    if (name !== "watched") element.inert = true;
    marked.push([element, name]);
  }
}

function unmark(isMeant) {
  for (const [element, name] of marked) {
    if (!isMeant(name)) continue;
    element.classList.remove(name);
    if (name !== "watched") element.inert = false;
  }
  marked = marked.filter(([, name]) => !isMeant(name));
}
