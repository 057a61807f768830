// The self-test: exact laws and running code, row by row as the server finishes them.
import { element, number, table } from "../format.js";
import { isAsking } from "./wire.js";
import { state } from "./state.js";

export function showChecks(target, sentence, button) {
  button.disabled = isAsking("checks");
  const { checks } = state;
  if (!checks) return;
  sentence.textContent = checks.sentence;
  const names = ["", "law", "world", "figure", "must be at most", "false alarms of a right program"];
  target.replaceChildren(table(null, names, checks.rows.map(row)));
}

function row({ law, world, figure, threshold, false_alarm: alarm, passed }) {
  const mark = element("span", { class: `answer ${passed ? "right" : "wrong"}` }, passed ? "✓ holds" : "✕ broken");
  const cells = [mark, law, world, short(figure), short(threshold), alarm ? short(alarm) : "none: nothing is random"];
  return element("tr", {}, ...cells.map((content) => element("td", {}, content)));
}

function short(value) {
  if (value === 0) return "0";
  return Math.abs(value) < 0.001 ? value.toExponential(1).replace("-", "−") : number(value, 3);
}
