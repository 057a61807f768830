// Block size as a dial: exact laws of whole runs, asked for when alpha or the world has changed.
import { element, number } from "../format.js";
import { isLive } from "../host.js";
import { ask } from "./wire.js";
import { state, update } from "./state.js";

export const dialState = { steps: 10, scope: "block" };

export function buildDial(fields) {
  const steps = element("input", { type: "range", min: 0, max: 40, value: dialState.steps, "data-field": "dial-steps", "aria-label": "N: steps per block" });
  const output = element("output", {}, String(dialState.steps));
  const scope = element("select", { "data-field": "dial-scope" }, element("option", { value: "block" }, "this block only"), element("option", { value: "completion" }, "whole completion"));
  steps.addEventListener("input", () => change({ steps: Number(steps.value) }, () => (output.textContent = steps.value)));
  scope.addEventListener("change", () => change({ scope: scope.value }));
  fields.replaceChildren(element("label", { class: "field range" }, "N: steps per block ", steps, output), element("label", { class: "field" }, "cuts may fall in ", scope));
}

function change(patch, also = () => {}) {
  Object.assign(dialState, patch);
  also();
  update({ dialChanged: (state.dialChanged ?? 0) + 1 });
}

/** The dial for the tree and alpha on show, once for each. */
export function keepDial() {
  const { world, alpha, dial, planting } = state;
  const key = `${planting} ${alpha}`;
  if (state.dialAsked === key || (dial && dial.alpha === alpha)) return;
  state.dialAsked = key;
  ask("dial", { world, alpha });
}

export function dialFinding() {
  const { dial, alpha, blockSize } = state;
  if (!dial) return "Enumerating …";
  if (dial.sentence) return dial.sentence;
  const here = dial.rows.find((row) => row.scope === dialState.scope && row.block_size === Math.min(blockSize, dial.length) && row.steps === dialState.steps);
  const stale = dial.alpha === alpha ? "" : ` (${isLive() ? "still of" : "recorded at"} α ${number(dial.alpha, 1)})`;
  return `B ${here.block_size}, N ${here.steps}: total variation ${number(here.to_power, 4)} to p^α, ${number(here.to_temperature, 4)} to token-level temperature, exact${stale}.`;
}

/** Rows of both figures: by block size at the chosen N, and by N for each block size. */
export function dialRows() {
  const rows = state.dial?.rows ?? [];
  const found = {};
  for (const scope of ["block", "completion"]) {
    found[`by_block_${scope}`] = rows.filter((row) => row.scope === scope && row.steps === dialState.steps);
  }
  for (const row of rows) if (row.scope === dialState.scope) (found[`blocks_of_${row.block_size}`] ??= []).push(row);
  return found;
}
