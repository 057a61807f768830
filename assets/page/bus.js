// The wire to the server: packets in (a JSON string each), commands out (named Gradio events of the hidden element).
import { parsed } from "./json.js";
import { store, update, reveal, inTwoBeats } from "./store.js";
import { saveText } from "./takeaway/saving.js";

let triggerServer = () => {};

export function connect({ props, trigger, watch }) {
  triggerServer = trigger;
  const take = () => props.value && receive(parsed(props.value));
  watch("value", take);
}

/** `event` names a listener in explorer/page/explore/wiring.py. */
export function command(event, data = {}) {
  triggerServer(event, data);
}

/** A packet is a whole run (`run` given) or what came since; a gap asks for the whole run again. */
export function receive(packet) {
  if (packet.download) saveText(packet.download.name, packet.download.text, "application/jsonl");
  else if (packet.diagnostics) receiveDiagnosis(packet.diagnostics);
  else if (packet.refusal) update({ refusal: { sentence: packet.refusal }, status: "" });
  else if (packet.notice) update({ status: packet.notice, ...(packet.idle && { playing: false, waiting: false, canContinue: false }) });
  else if (packet.run) openRun(packet);
  else if (packet.run_id !== store.run?.id) return;
  else if (packet.first > store.moments.length) return command("select", { resync: true });
  else append(packet);
}

/** What the drawer asked for; an answer to anything but its last question comes too late. */
function receiveDiagnosis({ run_id, request, ...content }) {
  const { diagnosis } = store;
  if (run_id !== store.run?.id || request !== diagnosis?.request) return;
  update({ diagnosis: { ...diagnosis, progress: "", refusal: "", ...content } });
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
