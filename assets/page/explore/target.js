// What the server knows of p^alpha under the run on screen: asked for once the run is over and shown.
import { ask } from "../ask.js";
import { store, update, currentMoment } from "../store.js";

let asked = null; // the run that was asked about last; opened again, it is another object

/** Whether the run is over and its last moment judged before the eye. */
const isOver = () => store.ended && !store.canContinue && store.head === store.moments.length - 1 && store.phase === "judged";

export function askTarget() {
  const { run } = store;
  if (!run || asked === run || !isOver()) return;
  asked = run;
  const show = (target) => store.run === run && update({ target });
  ask("target", { run_id: run.id }, ({ target }) => show(target)).catch(({ message }) => show({ sentence: message }));
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
  const show = (content) => {
    if (store.run === run) update({ alternatives: { ...store.alternatives, [chosen]: content } });
  };
  ask("alternatives", { run_id: run.id, position: chosen }, show)
    .catch(({ message }) => show({ sentence: message }))
    .then(() => store.asking === chosen && update({ asking: null }));
}
