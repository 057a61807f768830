// The page's tables as CSV: a button with data-csv="name" saves the table of that name.
import { results, rows as comparisonRows } from "../compare/state.js";
import { store } from "../store.js";
import { completionRows } from "../tree/chains.js";
import { laws, shareOf, state as tree, textOf } from "../tree/state.js";
import { csv } from "./csv.js";
import { nameOf, pageOf, saveText } from "./saving.js";

export function wireTables() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-csv]");
    if (button) saveTable(button.dataset.csv, pageOf(button));
  });
}

const saveTable = (name, page) => saveText(`${nameOf(page, name)}.csv`, table(name), "text/csv");

/** A table by its name, as CSV. */
export const table = (name) => csv(...TABLES[name]());

/** Columns and rows from objects: the fields named, in this order. */
const fields = (names, rows) => [names, rows.map((row) => names.map((name) => row[name]))];

const RATIOS = ["log_target_ratio", "log_proposal_ratio", "log_cut_ratio", "log_accept_ratio"];
const VERDICT = ["log_u", "accept_prob", "flip_alpha", "is_accepted", "is_changed", "replaced", "proposed"];
const AFTER = ["log_p_after", "length_after", "answer_after", "text_after"];

function steps() {
  const names = ["draw", "block", "step", "alpha", "temperature", "cut", ...RATIOS, ...VERDICT, ...AFTER];
  return fields(names, store.moments.filter((moment) => moment.kind === "step").map(stepRow));
}

const stepRow = (step) => ({
  ...step,
  replaced: step.replaced.tokens.join(""),
  proposed: step.written.tokens.join(""),
  log_p_after: step.total_log_p,
  length_after: step.length,
  answer_after: step.answer,
  text_after: step.text,
});

function samples() {
  const { sampleTemperature: temperature } = store;
  const rows = store.samples.map((row) => ({ ...row, temperature, log_p: row.total_log_p }));
  return fields(["sample", "temperature", "log_p", "length", "finished", "answer", "text"], rows);
}

const methods = () =>
  fields(["method", "label", "accuracy", "low", "high", "drawn"], comparisonRows()?.accuracy ?? []);

function answers() {
  const found = results()?.answers ?? { methods: [], problems: [] };
  const lines = found.problems.flatMap((problem) =>
    found.methods.flatMap((method, place) => {
      if (!problem.given[place]) return [];
      const [answer, isRight] = problem.given[place];
      return [{ ...problem, method: method.name, label: method.label, answer, is_right: Boolean(isRight) }];
    }),
  );
  return fields(["task", "problem", "prompt", "right", "method", "label", "answer", "is_right"], lines);
}

/** What may follow the prefix on show, with its probability under each law, low and high. */
function tokens() {
  const names = ["base", "temperature", "blocks", "power"];
  const line = (node) => [textOf(node), ...names.flatMap((name) => shareOf(laws()[name], node))];
  return [["token", ...names.flatMap((name) => [`${name}_low`, `${name}_high`])], tree.tree.children[tree.zoom].map(line)];
}

const completions = () =>
  fields(["text", "power", "power_error", "temperature", "share", "run_law"], completionRows(Infinity));

const dial = () =>
  fields(["scope", "block_size", "steps", "to_power", "to_temperature"], tree.dial?.rows ?? []);

const TABLES = { steps, samples, methods, answers, tokens, completions, dial };
