// The Explore page as a link names it: the run on screen, and the moment that is selected.
import { setSpeed } from "../explore/playback.js";
import { reveal, store, until, update } from "../store.js";
import { filled, known } from "./parameters.js";

const SETTINGS = ["preset", ...known.panel.map(({ parameter }) => parameter)];

export const explore = {
  current: () => (store.run ? { ...ofRun(store.run), step: stepOf(store.selected) } : {}),

  async show(link, host, isLatest) {
    await until(() => store.run);
    await host.setControls(inFull(link));
    if (!isLatest()) return;
    if (!isOnScreen(link)) await (isRecorded(link) ? host.openRecorded(link.preset) : run(link, host));
    const index = () => indexOf(link.step);
    await until(() => !isLatest() || isIdle() || index() < store.moments.length - 1);
    if (!isLatest()) return;
    update({ whatIfAlpha: null });
    reveal(index() === Infinity ? store.moments.length - 1 : index(), String(link.step).endsWith("p") ? "proposed" : "judged");
    if (index() === Infinity) throw new Error(`step ${link.step} is not in this run, which has ${ofSteps()}; its end is shown.`);
  },
};

// ---- the run

/** A run's settings as parameters. */
function ofRun({ prompt, model, settings }) {
  const preset = known.presets.find((each) => each.prompt === prompt)?.id;
  const own = { ...settings, num_blocks: Math.ceil(settings.max_new_tokens / settings.block_size) };
  const shown = known.panel.filter(({ setting }) => setting);
  const values = shown.map(({ parameter, setting }) => [parameter, own[setting]]);
  return { ...(preset ? { preset } : { prompt }), model, ...Object.fromEntries(values) };
}

const isSame = (one, other) => SETTINGS.every((name) => one[name] === other[name]);

/** Whether the run on screen is what this link would bring. */
function isOnScreen(link) {
  if (!store.run || faults().length || store.ended?.reason === "stopped" || (store.canContinue && !store.waiting)) return false;
  return isSame(filled(ofRun(store.run)), named(link));
}

/** A prompt that is a preset's stands as that preset. */
function named(link) {
  const preset = known.presets.find(({ prompt }) => prompt === link.prompt)?.id;
  return preset ? { ...link, preset, prompt: null } : link;
}

/** Every preset was recorded at the defaults (explorer/page/offline/record.py). */
const isRecorded = (link) => isSame(named(link), filled({ preset: named(link).preset }));

/** The link as the server takes it. */
const inFull = (link) => ({
  ...link,
  prompt: link.prompt ?? known.presets.find(({ id }) => id === link.preset).prompt,
  model: known.models.includes(link.model) ? link.model : known.models[0],
});

/** A new run, as fast as possible; then at the speed that was set. */
async function run(link, host) {
  const usual = store.speed;
  if (usual !== 0) setSpeed(0);
  try {
    await host.startRun(inFull(link));
  } finally {
    if (usual !== 0) until(isIdle).then(() => store.speed === 0 && setSpeed(usual));
  }
}

const isIdle = () => !store.canContinue || !store.waiting;

/** Why a link to the run on screen would not bring quite this run. */
export function faults() {
  const { moments } = store;
  if (!store.run) return [];
  const { settings } = store.run;
  const isMoved = moments.some((m) => m.kind === "step" && m.alpha !== settings.alpha);
  return [
    isMoved && "α was moved while this run went on; the link opens the run with the α that it began with.",
    settings.chain > 0 && `This is chain ${settings.chain} of its run; the link opens the first.`,
    settings.max_new_tokens % settings.block_size > 0 && "This run's last block is shorter than the others; the link opens one with whole blocks.",
  ].filter(Boolean);
}

// ---- the moment

/** A moment's name: a draw, with `p` behind it while it is only proposed; `b` and a block as written; null: newest. */
function stepOf(index) {
  const moment = store.moments[index];
  const isProposed = index === store.head && store.phase === "proposed";
  if (!moment || (index === store.moments.length - 1 && !isProposed)) return null;
  return moment.kind === "step" ? `${moment.draw + 1}${isProposed ? "p" : ""}` : `b${moment.block + 1}`;
}

/** The index of the moment of that name; Infinity where there is none (yet), the newest for null. */
function indexOf(step) {
  if (step === null) return store.moments.length - 1;
  const number = parseInt(String(step).replace("b", ""), 10);
  const isIt = (m) => (String(step).startsWith("b") ? m.kind === "extension" && m.block + 1 === number : m.draw + 1 === number);
  const found = store.moments.findIndex(isIt);
  return found < 0 ? Infinity : found;
}

const ofSteps = () => `${store.moments.filter(({ kind }) => kind === "step").length} draws`;
