// What a link may say: one table of parameters, by which an address is read and written. Links come from strangers.
import { file } from "../files.js";
import { LESSONS } from "../learn/lessons.js";
import { decimal, flag, listOf, oneOf, orInfinite, step, textUpTo, whole } from "./checks.js";

export const known = await file("links.json", JSON.parse); // explorer/page/links.py

/** What has a state that a link restores, by name: {show(link, host, isLatest), current()}. Pages join by `addPage`. */
export const pages = {};

// ---- the table: name, the page that it is about (none: about all), check, default

/** The panel's control that has a range or choices for a parameter (explorer/page/controls.py). */
export const controlOf = (name) => known.panel.find(({ parameter, setting }) => setting && parameter === name);

const { range: alphas, default: defaultAlpha } = controlOf("alpha");
const text = textUpTo(known.longest);
export const controlNames = []; // filled by controls.js
const row = (name, page, check, standing = null) => ({ name, page, check, standing });

/** A control of the panel as a parameter of the Explore page; only α may be infinite. */
function rowOfControl({ parameter, range, step: grid, choices, default: standing }) {
  const number = range && (grid === 1 ? whole(range) : decimal(range));
  const check = number ?? oneOf(() => choices);
  return row(parameter, "explore", parameter === "alpha" ? orInfinite(check) : check, standing);
}

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
  ...known.panel.filter(({ setting }) => setting).map(rowOfControl),
  row("step", "explore", step),
  row("world", "tree", oneOf(() => known.worlds.map(({ id }) => id)), known.worlds[0].id),
  row("alpha", "tree", decimal(alphas), defaultAlpha),
  row("B", "tree", whole(controlOf("B").range)),
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

/** Whether a link names anything of its page, and not only how the page shall look. */
export const isOfPage = (link) => TABLE.some(({ name, page }) => name in link && (page || name === "page"));

/** The link with the defaults of its page for what it leaves out; the look is not the page's. */
export function filled(link) {
  const page = link.page ?? "explore";
  const own = TABLE.filter((each) => each.page === page).map(({ name, standing }) => [name, standing]);
  return { ...Object.fromEntries(own), ...link, page };
}

// ---- reading and writing

/** The parameters of a query string that are good, and a sentence for each one that is not. */
export function read(search) {
  const given = new URLSearchParams(search);
  if (given.has("lesson") && !given.has("page")) given.set("page", "learn");
  const page = TABLE[0].check.read(given.get("page") ?? "") ?? "explore";
  const link = {};
  /** @type {string[]} */
  const complaints = [];
  for (const name of new Set(given.keys())) {
    const found = rowsOf(page).find((each) => each.name === name);
    if (!found && isGradios(name)) continue;
    const fault = found ? take(link, found, given.getAll(name)) : stranger(name);
    if (fault) complaints.push(fault);
  }
  return { link, complaints: [...complaints, ...together(link)] };
}

/** Put the parameter into the link; a sentence if that cannot be. */
function take(link, { name, check }, texts) {
  if (texts.length > 1) return `${name} is given ${texts.length} times, so the link's ${name} is not used.`;
  const value = check.read(texts[0]);
  if (value === undefined) return `${name} must be ${check.allowed}, not ${quoted(texts[0])}; the default is used.`;
  link[name] = value;
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
function together(link) {
  const faults = [];
  if (link.alpha === Infinity && (link.tau ?? null) === null) {
    faults.push("alpha may be inf only where tau is given as well, since 1/alpha would be 0; the default is used.");
    delete link.alpha;
  }
  if ("prompt" in link && "preset" in link) {
    faults.push("preset and prompt are both given; the prompt is used.");
    delete link.preset;
  }
  return faults;
}

const quoted = (given) => `“${given.length > 40 ? `${given.slice(0, 40)}…” (${given.length} characters)` : `${given}”`}`;

/** A link as a query string, with what differs from the defaults. */
export function write(link) {
  const differs = ({ name, standing }) => name in link && inWords(link[name]) !== inWords(standing);
  const own = rowsOf(link.page ?? "explore").filter(differs);
  return new URLSearchParams(own.map(({ name }) => [name, inWords(link[name])])).toString();
}

const inWords = (value) => {
  if (value === null) return null;
  if (value === Infinity) return "inf";
  if (typeof value === "boolean") return value ? "1" : "0";
  return Array.isArray(value) ? value.join(",") : String(value);
};
