// What a link may say: one table of parameters, by which an address is read and written. Links come from strangers.
import { file } from "../files.js";
import { LESSONS } from "../learn/lessons.js";
import { decimal, flag, listOf, oneOf, orInfinite, step, textUpTo, whole } from "./checks.js";

export const known = await file("links.json", JSON.parse); // explorer/page/links.py

/** What has a state that a link restores, by name: {show(wish, host, isLatest), current()}. Pages join by `addPage`. */
export const pages = {};

// ---- the table: name, the page that it is about (none: about all), check, default

const { ranges, defaults } = known;
const text = textUpTo(known.longest);
export const controlNames = []; // filled by controls.js
const row = (name, page, check, standing = defaults[name] ?? null) => ({ name, page, check, standing });

/** A world's field as a parameter of the Tree page. */
function rowOfField({ name, kind, min, max, step: grid, value }) {
  const number = Number.isInteger(grid) ? whole : decimal;
  const checks = { range: () => number([min, max]), model: () => oneOf(() => known.models), check: () => flag };
  return row(name, "tree", (checks[kind] ?? (() => text))(), value);
}

const TABLE = [
  row("page", null, oneOf(() => Object.keys(pages)), "explore"),
  row("preset", "explore", oneOf(() => known.presets.map(({ id }) => id)), known.presets[0].id),
  row("prompt", "explore", text),
  row("model", "explore", oneOf(() => [...new Set([known.recorded, ...known.models])]), known.recorded),
  row("alpha", "explore", orInfinite(decimal(ranges.alpha))),
  row("tau", "explore", decimal(ranges.tau)),
  ...["B", "blocks", "N"].map((name) => row(name, "explore", whole(ranges[name]))),
  row("scope", "explore", oneOf(() => known.scopes)),
  row("seed", "explore", whole(ranges.seed)),
  row("step", "explore", step),
  row("world", "tree", oneOf(() => known.worlds.map(({ id }) => id)), known.worlds[0].id),
  row("alpha", "tree", decimal(ranges.alpha)),
  row("B", "tree", whole(ranges.B), null),
  ...known.worlds.flatMap(({ fields }) => fields.map(rowOfField)),
  row("task", "compare", oneOf(() => known.tasks), known.tasks[0]),
  row("lesson", "learn", whole([1, LESSONS.length])),
  row("theme", null, oneOf(() => ["light", "dark"])),
  row("hide", null, listOf(() => controlNames), []),
  row("lock", null, listOf(() => controlNames), []),
  row("present", null, flag, false),
  row("notes", null, flag, false),
];

const rowsOf = (page) => TABLE.filter((each) => !each.page || each.page === page);

/** Whether a wish names anything of its page, and not only how the page shall look. */
export const isOfPage = (wish) => TABLE.some(({ name, page }) => name in wish && (page || name === "page"));

/** The wish with the defaults of its page for what it leaves out; the look is not the page's. */
export function filled(wish) {
  const page = wish.page ?? "explore";
  const own = TABLE.filter((each) => each.page === page).map(({ name, standing }) => [name, standing]);
  return { ...Object.fromEntries(own), ...wish, page };
}

// ---- reading and writing

/** The parameters of a query string that are good, and a sentence for each one that is not. */
export function read(search) {
  const given = new URLSearchParams(search);
  if (given.has("lesson") && !given.has("page")) given.set("page", "learn");
  const page = TABLE[0].check.read(given.get("page") ?? "") ?? "explore";
  const wish = {};
  /** @type {string[]} */
  const complaints = [];
  for (const name of new Set(given.keys())) {
    const found = rowsOf(page).find((each) => each.name === name);
    if (!found && isGradios(name)) continue;
    const fault = found ? take(wish, found, given.getAll(name)) : stranger(name);
    if (fault) complaints.push(fault);
  }
  return { wish, complaints: [...complaints, ...together(wish)] };
}

/** Put the parameter into the wish; a sentence if that cannot be. */
function take(wish, { name, check }, texts) {
  if (texts.length > 1) return `${name} is given ${texts.length} times, so the link's ${name} is not used.`;
  const value = check.read(texts[0]);
  if (value === undefined) return `${name} must be ${check.allowed}, not ${quoted(texts[0])}; the default is used.`;
  wish[name] = value;
  return "";
}

/** Gradio's own parameters, and those of a Space. */
const isGradios = (name) => name.startsWith("__") || ["view", "deep_link", "logs"].includes(name);

function stranger(name) {
  const elsewhere = TABLE.find((each) => each.name === name);
  if (elsewhere) return `${name} belongs to the page ${elsewhere.page}, which this link does not open; it is not used.`;
  return `${quoted(name)} is no parameter of a link; it is not used.`;
}

/** What cannot stand together. */
function together(wish) {
  const faults = [];
  if (wish.alpha === Infinity && (wish.tau ?? null) === null) {
    faults.push("alpha may be inf only where tau is given as well, since 1/alpha would be 0; the default is used.");
    delete wish.alpha;
  }
  if ("prompt" in wish && "preset" in wish) {
    faults.push("preset and prompt are both given; the prompt is used.");
    delete wish.preset;
  }
  return faults;
}

const quoted = (given) => `“${given.length > 40 ? `${given.slice(0, 40)}…” (${given.length} characters)` : `${given}”`}`;

/** A wish as a query string, with what differs from the defaults. */
export function write(wish) {
  const differs = ({ name, standing }) => name in wish && inWords(wish[name]) !== inWords(standing);
  const own = rowsOf(wish.page ?? "explore").filter(differs);
  return new URLSearchParams(own.map(({ name }) => [name, inWords(wish[name])])).toString();
}

const inWords = (value) => {
  if (value === null) return null;
  if (value === Infinity) return "inf";
  if (typeof value === "boolean") return value ? "1" : "0";
  return Array.isArray(value) ? value.join(",") : String(value);
};
