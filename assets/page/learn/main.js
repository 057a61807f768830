// The Learn page: the list of lessons, and the lesson on the card while it drives the other pages.
import { element } from "../format.js";
import { addPage, reach } from "../links.js";
import { Card } from "./card.js";
import { lessons, LESSONS } from "./lessons.js";
import { Question } from "./questions.js";
import * as stage from "./stage.js";
import { count, forget, state, tallied } from "./state.js";

let all = []; // the lessons, once one is wanted
let card = null;
let question = null; // on the card
let page = null;
let turns = 0; // a new turn ends whatever an earlier one is waiting for

/** Called by the Learn page's element whenever it has been put in place. */
export async function mount(root) {
  page = root;
  part("again").addEventListener("click", () => {
    forget();
    showTally();
  });
  await load();
  part("lessons").replaceChildren(...all.map(entry));
  showTally();
}

async function load() {
  if (!all.length) all = await lessons();
}

const part = (name) => page.querySelector(`[data-part="${name}"]`);

function entry({ title, about, where, questions }, index) {
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

function showTally() {
  card?.showTally();
  if (!page?.isConnected) return;
  const { given, right } = tallied();
  part("tally").textContent = given ? `${right} of ${given} predictions right so far` : "No predictions yet.";
  part("again").hidden = !given;
  [...part("lessons").children].forEach((item, index) => (item.querySelector(".done").textContent = doneOf(index)));
}

function doneOf(index) {
  const { given, right } = tallied(index);
  const many = all[index].questions.length;
  if (!given) return "";
  return given < many ? `begun: ${given} of ${many} questions` : `✓ done, ${right} of ${many} right`;
}

/** Put a lesson's question on the card and the page beneath it into its state. */
export async function start(lesson, number = 0) {
  card ??= new Card({ answer, next, close, look });
  const isWanted = turn();
  stage.clear();
  Object.assign(state, { lesson, question: number, phase: "setting", given: null });
  card.open(titleOf(lesson));
  try {
    await load();
    if (!isWanted()) return;
    card.title.textContent = titleOf(lesson);
    question = new Question(all[lesson].questions[number]);
    await question.set(isWanted);
    if (!isWanted()) return;
    card.ask(question, all[lesson].questions.length > 1 ? `Question ${number + 1} of ${all[lesson].questions.length}` : "");
  } catch (error) {
    if (isWanted()) card.say(error.message);
    return;
  }
  state.phase = "asked";
  stage.gate(question.gate);
  look();
}

const titleOf = (lesson) => `Lesson ${lesson + 1} of ${LESSONS.length}: ${all[lesson]?.title ?? "…"}`;

function turn() {
  turns += 1;
  const mine = turns;
  return () => mine === turns;
}

/** A prediction is given: now the page shows what is so, and the answer is read off its numbers. */
export async function answer(given) {
  if (state.phase !== "asked") return;
  const isWanted = turn();
  Object.assign(state, { phase: "revealing", given });
  card.give(given);
  stage.lift();
  await question.act(question.data.reveal, isWanted);
  if (!isWanted()) return;
  const isRight = question.right() === given;
  count(isRight);
  state.phase = "answered";
  card.tell(question, isRight, onward());
  showTally();
  const { lookAfter } = question.data;
  if (lookAfter) stage.watch(question.view(lookAfter), "nearest");
}

/** What comes after the question on the card. */
function onward() {
  if (state.question + 1 < all[state.lesson].questions.length) return "Next question";
  const following = all[state.lesson + 1];
  return following ? `Lesson ${state.lesson + 2}: ${following.title}` : "Back to the lessons";
}

/** Bring the view that the question is about into sight. */
function look() {
  const { look: before, lookAfter: after } = question.data;
  stage.watch(question.view(state.phase === "answered" && after ? after : before), "start");
}

function next() {
  if (state.question + 1 < all[state.lesson].questions.length) start(state.lesson, state.question + 1);
  else if (state.lesson + 1 < LESSONS.length) start(state.lesson + 1);
  else {
    close();
    reach({ page: "learn" }, turn());
  }
}

export function close() {
  turn();
  stage.clear();
  card?.close();
  state.lesson = null;
}

addPage("learn", {
  current: () => ({ lesson: state.lesson === null ? null : state.lesson + 1 }),
  show: ({ lesson }) => (lesson === null ? close() : void start(lesson - 1)),
});
