// The card of a lesson: at the side of a wide window, a sheet that can be folded at the foot of a narrow one.
import { element } from "../format.js";
import { LESSONS } from "./lessons.js";
import { state, tallied } from "./state.js";

export class Card {
  constructor({ answer, next, close, fold, show }) {
    Object.assign(this, { answer, next });
    this.title = element("h2", { tabindex: -1 });
    this.folder = element("button", { type: "button", class: "fold", "aria-controls": "lesson-body", onclick: fold });
    const closer = element("button", { type: "button", class: "close", onclick: close }, "Close");
    this.asked = element("div", { class: "asked" });
    this.told = element("div", { class: "told", "aria-live": "polite" });
    this.after = element("div", { class: "after" });
    const looker = element("button", { type: "button", class: "show", onclick: show }, "Show me where");
    this.tally = element("span", {});
    const foot = element("footer", {}, looker, this.tally);
    this.body = element("div", { id: "lesson-body" }, this.asked, this.told, this.after, foot);
    const head = element("header", {}, this.title, this.folder, closer);
    this.element = element("aside", { id: "lesson", class: "explore", "aria-label": "Lesson", hidden: true }, head, this.body);
    document.body.append(this.element);
  }

  show() {
    const lesson = LESSONS[state.lesson];
    document.body.classList.toggle("in-lesson", Boolean(lesson));
    document.body.classList.toggle("lesson-folded", state.isFolded);
    this.element.hidden = !lesson;
    if (!lesson) return;
    const question = lesson.questions[state.question];
    write(this.title, `Lesson ${state.lesson + 1} of ${LESSONS.length}: ${lesson.title}`);
    this.body.hidden = state.isFolded;
    this.folder.setAttribute("aria-expanded", String(!state.isFolded));
    write(this.folder, state.isFolded ? "Unfold" : "Fold");
    this.element.dataset.phase = state.phase;
    this.showAsked(lesson, question);
    this.showAnswer(lesson, question);
    const { given, right } = tallied();
    write(this.tally, `Tally: ${right} of ${given} predictions right`);
  }

  /** Scene and question; the choices until one is taken. They stay as they were read when the page moves on. */
  showAsked(lesson, question) {
    const key = `${state.lesson}.${state.question}.${state.phase}`;
    if (key === this.shown) return;
    this.shown = key;
    if (state.phase === "setting") return this.asked.replaceChildren(element("p", { class: state.reason ? "" : "caption" }, state.reason || "Setting the page …"));
    if (state.phase === "asked") this.asked.replaceChildren(...asking(lesson, question), this.choices(question));
    else this.asked.querySelector(".choices")?.replaceWith(element("p", { class: "given" }, `You said: ${textOf(question, state.given)}`));
  }

  /** Scroll the card to the answer. */
  showTold() {
    this.element.scrollTop = this.told.offsetTop - this.title.offsetHeight - this.told.previousElementSibling.lastElementChild.offsetHeight - 24;
  }

  choices(question) {
    const hint = element("p", { class: "caption" }, "Your prediction, before it is shown:");
    const buttons = question.choices().map(([value, text]) => element("button", { type: "button", onclick: () => this.answer(value) }, text));
    return element("div", { class: "choices", role: "group", "aria-labelledby": "lesson-question" }, hint, ...buttons);
  }

  showAnswer(lesson, question) {
    const { told, phase } = state;
    const isTold = phase === "answered" && told;
    if (this.answered === told) return;
    this.answered = told;
    this.told.replaceChildren(...(isTold ? [element("p", { class: told.isRight ? "right" : "wrong" }, glyph(told.isRight), told.sentence)] : []));
    if (!isTold) return this.after.replaceChildren();
    const attempt = element("p", { class: "try" }, element("b", {}, "Try this: "), question.tryThis());
    this.onward = element("button", { type: "button", class: "primary", onclick: this.next }, element("span", {}, onwardOf(lesson)));
    this.after.replaceChildren(...question.explain(), attempt, this.onward);
  }
}

const glyph = (isRight) => element("span", { class: "glyph", "aria-hidden": "true" }, isRight ? "✓ " : "✕ ");

function asking(lesson, question) {
  const many = lesson.questions.length;
  const count = many > 1 ? element("p", { class: "caption" }, `Question ${state.question + 1} of ${many}`) : null;
  const asked = element("p", { id: "lesson-question", class: "question" }, question.ask());
  return [count, ...question.scene(), asked].filter(Boolean);
}

const textOf = (question, given) => question.choices().find(([value]) => value === given)?.[1] ?? "";

/** What comes after the question on the card. */
function onwardOf(lesson) {
  if (state.question + 1 < lesson.questions.length) return "Next question";
  const next = LESSONS[state.lesson + 1];
  return next ? `Lesson ${state.lesson + 2}: ${next.title}` : "Back to the lessons";
}

function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
