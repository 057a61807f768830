// Block size as a dial: exact laws of whole runs, asked for when alpha or the world has changed.
import { number } from "../format.js";
import { isLive } from "../host.js";
import { ask } from "./wire.js";
import { state, update } from "./state.js";

export function wireDial(fields) {
  const [steps, output, scope] = fields.querySelectorAll("input, output, select");
  steps.value = output.textContent = state.dialSteps;
  scope.value = state.dialScope;
  steps.addEventListener("input", () => {
    output.textContent = steps.value;
    update({ dialSteps: Number(steps.value) });
  });
  scope.addEventListener("change", () => update({ dialScope: scope.value }));
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
  const { dial, alpha, blockSize, dialSteps: steps, dialScope: scope } = state;
  if (!dial) return "Enumerating …";
  if (dial.sentence) return dial.sentence;
  const size = Math.min(blockSize, dial.length);
  const here = dial.rows.find((row) => row.scope === scope && row.block_size === size && row.steps === steps);
  const stale = dial.alpha === alpha ? "" : ` (${isLive() ? "still of" : "recorded at"} α ${number(dial.alpha, 1)})`;
  const [power, temperature] = [number(here.to_power, 4), number(here.to_temperature, 4)];
  return `B ${size}, N ${steps}: total variation ${power} to p^α, ${temperature} to token-level temperature, exact${stale}.`;
}

/** Rows of both figures: by block size at the chosen N, and by N in the chosen scope. */
export function dialRows() {
  const { dial, dialSteps: steps, dialScope: scope } = state;
  const rows = dial?.rows ?? [];
  return { at_steps: rows.filter((row) => row.steps === steps), in_scope: rows.filter((row) => row.scope === scope) };
}
