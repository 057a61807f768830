// Temperature samples beside the chain: same prompt, about as many tokens drawn, each token from p^(1/temperature).
import { element, number, percent } from "../format.js";
import { store } from "../store.js";

export function showSamples(target, summary) {
  const { run, samples } = store;
  if (!run) return;
  summary.replaceChildren(...caption(run, samples));
  if (!samples.length) {
    const text = store.canContinue
      ? "Drawn when the chain has ended, with about as many tokens as it drew."
      : "No samples: they are drawn when a chain ends by itself.";
    target.replaceChildren(element("p", { class: "empty" }, text));
  } else target.replaceChildren(table(run, samples));
}

function caption(run, samples) {
  const tokens = samples.reduce((sum, s) => sum + s.length, 0);
  const parts = [];
  if (samples.length) {
    parts.push(`${samples.length} samples at temperature ${number(store.sampleTemperature, 2)}, ${tokens} tokens drawn`);
    if (store.ended) parts.push(` (the chain drew ${store.ended.totals.tokens_drawn})`);
    if (run.answer !== null) {
      const right = samples.filter((s) => s.answer === run.answer).length;
      parts.push(`. Right answer: ${right} of ${samples.length} (${percent(right, samples.length)})`);
    }
  }
  return parts;
}

function table(run, samples) {
  const head = ["#", "log p (nats)", "tokens", ...(run.answer === null ? [] : ["answer"]), "completion"];
  const rows = samples.map((s) =>
    element(
      "tr",
      {},
      element("td", { class: "number" }, String(s.sample + 1)),
      element("td", { class: "number" }, number(s.total_log_p, 2)),
      element("td", { class: "number" }, String(s.length) + (s.finished ? "" : " …")),
      ...(run.answer === null ? [] : [element("td", {}, answerMark(s.answer, run.answer))]),
      element("td", { class: "completion" }, s.tokens.join("")),
    ),
  );
  return element("table", { class: "samples" }, element("tr", {}, ...head.map((h) => element("th", {}, h))), ...rows);
}

/** An answer with a glyph beside it: right or wrong never by colour alone. */
export function answerMark(answer, right) {
  if (answer === null) return element("span", { class: "answer none" }, "no answer");
  const isRight = answer === right;
  const glyph = element("span", { class: "glyph", "aria-hidden": "true" }, isRight ? "✓" : "✕");
  const word = isRight ? "right" : "wrong";
  return element("span", { class: `answer ${word}` }, answer, " ", glyph, element("span", { class: "visually-hidden" }, word));
}
