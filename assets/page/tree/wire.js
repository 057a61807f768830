// What the Tree page asks the server. A slider asks for the newest value only.
import { cancel, oneAtATime } from "../ask.js";
import { plant, state, update } from "./state.js";

const onEnd = (error) => update(error ? { notice: error.message } : {});
const asks = Object.fromEntries(["tree", "chains", "dial", "checks"].map((kind) => [kind, oneAtATime(kind, onEnd)]));

/** Ask for a new "tree", "chains" to run, the "dial", the self-test's "checks". */
export function ask(kind, payload = {}) {
  const { planting } = state;
  asks[kind].ask(payload, (answer) => {
    if (answer.tree) plant(answer);
    else if (kind === "checks" || planting === state.planting) update(answer); // what is of an old tree is dropped
  });
}

/** End the chains that run. */
export const stop = () => cancel("chains");

export const isAsking = (kind) => asks[kind].isOpen();
