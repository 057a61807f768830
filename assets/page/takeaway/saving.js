// Files that the browser writes: their names, and how they come to the visitor's disk.
import { state as comparison, task } from "../compare/state.js";
import { store } from "../store.js";
import { state as tree } from "../tree/state.js";

/** Let the browser save a text, or what a data: URL holds. */
export function saveText(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  saveUrl(name, url);
  URL.revokeObjectURL(url);
}

export function saveUrl(name, url) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
}

/** What a file of one page is called: which run or results, which dials, and what of it. */
export const nameOf = (page, what) => [...NAMES[page](), what].join("-").replace(/[^\p{L}\p{N}.-]+/gu, "-");

const NAMES = {
  explore: () => {
    const { model, settings } = store.run;
    return [model, "alpha", settings.alpha === Infinity ? "inf" : settings.alpha, "seed", settings.seed];
  },
  tree: () => ["tree", tree.world.world, "alpha", tree.alpha, "B", tree.blockSize],
  compare: () => [`${comparison.source}-results`, task()],
};

/** The page that an element stands on. */
export const pageOf = (element) => ["tree", "compare"].find((page) => element.closest(`.${page}`)) ?? "explore";

/** The trace file of the run on screen, as the server names it too. */
export const traceName = () => `power-seed-${store.run.settings.seed}.jsonl`;
