// The diagnostics drawer: asks the server for the chains of the run on screen, and shows what it says of them.
import * as server from "../ask.js";
import { Figure } from "../figures.js";
import { element, number, percent, probability } from "../format.js";
import { isLive } from "../host.js";
import { answerMark } from "./samples.js";
import { store, update } from "../store.js";

export class Drawer {
  constructor(root, { figures, templates }) {
    this.root = root;
    this.drawn = {}; // the rows on screen, and whether their figures are dark
    this.figures = [...root.querySelectorAll("[data-diagnostic]")].map((place) => {
      const name = place.dataset.diagnostic;
      return { name, figure: new Figure(place, figures[name], templates), note: root.querySelector(`[data-note="${name}"]`) };
    });
    this.part("diagnostics").addEventListener("toggle", () => this.show());
    this.part("chain-count").addEventListener("change", () => this.show());
    this.part("chain-run").addEventListener("click", () => ask(this.wanted()));
    this.part("chain-cancel").addEventListener("click", cancel);
  }

  part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  wanted() {
    return Number(this.part("chain-count").value);
  }

  /** Draw what there is; the first look at a finished run asks what the server says of it alone. */
  show() {
    if (!this.part("diagnostics").open || !store.run) return;
    const isOver = !store.canContinue && store.moments.length > 0;
    const own = store.diagnosis?.runId === store.run.id ? store.diagnosis : null;
    if (isOver && !own) return ask(1);
    this.showControls(isOver, own);
    const rows = (isOver && own.rows) || null;
    this.part("diagnosis").hidden = !rows;
    if (!rows || (this.drawn.rows === rows && this.drawn.dark === store.dark)) return;
    this.drawn = { rows, dark: store.dark };
    this.showRows(rows);
  }

  showControls(isOver, own) {
    const others = this.wanted() - 1;
    const isBusy = Boolean(own?.progress);
    this.part("chain-run").disabled = isBusy || !isOver;
    this.part("chain-run").textContent = others === 0 ? "This run alone" : `${isLive() ? "Run" : "Show"} the other ${others === 1 ? "chain" : `${others} chains`}`;
    this.part("chain-cancel").hidden = !isBusy;
    const words = isOver ? own.progress || own.refusal : "This run goes on; diagnostics are of a whole run.";
    this.part("chain-progress").textContent = upper(words);
  }

  showRows(rows) {
    const content = contentOf(rows);
    for (const { name, figure, note } of this.figures) {
      const { data, isEmpty, words } = content[name];
      if (note) note.textContent = words;
      figure.element.hidden = isEmpty;
      if (!isEmpty) figure.draw(data);
    }
    this.part("chain-blocks").replaceChildren(blockTable(rows));
    this.part("chain-reasons").replaceChildren(...reasonsOf(rows).map((text) => element("li", {}, text)));
    this.part("chain-answers").replaceChildren(answerTable(rows));
  }
}

const upper = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/** What was shown before stays until there are rows. */
function ask(chains) {
  const runId = store.run.id;
  const show = (content) => store.run.id === runId && update({ diagnosis: { ...store.diagnosis, runId, progress: "", refusal: "", ...content } });
  if (store.diagnosis?.runId !== runId) update({ diagnosis: null });
  show({ progress: "Computing …" });
  server.ask("diagnostics", { run_id: runId, chains }, show).catch(({ message }) => show({ refusal: message }));
}

function cancel() {
  server.cancel("diagnostics");
  update({ diagnosis: { ...store.diagnosis, progress: "", refusal: "Cancelled." } });
}

/** For each figure its rows, whether there is nothing to draw, and what is said under it. */
function contentOf(rows) {
  const { draws, cuts, autocorrelation, positions, distances, target, chains } = rows;
  const isAlone = chains.length === 1;
  const left = autocorrelation.reasons.map(({ reason, stages }) => `${stages} left out: ${reason}.`).join(" ");
  return {
    chain_traces: { data: { draws }, isEmpty: false },
    cut_outcomes: { data: { cuts }, isEmpty: !cuts.length, words: cuts.length ? "" : "No steps, so no cuts." },
    autocorrelation: { data: autocorrelation, isEmpty: !autocorrelation.mean.length, words: left && `Of the stages of all chains, ${left}` },
    chain_agreement: { data: { positions }, isEmpty: isAlone, words: isAlone ? "One chain has no other to agree with: run the other chains." : "" },
    target_distance: { data: { distances }, isEmpty: target.value === undefined, words: target.reason ? `${upper(target.reason)}.` : distanceWords(rows) },
  };
}

function distanceWords({ chains, distances, target }) {
  const { distance, expected } = distances.at(-1);
  const { scope, block_size: size, max_new_tokens: most } = store.run.settings;
  const limit = scope === "block" && size < most ? " With cuts in the current block only, the chain's own limit is not p^α, so the line need not come down all the way." : "";
  return (
    `Estimate from ${chains.length} chains: ${number(distance, 3)} at the end; as many exact samples would have ${number(expected, 3)} ` +
    `on average. The target is certified: all but ${probability(target.value)} of p^α was enumerated, and the estimate is off by no more.${limit}`
  );
}

const HEADINGS = ["block", "steps", "accepted", "accepted and changed", "tokens changed an accepted step", "steps since last change", "effective sample size", "R-hat"];

function blockTable({ overall, blocks }) {
  const head = element("tr", {}, ...HEADINGS.map((text) => element("th", {}, text)));
  const all = line("all", overall, ["", "", ""]);
  const listed = (values) => values.join(" · ");
  const own = (b) => [listed(b.since_change), listed(b.ess.map(ofNumber(0))), ofNumber(3)(b.rhat)];
  return element("table", {}, head, all, ...blocks.map((b) => line(b.block + 1, b, own(b))));
}

function line(name, row, rest) {
  const shares = [ofShare(row.accepted), ofShare(row.changed), ofNumber(2)(row.tokens_changed)];
  const cells = [name, row.steps, ...shares, ...rest];
  return element("tr", {}, ...cells.map((text) => element("td", { class: "number" }, String(text))));
}

const ofShare = ({ value, count }) => (value === undefined ? "–" : `${percent(value, 1)} (${count})`);

const ofNumber = (digits) => ({ value, reason }) => {
  if (value !== undefined) return number(value, digits);
  return reason.startsWith("stuck") ? reason : "–";
};

/** Why numbers are missing, each reason once. */
function reasonsOf({ blocks }) {
  const told = blocks.flatMap((b) => [b.accepted, b.tokens_changed, ...b.ess, b.rhat]).map(({ reason }) => reason);
  const reasons = [...new Set(told)].filter((reason) => reason && !reason.startsWith("stuck"));
  return reasons.map((reason) => `–: ${reason}.`);
}

function answerTable({ answers, chains, target }) {
  const right = store.run.answer;
  const isKnown = target.value !== undefined;
  const head = ["answer", `chains (of ${chains.length})`, ...(isKnown ? ["certified share under p^α"] : [])];
  const rows = answers.map((row) =>
    element(
      "tr",
      {},
      element("td", { class: "completion" }, right === null ? row.answer || "no answer" : answerMark(row.answer || null, right)),
      element("td", { class: "number" }, `${row.count} (${percent(row.share, 1)})`),
      ...(isKnown ? [element("td", { class: "number" }, interval(row))] : []),
    ),
  );
  return element("table", { class: "samples" }, element("tr", {}, ...head.map((text) => element("th", {}, text))), ...rows);
}

const interval = ({ low, high }) => (low === null ? "none was found" : `${probability(low)} to ${probability(high)}`);
