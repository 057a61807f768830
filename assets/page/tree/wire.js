// The Tree page's wire to the server: asks out, packets in. A slider asks for the newest value only.
import { plant, state, update } from "./state.js";

let triggerServer = () => {};
const asking = {}; // by kind: the ask that waits for its answer
const waiting = {}; // by kind: the newest ask meanwhile

const EVENTS = { tree: "select", chains: "play", dial: "input", checks: "submit" };

export function connect({ props, trigger, watch }) {
  triggerServer = trigger;
  watch("value", () => props.value && receive(JSON.parse(props.value)));
}

/** Ask the server: a new "tree", "chains" to run, the "dial", the self-test's "checks". */
export function ask(kind, wish = {}) {
  if (asking[kind]) return (waiting[kind] = wish);
  asking[kind] = wish;
  triggerServer(EVENTS[kind], { ...wish, planting: state.planting });
}

/** End the chains that run. */
export const stop = () => triggerServer("stop");

export const isAsking = (kind) => Boolean(asking[kind]);

function receive(packet) {
  if (packet.tree) plant(packet);
  else if (packet.sentence) update({ notice: packet.sentence });
  else if (isOfThisTree(packet)) update(pick(packet));
  if (packet.answers) answered(packet.answers);
}

/** What is computed for a tree that is no longer on show is dropped. */
const isOfThisTree = ({ checks, planting }) => checks || planting === state.planting;

const pick = ({ sampled, dial, checks }) =>
  Object.fromEntries(Object.entries({ sampled, dial, checks }).filter(([, value]) => value !== undefined));

function answered(kind) {
  const next = waiting[kind];
  delete asking[kind];
  delete waiting[kind];
  if (next) ask(kind, next);
  else update({});
}
