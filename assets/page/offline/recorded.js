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

const UNKNOWN = `This tree was not recorded: it ${NEEDS_LIVE}.`;

/** Worlds with whole runs of every kernel and the dial at some alphas, and the self-test. */
export const tree = {
  async select(wish) {
    const known = await world(wish);
    return [{ answers: "tree", ...(known?.packet ?? { sentence: UNKNOWN }) }];
  },
  async play(wish) {
    const known = await world(wish);
    const answer = known ? { sampled: known.runs[wish.kernel], planting: wish.planting } : { sentence: UNKNOWN };
    return [{ answers: "chains", ...answer }];
  },
  async input(wish) {
    const { alpha, planting } = wish;
    const known = await world(wish);
    const dial = known ? nearest(known.dials, alpha) : { alpha, sentence: UNKNOWN };
    return [{ answers: "dial", dial, planting }];
  },
  async submit() {
    return [{ answers: "checks", checks: await file("recorded/selftest.json") }];
  },
};

const nearest = (dials, alpha) => dials.reduce((best, each) => (Math.abs(each.alpha - alpha) < Math.abs(best.alpha - alpha) ? each : best));

/** What is recorded of a world, null where the wish gives it other values than it opens with. */
async function world(wish) {
  const known = await file(`recorded/world-${wish.world}.json`);
  const isSame = Object.entries(known.packet.wish).every(([name, value]) => (wish[name] ?? value) === value);
  return isSame ? known : null;
}
