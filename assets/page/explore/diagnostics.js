// The diagnostics drawer: asks the server for the chains of the run on screen, and shows what it says of them.
import * as server from "../ask.js";
import { Figure } from "../figures.js";
import { element, percent, probability } from "../format.js";
import { isLive } from "../host.js";
import { answerMark } from "./samples.js";
import { store, update } from "../store.js";

export class Drawer {
  constructor(root, { figures, templates }) {
    this.root = root;
    this.drawn = {}; // the rows on screen, and whether their figures are dark
    this.figures = Object.entries(figures)
      .filter(([, { page }]) => page === "diagnostics")
      .map(([name, declaration]) => {
        const [place, note] = [element("div", { class: "figure", "data-diagnostic": name }), element("p", { class: "empty" })];
        this.part("chain-figures").append(headed(declaration, place, note));
        return { name, figure: new Figure(place, declaration, templates), note };
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
    const lists = { ...rows, ...rows.autocorrelation };
    for (const { name, figure, note } of this.figures) {
      note.textContent = rows.notes[name] ?? "";
      figure.element.hidden = figure.declaration.data.every((series) => !lists[series.meta.rows].length);
      if (!figure.element.hidden) figure.draw(lists);
    }
    const [headings, ...lines] = rows.table;
    this.part("chain-blocks").replaceChildren(element("table", {}, line("th", headings), ...lines.map((cells) => line("td", cells))));
    this.part("chain-reasons").replaceChildren(...rows.reasons.map((text) => element("li", {}, text)));
    this.part("chain-answers").replaceChildren(answerTable(rows));
  }
}

const headed = ({ title, caption }, ...below) => element("div", {}, element("h3", {}, title), element("p", { class: "caption" }, caption), ...below);

const line = (tag, cells) => element("tr", {}, ...cells.map((text) => element(tag, { class: tag === "td" ? "number" : null }, text)));

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
