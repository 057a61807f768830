// Replays: the run on screen at other alphas with the same random numbers, asked for when their card is in sight.
import { ask } from "../ask.js";
import { answerMark } from "./samples.js";
import { element, number, percent } from "../format.js";
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
  const rows = alphas.map((alpha) => (alpha === own ? ownRow(alpha) : rowOf(alpha, replays[alpha])));
  target.replaceChildren(element("table", { class: "replays" }, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text))), ...rows));
}

function ownRow(alpha) {
  const { moments, run } = store;
  const steps = moments.filter((moment) => moment.kind === "step");
  const last = moments.at(-1);
  const count = (field) => steps.filter((step) => step[field]).length;
  const cells = [number(alpha, 1), percent(count("is_accepted"), steps.length), percent(count("is_changed"), steps.length), number(last.total_log_p, 2), "this run"];
  return tableRow("own", cells, last.answer, last.tokens, last.tokens.map(() => true), run);
}

function rowOf(alpha, row) {
  const none = row === null ? `not recorded: a replay at this α ${NEEDS_LIVE}` : "…";
  if (!row) return element("tr", {}, element("th", { scope: "row" }, number(alpha, 1)), element("td", { colspan: 6 }, none));
  const parts = row.parts_at === null ? "nowhere: the same path" : (row.parts_when ?? "at the shorter run's end");
  const shares = [row.accepted, row.changed].map((count) => percent(count, row.steps));
  const cells = [number(alpha, 1), ...shares, number(row.line.at(-1)?.total_log_p, 2), parts];
  return tableRow(alpha === store.whatIfAlpha ? "slider" : "", cells, row.answer, row.tokens, row.same, store.run);
}

function tableRow(kind, cells, answer, tokens, same, run) {
  const [alpha, ...others] = cells;
  const text = tokens.map((token, i) => element("span", { class: same[i] ? "same" : "other" }, token));
  return element(
    "tr",
    { class: kind },
    element("th", { scope: "row" }, alpha),
    ...others.map((cell) => element("td", {}, cell)),
    run.answer === null ? null : element("td", {}, answerMark(answer, run.answer)),
    element("td", { class: "completion" }, ...text),
  );
}
