// What lessons do with the Compare page, and what they read off it.
import { rows, state, task, until, update } from "../compare/state.js";

const card = (figure) => `.compare .card:has([data-figure=${figure}])`;
const method = (match) => rows().accuracy.find(match);
const at = (group, alpha) => rows().by_alpha.find((row) => row.group === group && row.x === Number(alpha));
const METHODS = {
  base: () => method((row) => row.group === "base"),
  temperature: () => method((row) => row.method === "temperature 0.25"),
  power: () => method((row) => row.group === "power_block"),
  tuned: () => method((row) => row.group === "tuned"),
};
const accuracies = () => Object.values(METHODS).map((find) => find()?.accuracy);
const ofMethods = Object.entries(METHODS).map(([name, find]) => [name, (field) => find()?.[field]]);

/** How much of the way from the model to its RL-tuned sibling power sampling goes, in percent. */
function way() {
  const [base, , power, tuned] = accuracies();
  const percent = (100 * (power - base)) / (tuned - base);
  return Number.isFinite(percent) ? percent : undefined;
}

/** A chain and a best-of-n that cost about the same, both measured on the same problems. */
function atEqualTokens() {
  const of = (group) => rows().costs.filter((row) => row.group === group);
  const apart = ({ dear, many }) => Math.abs(Math.log(dear.drawn / many.drawn));
  const pairs = of("power_block").flatMap((dear) => of("best_of").map((many) => ({ dear, many })));
  return pairs.sort((a, b) => apart(a) - apart(b))[0];
}

export const compare = {
  dials: [],
  views: { accuracy: card("accuracy"), by_alpha: card("by_alpha"), views: ".compare [data-part=views]" },
  async opened(isWanted) {
    await until(() => !isWanted() || state.views);
    if (!isWanted()) return;
    if (!state.recorded) throw new Error(state.recordedSentence);
    update({ source: "recorded" });
    await until(() => !isWanted() || rows()?.by_alpha);
  },
  actions: {},
  facts: {
    ...Object.fromEntries(ofMethods),
    best: () => Math.max(...accuracies().filter((accuracy) => accuracy !== undefined)),
    chain: (alpha, field) => at("power_block", alpha)[field],
    target: (alpha, field) => at("target", alpha)[field],
    dear: (field) => atEqualTokens()?.dear[field],
    many: (field) => atEqualTokens()?.many[field],
    task,
    way,
  },
};
