// Questions on the Explore page: the two halves of a step, frozen blocks, pivotal tokens.
import { element, number, probability, signed } from "../format.js";
import { isLive } from "../host.js";
import { reach } from "../links.js";
import { reveal, store, update } from "../store.js";
import { isNarrow, until } from "./stage.js";

const DIALS = ["#problem", "#details", "#dials", "#recorded", ".explore .transport"];
const TEXT = ".explore .card:has([data-part=text])";
const TOKENS = ".explore [data-part=text]";
const DECISION = ".explore .card:has([data-part=decision])";
const PROPOSALS = ".explore .card:has([data-part=proposals])";
const PIVOTS = ".explore .card:has([data-part=pivotal_positions])";

const steps = () => store.moments.filter((moment) => moment.kind === "step");

/** The steps that the lesson on a step asks about, as the run on screen has them. */
const EXAMPLES = {
  better: (step) => step.is_changed && step.delta_log_p > 0,
  worse: (step) => step.delta_log_p < 0 && !step.is_accepted,
  surprise: (step) => step.first_difference !== null && step.is_accepted !== step.delta_log_p > 0,
};
const example = (kind) => steps().find(EXAMPLES[kind]);

/** The recorded run that the page opens on. */
const opened = (isWanted) => reach({ page: "explore" }, isWanted);

/** One step, its verdict hidden until a prediction is given. */
function verdict(kind, { scene, explain, tryThis }) {
  const step = () => example(kind);
  return {
    async set(isWanted) {
      if (await opened(isWanted)) reveal(step().index, "proposed");
    },
    get look() {
      return isNarrow() ? TOKENS : TEXT;
    },
    hold: DIALS,
    scene: () => scene(step()),
    ask: () =>
      `The text as it stands has log p = ${number(step().log_p_before)}, with the proposed ending it would have ${number(step().log_p_proposed)}. Will the proposal be accepted?`,
    choices: () => [
      [true, "Accepted"],
      [false, "Rejected"],
    ],
    reveal: () => reveal(step().index),
    lookAfter: DECISION,
    truth: () => step().is_accepted,
    told: () => judged(step()),
    explain: () => explain(step()),
    tryThis,
  };
}

function judged(step) {
  const u = probability(Math.exp(step.log_u));
  const how = `log A = ${signed(step.log_accept_ratio, Math.abs(step.log_accept_ratio) < 0.01 ? 5 : 2)}, so its chance was A = ${probability(step.accept_prob)}; the random number u came out as ${u}`;
  return step.is_accepted ? `It was accepted: ${how}, which is below A.` : `It was rejected: ${how}, which is not below A.`;
}

const LOG_P = "log p is the natural logarithm of the model's probability of the whole text. It is 0 for a certain text, and the further below 0, the less likely.";

export const better = verdict("better", {
  scene: (step) => [
    element("p", {}, "Nobody can list every text that a real model could write. So p^α is sampled by a chain of small changes to one text. Each step has two halves. Propose: cut the text at a random token, and let the model write on from there. Judge: take the new ending, or keep the old one."),
    element("p", {}, `Here is step ${step.draw + 1} of a recorded run. The thick bar is the cut, the dashed boxes are proposed; the Decision card shows what they would replace. The verdict is hidden.`),
    element("p", { class: "caption" }, LOG_P),
  ],
  explain: (step) => [
    element("p", { class: "formula" }, "log A = α · (log p(new) − log p(old)) + log q(old) − log q(new)"),
    element("p", { class: "caption" }, `p: the model. α = ${number(step.alpha, 1)}: how strongly we sharpen. q: the law that wrote the proposal, here the model at temperature 1/α. A: the chance of being accepted, 1 where log A is above 0. u: a random number between 0 and 1; accepted if u is below A. (A last term, log n − log n′, counts the places to cut; it matters when lengths differ.)`),
    element("p", {}, "A likelier ending mostly gets in, and the chain drifts towards texts that the model finds likely as a whole. The Decision card shows A as a bar and u as a needle."),
  ],
  tryThis: () => "Press Again in the bar above: proposal, then verdict, once more.",
});

