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
let before = Promise.resolve(); // the last link: shown, or given up

/**
 * What does the work: {page() -> name, async selectPage(page), async setControls(link), async startRun(link), async
 * openRecorded(preset)}. The last two are kept when the run is on screen; all are broken with a sentence.
 */
export function hostedBy(given) {
  host = given;
  isHosted();
}

/** A page that links can name: `show(link, host, isLatest)` brings it into a state, `current()` is its parameters. */
export const addPage = (name, page) => (pages[name] = page);

/** A part of the look that is the same on every page, likewise. */
export const addLook = (look) => looks.push(look);

/** What the page shows now, as the parameters of a link. */
export function current() {
  const page = pages.learn?.current().lesson ? "learn" : (host?.page() ?? "explore"); // a lesson stands over the page that it works
  return Object.assign({ page }, ...looks.map((look) => look.current()), pages[page].current());
}

/**
 * Bring the page into the state of a link; what it leaves out stands at its default, but theme, hide, lock and present
 * stay as they are. True once it is there, false if another link has come meanwhile, an Error with a sentence if it
 * cannot be.
 */
export function show(link) {
  shows += 1;
  const mine = shows;
  const mineDone = before.then(() => reach(link, () => mine === shows));
  before = mineDone.catch(() => {});
  return mineDone;
}

/** The same out of the line, for a lesson: what it does is part of what started it. False once it is not wanted. */
export async function reach(link, isLatest) {
  await hosted;
  const whole = filled(link);
  const isElsewhere = isOfPage(link) && !link.lesson && host.page() !== whole.page; // a lesson opens its pages itself
  if (isElsewhere && isLatest()) await host.selectPage(whole.page);
  for (const look of looks) look.show(link);
  if (isOfPage(link) && isLatest()) await pages[whole.page].show(whole, host, isLatest);
  return isLatest();
}

/** The address of a link, by default to what the page shows. In a Space it leads to the page around the app. */
export function address(link = current()) {
  const query = write(link);
  return `${known.address || `${location.origin}${location.pathname}`}${query ? `?${query}` : ""}`;
}

const theme = {
  current: () => ({ theme: store.dark ? "dark" : "light" }),
  show: (link) => link.theme && document.body.classList.toggle("dark", link.theme === "dark"),
};
const looks = [theme, controls];

addPage("explore", explore);
addPage("tree", {
  current() {
    const { world, alpha, blockSize } = tree;
    return { ...world, alpha, B: blockSize === tree.tree?.length ? null : blockSize };
  },
  async show(link) {
    const { fields } = known.worlds.find(({ id }) => id === link.world);
    const values = Object.fromEntries(fields.map(({ name }) => [name, link[name]]));
    const fault = await openTree({ world: link.world, alpha: link.alpha, blockSize: link.B, ...values });
    if (fault) throw new Error(fault);
  },
});
addPage("compare", {
  current: () => ({ task: comparison.task }),
  show: ({ task }) => updateComparison({ task }),
});
