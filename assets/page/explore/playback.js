// Play, pause, step, block, back and scrub through what has happened; asks the server when the chain must go on.
import { store, update, reveal, inTwoBeats } from "../store.js";
import { ask } from "../ask.js";
import { change } from "./run.js";

let timer = null;

const atEnd = () => store.head >= store.moments.length - 1 && store.phase === "judged";

export function play() {
  if (atEnd() && store.canContinue) {
    update({ playing: true, waiting: true });
    change("play", { goal: "end" });
    return;
  }
  if (atEnd()) reveal(0);
  update({ playing: true });
  schedule();
}

export function pause() {
  clearTimeout(timer);
  if (store.waiting) change("pause");
  update({ playing: false, waiting: false });
}

export const toggle = () => (store.playing ? pause() : play());

/** One beat forward: a proposal, then its verdict. At the end of a living chain, one new step. */
export function step() {
  if (store.playing) pause();
  if (store.phase === "proposed") return reveal(store.head, "judged");
  if (!atEnd()) return reveal(store.head + 1, "proposed");
  if (store.canContinue) more("step");
}

/** One beat back. */
export function back() {
  if (store.playing) pause();
  const here = store.moments[store.head];
  if (store.phase === "judged" && here?.kind === "step") return reveal(store.head, "proposed");
  reveal(store.head - 1);
}

/** On to the end of the block. */
export function block() {
  if (store.playing) pause();
  const current = store.moments[store.head + 1]?.block;
  if (current === undefined) return store.canContinue && more("block");
  let last = store.head + 1;
  while (store.moments[last + 1]?.block === current) last += 1;
  reveal(last);
}

/** The same step again: its proposal, then in a moment its verdict. */
export function again() {
  const here = store.moments[store.head];
  if (here?.kind !== "step") return;
  reveal(store.head, "proposed");
  clearTimeout(timer);
  timer = setTimeout(() => reveal(store.head, "judged"), 900);
}

export function stop() {
  pause();
  change("stop");
}

export function scrub(index) {
  if (store.playing) pause();
  reveal(index);
}

export function toEnd() {
  reveal(store.moments.length - 1);
}

export function setSpeed(speed) {
  update({ speed });
  ask("speed", { speed });
}

function more(goal) {
  store.beat = goal === "step";
  update({ waiting: true });
  change("play", { goal });
}

/** Replays what has happened at the chosen speed. */
function schedule() {
  clearTimeout(timer);
  if (!store.playing || store.waiting) return;
  const wait = store.speed > 0 ? 1000 / store.speed / (inTwoBeats() ? 2 : 1) : 16;
  timer = setTimeout(() => {
    if (!store.playing) return;
    if (atEnd()) return store.canContinue ? play() : update({ playing: false });
    if (store.phase === "proposed") reveal(store.head, "judged");
    else reveal(store.head + 1, inTwoBeats() ? "proposed" : "judged");
    schedule();
  }, wait);
}
