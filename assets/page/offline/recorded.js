// What a server would answer about a recorded run and about the Tree page's worlds, from files made beforehand.
import { receive } from "../bus.js";
import { file } from "../files.js";
import { NEEDS_LIVE } from "../host.js";

let run = null; // explorer/page/offline/beforehand.py: {packet, target, alternatives, replays, diagnoses}

/** Show a recorded run by its id; the newest choice wins. */
export async function openRecorded(id) {
  openRecorded.wanted = id;
  const found = await file(`recorded/${id}.json`);
  if (openRecorded.wanted !== id) return null;
  run = found;
  receive(run.packet);
  return run;
}

const ofRun = (runId, content) => (run?.packet.run.id === runId ? [{ run_id: runId, ...content }] : []);

/** The drawer of diagnostics; its first look takes any number of chains. */
export const page = {
  submit({ run_id: runId, request, chains }) {
    const known = run.diagnoses;
    const rows = known[chains] ?? (chains === 1 ? Object.values(known)[0] : undefined);
    const refusal = `diagnostics of ${chains} chains of this run were not recorded: that ${NEEDS_LIVE}.`;
    return [{ diagnostics: { run_id: runId, request, ...(rows ? { rows } : { refusal }) } }];
  },
};

export const target = {
  play: ({ run_id: runId }) => ofRun(runId, { target: run.target ?? { sentence: `The exact target was not recorded: that ${NEEDS_LIVE}.` } }),
  select({ run_id: runId, position }) {
    const told = run.alternatives[position] ?? { sentence: `What power makes of this position was not recorded: that ${NEEDS_LIVE}.` };
    return ofRun(runId, { alternatives: { position, ...told } });
  },
};

export const replay = {
  play({ run_id: runId, alphas }) {
    const rowOf = (alpha) => run.replays.find((row) => String(row.alpha) === String(alpha === "inf" ? Infinity : alpha));
    const answers = alphas.map((alpha) => (rowOf(alpha) ? { row: rowOf(alpha) } : { unknown: alpha }));
    return [...answers, { done: true }].map((answer) => ({ replay: { run_id: runId, ...answer } }));
  },
};

/** By kind of ask: what was recorded of the Tree page's worlds, and of the self-test. */
export const answers = {
  tree: async ({ world }) => [(await known(world)).packet],
  chains: async ({ world, kernel }) => [{ sampled: (await known(world)).runs[kernel] }],
  dial: async ({ world, alpha }) => [{ dial: nearest((await known(world)).dials, alpha) }],
  checks: async () => [{ checks: await file("recorded/selftest.json") }],
};

const nearest = (dials, alpha) => dials.reduce((best, each) => (Math.abs(each.alpha - alpha) < Math.abs(best.alpha - alpha) ? each : best));

/** What is recorded of a world; an Error where it was recorded with other values. */
async function known(world) {
  const found = await file(`recorded/world-${world.world}.json`);
  const isSame = Object.entries(found.packet.world).every(([name, value]) => (world[name] ?? value) === value);
  if (!isSame) throw new Error(`This tree was not recorded: it ${NEEDS_LIVE}.`);
  return found;
}
