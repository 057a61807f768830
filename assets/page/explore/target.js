// What the server knows of p^alpha under the run on screen: asked for once the run is over and shown.
import { parsed } from "../json.js";
import { store, update, currentMoment } from "../store.js";

let trigger = null;
let asked = null; // the run that was asked about last; opened again, it is another object

export function connect({ props, trigger: ask, watch }) {
  trigger = ask;
  watch("value", () => props.value && receive(parsed(props.value)));
  askTarget();
}

/** Whether the run is over and its last moment judged before the eye. */
const isOver = () => store.ended && !store.canContinue && store.head === store.moments.length - 1 && store.phase === "judged";

export function askTarget() {
  if (!trigger || !store.run || asked === store.run || !isOver()) return;
  asked = store.run;
  trigger("play", { run_id: store.run.id });
}

function receive(packet) {
  if (packet.run_id !== store.run?.id) return;
  if (packet.target) update({ target: packet.target });
  if (packet.alternatives) {
    const { position } = packet.alternatives;
    update({ alternatives: { ...store.alternatives, [position]: packet.alternatives }, asking: store.asking === position ? null : store.asking });
  }
}

/** The text that power gain, success delta and power's alternatives are of. */
export const finalMoment = () => (store.ended ? store.moments.at(-1) : null);
export const isFinalText = () => {
  const [shown, last] = [currentMoment(), finalMoment()];
  return Boolean(shown && last) && (shown === last || shown.text === last.text);
};

/** Ask what could stand at the chosen position of the final text. */
export function askAlternatives() {
  const { chosen, run, target } = store;
  if (!target?.search || chosen === null || !isFinalText() || chosen >= finalMoment().length) return;
  if (store.alternatives[chosen] || store.asking === chosen) return;
  update({ asking: chosen });
  trigger("select", { run_id: run.id, position: chosen });
}
