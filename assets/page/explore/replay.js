// Replays: the run on screen at other alphas with the same random numbers, asked for when their card is in sight.
import { ask } from "../ask.js";
import { answerMark } from "./samples.js";
import { element, number, percent, table } from "../format.js";
import { NEEDS_LIVE } from "../host.js";
import { store, subscribe, update } from "../store.js";

const BESIDE = [1, 2, 4]; // alphas laid side by side

let asking = null; // the run asked about
let inSight = false;

export function watchFor(card) {
  new IntersectionObserver((entries) => {
    inSight = entries.at(-1).isIntersecting;
    keepAsking();
  }).observe(card);
}

subscribe(() => keepAsking());

/** A row, or an alpha of which nothing will be known. */
function take({ row, unknown }) {
  if (row) update({ replays: { ...store.replays, [row.alpha]: row }, replayWords: "" });
  else update({ replays: { ...store.replays, [unknown]: null } });
}

/** Ask for what is missing: the slider's alpha first, then those side by side. One question at a time. */
function keepAsking() {
  const isOver = store.run && store.ended && !store.canContinue;
  if (!isOver || store.replayWords || asking === store.run) return;
  const isMissing = (alpha) => alpha !== null && alpha !== store.run.settings.alpha && !(alpha in store.replays);
  const others = inSight ? BESIDE.filter(isMissing) : [];
  const wanted = isMissing(store.whatIfAlpha) ? [store.whatIfAlpha] : others;
  if (!wanted.length) return;
  const { run } = store;
  asking = run;
  const isShown = () => store.run === run;
  ask("replay", { run_id: run.id, alphas: wanted }, (answer) => isShown() && take(answer))
    .catch(({ message }) => isShown() && update({ replayWords: message }))
    .then(() => {
      if (asking === run) asking = null;
      keepAsking();
    });
}

export function showReplays(target, words) {
  const { run, replays, whatIfAlpha } = store;
  if (!run) return;
  const isOver = store.ended && !store.canContinue;
  const own = run.settings.alpha;
  const alphas = [...new Set([...BESIDE, own, whatIfAlpha ?? own])].sort((a, b) => a - b);
  words.textContent = !isOver ? "Once the run is over." : store.replayWords && `No replay: ${store.replayWords}`;
  if (!isOver || store.replayWords) return target.replaceChildren();
  const head = ["α", "accepted", "changed", "log p (nats)", "paths part", ...(run.answer === null ? [] : ["answer"]), "final text"];
  const rows = alphas.map((alpha) => rowOf(alpha, alpha === own ? itself() : replays[alpha]));
  target.replaceChildren(table("replays", head, rows));
}

/** The run on screen as a row among its replays. */
function itself() {
  const { moments } = store;
  const steps = moments.filter((moment) => moment.kind === "step");
  const count = (field) => steps.filter((step) => step[field]).length;
  const { answer, tokens } = moments.at(-1);
  const counts = { steps: steps.length, accepted: count("is_accepted"), changed: count("is_changed") };
  return { ...counts, line: moments, parts: "this run", answer, tokens, same: tokens.map(() => true) };
}

function rowOf(alpha, row) {
  const none = row === null ? `not recorded: a replay at this α ${NEEDS_LIVE}` : "…";
  const head = element("th", { scope: "row" }, number(alpha, 1));
  if (!row) return element("tr", {}, head, element("td", { colspan: 6 }, none));
  const parts = row.parts_at === null ? "nowhere: the same path" : (row.parts_when ?? "at the shorter run's end");
  const shares = [row.accepted, row.changed].map((count) => percent(count, row.steps));
  const cells = [...shares, number(row.line.at(-1)?.total_log_p, 2), row.parts ?? parts];
  const text = row.tokens.map((token, i) => element("span", { class: row.same[i] ? "same" : "other" }, token));
  const right = store.run.answer;
  const kind = alpha === store.whatIfAlpha ? "slider" : "";
  return element(
    "tr",
    { class: row.parts ? "own" : kind },
    head,
    ...cells.map((cell) => element("td", {}, cell)),
    right === null ? null : element("td", {}, answerMark(row.answer, right)),
    element("td", { class: "completion" }, ...text),
  );
}
