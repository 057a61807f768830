// Puts the Compare page together: fetches the recorded results when it is first opened, asks the server for live ones.
import { ask } from "../ask.js";
import { change } from "../explore/run.js";
import { Figure, filled } from "../figures.js";
import { file } from "../files.js";
import { element, partsOf } from "../format.js";
import { store, subscribe as onExplore } from "../store.js";
import { showRefusal } from "../refusal.js";
import { Problems } from "./problems.js";
import { results, rows, state, subscribe, task, tasks, update } from "./state.js";

let opening = null;
let page = null;

const LINE = 27; // px a method in the first figure
const LINES_APART = 96; // px for its axes
const NARROW = 600; // px; below that these figures have fewer words
const SHORT = {
  accuracy: {
    "xaxis.title.text": "right (share)",
    "xaxis2.title.text": "tokens",
    "xaxis2.title.font.size": 11,
    "xaxis2.showticklabels": false, // the bars say it
  },
  costs: { "xaxis.tickvals": [10, 100, 1000, 10000] },
};

/** Called by the Compare page's element whenever Gradio has put it in place. */
export async function mount(root) {
  opening ??= file("comparison.json", JSON.parse);
  const { views, packet } = await opening;
  page = new Page(root, views);
  update({ views, recorded: packet.recorded, recordedSentence: packet.sentence });
}

/** A live evaluation with the panel's values. */
export function evaluate(chosen, problems, seed) {
  ask("evaluate", { tasks: chosen, problems, seed }, receive).catch((error) => {
    update({ notice: "" });
    showRefusal(error);
  });
}

export const halt = () => void ask("halt", {}, receive);

/** A notice, the progress of this browser's run, or its results so far; the first of a new run are shown at once. */
function receive(packet) {
  const begins = state.notice && packet.live;
  update({ notice: "", ...packet, ...(begins ? { source: "live" } : {}) });
}

subscribe(() => page?.show());
onExplore(() => page?.show());

class Page {
  constructor(root, { figures, templates }) {
    this.root = root;
    this.part = partsOf(root);
    this.figures = [...root.querySelectorAll("[data-figure]")].map((place) => {
      const declaration = figures[place.dataset.figure];
      return { name: place.dataset.figure, place, declaration, figure: new Figure(place, declaration, templates) };
    });
    this.problems = new Problems(this.part("problems"), (answer) => change("answer", answer));
    this.part("cancel").addEventListener("click", halt);
    this.shown = [];
  }

  /** Draw what has changed. */
  show() {
    if (!this.root.isConnected) return;
    this.showSource();
    const now = [results(), task(), store.dark, store.presenting];
    if (now.every((value, i) => value === this.shown[i])) return;
    this.shown = now;
    const found = rows();
    this.part("views").hidden = !found;
    this.choices("tasks", tasks(), task(), (name) => ({ task: name }));
    if (!found) return;
    for (const line of this.root.querySelectorAll("[data-finding]")) line.textContent = found.findings[line.dataset.finding] ?? "";
    this.figures.forEach((each) => draw(each, found));
    this.problems.show();
  }

  showSource() {
    const { recorded, progress, source, notice, recordedSentence } = state;
    const words = notice || (source === "recorded" ? recordedSentence : progress.sentence);
    if (this.part("source").textContent !== words) this.part("source").textContent = words;
    this.part("cancel").hidden = !progress?.running && !notice;
    this.part("progress").hidden = !progress?.running;
    if (progress) Object.assign(this.part("progress"), { max: progress.planned, value: progress.done });
    this.part("empty").hidden = Boolean(results());
    this.part("empty").textContent = source === "recorded" ? "Nothing recorded to show." : "Your run has no answers yet.";
    const names = { recorded: "recorded results", live: "your run" };
    const sources = progress ? Object.keys(names) : [];
    const label = (name) => (name === "recorded" && !recorded ? "recorded results (none)" : names[name]);
    this.choices("sources", sources, source, (name) => ({ source: name }), label);
  }

  /** Radio buttons for a field of the state, made anew only when they change. */
  choices(part, names, chosen, patch, label = (name) => name) {
    const target = this.part(part);
    const key = JSON.stringify([names, chosen]);
    if (target.dataset.key === key) return;
    target.dataset.key = key;
    const focused = target.contains(document.activeElement);
    const radio = (name) => {
      const attributes = { type: "radio", name: `compare-${part}`, value: name, checked: name === chosen };
      return element("label", {}, element("input", { ...attributes, onchange: () => update(patch(name)) }), ` ${label(name)}`);
    };
    target.replaceChildren(...names.map(radio));
    if (focused) target.querySelector("input:checked")?.focus();
  }
}

/** One figure, or a sentence where it has nothing to show. */
function draw({ name, place, declaration, figure }, shown) {
  const narrow = place.clientWidth < NARROW ? SHORT[name] : {};
  if (name === "accuracy") place.style.height = `${LINES_APART + LINE * shown.accuracy.length}px`;
  const isEmpty = filled(structuredClone(declaration), shown).length === 0;
  place.classList.toggle("nothing", isEmpty);
  if (!isEmpty) figure.draw(shown, { uirevision: name, ...narrow });
}
