// The icicles side by side: drawn at every change, pointed at and entered by mouse or keys.
import { colour, element, probability } from "../format.js";
import { store } from "../store.js";
import { cellAt, cells, paint } from "./icicle.js";
import { path } from "./laws.js";
import { isWhole, laws, shareOf, state, textOf, update, zoomTo } from "./state.js";

const COLUMN = 46; // px that a position needs

const PANELS = {
  base: () => ["base model p", "each token as the model draws it"],
  temperature: () => ["temperature", `each token from p^α alone, τ = 1/α = ${(1 / state.alpha).toFixed(2)}`],
  blocks: () =>
    isWhole()
      ? ["power p^α", "whole completions sharpened"]
      : [`power in blocks of ${state.blockSize}`, "each block sharpened as a whole, then frozen"],
  sampled({ n, alpha, block_size: size } = state.sampled) {
    return ["the chain", `${n} runs at α ${alpha}, B ${size}: shares counted`];
  },
};

export class Icicles {
  constructor(target) {
    this.target = target;
    this.panels = Object.keys(PANELS).map((name) => new Panel(name));
    target.replaceChildren(...this.panels.map((panel) => panel.element));
    new ResizeObserver(() => state.tree && this.show()).observe(target);
  }

  show() {
    const levels = this.levels();
    for (const panel of this.panels) panel.show(laws()[panel.name], levels);
  }

  /** As many positions as the narrowest panel has room for, and no more than the tree has after the prefix. */
  levels() {
    const { tree, zoom } = state;
    const room = Math.max(2, Math.floor(this.panels[0].canvas.clientWidth / COLUMN));
    return Math.max(1, Math.min(room, tree.reach[zoom] - tree.depth[zoom]));
  }
}

class Panel {
  constructor(name) {
    this.name = name;
    this.title = element("b");
    this.caption = element("span", { class: "caption" });
    this.canvas = element("canvas", { tabindex: 0, role: "img", "data-icicle": name });
    this.element = element("figure", { class: "icicle" }, element("figcaption", {}, this.title, " ", this.caption), this.canvas);
    this.cells = [];
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => update({ pointed: null }));
    this.canvas.addEventListener("click", (event) => this.enter(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  show(shares, levels) {
    this.element.hidden = !shares;
    if (!shares) return;
    const [title, caption] = PANELS[this.name]();
    this.title.textContent = title;
    this.caption.textContent = caption;
    this.canvas.setAttribute("aria-label", `Icicle of ${title}: arrow keys walk, Enter goes into a prefix, Backspace out`);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const scale = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    const context = this.canvas.getContext("2d");
    context.scale(scale, scale);
    this.cells = cells(state.tree, shares, state.zoom, levels, width, height);
    const [ink, paper] = [colour("ink"), colour("paper")];
    const label = (cell) => this.label(cell, shares);
    paint(context, this.cells, width, height, { label, size: store.presenting ? 20 : 12, ink, paper, isPointed });
  }

  label(cell, shares) {
    const { node, isRest } = cell;
    const name = isRest ? `(${state.tree.rest_counts[node]} other)` : textOf(node);
    if (this.name === "sampled") return [name, isRest ? "" : probability(countShare(shares, node))];
    return [name, between(isRest ? restShare(shares, node) : shareOf(shares, node))];
  }

  point({ offsetX, offsetY }) {
    const cell = cellAt(this.cells, offsetX, offsetY);
    const same = cell?.node === state.pointed?.node && cell?.isRest === state.pointed?.isRest;
    if (!same) update({ pointed: cell && { node: cell.node, isRest: cell.isRest } });
  }

  enter({ offsetX, offsetY }) {
    const cell = cellAt(this.cells, offsetX, offsetY);
    if (cell && !cell.isRest) zoomTo(cell.node);
  }

  /** Right to what follows, left back, up and down among siblings; Enter goes in, Backspace out. */
  key(event) {
    const { tree, zoom, pointed } = state;
    const node = pointed && !pointed.isRest ? pointed.node : null;
    const siblings = node === null ? [] : tree.children[tree.parents[node]];
    const first = tree.children[zoom][0];
    const moves = {
      ArrowRight: () => point(node === null ? first : (tree.children[node][0] ?? node)),
      ArrowLeft: () => point(node === null || tree.parents[node] === zoom ? node : tree.parents[node]),
      ArrowDown: () => point(node === null ? first : (siblings[siblings.indexOf(node) + 1] ?? node)),
      ArrowUp: () => point(node === null ? first : (siblings[siblings.indexOf(node) - 1] ?? node)),
      Enter: () => node !== null && zoomTo(node),
      Backspace: () => zoom && zoomTo(tree.parents[zoom]),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }
}

const point = (node) => node !== null && node !== undefined && update({ pointed: { node, isRest: false } });

const isPointed = (cell) => cell.node === state.pointed?.node && cell.isRest === state.pointed.isRest;

/**
 * An interval as one number where it is narrow enough, else as two.
 * @param {number[]} interval
 */
export function between([low, high]) {
  return high - low < 0.002 ? probability((low + high) / 2) : `${probability(low)} to ${probability(high)}`;
}

export function restShare(shares, node) {
  const [low, high] = shareOf(shares, node);
  return [low * shares.rest.low[node], high * shares.rest.high[node]];
}

function countShare(shares, node) {
  const all = shares.nodes[state.zoom];
  return all ? shares.nodes[node] / all : 0;
}

/** The prefix of a node as its tokens. */
export const prefixOf = (node) => path(state.tree, node).map(textOf);
