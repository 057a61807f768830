// The run on screen: asks for it and for more of it, and takes what comes.
import { ask } from "../ask.js";
import { showRefusal } from "../refusal.js";
import { store, update, reveal, inTwoBeats } from "../store.js";

const IDLE = { playing: false, waiting: false, canContinue: false };
let fillPanel = (_values) => {};

/** `fill(values)` shows the settings of a run that is about to come in the panel. */
export const onPanel = (fill) => (fillPanel = fill);

/** Ask for something that changes the run on screen; a refusal is shown. */
export function change(kind, payload = {}) {
  return ask(kind, payload, receive).catch((error) => {
    update({ status: "", playing: false, waiting: false });
    showRefusal(error);
  });
}

/** Ask for another run; kept when it is on screen, broken with a sentence where it is refused. */
export function bring(kind, payload) {
  return new Promise((done, refused) => {
    const take = (content) => {
      receive(content);
      if (content.run) done(true);
    };
    ask(kind, payload, take).then(done, refused);
  });
}

/** A whole run (`run` given) or what came since; a gap asks for the whole run again. */
export function receive(packet) {
  if (packet.panel) fillPanel(packet.panel);
  else if (packet.notice) update({ status: packet.notice, ...(packet.idle && IDLE) });
  else if (packet.run) openRun(packet);
  else if (packet.run_id === undefined || packet.run_id !== store.run?.id) return;
  else if (packet.first > store.moments.length) change("resync");
  else append(packet);
}

function openRun(packet) {
  update({
    ...progress(packet),
    run: packet.run,
    moments: packet.moments,
    samples: packet.samples,
    waiting: packet.can_continue,
    playing: packet.can_continue,
    whatIfAlpha: null,
    replays: {},
    replayWords: "",
    position: null,
    chosen: null,
    target: null,
    alternatives: {},
    asking: null,
  });
  reveal(packet.moments.length - 1);
}

const progress = (packet) => ({
  canContinue: packet.can_continue,
  ended: packet.ended,
  frozen: packet.frozen,
  sampleTemperature: packet.sample_temperature,
  status: packet.status,
  elsewhere: packet.elsewhere ?? "",
});

function append(packet) {
  const following = store.head === store.moments.length - 1;
  const fresh = packet.moments.slice(store.moments.length - packet.first);
  const patch = { ...progress(packet), samples: store.samples.concat(packet.samples) };
  if (packet.idle) Object.assign(patch, { playing: false, waiting: false });
  update({ ...patch, moments: store.moments.concat(fresh) });
  if (fresh.length && following) followed(fresh);
}

/** A step that a person asked for waits for its verdict; a chain played slowly shows proposal and verdict in turn. */
function followed(fresh) {
  const newest = store.moments.length - 1;
  const isStep = fresh.at(-1).kind === "step";
  const isPlayedSlowly = store.playing && inTwoBeats();
  reveal(newest, isStep && (store.beat || isPlayedSlowly) ? "proposed" : "judged");
  if (isStep && !store.beat && isPlayedSlowly) {
    setTimeout(() => store.head === newest && store.phase === "proposed" && reveal(newest), 500 / store.speed);
  }
  store.beat = false;
}
