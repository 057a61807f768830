// What-if: the recorded decisions judged at another alpha, each with its own proposal and its own u held fixed.
import { store, judgedSteps } from "../store.js";
import { element, number } from "../format.js";

/** The verdict of one recorded step at `alpha`: a straight line in alpha (method: flip point). */
export function verdictAt(step, alpha) {
  if (alpha === Infinity) return step.delta_log_p > 0;
  const target = step.delta_log_p === 0 ? 0 : alpha * step.delta_log_p;
  return step.log_u < target + step.log_proposal_ratio + step.log_cut_ratio;
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
