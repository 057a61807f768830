// The table of problems: what was asked, the right answer, every method's first answer, and a button on each.
import { answerMark } from "../explore/samples.js";
import { element } from "../format.js";
import { isLive } from "../host.js";
import { ALL, results, state, task } from "./state.js";

const PAGE = 20; // problems at a time
const ANY = "";

export class Problems {
  constructor(target, open) {
    const part = (selector) => target.querySelector(selector);
    this.open = open;
    this.answers = part(".answers");
    this.range = part(".pager span");
    this.previous = part('[data-turn="previous"]');
    this.next = part('[data-turn="next"]');
    this.selects = Object.fromEntries([...target.querySelectorAll("select")].map((select) => [select.dataset.field, select]));
    this.first = 0;
    this.of = null; // the results and task that `first` counts in
    for (const select of Object.values(this.selects)) select.addEventListener("change", () => this.turn(0));
    this.previous.addEventListener("click", () => this.turn(this.first - PAGE));
    this.next.addEventListener("click", () => this.turn(this.first + PAGE));
  }

  turn(first) {
    this.first = Math.max(0, first);
    this.show();
  }

  show() {
    const { answers } = results();
    const methods = answers.methods.map((method, place) => ({ ...method, place: String(place) }));
    const more = methods.filter((method) => !method.is_main);
    const { right, wrong, extra } = this.selects;
    offer(right, methods, "any method");
    offer(wrong, methods, "any method");
    offer(extra, more, "none");
    extra.parentElement.hidden = !more.length;
    const key = `${state.source} ${task()}`;
    if (this.of !== key) this.first = 0;
    this.of = key;
    const chosen = answers.problems.filter((problem) => this.wants(problem));
    const total = chosen.length;
    const last = Math.max(0, total - 1);
    this.first = Math.min(this.first, last - (last % PAGE));
    const end = Math.min(total, this.first + PAGE);
    this.range.textContent = total ? `problems ${this.first + 1} to ${end} of ${total}` : "0 problems";
    this.previous.disabled = this.first === 0;
    this.next.disabled = end >= total;
    const columns = methods.filter((method) => method.is_main || method.place === extra.value);
    const table = total ? this.table(columns, chosen.slice(this.first, end)) : element("p", { class: "empty" }, "No problem fits this choice.");
    this.answers.replaceChildren(table);
  }

  /** Of the task on show, right by one method and wrong by the other. */
  wants(problem) {
    const isOf = task() === ALL || task() === problem.task;
    const fits = (select, right) => select.value === ANY || problem.given[select.value]?.[1] === right;
    return isOf && fits(this.selects.right, true) && fits(this.selects.wrong, false);
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

/** The methods to choose from, and none of them; the choice stays where it is still there. */
function offer(select, methods, none) {
  const { value } = select;
  const option = ({ place, label }) => element("option", { value: place, selected: place === value }, label);
  select.replaceChildren(option({ place: ANY, label: none }), ...methods.map(option));
}
