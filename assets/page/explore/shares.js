// The truth under the samples: shares of p^alpha by answer, beside those among the temperature samples.
import { element, number, percent, table } from "../format.js";
import { store } from "../store.js";

export function showShares(target) {
  const part = (name) => target.querySelector(`[data-shares="${name}"]`);
  const known = store.target;
  const isKnown = Boolean(known && !known.sentence);
  part("words").hidden = isKnown;
  part("known").hidden = !isKnown;
  if (!isKnown) part("words").textContent = known ? known.sentence : waiting();
  if (!isKnown) return;
  const kind = known.has_checker ? "answer" : "completion";
  part("title").textContent = `The target p^α at α = ${number(known.alpha, 1)}, by ${kind}`;
  part("estimate").hidden = !known.rollouts;
  part("table").replaceChildren(table("shares", [kind, "its share, from 0 to 1"], known.answers.map((row) => line(row, known))));
  const estimates = known.rollouts ? ` Estimates are from ${known.rollouts} weighed rollouts.` : "";
  part("origin").textContent = known.search.sentence + estimates;
}

const waiting = () => (store.ended && !store.canContinue ? "Searching for the exact target p^α …" : "The exact target p^α is searched for when the run is over.");

function line(row, known) {
  const parts = [element("span", {}, "p^α ", ...powerWords(row)), element("span", {}, "temperature ", sampledWords(row, known.samples)), element("span", {}, `base ${row.base_words}`)];
  return element(
    "tr",
    { class: row.is_final ? "final" : "" },
    element("td", { class: "answer-name" }, ...name(row)),
    element("td", {}, track(row, known.samples), element("div", { class: "share-words" }, ...parts)),
  );
}

const name = (row) => [
  element("b", {}, row.answer),
  row.is_right ? element("span", { class: "answer right" }, " ✓ right") : null,
  row.is_final ? element("div", { class: "chains-answer" }, "● the chain's") : null,
].filter(Boolean);

const sampledWords = (row, samples) => (samples ? `${row.sampled} of ${samples} (${percent(row.sampled, samples)})` : "none drawn");

/** The certified share, and where that is wide what rollouts estimate. */
function powerWords(row) {
  if (row.is_exact) return [element("b", {}, "exact: "), row.words];
  const estimate = row.estimate !== null ? [element("b", {}, `${number(row.estimate, 3)} ± ${number(row.error, 3)}`), " estimated; certified "] : ["certified "];
  return [...estimate, row.words];
}

/** One answer on a line from 0 to 1. */
function track(row, samples) {
  const at = (mark, from, to = from) => {
    mark.style.left = `${100 * from}%`;
    mark.style.width = to > from ? `${Math.max(1, 100 * (to - from))}%` : "";
    return mark;
  };
  const marks = [at(element("i", { class: "base", title: `base model: ${row.base_words}` }), row.base_low, row.base_high)];
  marks.push(at(element("i", { class: "band", title: `p^α: ${row.words}` }), row.low, Math.max(row.high, row.low + 0.005)));
  if (row.estimate !== null) {
    const [from, to] = [Math.max(0, row.estimate - row.error), Math.min(1, row.estimate + row.error)];
    const title = `p^α, estimated: ${number(row.estimate, 3)} ± ${number(row.error, 3)}`;
    marks.push(at(element("i", { class: "whisker", title }), from, to), at(element("i", { class: "estimate", title }, "●"), row.estimate));
  }
  if (samples) {
    const title = `temperature samples: ${row.sampled} of ${samples}`;
    marks.push(at(element("i", { class: "sampled", title }, "◆"), row.sampled / samples));
  }
  return element("div", { class: "share-track", role: "img", "aria-label": `${row.answer}: p^α ${row.words}` }, ...marks);
}
