// Whole runs of the sampler beside the exact law: what to run, and how its completions are spread.
import { safe } from "../figures.js";
import { element, probability } from "../format.js";
import { isLive } from "../host.js";
import { given, wilson } from "./laws.js";
import { prefixOf } from "./icicles.js";
import { ask, isAsking, stop } from "./wire.js";
import { laws, state, update } from "./state.js";

const MOST = 27; // completions drawn
const SHORT = 8; // characters of a label

export class Chains {
  constructor(fields, sentence) {
    this.kernel = choice("kernel", Object.fromEntries(state.kernels.map(({ id, title }) => [id, title])));
    this.kernel.addEventListener("change", () => (sentence.textContent = this.chosen().sentence));
    this.steps = numberField("steps", 0, 100, 40);
    this.scope = choice("scope", SCOPES);
    this.temperature = choice("temperature", { "": "1/α", 1: "1" });
    this.runs = numberField("runs", 1, 2000, 400);
    this.seed = numberField("seed", 0, 1_000_000_000, 0);
    const run = { type: "button", class: "primary", "data-part": "run-chains", onclick: () => this.press() };
    this.run = element("button", run, "Run");
    const labels = {
      kernel: this.kernel,
      "N: steps per block": this.steps,
      "cuts may fall in": this.scope,
      "τ of the proposal": this.temperature,
      runs: this.runs,
      seed: this.seed,
    };
    const shown = isLive() ? Object.entries(labels) : [["kernel", this.kernel]];
    const dials = shown.map(([name, input]) => element("label", { class: "field" }, `${name} `, input));
    fields.replaceChildren(...dials, this.run, isLive() ? "" : RECORDED);
    sentence.textContent = this.chosen().sentence;
  }

  chosen() {
    return state.kernels.find(({ id }) => id === this.kernel.value);
  }

  press() {
    if (isAsking("chains")) return stop();
    const { kernel, scope, temperature, steps, runs, seed } = this;
    ask("chains", {
      world: state.world,
      alpha: state.alpha,
      block_size: state.blockSize,
      kernel: kernel.value,
      scope: scope.value,
      temperature: temperature.value === "" ? null : Number(temperature.value),
      steps: Number(steps.value),
      runs: Number(runs.value),
      seed: Number(seed.value),
    });
    return update({});
  }

  show() {
    if (this.world !== state.world.world) {
      this.world = state.world.world;
      const { runs, steps } = state.worlds.find(({ id }) => id === this.world);
      this.runs.value = runs;
      this.steps.value = steps;
    }
    const idle = isLive() ? "Run" : "Show recorded runs";
    this.run.textContent = isAsking("chains") ? "Stop" : idle;
  }
}

const RECORDED = "Recorded at α 4, the whole completion as one block, seed 0; other settings need the live explorer.";

export const SCOPES = { block: "this block only", completion: "whole completion" };

/** A list to choose from: `titles` by value. */
export function choice(field, titles) {
  const options = Object.entries(titles).map(([value, title]) => element("option", { value }, title));
  return element("select", { "data-field": field }, ...options);
}

const numberField = (name, min, max, value) =>
  element("input", { type: "number", "data-field": name, min, max, value, step: 1 });

/** What the runs came to, in words; stale where the dials have moved since. */
export function chainFinding() {
  const { sampled, alpha, blockSize } = state;
  if (!sampled) return isLive() ? "No runs yet: press Run." : "No runs on show yet.";
  if (sampled.alpha === alpha && sampled.block_size === blockSize) return sampled.finding;
  return `${sampled.finding} The dials have moved since: these runs were made at α ${sampled.alpha}, B ${sampled.block_size}.`;
}

/** Rows of the figure: the completions that weigh most under p^alpha or among the runs, in the tree's order. */
export function completionRows(most = MOST) {
  const { tree, sampled } = state;
  const { power, temperature } = laws();
  const counts = laws().sampled?.nodes;
  const ends = [];
  for (let node = 1; node < tree.n; node += 1) {
    if (tree.children[node].length || tree.rest_counts[node]) continue;
    const [low, high] = given(tree, power, 0, node);
    ends.push({ node, low, high, count: counts ? counts[node] : 0 });
  }
  const weight = (end) => Math.max(end.high, sampled ? end.count / sampled.n : 0);
  const chosen = [...ends].sort((a, b) => weight(b) - weight(a)).slice(0, most).sort((a, b) => a.node - b.node);
  return chosen.map((end, k) => completionRow(end, k, temperature));
}

const NO_RUNS = { share: null, up: null, down: null, count: null, run_law: null };

function completionRow({ node, low, high, count }, k, temperature) {
  const { tree, sampled } = state;
  const tokens = prefixOf(node);
  const text = tokens.join("");
  const label = text.replace(/⟨end⟩$/, "") || text; // no two completions differ in their end alone
  const power = (low + high) / 2;
  const [least, most] = given(tree, temperature, 0, node);
  const row = {
    ...NO_RUNS,
    x: k,
    text,
    label: label.length <= SHORT ? safe(label) : `#${k + 1}`,
    power,
    power_error: high - low > 1e-9 ? (high - low) / 2 : null,
    words: `${probability(low)} to ${probability(high)}`,
    temperature: (least + most) / 2,
  };
  if (!sampled?.n) return row;
  const [from, to] = wilson(count, sampled.n);
  const share = count / sampled.n;
  const exact = sampled.law?.[idsOf(node)] ?? null;
  return { ...row, share, up: to - share, down: share - from, count: `${count} of ${sampled.n}`, run_law: exact };
}

function idsOf(node) {
  const ids = [];
  for (let i = node; i > 0; i = state.tree.parents[i]) ids.push(state.tree.tokens[i]);
  return ids.reverse().join(" ");
}
