// What the page shows, in one object, and who wants to know when it changes. Views read it and never each other.
import { watched } from "./watched.js";

export const store = {
  run: null, // {id, model, prompt, settings, recorded, total_draws}
  moments: [], // rows of explorer/analysis/moments.py, all that have happened
  samples: [], // rows of explorer/analysis/run_rows.py
  ended: null, // {reason, totals} once the run is over
  frozen: 0, // positions frozen by now
  sampleTemperature: null,
  canContinue: false, // the server holds a chain that can go on
  head: -1, // index of the last moment revealed
  phase: "judged", // "proposed": the verdict of the head is still hidden
  selected: -1, // the moment that the decision card explains
  position: null, // the token position pointed at
  chosen: null, // the token position whose alternatives are shown
  target: null, // what is known of p^alpha under the run (explorer/page/explore/target.py), or why nothing: {sentence}
  alternatives: {}, // by position of the final text: {rows} of explorer/analysis/target.py, or {sentence}
  asking: null, // the position whose alternatives the server is at
  measure: "entropy", // of the pivotal strip: "entropy", "power_gain" or "success_delta"
  whatIfAlpha: null, // alpha of the what-if, null when it is the run's own
  replays: {}, // rows of explorer/analysis/paths.py by alpha, of the run on screen
  replayWords: "", // why there are none
  colouring: "age",
  unit: "total", // of log p in the trace: "total" or "token"
  playing: false,
  waiting: false, // asked the server for more
  speed: 20, // steps a second; 0 is as fast as possible
  status: "",
  elsewhere: "", // an address to go to instead of waiting in line
  beat: false, // the next moment to arrive stops between proposal and verdict
  dark: false,
  presenting: false, // to a room: large type
  diagnosis: null, // {runId, rows, progress, refusal} of the drawer's last question
};

const { subscribe, update: tell, until } = watched(store);
export { subscribe, until };

/** Change the store; listeners hear of it where something differs. */
export function update(patch) {
  if (Object.entries(patch).some(([name, value]) => store[name] !== value)) tell(patch);
}

/** Reveal moments up to `head`; the selection follows. */
export function reveal(head, phase = "judged") {
  const last = store.moments.length - 1;
  const index = Math.max(Math.min(head, last), last < 0 ? -1 : 0);
  const isStep = store.moments[index]?.kind === "step";
  update({ head: index, phase: isStep ? phase : "judged", selected: index });
}

export const shownMoments = () => store.moments.slice(0, store.head + 1);

/** Steps whose verdict is revealed. */
export const judgedSteps = () =>
  shownMoments().filter((m) => m.kind === "step" && (m.index < store.head || store.phase === "judged"));

export const selectedMoment = () => store.moments[store.selected] ?? null;

/** The verdict of this moment is not for the eye yet. */
export const isHidden = (moment) => moment.index === store.head && store.phase === "proposed";

/** The moment whose text stands before the eye: before its verdict a proposal has changed nothing. */
export const currentMoment = (index = store.selected) => {
  const moment = store.moments[index];
  return moment && isHidden(moment) ? store.moments[index - 1] : (moment ?? null);
};

/** Positions that will never change again, seen from a moment: a block freezes right after its last step. */
export const frozenAfter = (moment) =>
  moment.index === store.moments.length - 1 ? store.frozen : store.moments[moment.index + 1].frozen;

/** The draws that the run's settings allow. */
export function plannedDraws() {
  const { steps_per_block: steps, max_new_tokens: tokens, block_size: size } = store.run.settings;
  return steps * Math.ceil(tokens / size);
}

/** Slow enough for the eye to see a proposal before its verdict. */
export const inTwoBeats = () => store.speed > 0 && store.speed <= 4;
