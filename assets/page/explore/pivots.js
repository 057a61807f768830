// The pivotal strip: three measures by position, of which one is drawn above the cuts, and buttons to its highest.
import { element, number, redraw } from "../format.js";
import { store, update, currentMoment } from "../store.js";
import { isFinalText } from "./target.js";

const NAMES = { entropy: "entropy", power_gain: "power gain", success_delta: "success delta" };
const LEADS = { entropy: "Most uncertain: ", power_gain: "Highest power gain: ", success_delta: "Largest change: " };

/** The measure on show: power gain and success delta belong to the final text alone. */
export const shownMeasure = () => (store.measure !== "entropy" && isFinalText() && store.target?.pivots?.length ? store.measure : "entropy");

/** Rows of a measure, one a position where it is known; none of a measure that is not on show. */
export function measureRows(name = shownMeasure()) {
  const moment = name === shownMeasure() ? currentMoment() : null;
  const at = (position) => (name === "entropy" ? entropyAt(moment.entropy[position]) : store.target.pivots[position]?.[name]);
  const rows = (moment?.tokens ?? []).map((token, position) => ({ position, token, ...at(position) }));
  return rows.filter((row) => row.value !== undefined);
}

const entropyAt = (value) => value !== null && { value, error: 0, below: 0, is_exact: true, words: `entropy ${number(value, 3)} nats, exact` };

export const pivotalPositions = (width) => ({
  key: () => [store.selected, store.phase, shownMeasure(), store.target?.pivots],
  content: () => {
    const most = Math.max(1, ...(currentMoment()?.cuts ?? []));
    return {
      layout: { "xaxis.range": [-0.8, width() - 0.4], "yaxis2.dtick": Math.ceil(most / 4) },
      edit: (figure) => (figure.layout.yaxis.title.text = figure.layout.meta.titles[shownMeasure()]),
    };
  },
  onPoint: (point, isClick) => update({ position: point.x, ...(isClick ? { chosen: point.x } : {}) }),
});

const BY_POSITION = ["share", "cuts", "changed_cuts", "same_cuts", "rejected_cuts"];

/** A moment's lists as rows, one a position. */
export function positionRows(moment) {
  const at = (position) => Object.fromEntries(BY_POSITION.map((name) => [name, moment[name][position]]));
  return (moment?.tokens ?? []).map((token, position) => ({ position, token, ...at(position) }));
}

/** Which measures can be chosen, and what is on show. */
export function showMeasures(root, caption) {
  root.querySelector('[name="measure"][value="success_delta"]').disabled = store.target?.has_checker === false;
  caption.textContent = captionOf();
}

function captionOf() {
  const { measure, target } = store;
  if (measure === "entropy") return currentMoment()?.entropy.includes(null) ? "Entropy of the base model: not known, this model gives the drawn tokens alone." : "Entropy of the base model where each token was drawn: exact.";
  const name = NAMES[measure];
  if (target?.sentence) return `${target.sentence} Shown: entropy.`;
  if (!store.ended) return `The ${name} is of the final text; it comes when the run is over. Shown: entropy.`;
  if (!isFinalText()) return `The ${name} is of the final text; this is an earlier one. Shown: its entropy.`;
  if (!target?.pivots?.length) return `The ${name} is being computed. Shown: entropy.`;
  if (measure === "success_delta" && !target.has_checker) return "No checker knows this prompt, so no answer is right or wrong. Shown: nothing.";
  const known = target.pivots.map((row) => row[measure]).filter(Boolean);
  const exact = known.filter((m) => m.is_exact).length;
  const estimated = `${known.length - exact} estimated from ${target.pivot_rollouts} rollouts a token (hatched, with their error), the most uncertain first`;
  return `Final text, α ${number(target.alpha, 1)}: ${exact} of ${target.pivots.length} positions exact, ${estimated}.`;
}

/** Buttons to the five positions where the measure on show is highest. */
export function showJumps(target) {
  const measure = shownMeasure();
  const order = measureRows().sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const buttons = order.slice(0, 5).map(({ position, token, words: title }) =>
    element(
      "button",
      {
        type: "button",
        class: store.chosen === position ? "jump chosen" : "jump",
        onclick: () => update({ position, chosen: position }),
        title: `token ${position}: ${title}`,
      },
      element("span", { class: "token" }, token),
      ` at ${position}`,
    ),
  );
  redraw(target, ...(buttons.length ? [LEADS[measure], ...buttons] : []));
}
