// Questions on the Compare page: what alpha does to accuracy, and whether power sampling works.
import { element } from "../format.js";
import { isLive } from "../host.js";
import { reach } from "../links.js";
import { ALL, rows, state, task, update } from "../compare/state.js";
import { until } from "./stage.js";

const card = (figure) => `.compare .card:has([data-figure=${figure}])`;

async function opened(isWanted) {
  if (!(await reach({ page: "compare", task: ALL }, isWanted))) return;
  if (!(await until(() => state.views && document.querySelector(".compare [data-part=views]"), isWanted))) return;
  if (!state.recorded) throw new Error(state.recordedSentence);
  update({ source: "recorded" });
  await until(() => rows()?.by_alpha, isWanted);
}

const percent = (row) => `${(100 * row.accuracy).toFixed(1)} %`;
const at = (group, alpha) => rows().by_alpha.find((row) => row.group === group && row.x === alpha);
const chain = (alpha) => at("power_block", alpha);
const [FROM, TO] = [4, 8];

export const alphaHurts = {
  set: opened,
  look: card("by_alpha"),
  cover: [card("by_alpha")],
  scene: () => [
    element("p", {}, `These are recorded results: the share of right answers on ${chain(FROM).n} problems that the model had never seen. At α = 1 the chain samples from the model as it is, and ${percent(chain(1))} are right; at α = ${FROM} it is ${percent(chain(FROM))}.`),
    element("p", {}, `The chain's other dials stand still: blocks of 16 tokens, N = 10 revisions each.`),
  ],
  ask: () => `Sharpen twice as much, α = ${TO}. What does the chain do?`,
  choices: () => [
    ["more", "More right answers"],
    ["same", "Exactly as many"],
    ["fewer", "Fewer right answers"],
  ],
  reveal: () => {},
  truth: () => ["fewer", "same", "more"][1 + Math.sign(chain(TO).accuracy - chain(FROM).accuracy)],
  told: () => `From α = ${FROM} to ${TO} the chain goes from ${percent(chain(FROM))} to ${percent(chain(TO))}, while p^α itself goes from ${percent(at("target", FROM))} to ${percent(at("target", TO))}.`,
  explain: () => [
    element("p", {}, "The chain, and the law p^α that it is on its way to, are two things. How good is p^α, and how near to it does the chain come in the few steps that it has? Proposals are written at temperature 1/α: the sharper, the less they dare."),
    element("p", {}, "α = 1 is the model itself. α = ∞ leaves only the likeliest text of all, and then a step is accepted only if it makes the text likelier: a climb, which can end on a hill that is not the highest. It is also right only where the likeliest text is."),
  ],
  tryThis: () => `Choose a single task in the bar above. Where is α = ${TO} worst? Then compare “Accuracy against steps per block”: more revisions are what it costs to come nearer.`,
};

const row = (match) => rows().accuracy.find(match);
const METHODS = {
  base: () => row((r) => r.group === "base"),
  temperature: () => row((r) => r.method === "temperature 0.25"),
  power: () => row((r) => r.group === "power_block"),
  tuned: () => row((r) => r.group === "tuned"),
};
const NAMES = {
  base: "The model as it is",
  temperature: "Temperature 0.25, token by token",
  power: "Power sampling (α = 4, cuts in the block)",
  tuned: "The model tuned by RL",
};
const known = () => Object.keys(METHODS).filter((name) => METHODS[name]());
const priced = ({ drawn, ...rest }) => `${percent(rest)} right, for ${Math.round(drawn)} tokens`;

/** A chain and a best-of-n that cost about the same, both measured on the same problems. */
function atEqualTokens() {
  const of = (group) => rows().costs.filter((r) => r.group === group);
  const apart = ({ power, other }) => Math.abs(Math.log(power.drawn / other.drawn));
  const pairs = of("power_block").flatMap((power) => of("best_of").map((other) => ({ power, other })));
  return pairs.sort((a, b) => apart(a) - apart(b))[0];
}

/** How much of the way from the model to its RL-tuned sibling power sampling goes. */
function gap() {
  const [base, temperature, power, tuned] = Object.values(METHODS).map((find) => find()?.accuracy);
  const sharper = temperature === undefined ? "" : `Sharpening tokens makes the model ${temperature < base ? "worse" : "no worse"} here. `;
  const way = Math.round((100 * (power - base)) / (tuned - base));
  if (!Number.isFinite(way)) return sharper;
  return `${sharper}Sharpening texts goes ${way} % of the way from the model to its RL-tuned sibling, without any training.`;
}

const priceOf = ({ power, other }) =>
  `It has its price. At about equal tokens, “${power.label}” is ${priced(power)}, and “${other.label}” (draw many, keep the likeliest) ${priced(other)}.`;

const critics = () => [
  "What critics say. One paper compares sharpening with task rewards and argues that sharpening alone is limited: ",
  paper("2604.16259", "Beyond Distribution Sharpening: The Importance of Task Rewards"),
  ". Another reports that power sampling can put more weight on right texts and still harm what is done with many samples, such as a vote: ",
  paper("2608.14420", "More Correct Mass, Worse Answers"),
  ". This page measures one small model on four small tasks; it cannot settle either.",
];

const paper = (id, title) => element("a", { href: `https://arxiv.org/abs/${id}`, rel: "noreferrer", target: "_blank" }, `${title} (arXiv ${id})`);

export const doesItWork = {
  set: opened,
  look: card("accuracy"),
  cover: [".compare [data-part=views]"],
  scene: () => [
    element("p", {}, "Four ways to an answer from one small model: as it is; with low temperature; by power sampling; and its sibling after reinforcement learning (RL), which was trained on whether its answers were right."),
    element("p", { class: "caption" }, `Task: ${task()}. Power sampling draws more tokens for an answer, thrown-away ones included; the page counts them.`),
  ],
  ask: () => "Which is right most often?",
  choices: () => known().map((name) => [name, NAMES[name]]),
  reveal: () => {},
  truth: () => known().reduce((best, name) => (METHODS[name]().accuracy > METHODS[best]().accuracy ? name : best)),
  told: () => `${known().map((name) => `${NAMES[name]}: ${priced(METHODS[name]())}`).join(". ")}.`,
  explain() {
    const pair = atEqualTokens();
    return [
      element("p", {}, gap()),
      pair && element("p", {}, priceOf(pair)),
      element("p", {}, ...critics()),
    ].filter(Boolean);
  },
  tryThis: () => `Choose each task in turn: where does power come nearest to RL?${isLive() ? " Then press a wrong answer in the last table to see the chain that gave it." : ""}`,
};
