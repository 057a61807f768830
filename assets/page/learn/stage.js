// Keeps the answer out of sight until a prediction is given, and shows where to look.

const BARS = "#dials, .explore .transport, .tree-bar, .compare-bar"; // they stay in sight while the rest scrolls

/** No room beside the card: it lies over the foot of the page (card.css). */
export const isNarrow = () => matchMedia("(max-width: 1000px)").matches;

let gated = []; // elements that stand still or are covered
let watched = null; // the element in a frame

/** Dials that would give the answer away stand still, views that would are covered. */
export function gate({ hold, cover }) {
  document.body.classList.add("predicting");
  mark(hold, "held");
  mark(cover, "covered");
}

function mark(selectors, name) {
  for (const element of selectors.flatMap((selector) => [...document.querySelectorAll(selector)])) {
    element.classList.add(name);
    element.inert = true;
    gated.push(element);
  }
}

export function lift() {
  document.body.classList.remove("predicting");
  for (const element of gated) {
    element.classList.remove("held", "covered");
    element.inert = false;
  }
  gated = [];
}

/** Frame the view that a question is about and scroll to it; `block` is "start" (to the top) or "nearest". */
export function watch(selector, block = "start") {
  watched?.classList.remove("watched");
  watched = selector ? document.querySelector(selector) : null;
  if (!watched) return;
  watched.classList.add("watched");
  watched.style.scrollMarginTop = `${barsAbove()}px`;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  watched.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
}

/** How much of the window's top the open page's bars take, in pixels. */
const barsAbove = () =>
  [...document.querySelectorAll(BARS)]
    .filter((bar) => bar.offsetParent && getComputedStyle(bar).position === "sticky")
    .reduce((height, bar) => height + bar.offsetHeight, 8);

export function clear() {
  lift();
  watch("");
}
