// The truth under the samples: shares of p^alpha by answer, beside those among the temperature samples.
import { element, number, percent } from "../format.js";
import { store } from "../store.js";

export function showShares(target) {
  const known = store.target;
  if (!known || known.sentence) {
    target.replaceChildren(element("p", { class: "empty" }, known ? known.sentence : waiting()));
    return;
  }
  target.replaceChildren(
    element("h3", {}, `The target p^α at α = ${number(known.alpha, 1)}, by ${known.has_checker ? "answer" : "completion"}`),
    legend(known),
    table(known),
    element("p", { class: "caption" }, known.search.sentence, known.rollouts ? ` Estimates are from ${known.rollouts} weighed rollouts.` : ""),
  );
}

const waiting = () => (store.ended && !store.canContinue ? "Searching for the exact target p^α …" : "The exact target p^α is searched for when the run is over.");

const legend = (known) =>
  element(
    "p",
    { class: "caption" },
    element("span", { class: "mark-key band" }),
    " p^α, certified interval ",
    ...(known.rollouts ? [element("span", { class: "mark-key estimate" }, "●"), " p^α, estimate with its error "] : []),
    element("span", { class: "mark-key sampled" }, "◆"),
    " share of the temperature samples ",
    element("span", { class: "mark-key base" }),
    " base model, certified interval",
  );

function table(known) {
  const head = element("tr", {}, element("th", {}, known.has_checker ? "answer" : "completion"), element("th", {}, "its share, from 0 to 1"));
  return element("table", { class: "shares" }, head, ...known.answers.map((row) => line(row, known)));
}

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
