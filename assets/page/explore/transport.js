// The bar that stays in sight: buttons, speed, scrubber, and the figures of the run so far.
import * as playback from "./playback.js";
import { answerMark } from "./samples.js";
import { element, number, percent } from "../format.js";
import { store, judgedSteps, currentMoment, plannedDraws } from "../store.js";

const BUTTONS = { play: "toggle", step: "step", block: "block", back: "back", again: "again", stop: "stop", live: "toEnd" };

export function wireTransport(root) {
  for (const [name, action] of Object.entries(BUTTONS)) {
    root.querySelector(`[data-action="${name}"]`).addEventListener("click", () => playback[action]());
  }
  root.querySelector("[data-scrub]").addEventListener("input", (event) => playback.scrub(Number(event.target.value)));
  root.querySelector("[data-speed]").addEventListener("change", (event) => playback.setSpeed(Number(event.target.value)));
}

export function showTransport(root) {
  const { run, moments, head, ended, playing, canContinue } = store;
  const last = moments.length - 1;
  const button = (name) => root.querySelector(`[data-action="${name}"]`);
  button("play").classList.toggle("playing", playing);
  const start = head >= last && !canContinue && run ? "Replay" : "Play";
  button("play").querySelector("span").textContent = playing ? "Pause" : start;
  const done = head >= last && store.phase === "judged" && !canContinue;
  button("step").disabled = button("block").disabled = !run || done;
  button("back").disabled = head <= 0;
  button("again").disabled = moments[head]?.kind !== "step";
  button("stop").disabled = !canContinue;
  button("live").disabled = head >= last;
  const scrubber = root.querySelector("[data-scrub]");
  scrubber.max = Math.max(0, last);
  scrubber.value = Math.max(0, head);
  scrubber.setAttribute("aria-valuetext", moments[head]?.sentence ?? "");
  root.querySelector("[data-where]").textContent = where(moments[head]);
  root.querySelector("[data-kind]").replaceChildren(...kindOf(run, ended, canContinue));
}

function where(moment) {
  if (!moment) return "";
  if (moment.kind !== "step") return `block ${moment.block + 1} written`;
  return `draw ${moment.draw + 1} of ${planned()}, block ${moment.block + 1}`;
}

/** Draws of the whole run: those made once it has ended, before that those that its settings allow. */
const planned = () => store.ended?.totals.steps ?? plannedDraws();

function kindOf(run, ended, canContinue) {
  if (!run) return [];
  const over = ended?.reason === "stopped" ? "stopped run" : "finished run";
  const live = canContinue ? "live run" : over;
  const kind = run.recorded ? "recorded run" : live;
  const { settings } = run;
  const tau = settings.proposal_temperature === null ? "1/α" : number(settings.proposal_temperature, 2);
  const alpha = store.moments.findLast((m) => m.kind === "step")?.alpha ?? settings.alpha;
  const moved = alpha === settings.alpha ? "" : ` (now ${number(alpha, 1)})`;
  const facts = `${run.model}, α ${number(settings.alpha, 1)}${moved}, τ ${tau}, B ${settings.block_size}, N ${settings.steps_per_block}, scope ${settings.scope}, seed ${settings.seed}${settings.chain ? `, chain ${settings.chain}` : ""}`;
  return [element("b", { class: "kind" }, kind), ` ${facts}${run.note ? ` (${run.note})` : ""}`];
}

export function showStats(target) {
  const steps = judgedSteps();
  const accepted = steps.filter((m) => m.is_accepted).length;
  const changed = steps.filter((m) => m.is_changed).length;
  const current = currentMoment(store.head);
  const tile = (value, name, title) => element("div", { class: "tile", title }, element("b", {}, value), element("span", {}, name));
  const tiles = [
    tile(String(steps.length), "draws", "steps judged so far"),
    tile(percent(accepted, steps.length), "accepted", `${accepted} of ${steps.length} proposals accepted`),
    tile(percent(changed, steps.length), "changed the text", `${changed} of ${steps.length} accepted and different from the text they replaced`),
    tile(number(current?.total_log_p, 2), "log p (nats)", "of the current completion under the base model"),
    tile(current ? number(current.total_log_p / current.length, 3) : "–", "log p a token", "log p divided by the number of tokens"),
  ];
  if (store.run && store.run.answer !== null && current) {
    tiles.push(tile(answerMark(current.answer, store.run.answer), "answer now", "the answer that the current text gives, checked"));
  }
  target.replaceChildren(...tiles);
}
