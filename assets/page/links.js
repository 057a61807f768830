// Links: the page's state as a short query string, and back. Lessons use `show` as well.
import { state as comparison, update as updateComparison } from "./compare/state.js";
import { store } from "./store.js";
import { open as openTree } from "./tree/main.js";
import { state as tree } from "./tree/state.js";
import { controls } from "./links/controls.js";
import { explore } from "./links/explore.js";
import { filled, isOfPage, known, pages, read, write } from "./links/parameters.js";

export { read, write };

let host = null;
let isHosted;
const hosted = new Promise((done) => (isHosted = done));
let shows = 0;
let before = Promise.resolve(); // the wish before the next one: done, or given up

/**
 * What does the work: {page() -> name, async selectPage(page), async setControls(wish), async startRun(wish), async
 * openRecorded(preset)}. The last two are kept when the run is on screen; all are broken with a sentence.
 */
export function hostedBy(given) {
  host = given;
  isHosted();
}

/** A page that links can name: `show(wish, host, isLatest)` brings it into a state, `current()` is its parameters. */
export const addPage = (name, page) => (pages[name] = page);

/** A part of the look that is the same on every page, likewise. */
export const addLook = (look) => looks.push(look);

/** The wish that the page fulfils now. */
export function current() {
  const page = pages.learn?.current().lesson ? "learn" : (host?.page() ?? "explore"); // a lesson stands over the page that it works
  return Object.assign({ page }, ...looks.map((look) => look.current()), pages[page].current());
}

/**
 * Bring the page into the state of a wish; what it leaves out stands at its default, but theme, hide, lock and present
 * stay as they are. True once it is there, false if another wish has come meanwhile, an Error with a sentence if it
 * cannot be.
 */
export function show(wish) {
  shows += 1;
  const mine = shows;
  const mineDone = before.then(() => reach(wish, () => mine === shows));
  before = mineDone.catch(() => {});
  return mineDone;
}

/** The same out of the line, for a lesson: what it does is part of what started it. False once it is not wanted. */
export async function reach(wish, isLatest) {
  await hosted;
  const whole = filled(wish);
  const isElsewhere = isOfPage(wish) && !wish.lesson && host.page() !== whole.page; // a lesson opens its pages itself
  if (isElsewhere && isLatest()) await host.selectPage(whole.page);
  for (const look of looks) look.show(wish);
  if (isOfPage(wish) && isLatest()) await pages[whole.page].show(whole, host, isLatest);
  return isLatest();
}

/** The whole link to a wish, by default to what the page shows. In a Space it leads to the page around the app. */
export function address(wish = current()) {
  const query = write(wish);
  return `${known.address || `${location.origin}${location.pathname}`}${query ? `?${query}` : ""}`;
}

const theme = {
  current: () => ({ theme: store.dark ? "dark" : "light" }),
  show: (wish) => wish.theme && document.body.classList.toggle("dark", wish.theme === "dark"),
};
const looks = [theme, controls];

addPage("explore", explore);
addPage("tree", {
  current() {
    const { world, alpha, blockSize } = tree;
    return { ...world, alpha, B: blockSize === tree.tree?.length ? null : blockSize };
  },
  async show(wish) {
    const { fields } = known.worlds.find(({ id }) => id === wish.world);
    const values = Object.fromEntries(fields.map(({ name }) => [name, wish[name]]));
    const fault = await openTree({ world: wish.world, alpha: wish.alpha, blockSize: wish.B, ...values });
    if (fault) throw new Error(fault);
  },
});
addPage("compare", {
  current: () => ({ task: comparison.task }),
  show: ({ task }) => updateComparison({ task }),
});
