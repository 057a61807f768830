// Puts the page beneath a lesson into a state, and keeps the answer out of sight until a prediction is given.

let marked = []; // [element, class] that the question on the card has put on

/** Wait until something holds; false once nobody wants it any more. */
export function until(holds, isWanted = () => true) {
  return new Promise((resolve) => {
    const look = () => (!isWanted() ? resolve(false) : holds() ? resolve(true) : requestAnimationFrame(look));
    look();
  });
}

/** Open one of the pages, "Explore", "Tree", "Compare" or "Learn"; false once nobody wants it any more. */
export async function open(page, isWanted) {
  const tab = () => [...document.querySelectorAll('[role="tab"]')].find((each) => each.textContent.trim() === page);
  const isOpen = () => tab()?.getAttribute("aria-selected") === "true";
  if (!(await until(tab, isWanted))) return false;
  if (!isOpen()) tab().click();
  return until(isOpen, isWanted);
}

/** Dials that would give the answer away stand still, views that would are covered. */
export function gate({ hold = [], cover = [] }) {
  document.body.classList.add("predicting");
  mark(hold, "held");
  mark(cover, "covered");
}

export function lift() {
  document.body.classList.remove("predicting");
  for (const [element, name] of marked.filter(([, name]) => name !== "watched")) unmark(element, name);
  marked = marked.filter(([, name]) => name === "watched");
}

/** Frame the view that a question is about and bring it into sight: to the top, or no further than need be ("nearest"). */
export function watch(selector, block) {
  for (const [element, name] of marked.filter(([, name]) => name === "watched")) unmark(element, name);
  marked = marked.filter(([, name]) => name !== "watched");
  mark([selector], "watched");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(selector)?.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
}

export function clear() {
  lift();
  for (const [element, name] of marked) unmark(element, name);
  marked = [];
}

function mark(selectors, name) {
  for (const element of selectors.flatMap((selector) => [...document.querySelectorAll(selector)])) {
    element.classList.add(name);
    if (name !== "watched") element.inert = true;
    marked.push([element, name]);
  }
}

function unmark(element, name) {
  element.classList.remove(name);
  if (name !== "watched") element.inert = false;
}
