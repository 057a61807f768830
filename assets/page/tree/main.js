// Puts the Tree page together: opens on the first world, redraws what has changed.
import { Figure } from "../figures.js";
import { file } from "../files.js";
import { element, partsOf, probability } from "../format.js";
import { store, subscribe as onExplore } from "../store.js";
import { chainFinding, Chains, completionRows } from "./chains.js";
import { showChildren, showPointed, showWay } from "./children.js";
import { dialFinding, dialRows, keepDial, wireDial } from "./dial.js";
import { Icicles } from "./icicles.js";
import { showChecks } from "./selftest.js";
import { laws, plant, shareOf, state, subscribe, textOf, until, update } from "./state.js";
import { ask, isAsking } from "./wire.js";
import { Worlds } from "./worlds.js";

const REST = 80; // ms

let opening = null;
let page = null;

/** Called by the Tree page's element whenever Gradio has put it in place. */
export async function mount(root) {
  opening ??= file("tree.json", JSON.parse);
  const { views, packet, ...known } = await opening;
  Object.assign(state, { views, ...known });
  if (!state.tree) plant(packet);
  page = new Page(root);
  page.show();
}

/** Plant the world of a choice at its alpha and block size (null: the whole length); a sentence if that cannot be. */
export async function open({ world, alpha, blockSize, ...values }) {
  await until(() => page?.root.isConnected && !isAsking("tree"));
  const before = state.planting;
  const choice = { world, ...values };
  update({ alpha });
  page.worlds.fill(choice);
  if (!isOnShow(choice)) {
    page.worlds.plant();
    await until(() => !isAsking("tree"));
    if (state.planting === before) return state.notice;
  }
  const { length } = state.tree;
  update({ blockSize: Math.min(blockSize ?? length, length) });
  return blockSize > length ? `B must be at most ${length} in this world, not ${blockSize}; ${length} is used.` : "";
}

/** Put a tree on show that the browser has made itself. */
export function plantHere(packet) {
  plant(packet);
  page.worlds.fill(packet.world);
}

const isOnShow = (choice) => Object.entries(choice).every(([name, value]) => state.world[name] === value);

subscribe(() => page?.show());
onExplore(() => page?.show());

class Page {
  constructor(root) {
    this.root = root;
    this.part = partsOf(root);
    const { figures, templates } = state.views;
    const figure = (place, name = place.dataset.figure) => [name, new Figure(place, figures[name], templates)];
    this.figures = Object.fromEntries([...root.querySelectorAll("[data-figure]")].map((place) => figure(place)));
    this.icicles = new Icicles(this.part("icicles"));
    this.chains = new Chains(this.part("chain-fields"), this.part("run-chains"), this.part("kernel-sentence"));
    this.worlds = new Worlds(this.part("world"), this.part("world-caption"), this.part("fields"), this.part("presets"));
    wireDial(this.part("dial-fields"));
    this.drawn = {};
    this.due = {};
    this.dial("alpha").addEventListener("input", (event) => update({ alpha: Number(event.target.value) }));
    this.dial("block").addEventListener("input", (event) => update({ blockSize: Number(event.target.value) }));
    this.part("selftest").addEventListener("click", () => {
      ask("checks");
      update({ checks: { rows: [], sentence: "Running …" } });
    });
  }

  dial(name) {
    return this.root.querySelector(`[data-dial="${name}"]`);
  }

  /** Redraw what has changed; nothing while the tab is closed. */
  show() {
    if (!this.root.isConnected || !state.tree) return;
    const { tree, alpha, blockSize, zoom, pointed, sampled, dial, checks, notice } = state;
    const dials = [tree, alpha, blockSize, store.dark, store.presenting];
    this.once("bar", [tree, alpha, blockSize], () => this.showBar());
    this.once("kind", [tree, notice, isAsking("tree")], () => this.showKind());
    this.once("finding", [...dials, zoom], () => (this.part("finding").textContent = finding()));
    this.once("way", [tree, zoom], () => showWay(this.part("way")));
    this.once("icicles", [...dials, zoom, pointed, sampled], () => this.icicles.show());
    this.once("pointed", [...dials, zoom, pointed, sampled], () => showPointed(this.part("pointed")));
    this.once("children", [...dials, zoom, sampled], () => showChildren(this.part("children")));
    this.once("chains", [...dials, sampled, isAsking("chains")], () => this.showChains());
    this.once("dial", [dial, alpha, blockSize, store.dark, state.dialSteps, state.dialScope], () => this.showDial());
    this.rest();
    this.once("checks", [checks, isAsking("checks")], () => {
      showChecks(this.part("selftest-rows"), this.part("selftest-finding"), this.part("selftest"));
    });
    keepDial();
  }

  /** Figures are slower than cells: those that are due are drawn when the dials have rested for a moment. */
  rest() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const due = Object.values(this.due);
      this.due = {};
      due.forEach((draw) => draw());
    }, REST);
  }

  once(name, key, show) {
    if (this.drawn[name]?.every((value, i) => value === key[i])) return;
    this.drawn[name] = key;
    show();
  }

  showBar() {
    this.dial("alpha").value = state.alpha;
    this.part("alpha").textContent = state.alpha.toFixed(1);
    Object.assign(this.dial("block"), { max: state.tree.length, value: state.blockSize });
    this.part("block").textContent = `${state.blockSize} of ${state.tree.length}`;
  }

  showKind() {
    const line = this.part("kind");
    const words = state.notice || state.tree.sentence;
    const kind = state.tree.isWhole ? "exact" : "certified intervals";
    line.replaceChildren(element("b", { class: "kind" }, kind), ` ${words}`);
    line.classList.toggle("alert", Boolean(state.notice));
  }

  showChains() {
    this.chains.show();
    this.part("chain-finding").textContent = chainFinding();
    this.due.completions = () => {
      const rows = completionRows();
      const ticks = { "xaxis.tickvals": rows.map((row) => row.x), "xaxis.ticktext": rows.map((row) => row.label) };
      this.figures.completions.draw({ completions: rows }, { uirevision: state.tree.sentence, ...ticks });
    };
  }

  showDial() {
    this.part("dial-finding").textContent = dialFinding();
    const isEmpty = !state.dial?.rows;
    for (const name of ["by_block", "by_steps_of_dial"]) {
      this.figures[name].element.hidden = isEmpty;
      if (!isEmpty) this.due[name] = () => this.figures[name].draw(dialRows(), { uirevision: name });
    }
    this.figures.by_block.mark({ block: { axis: "x", value: state.blockSize } });
  }
}

/** The next token that power favours most over temperature. */
function finding() {
  const { tree, zoom, alpha } = state;
  const { base, temperature, power } = laws();
  const gap = (node) => power.middle[node] - temperature.middle[node];
  const node = [...tree.children[zoom]].sort((a, b) => gap(b) - gap(a))[0];
  if (node === undefined) return "";
  const middle = (shares) => probability((shareOf(shares, node)[0] + shareOf(shares, node)[1]) / 2);
  const where = zoom ? "Here" : "First token";
  if (gap(node) < 0.0005) return `${where}: at α ${alpha.toFixed(1)} power and temperature agree.`;
  const shares = `temperature 1/α makes that ${middle(temperature)}, power p^α ${middle(power)}`;
  return `${where} “${textOf(node)}”: the base model gives it ${middle(base)}, ${shares}.`;
}
