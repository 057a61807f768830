// A question of a lesson (lessons/*.html), read against the page beneath it.
//
// A question brings its page into the state of a link (data-link) and does what data-set says; after the prediction,
// what data-reveal says. Both are actions of the page (on_*.js) with their words: "step worse". data-look and
// data-look-after name the view that it is about, data-hold and data-cover what stands still or is out of sight until
// the prediction. In a text {base sun: 3} is a fact of the page with its words, to three digits. What has a data-if is
// there only where that holds. A choice is right where its data-right holds; the one without it, where no other is. A
// part that a question lacks is its lesson's.
import { number, probability, signed } from "../format.js";
import { isLive } from "../host.js";
import { reach, read } from "../links.js";
import { compare } from "./on_compare.js";
import { explore } from "./on_explore.js";
import { tree } from "./on_tree.js";
import { isNarrow } from "./stage.js";

const PAGES = { compare, explore, tree };
const PLACE = /\{([^}:]+)(?:: (\w+))?\}/g;
const SIGNS = { "<": (a, b) => a < b, "=": (a, b) => Math.abs(a - b) < 1e-9, ">": (a, b) => a > b };
const FORMATS = {
  chance: probability,
  count: (value) => value.toLocaleString("en"),
  percent: (share) => `${(100 * share).toFixed(1)} %`,
  signed: (value) => signed(value, Math.abs(value) < 0.01 ? 5 : 2),
};

export class Question {
  constructor(section) {
    this.section = section;
    this.data = section.dataset;
    this.page = PAGES[new URLSearchParams(this.data.link).get("page")];
  }

  /** Bring the page into the question's state; an Error says why that cannot be. */
  async set(isWanted) {
    const { link, complaints } = read(this.data.link);
    if (complaints.length) throw new Error(complaints.join(" "));
    if (!(await reach(link, isWanted))) return;
    await this.page.opened?.(isWanted);
    if (isWanted()) await this.act(this.data.set, isWanted);
  }

  async act(words, isWanted) {
    if (!words) return;
    const [name, ...others] = words.split(" ");
    await this.page.actions[name](...others, isWanted);
  }

  /** Selectors of what stands still, and of what is out of sight. */
  get gate() {
    const views = (names) => names.split(" ").map((name) => this.page.views[name]);
    const { hold, cover } = this.data;
    return { hold: [...this.page.dials, ...(hold ? views(hold) : [])], cover: cover ? views(cover) : [] };
  }

  /** The selector of the view that it is about, "" for none. */
  view(name = "") {
    return (isNarrow() && this.page.narrow?.[name]) || (this.page.views[name] ?? "");
  }

  /** Its parts as elements, with numbers in their places and without what is not so. */
  parts(selector) {
    const own = this.section.querySelectorAll(`:scope > ${selector}`);
    const templates = own.length ? own : this.section.parentElement.querySelectorAll(`:scope > ${selector}`);
    return [...templates].filter((each) => this.holds(each.dataset.if)).map((each) => this.filled(each));
  }

  filled(template) {
    const copy = template.cloneNode(true);
    for (const part of copy.querySelectorAll("[data-if]")) if (!this.holds(part.dataset.if)) part.remove();
    const texts = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = /** @type {Text} */ (texts.currentNode);
      text.data = text.data.replace(PLACE, (_, words, format) => written(this.fact(words), format));
    }
    return copy;
  }

  /** The number of the choice that is right by what the page shows. */
  right() {
    const conditions = this.parts(".choices > li").map((choice) => choice.dataset.right);
    const found = conditions.findIndex((each) => each && this.holds(each));
    return found < 0 ? conditions.indexOf(undefined) : found;
  }

  /** Such as "power a > base a and not live"; a fact alone holds where there is such a thing. None given holds. */
  holds(condition) {
    return !condition || condition.split(" and ").every((part) => this.holdsAlone(part));
  }

  holdsAlone(part) {
    if (part.startsWith("not ")) return !this.holdsAlone(part.slice(4));
    const [left, sign, right] = part.split(/ ([<=>]) /);
    return sign ? SIGNS[sign](this.value(left), this.value(right)) : isThere(this.fact(left));
  }

  value(words) {
    return /^[\d.]+$/.test(words) ? Number(words) : this.fact(words);
  }

  fact(words) {
    const [name, ...others] = words.split(" ");
    if (name === "live") return isLive();
    if (!this.page.facts[name]) throw new Error(`a lesson asks for ${words}, and its page has no ${name}`);
    return this.page.facts[name](...others);
  }
}

const isThere = (value) => value !== undefined && value !== null && value !== false;

function written(value, format) {
  if (!format) return String(value);
  return FORMATS[format]?.(value) ?? number(value, Number(format));
}
