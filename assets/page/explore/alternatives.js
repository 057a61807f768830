// Under the pivotal strip: what else could have stood at a position, from the record at once, and from the server what
// power makes of it and which futures stand behind it.
import { element, number, probability, redraw, table } from "../format.js";
import { store, currentMoment } from "../store.js";
import { isFinalText } from "./target.js";

export function showAlternatives(target) {
  const moment = currentMoment();
  const position = store.chosen;
  if (!moment || position === null || position === undefined || position >= moment.length) {
    redraw(target, element("p", { class: "empty" }, "Click a position to see what else could stand there."));
    return;
  }
  const told = isFinalText() ? store.alternatives[position] : null;
  if (told?.rows) redraw(target, ...fromServer(moment, position, told.rows));
  else redraw(target, ...fromRecord(moment, position), element("p", { class: "caption" }, outlook(told)));
}

/** Why power's probabilities are not there (yet). */
function outlook(told) {
  if (told?.sentence) return told.sentence;
  if (store.asking === store.chosen) return "Asking what power makes of it, and which futures stand behind each token …";
  if (store.target?.sentence) return store.target.sentence;
  return isFinalText() ? "" : "What power makes of it is told for the final text, when the run is over.";
}

function fromRecord(moment, position) {
  const source = store.moments[moment.source[position]];
  const top = source.written.top[position - source.cut];
  const rows = top.map(([text, logP, logQ]) =>
    element("tr", {}, tokenCell(text, text === moment.tokens[position]), bar(Math.exp(logP), "base"), bar(Math.exp(logQ), "proposal")),
  );
  const caption = `Token ${position} when it was drawn: the ${top.length} likeliest tokens under the base model p and the proposal q (recorded).`;
  return [element("p", {}, caption), table("alternatives", ["token", "p (base)", "q (proposal)"], rows)];
}

function fromServer(moment, position, rows) {
  const alpha = number(store.target.alpha, 1);
  const isExact = rows.every((row) => row.power.is_exact);
  const { alternative_rollouts: rollouts } = store.target;
  const origin = isExact ? "exact, from the certified target" : `estimated from ${rollouts} weighed rollouts a token`;
  const found = isExact ? "found by the search" : "among its rollouts";
  const lines = rows.map((row) =>
    element(
      "tr",
      {},
      tokenCell(row.token, row.token === moment.tokens[position]),
      bar(row.base, "base"),
      bar(row.temperature, "proposal"),
      bar(row.power.value, "power", powerWords(row.power)),
      element("td", {}, futures(row)),
    ),
  );
  const head = ["token", "p (base)", "temperature 1/α", "power p^α", "futures behind it"];
  const caption = `Token ${position}: the ${rows.length} likeliest tokens in its place, at α = ${alpha}. Power: ${origin}. Futures: shares of the token's power mass ${found}.`;
  return [
    element("p", {}, caption),
    element("div", { class: "scroll" }, table("alternatives", head, lines)),
  ];
}

/** A probability with its error, too small an estimate as nothing. */
function powerWords({ value, error, is_exact: isExact }) {
  if (isExact) return `${probability(value)} exact${error > 5e-4 ? ` ± ${number(error, 3)}` : ""}`;
  return `${number(value, 3)} ± ${number(error, 3)}`;
}

/** The best ways on after a token, folded under how many of them matter. */
function futures(row) {
  if (!row.futures.length) return row.words;
  const items = row.futures.map((future) =>
    element(
      "li",
      { title: `log p ${number(future.log_p, 2)} nats` },
      element("b", {}, `${number(100 * future.share, 1)} % `),
      element("span", { class: "future" }, future.text || "(ends here)"),
    ),
  );
  return element("details", {}, element("summary", {}, row.words), element("ol", { class: "futures" }, ...items));
}

function tokenCell(text, stands) {
  return element("td", {}, element("span", { class: stands ? "token drawn" : "token" }, text), stands ? " stands here" : "");
}

function bar(value, role, words = probability(value)) {
  const fill = element("span", { class: `share ${role}` });
  fill.style.width = `${Math.max(1, 32 * value)}px`;
  return element("td", {}, fill, ` ${words}`);
}
