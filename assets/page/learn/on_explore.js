// What lessons do with the Explore page, and what they read off it.
import { reveal, store, until, update } from "../store.js";
import { state } from "./state.js";

const card = (part) => `.explore .card:has([data-part=${part}])`;
const steps = () => store.moments.filter((moment) => moment.kind === "step");

/** The steps that a lesson may ask about: the first of a kind that the run on screen has. */
const KINDS = {
  better: (step) => step.is_changed && step.delta_log_p > 0,
  worse: (step) => step.delta_log_p < 0 && !step.is_accepted,
  surprise: (step) => step.first_difference !== null && step.is_accepted !== step.delta_log_p > 0,
};
let kind = "better"; // of the step that the question on the card is about
const step = () => steps().find(KINDS[kind]);

/** What there is to say of a step besides its own fields. */
const OF_STEP = {
  u: ({ log_u }) => Math.exp(log_u),
  once_in: ({ accept_prob }) => Math.round(1 / accept_prob),
  change: ({ delta_log_p }) => Math.abs(delta_log_p),
};

const ofBlock = (number) => store.moments.filter(({ block }) => block === number - 1);
const revisions = (number) => ofBlock(number).filter((moment) => moment.kind === "step");
const cuts = (number) => revisions(number).map(({ cut }) => cut);

/** Of a block by its number, from 1. */
const OF_BLOCK = {
  start: (number) => ofBlock(number)[0].cut,
  revisions: (number) => revisions(number).length,
  changed: (number) => revisions(number).filter(({ is_changed }) => is_changed).length,
  first_cut: (number) => Math.min(...cuts(number)),
  last_cut: (number) => Math.max(...cuts(number)),
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

const pivot = () => candidates().reduce((best, position) => (gain(position) > gain(best) ? position : best));

function ofPosition(position, field) {
  const { tokens, entropy } = store.moments.at(-1);
  return { position, token: tokens[position], entropy: entropy[position], gain: gain(position) }[field];
}

/** Of the likeliest tokens at the pivot under the model, by their number from 1. */
function alternative(number, field) {
  const rows = [...(store.alternatives[pivot()]?.rows ?? [])].sort((a, b) => b.base - a.base);
  const row = rows[number - 1];
  if (!row) return undefined;
  const stands = row.token === ofPosition(pivot(), "token");
  return { ...row, stands, power: row.power.value, futures: row.words.replace(": ", ", ") }[field];
}

const measure = (name) => document.querySelector(`[name="measure"][value="${name}"]`).click();

export const explore = {
  dials: ["#problem", "#details", "#dials", "#recorded", ".explore .transport"],
  views: {
    text: card("text"),
    decision: card("decision"),
    proposals: card("proposals"),
    pivots: card("pivotal_positions"),
  },
  narrow: { text: ".explore [data-part=text]" },
  actions: {
    /** The first step of a kind, its verdict hidden. */
    step(named) {
      kind = named;
      reveal(step().index, "proposed");
    },
    verdict: () => reveal(step().index),
    written: (block) => reveal(ofBlock(block)[0].index),
    revised: (block) => reveal(ofBlock(block).at(-1).index),
    /** The final text with its entropy, once its pivots are known. */
    async uncertain(isWanted) {
      measure("entropy");
      update({ chosen: null, position: null });
      reveal(store.moments.length - 1);
      await until(() => !isWanted() || store.target?.sentence || pivots().length);
      if (store.target?.sentence) throw new Error(store.target.sentence);
    },
    /** The power gain, and what could stand at the pivot. */
    async gain(isWanted) {
      measure("power_gain");
      update({ position: pivot(), chosen: pivot() });
      await until(() => !isWanted() || store.alternatives[pivot()]);
    },
  },
  facts: {
    run: (field) => store.run.settings[field],
    freezes: () => store.run.settings.scope === "block",
    step: (field) => OF_STEP[field]?.(step()) ?? step()[field],
    block: (number, field) => OF_BLOCK[field](number),
    candidate: (number, field) => ofPosition(candidates()[number - 1], field),
    given: (field) => ofPosition(candidates()[state.given], field),
    pivot: (field) => ofPosition(pivot(), field),
    alternative,
  },
};