const rarely = ({ accept_prob: a }) => (a > 0 && a < 0.01 ? `, about once in ${Math.round(1 / a).toLocaleString("en")} such steps` : "");

export const worse = verdict("worse", {
  scene: (step) => [element("p", {}, `A later step of the same run, step ${step.draw + 1}. Again the cut is the thick bar, and the verdict is hidden.`)],
  explain: (step) => [
    element("p", {}, `A worse ending is not forbidden: it gets in with probability A, here ${probability(step.accept_prob)}${rarely(step)}. These steps down are what makes the chain visit texts in proportion to p^α, instead of climbing to the nearest good one and staying there.`),
  ],
  tryThis: (step = example("worse")) =>
    step.flip_alpha === null || step.flip_alpha < 1
      ? "Move α: the line under the tiles tells how many of the decisions so far would turn. This one never does."
      : `Move α to ${number(step.flip_alpha)}: there this very decision would turn, and the page says so.`,
});

export const surprise = verdict("surprise", {
  scene: (step) => [element("p", {}, `One more, step ${step.draw + 1}, and a closer call: look at both numbers.`)],
  explain: (step) => [
    element("p", {}, `The text became ${step.delta_log_p < 0 ? "less" : "more"} likely by ${number(Math.abs(step.delta_log_p), 3)} nats (units of a natural logarithm), and yet it was ${step.is_accepted ? "accepted" : "rejected"}. The proposal was written by q, which itself favours likely tokens; log A takes that advantage back.`),
    element("p", {}, "What remains is how sure the model was on the way, not which of its likely tokens it happened to draw: the bars under the Decision card, token by token."),
  ],
  tryThis: () => `Press Step a few times and say each verdict before it comes.${isLive() ? " Or press Run for a chain of your own." : ""}`,
});

const ofBlock = (block) => steps().filter((step) => step.block === block);
const changed = (some) => some.filter((step) => step.is_changed).length;
const secondBlock = () => store.moments.find((moment) => moment.block === 1);
const cutsOfSecond = () => ofBlock(1).map((step) => step.cut);

export const frozen = {
  async set(isWanted) {
    if (await opened(isWanted)) reveal(secondBlock().index);
  },
  get look() {
    return isNarrow() ? TOKENS : TEXT;
  },
  lookAfter: PROPOSALS,
  hold: DIALS,
  scene() {
    const { block_size: size, steps_per_block: revisions } = store.run.settings;
    return [
      element("p", {}, `A long text is written in blocks of B = ${size} tokens. Block 1 was written, and then revised N = ${revisions} times: cut at a random token, written on, judged. ${changed(ofBlock(0))} of these revisions changed it.`),
      element("p", {}, `Block 2 has just been written (it begins at token ${secondBlock().cut}), and its ${ofBlock(1).length} revisions come next.`),
    ];
  },
  ask: () => "Where will their cuts fall?",
  choices: () => [
    ["anywhere", "Anywhere in the text so far"],
    ["second", "In block 2 only"],
    ["first", "In block 1 only"],
  ],
  reveal: () => reveal(ofBlock(1).at(-1).index),
  truth() {
    const [start, cuts] = [secondBlock().cut, cutsOfSecond()];
    if (cuts.every((cut) => cut >= start)) return "second";
    return cuts.every((cut) => cut < start) ? "first" : "anywhere";
  },
  told: () => `The ${ofBlock(1).length} cuts fell at tokens ${Math.min(...cutsOfSecond())} to ${Math.max(...cutsOfSecond())}, and block 2 begins at ${secondBlock().cut}. ${changed(ofBlock(1))} of these revisions changed the text.`,
  explain: () =>
    store.run.settings.scope === "block"
      ? [
          element("p", {}, "Revise, then freeze: the lock on a block says that its tokens stand for good. That keeps the cost in proportion to the length of the text. Where the model is sure, most proposals write the same text again."),
          element("p", {}, "The paper's own algorithm lets cuts fall anywhere in the text so far, which costs more and comes closer to p^α: “cuts may fall in: whole completion”, under the block size."),
        ]
      : [element("p", {}, "In this run cuts may fall anywhere in the text so far, as in the paper's own algorithm. Under scope “this block only” a finished block is frozen for good, which costs less.")],
  tryThis: () => "Press Play in the bar and watch the locks close.",
};

