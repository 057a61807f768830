// The card of a lesson: at the side of a wide window, a sheet that can be folded at the foot of a narrow one.
import { element } from "../format.js";
import { LESSONS } from "./lessons.js";
import { questionOf } from "./questions.js";
import { state, tallied } from "./state.js";

export class Card {
  constructor({ answer, next, close, fold, show }) {
    this.answer = answer;
    this.next = next;
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
    const attributes = { id: "lesson", class: "explore", "aria-label": "Lesson", hidden: true };
    this.element = element("aside", attributes, head, this.body);
    document.body.append(this.element);
  }

  show() {
    const lesson = LESSONS[state.lesson];
    document.body.classList.toggle("in-lesson", Boolean(lesson));
    document.body.classList.toggle("lesson-folded", state.isFolded);
    this.element.hidden = !lesson;
    if (!lesson) return;
    const question = questionOf(lesson, state.question);
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

  /** Shows scene, question and choices. They stay as the learner read them when the page beneath changes. */
  showAsked(lesson, question) {
    const key = `${state.lesson}.${state.question}.${state.phase}`;
    if (key === this.shown) return;
    this.shown = key;
    if (state.phase === "setting") {
      const words = state.reason || "Setting the page …";
      this.asked.replaceChildren(element("p", { class: state.reason ? "" : "caption" }, words));
    } else if (state.phase === "asked") this.asked.replaceChildren(...asking(lesson, question), this.choices(question));
    else {
      const said = element("p", { class: "given" }, `You said: ${textOf(question, state.given)}`);
      this.asked.querySelector(".choices")?.replaceWith(said);
    }
  }

  /** Scroll the card to the answer. */
  showTold() {
    const said = this.asked.lastElementChild.offsetHeight;
    this.element.scrollTop = this.told.offsetTop - this.title.offsetHeight - said - 24;
  }

  choices(question) {
    const hint = element("p", { class: "caption" }, "Your prediction, before it is shown:");
    const button = ([value, text]) => element("button", { type: "button", onclick: () => this.answer(value) }, text);
    const attributes = { class: "choices", role: "group", "aria-labelledby": "lesson-question" };
    return element("div", attributes, hint, ...question.choices().map(button));
  }

  showAnswer(lesson, question) {
    const { told, phase } = state;
    if (this.answered === told) return;
    this.answered = told;
    this.told.replaceChildren();
    this.after.replaceChildren();
    if (phase !== "answered" || !told) return;
    this.told.append(element("p", { class: told.isRight ? "right" : "wrong" }, glyph(told.isRight), told.sentence));
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
