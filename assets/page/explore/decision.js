// The decision card: what was kept, replaced and proposed, the three terms, A against u, and where it would turn.
import { element, number, probability, signed } from "../format.js";
import { store, selectedMoment, isHidden } from "../store.js";
import { verdictAt } from "./whatif.js";

export function showDecision({ title, body, waterfall }) {
  const step = selectedMoment();
  const isStep = step?.kind === "step";
  for (const part of waterfall) part.hidden = !incrementsOf(step).length;
  title.replaceChildren(...heading(step));
  body.replaceChildren(...(isStep ? explain(step) : [element("p", { class: "empty" }, nothing(step))]));
}

/** Rows of the waterfall: none before the verdict, or where the same tokens were drawn again. */
export function incrementsOf(step) {
  if (step?.kind !== "step" || isHidden(step) || step.first_difference === null) return [];
  const columns = Object.entries(step.increments);
  return step.increments.position.map((_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i]])));
}

function heading(step) {
  if (!step) return ["Decision"];
  if (step.kind === "extension") return [`Block ${step.block + 1} written`];
  const name = `Step ${step.draw + 1}, block ${step.block + 1}: `;
  if (isHidden(step)) return [name, element("span", { class: "verdict" }, "proposed, not judged yet")];
  const verdict = step.is_accepted ? "accepted" : "rejected";
  return [name, element("span", { class: `verdict ${verdict}` }, glyph(step.is_accepted), ` ${step.outcome}`)];
}

export const glyph = (accepted) => element("span", { class: "glyph", "aria-hidden": "true" }, accepted ? "●" : "✕");

const nothing = (step) =>
  step
    ? `${step.written.tokens.length} tokens drawn from the proposal, without any judgement. The steps that follow revise them.`
    : "Press Step: a proposal appears with its cut, then its verdict.";

function explain(step) {
  const hint = element("p", { class: "hint" }, "Accept or reject? Press Step for the verdict.");
  return [diff(step), ...(isHidden(step) ? [hint] : [bar(step), terms(step), turn(step)])];
}

const KEPT = 8; // the last kept tokens stand for all of them: the current text shows the rest

/** Kept, replaced and proposed, with the common beginning of both told apart. */
function diff(step) {
  const all = store.moments[step.index - 1]?.tokens.slice(0, step.cut) ?? [];
  const kept = all.length > KEPT ? ["…", ...all.slice(-KEPT)] : all;
  const same = (step.first_difference ?? step.cut + step.written.tokens.length) - step.cut;
  const line = (name, ...spans) => {
    const text = element("span", { class: `diff-text ${name}` }, ...spans);
    return element("div", { class: "diff-line" }, element("span", { class: "diff-name" }, name), text);
  };
  return element(
    "div",
    { class: "diff" },
    line("kept", ...marked(kept.length ? kept : ["(nothing: the cut is at the start)"], Infinity)),
    line("replaced", ...marked(step.replaced.tokens, same)),
    line("proposed", ...marked(step.written.tokens, same)),
  );
}

const marked = (tokens, same) =>
  tokens.map((text, i) => element("span", { class: i < same ? "token same" : "token differs" }, text));

function bar(step) {
  const u = Math.exp(step.log_u);
  const name = `A = ${probability(step.accept_prob)}, u = ${probability(u)}`;
  const fill = element("div", { class: "accept-fill", style: `width: ${100 * step.accept_prob}%` });
  const needle = element("div", { class: "accept-needle", style: `left: ${100 * u}%` });
  const track = element("div", { class: "accept-track", role: "img", "aria-label": name }, fill, needle);
  const verdict = step.is_accepted ? "u is below A: accepted" : "u is not below A: rejected";
  return element("div", { class: "accept" }, element("div", {}, `probability of acceptance ${name}; ${verdict}`), track);
}

function terms(step) {
  const isInfinite = step.alpha === Infinity;
  const row = (name, value, why) =>
    element("tr", {}, element("th", {}, name), element("td", { class: "number" }, value), element("td", {}, why));
  const delta = `${number(step.alpha, 1)} × ${signed(step.delta_log_p, 3)}`;
  return element(
    "table",
    { class: "terms" },
    row("target", signed(step.log_target_ratio, 3), isInfinite ? "α = ∞: only the sign counts" : `α × Δ log p = ${delta}`),
    row("proposal", signed(step.log_proposal_ratio, 3), "log q(replaced) − log q(proposed)"),
    row("cut", signed(step.log_cut_ratio, 3), "log n − log n′: possible cuts now and then"),
    row("log A", signed(step.log_accept_ratio, 3), isInfinite ? "the target term alone" : "their sum, nats"),
    row("log u", number(step.log_u, 3), "u uniform on (0, 1)"),
  );
}

function turn(step) {
  const flips = step.flip_alpha !== null && step.flip_alpha >= 1;
  const text = flips
    ? `This decision would turn at α* = ${number(step.flip_alpha, 2)}, its proposal and u held fixed.`
    : "No α from 1 on would turn this decision, its proposal and u held fixed.";
  const parts = [element("p", { class: "flip" }, text)];
  if (store.whatIfAlpha !== null && store.whatIfAlpha !== step.alpha) {
    const verdict = verdictAt(step, store.whatIfAlpha) ? "accepted" : "rejected";
    parts.push(element("p", { class: "what-if" }, `What-if α = ${number(store.whatIfAlpha, 1)}: ${verdict} (this decision only).`));
  }
  return element("div", {}, ...parts);
}
