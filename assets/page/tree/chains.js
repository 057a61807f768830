// Whole runs of the sampler beside the exact law: what to run, and how its completions are spread.
import { safe } from "../figures.js";
import { element, probability } from "../format.js";
import { isLive } from "../host.js";
import { given, path, wilson } from "./laws.js";
import { prefixOf } from "./icicles.js";
import { ask, isAsking, stop } from "./wire.js";
import { laws, state, update } from "./state.js";

const MOST = 27; // completions drawn
const SHORT = 8; // characters of a label

export class Chains {
  constructor(fields, run, sentence) {
    this.fields = Object.fromEntries([...fields.querySelectorAll("[data-field]")].map((field) => [field.dataset.field, field]));
    this.run = run;
    run.addEventListener("click", () => this.press());
    const { kernel } = this.fields;
    kernel.replaceChildren(...state.kernels.map(({ id, title }) => element("option", { value: id }, title)));
    const explain = () => (sentence.textContent = state.kernels[kernel.selectedIndex].sentence);
    kernel.addEventListener("change", explain);
    explain();
  }

  press() {
    if (isAsking("chains")) return stop();
    const { kernel, scope, temperature, steps, runs, seed } = this.fields;
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
      const { runs, most_runs: max, steps } = state.worlds.find(({ id }) => id === this.world);
      Object.assign(this.fields.runs, { max, value: runs });
      this.fields.steps.value = steps;
    }
    const idle = isLive() ? "Run" : "Show recorded runs";
    this.run.textContent = isAsking("chains") ? "Stop" : idle;
  }
}

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
  const ids = path(tree, node).map((i) => tree.tokens[i]);
  const exact = sampled.law?.[ids.join(" ")] ?? null;
  return { ...row, share, up: to - share, down: share - from, count: `${count} of ${sampled.n}`, run_law: exact };
}