const MOST_CHOICES = 4;
const pivots = () => store.target?.pivots ?? [];
const gain = (position) => pivots()[position]?.power_gain?.value ?? 0;

/** The position where power departs furthest from temperature, and the most uncertain others, in their order. */
function candidates() {
  const { entropy } = store.moments.at(-1);
  const order = [...entropy.keys()].sort((a, b) => gain(b) - gain(a));
  const others = order.slice(1).sort((a, b) => entropy[b] - entropy[a]);
  return [order[0], ...others.slice(0, MOST_CHOICES - 1)].sort((a, b) => a - b);
}

const tokenAt = (position) => store.moments.at(-1).tokens[position];
const named = (position) => `“${tokenAt(position)}” at ${position}`;
const pivot = () => candidates().reduce((best, position) => (gain(position) > gain(best) ? position : best));
const isToldAt = (position) => store.alternatives[position]?.rows;

const measure = (name) => document.querySelector(`[name="measure"][value="${name}"]`).click();
const tellRow = (row) => `“${row.token}”: model ${probability(row.base)}, temperature ${probability(row.temperature)}, power ${probability(row.power.value)}. Futures behind it (${row.words.replace(": ", ", ")}).`;

export const pivotal = {
  async set(isWanted) {
    if (!(await opened(isWanted))) return;
    measure("entropy");
    update({ chosen: null, position: null });
    reveal(store.moments.length - 1);
    await until(() => store.target && (store.target.sentence || pivots().length), isWanted);
    if (store.target?.sentence) throw new Error(store.target.sentence);
  },
  look: PIVOTS,
  hold: [...DIALS, PIVOTS, TEXT],
  scene: () => [
    element("p", {}, "The bars show where the model was unsure: entropy, which is 0 where only one token was possible. But being unsure is not the same as mattering. Some choices are mere wording; at others the whole text goes another way."),
    element("p", {}, "A token is pivotal where power sampling chooses very differently from temperature, because the futures behind the choices differ."),
  ],
  ask: () => "Which of these tokens is the most pivotal?",
  choices: () => candidates().map((position) => [position, `${named(position)}, entropy ${number(store.moments.at(-1).entropy[position])}`]),
  async reveal(isWanted) {
    measure("power_gain");
    update({ position: pivot(), chosen: pivot() });
    await until(() => isToldAt(pivot()) || store.alternatives[pivot()]?.sentence, isWanted);
  },
  truth: pivot,
  told(given) {
    const found = `At ${named(pivot())} power departs from temperature by ${number(gain(pivot()), 3)} nats`;
    return given === pivot() ? `${found}, more than anywhere else.` : `${found}; at ${named(given)} by only ${number(gain(given), 3)}.`;
  },
  explain() {
    const rows = [...(isToldAt(pivot()) ?? [])].sort((a, b) => b.base - a.base).slice(0, 2);
    return [
      ...rows.map((row) => element("p", {}, `${row.token === tokenAt(pivot()) ? "Here stands" : "Instead there could stand"} ${tellRow(row)}`)),
      element("p", { class: "caption" }, "The gain says how far apart power's choice and temperature's are at this place (Kullback-Leibler divergence, in nats); 0 means that both choose alike."),
    ];
  },
  tryThis: () => "Open “futures” in the table under the bars, for each of the two tokens: few and likely, or many and weak?",
};
