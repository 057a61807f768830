// The table of problems: what was asked, the right answer, every method's first answer, and a button on each.
import { answerMark } from "../explore/samples.js";
import { element } from "../format.js";
import { isLive } from "../host.js";
import { ALL, results, state, task } from "./state.js";

const PAGE = 20; // problems at a time
const ANY = "";

export class Problems {
  constructor(target, open) {
    this.target = target;
    this.open = open;
    this.right = this.wrong = this.extra = ANY; // places of methods that the table is filtered by, and one more column
    this.first = 0;
    this.of = null; // the results and task that `first` counts in
  }

  show() {
    const { answers } = results();
    const methods = answers.methods.map((method, place) => ({ ...method, place: String(place) }));
    const known = methods.map((method) => method.place);
    for (const field of ["right", "wrong", "extra"]) if (!known.includes(this[field])) this[field] = ANY;
    const key = `${state.source} ${task()}`;
    if (this.of !== key) this.first = 0;
    this.of = key;
    const chosen = answers.problems.filter((problem) => this.wants(problem));
    const last = Math.max(0, chosen.length - 1);
    this.first = Math.min(this.first, last - (last % PAGE));
    const columns = methods.filter((method) => method.is_main || method.place === this.extra);
    const page = chosen.slice(this.first, this.first + PAGE);
    const table = chosen.length ? this.table(columns, page) : element("p", { class: "empty" }, "No problem fits this choice.");
    const region = { class: "scroll answers", tabindex: 0, role: "region", "aria-label": "Every answer" };
    this.target.replaceChildren(this.filters(methods), this.pager(chosen.length), element("div", region, table));
  }

  /** Of the task on show, right by one method and wrong by the other. */
  wants(problem) {
    const isOf = task() === ALL || task() === problem.task;
    const fits = (place, right) => place === ANY || problem.given[place]?.[1] === right;
    return isOf && fits(this.right, true) && fits(this.wrong, false);
  }

  filters(methods) {
    const more = methods.filter((method) => !method.is_main);
    return element(
      "div",
      { class: "filters" },
      element("label", {}, "right by ", this.select("right", methods, "any method")),
      element("label", {}, "wrong by ", this.select("wrong", methods, "any method")),
      more.length ? element("label", {}, "one more column: ", this.select("extra", more, "none")) : null,
    );
  }

  select(field, methods, none) {
    const options = [[ANY, none], ...methods.map((method) => [method.place, method.label])];
    const onchange = (event) => this.change({ [field]: event.target.value, first: 0 }, `[data-field="${field}"]`);
    const made = element("select", { onchange, "data-field": field }, ...options.map(([value, text]) => element("option", { value }, text)));
    made.value = this[field];
    return made;
  }

  pager(total) {
    const last = Math.min(total, this.first + PAGE);
    const turn = (name, first, disabled) =>
      element("button", { type: "button", "data-turn": name, disabled, onclick: () => this.change({ first }, `[data-turn="${name}"]`) }, name);
    return element(
      "div",
      { class: "pager" },
      turn("previous", Math.max(0, this.first - PAGE), this.first === 0),
      element("span", {}, total ? `problems ${this.first + 1} to ${last} of ${total}` : "0 problems"),
      turn("next", this.first + PAGE, last >= total),
    );
  }

  /** Another choice; the keyboard stays where it was. */
  change(patch, focus) {
    Object.assign(this, patch);
    this.show();
    this.target.querySelector(focus)?.focus();
  }

  table(columns, problems) {
    const head = ["problem", "right answer", ...columns.map((method) => method.label)];
    const titles = ["", "", ...columns.map((method) => method.words)];
    return element(
      "table",
      {},
      element("tr", {}, ...head.map((text, i) => element("th", { title: titles[i], scope: "col" }, text))),
      ...problems.map((problem) => this.row(problem, columns)),
    );
  }

  row(problem, columns) {
    const name = `${problem.task} ${problem.problem}`;
    return element(
      "tr",
      {},
      element("td", { class: "prompt" }, element("b", {}, name), problem.prompt ? ` ${problem.prompt}` : " (its text is not known here)"),
      element("td", {}, problem.right || "–"),
      ...columns.map((method) => element("td", {}, this.answer(problem, method, name))),
    );
  }

  answer(problem, method, name) {
    const [given, isRight] = problem.given[method.place] ?? [];
    if (isRight === undefined) return element("span", { class: "answer none", title: "not asked" }, "·");
    const named = { live: state.source === "live", task: problem.task, problem: problem.problem, method: method.name };
    const title = `Open on the Explore page: ${name}, ${method.words}`;
    const mark = answerMark(given, isRight ? given : null);
    if (!isLive()) return mark;
    return element("button", { type: "button", class: "open-answer", title, onclick: () => this.open(named) }, mark);
  }
}
