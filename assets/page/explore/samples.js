// Temperature samples beside the chain: same prompt, about as many tokens drawn, each token from p^(1/temperature).
import { element, number, percent, table } from "../format.js";
import { store } from "../store.js";

export function showSamples(target, summary) {
  const { run, samples } = store;
  if (!run) return;
  summary.textContent = caption(run, samples);
  const head = ["#", "log p (nats)", "tokens", ...(run.answer === null ? [] : ["answer"]), "completion"];
  const rows = samples.map((sample) => rowOf(sample, run.answer));
  target.replaceChildren(rows.length ? table("samples", head, rows) : element("p", { class: "empty" }, nothing()));
}

const nothing = () =>
  store.canContinue
    ? "Drawn when the chain has ended, with about as many tokens as it drew."
    : "No samples: they are drawn when a chain ends by itself.";

function caption(run, samples) {
  if (!samples.length) return "";
  const tokens = samples.reduce((sum, s) => sum + s.length, 0);
  const drawn = `${samples.length} samples at temperature ${number(store.sampleTemperature, 2)}, ${tokens} tokens drawn`;
  const beside = store.ended ? ` (the chain drew ${store.ended.totals.tokens_drawn})` : "";
  if (run.answer === null) return drawn + beside;
  const right = samples.filter((s) => s.answer === run.answer).length;
  return `${drawn}${beside}. Right answer: ${right} of ${samples.length} (${percent(right, samples.length)})`;
}

function rowOf(sample, right) {
  const cell = (kind, content) => element("td", { class: kind }, content);
  const answer = right === null ? null : cell("", answerMark(sample.answer, right));
  return element(
    "tr",
    {},
    cell("number", String(sample.sample + 1)),
    cell("number", number(sample.total_log_p, 2)),
    cell("number", String(sample.length) + (sample.finished ? "" : " …")),
    answer,
    cell("completion", sample.tokens.join("")),
  );
}

/** An answer with a glyph beside it: right or wrong never by colour alone. */
export function answerMark(answer, right) {
  if (answer === null) return element("span", { class: "answer none" }, "no answer");
  const isRight = answer === right;
  const glyph = element("span", { class: "glyph", "aria-hidden": "true" }, isRight ? "✓" : "✕");
  const word = isRight ? "right" : "wrong";
  return element("span", { class: `answer ${word}` }, answer, " ", glyph, element("span", { class: "visually-hidden" }, word));
}
