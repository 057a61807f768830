// What the Tree page shows. Views read it and never each other.
import { watched } from "../watched.js";
import { given, law, prepared, tallied } from "./laws.js";

export const state = {
  views: null, // declarations of the figures and the two themes
  worlds: [], // [{id, title, caption, fields}] of explorer/page/tree/worlds.py
  presets: [], // [{id, prompt}] for the language model
  models: [],
  kernels: [], // [{id, title, sentence}], the right one first
  tree: null, // the tree on show, prepared
  world: null, // {world, ...the values of its fields}
  planting: 0, // counts the trees, so that what is computed for an old one can be dropped
  alpha: 4,
  blockSize: 2,
  zoom: 0, // the prefix that the icicles start from
  pointed: null, // {node, isRest} under the pointer or the keys
  sampled: null, // {counts, n, planned, running, ...} of explorer/page/tree/answers.py
  dial: null, // {alpha, rows} or {sentence}
  dialSteps: 10, // N and the scope that the dial shows
  dialScope: "block",
  checks: null, // {rows, sentence} of the self-test
  notice: "",
};

export const { subscribe, update, until } = watched(state);

/** Put another tree on show; what was sampled on the old one goes with it. */
export function plant(packet) {
  const tree = prepared(packet.tree);
  const isSame = packet.world.world === state.world?.world;
  const blockSize = isSame ? Math.min(state.blockSize, tree.length) : tree.length;
  const cleared = { zoom: 0, pointed: null, sampled: null, dial: null, notice: "" };
  update({ tree, world: packet.world, planting: state.planting + 1, blockSize, ...cleared });
}

/** Enter another prefix, unless nothing follows it. */
export function zoomTo(node) {
  const { tree } = state;
  if (tree.children[node].length || tree.rest_counts[node]) update({ zoom: node, pointed: null });
}

/** Whether one block holds the whole completion, so that power is p^alpha itself. */
export const isWhole = () => state.blockSize >= state.tree.length;

let known = { key: [] };

/** The laws at the dials' alpha and block size: base, temperature, blocks of B, p^alpha, and the sampled shares. */
export function laws() {
  const { tree, alpha, blockSize, sampled } = state;
  const key = [tree, alpha, blockSize, sampled];
  if (key.every((value, i) => value === known.key[i])) return known;
  const whole = law(tree, alpha, tree.length);
  known = {
    key,
    base: tree === known.key[0] ? known.base : law(tree, 1, 1),
    temperature: law(tree, alpha, 1),
    blocks: blockSize === tree.length ? whole : law(tree, alpha, blockSize),
    power: whole,
    sampled: sampled && sampledShares(tree, tallied(tree, sampled.counts)),
  };
  return known;
}

function sampledShares(tree, { nodes, rests }) {
  const share = (count, parent) => (nodes[parent] ? count / nodes[parent] : 0);
  const middle = Float64Array.from(nodes, (count, i) => (i ? share(count, tree.parents[i]) : 1));
  return { middle, rest: { middle: Float64Array.from(rests, share) }, nodes, rests };
}

/** A node's probability given the prefix on show, under one law: [low, high]. */
export const shareOf = (shares, node) => given(state.tree, shares, state.zoom, node);

export const textOf = (node) => state.tree.pieces[state.tree.tokens[node]] ?? "";
