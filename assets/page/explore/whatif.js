// What-if: the recorded decisions judged at another alpha, each with its own proposal and its own u held fixed.
import { store, judgedSteps } from "../store.js";
import { element, number } from "../format.js";

/** The verdict of one recorded step at `alpha`: it turns at the flip point; without one, log A is flat in alpha. */
export function verdictAt({ delta_log_p, flip_alpha, log_u, log_proposal_ratio, log_cut_ratio }, alpha) {
  if (flip_alpha === null) return alpha < Infinity && log_u < log_proposal_ratio + log_cut_ratio;
  return delta_log_p > 0 ? alpha > flip_alpha : alpha < flip_alpha;
}

/** The fields that the log-likelihood figure needs of a step's what-if. */
export function wouldTurn(step) {
  if (store.whatIfAlpha === null) return { would_turn: false };
  const verdict = verdictAt(step, store.whatIfAlpha);
  return {
    would_turn: verdict !== step.is_accepted,
    what_if_alpha: number(store.whatIfAlpha, 1),
    what_if_verdict: verdict ? "accepted" : "rejected",
  };
}

export function showWhatIf(target) {
  if (store.whatIfAlpha === null || !store.run) {
    target.replaceChildren();
    return;
  }
  const steps = judgedSteps();
  const turned = steps.filter((step) => wouldTurn(step).would_turn).length;
  target.replaceChildren(
    element("b", {}, `What-if α = ${number(store.whatIfAlpha, 1)}: `),
    `${turned} of ${steps.length} decisions would turn, each judged alone with its own proposal and u held fixed. `,
    "A real chain would part from this one at the first of them; press Run to see it.",
  );
}
