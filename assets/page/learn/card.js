// The card of a lesson: at the side of a wide window, a sheet that can be folded at the foot of a narrow one.
import { element } from "../format.js";
import { tallied } from "./state.js";

export class Card {
  constructor({ answer, next, close, look }) {
    this.answer = answer;
    this.next = next;
    this.title = element("h2", { tabindex: -1 });
    const fold = () => this.fold(!this.body.hidden);
    this.folder = element("button", { type: "button", class: "fold", "aria-controls": "lesson-body", onclick: fold });
    const closer = element("button", { type: "button", class: "close", onclick: close }, "Close");
    this.asked = element("div", { class: "asked" });
    this.told = element("div", { class: "told", "aria-live": "polite" });
    this.after = element("div", { class: "after" });
    const looker = element("button", { type: "button", class: "show", onclick: look }, "Show me where");
    this.tally = element("span", {});
    const foot = element("footer", {}, looker, this.tally);
    this.body = element("div", { id: "lesson-body" }, this.asked, this.told, this.after, foot);
    const head = element("header", {}, this.title, this.folder, closer);
    this.element = element("aside", { id: "lesson", class: "explore", "aria-label": "Lesson" }, head, this.body);
    document.body.append(this.element);
  }

  /** Empty, while the page beneath is being set. */
  open(title) {
    this.title.textContent = title;
    this.say("Setting the page …", "caption");
    this.told.replaceChildren();
    this.after.replaceChildren();
    this.fold(false);
    this.showTally();
    this.element.hidden = false;
    document.body.classList.add("in-lesson");
    this.title.focus({ preventScroll: true });
  }

  close() {
    this.element.hidden = true;
    document.body.classList.remove("in-lesson", "lesson-folded");
  }

  fold(isFolded) {
    this.body.hidden = isFolded;
    this.folder.setAttribute("aria-expanded", String(!isFolded));
    this.folder.textContent = isFolded ? "Unfold" : "Fold";
    document.body.classList.toggle("lesson-folded", isFolded);
  }

  say(words, kind = "") {
    this.asked.replaceChildren(element("p", { class: kind }, words));
  }

  showTally() {
    const { given, right } = tallied();
    this.tally.textContent = `Tally: ${right} of ${given} predictions right`;
  }

  /** Scene, question and choices; `count` says which of several questions it is. */
  ask(question, count) {
    const [scene] = question.parts(".scene");
    const [asked] = question.parts(".question");
    asked.id = "lesson-question";
    const hint = element("p", { class: "caption" }, "Your prediction, before it is shown:");
    const choices = question.parts(".choices > li").map(({ textContent }, i) => {
      return element("button", { type: "button", onclick: () => this.answer(i) }, textContent);
    });
    const attributes = { class: "choices", role: "group", "aria-labelledby": asked.id };
    this.choices = element("div", attributes, hint, ...choices);
    const counted = count ? [element("p", { class: "caption" }, count)] : [];
    this.asked.replaceChildren(...counted, ...scene.children, asked, this.choices);
  }

  give(choice) {
    const { textContent } = this.choices.querySelectorAll("button")[choice];
    this.choices.replaceWith(element("p", { class: "given" }, `You said: ${textContent}`));
  }

  /** What is so, why, and what comes after it. */
  tell(question, isRight, onward) {
    const [told] = question.parts(".told");
    const glyph = element("span", { class: "glyph", "aria-hidden": "true" }, isRight ? "✓ " : "✕ ");
    told.className = isRight ? "right" : "wrong";
    told.prepend(glyph, isRight ? "Right. " : "Not this time. ");
    this.told.replaceChildren(told);
    const [explained] = question.parts(".explain");
    const [attempt] = question.parts(".try");
    attempt.prepend(element("b", {}, "Try this: "));
    const next = element("button", { type: "button", class: "primary", onclick: this.next }, element("span", {}, onward));
    this.after.replaceChildren(...explained.children, attempt, next);
    this.showTally();
    next.focus({ preventScroll: true });
    const said = this.asked.lastElementChild.offsetHeight;
    this.element.scrollTop = this.told.offsetTop - this.title.offsetHeight - said - 24;
  }
}
