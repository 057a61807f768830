// The Learn page: the list of lessons, and the lesson on the card while it drives the other pages.
import { element } from "../format.js";
import { addPage, reach } from "../links.js";
import { Card } from "./card.js";
import { LESSONS } from "./lessons.js";
import { questionOf } from "./questions.js";
import * as stage from "./stage.js";
import { count, forget, state, subscribe, tallied, update } from "./state.js";

let card = null;
let page = null;
let turns = 0; // a new turn ends whatever an earlier one is waiting for

/** Called by the Learn page's element whenever it has been put in place. */
export function mount(root) {
  page = root;
  part("theme").addEventListener("click", () => document.body.classList.toggle("dark"));
  part("again").addEventListener("click", forget);
  part("lessons").replaceChildren(...LESSONS.map(entry));
  show();
}

const part = (name) => page.querySelector(`[data-part="${name}"]`);

function entry({ title, about, page: where, questions }, index) {
  const caption = `on the ${where} page${where.includes("and") ? "s" : ""}, ${questions.length} question${questions.length > 1 ? "s" : ""}`;
  const name = element("span", {}, `Start lesson ${index + 1}`);
  return element(
    "li",
    { class: "card" },
    element("h2", {}, title),
    element("p", {}, about),
    element("p", { class: "caption" }, caption),
    element("button", { type: "button", class: "primary", onclick: () => start(index) }, name),
    element("span", { class: "done" }),
  );
}

subscribe(show);

function show() {
  card?.show();
  if (!page?.isConnected) return;
  const { given, right } = tallied();
  part("tally").textContent = given ? `${right} of ${given} predictions right so far` : "No predictions yet.";
  part("again").hidden = !given;
  [...part("lessons").children].forEach((item, index) => (item.querySelector(".done").textContent = doneOf(index)));
}

function doneOf(index) {
  const { given, right } = tallied(index);
  const all = LESSONS[index].questions.length;
  if (!given) return "";
  return given < all ? `begun: ${given} of ${all} questions` : `✓ done, ${right} of ${all} right`;
}

/** Put a lesson's question on the card and the page beneath it into its state. */
export async function start(lesson, question = 0) {
  card ??= new Card({ answer, next, close, fold: () => update({ isFolded: !state.isFolded }), show: look });
  const isWanted = turn();
  stage.clear();
  update({ lesson, question, phase: "setting", given: null, told: null, reason: "", isFolded: false });
  card.title.focus({ preventScroll: true });
  const asked = questionOf(LESSONS[lesson], question);
  try {
    await asked.set(isWanted);
  } catch (error) {
    if (isWanted()) update({ reason: error.message });
    throw error;
  }
  if (!isWanted()) return;
  stage.gate(asked);
  update({ phase: "asked" });
  look();
}

function turn() {
  turns += 1;
  const mine = turns;
  return () => mine === turns;
}

const asked = () => questionOf(LESSONS[state.lesson], state.question);

/** A prediction is given: now the page shows what is so, and the answer is read off its numbers. */
export async function answer(given) {
  if (state.phase !== "asked") return;
  const isWanted = turn();
  const question = asked();
  update({ phase: "revealing", given });
  stage.lift();
  await question.reveal(isWanted);
  if (!isWanted()) return;
  const isRight = question.truth() === given;
  count(isRight);
  update({ phase: "answered", told: { isRight, sentence: `${isRight ? "Right." : "Not this time."} ${question.told(given)}` } });
  card.onward.focus({ preventScroll: true });
  card.showTold();
  if (question.lookAfter) stage.watch(question.lookAfter, "nearest");
}

/** Bring the view that the question is about into sight. */
function look() {
  const { look: before, lookAfter: after } = asked();
  stage.watch(state.phase === "answered" && after ? after : before, "start");
}

function next() {
  if (state.question + 1 < LESSONS[state.lesson].questions.length) start(state.lesson, state.question + 1);
  else if (state.lesson + 1 < LESSONS.length) start(state.lesson + 1);
  else {
    close();
    reach({ page: "learn" }, turn());
  }
}

export function close() {
  turn();
  stage.clear();
  update({ lesson: null });
}

addPage("learn", {
  current: () => ({ lesson: state.lesson === null ? null : state.lesson + 1 }),
  show({ lesson }) {
    if (lesson === null) close();
    else start(lesson - 1).catch(() => {}); // the card says why it cannot go on
  },
});
