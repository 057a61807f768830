// What a server would answer about a recorded run and about the Tree page's worlds, from files made beforehand.
import { receive } from "../explore/run.js";
import { file } from "../files.js";
import { NEEDS_LIVE } from "../host.js";

let wanted = null; // the id asked for last
let run = null; // explorer/page/offline/beforehand.py: {packet, target, alternatives, replays, diagnoses}

/** Show a recorded run by its id; the newest choice wins. */
export async function openRecorded(id) {
  wanted = id;
  const found = await file(`recorded/${id}.json`);
  if (wanted !== id) return null;
  run = found;
  receive(run.packet);
  return run;
}

const unrecorded = (what) => new Error(`${what} not recorded: that ${NEEDS_LIVE}.`);

/** The answers by kind of ask. The drawer's first look takes any number of chains. */
export const answers = {
  target() {
    if (!run.target) throw unrecorded("The exact target was");
    return [{ target: run.target }];
  },
  alternatives({ position }) {
    if (!run.alternatives[position]) throw unrecorded("What power makes of this position was");
    return [run.alternatives[position]];
  },
  diagnostics({ chains }) {
    const rows = run.diagnoses[chains] ?? (chains === 1 ? Object.values(run.diagnoses)[0] : undefined);
    if (!rows) throw unrecorded(`Diagnostics of ${chains} chains of this run were`);
    return [{ rows }];
  },
  replay({ alphas }) {
    const rowOf = (alpha) => run.replays.find((row) => row.alpha === alpha);
    return alphas.map((alpha) => (rowOf(alpha) ? { row: rowOf(alpha) } : { unknown: alpha }));
  },
  tree: async ({ world }) => [(await known(world)).packet],
  chains: async ({ world, kernel }) => [{ sampled: (await known(world)).runs[kernel] }],
  dial: async ({ world, alpha }) => [{ dial: nearest((await known(world)).dials, alpha) }],
  checks: async () => [{ checks: await file("recorded/selftest.json") }],
};

function nearest(dials, alpha) {
  const distance = (dial) => Math.abs(dial.alpha - alpha);
  return dials.reduce((best, each) => (distance(each) < distance(best) ? each : best));
}

/** What is recorded of a world; an Error where it was recorded with other values. */
async function known(world) {
  const found = await file(`recorded/world-${world.world}.json`);
  const isSame = Object.entries(found.packet.world).every(([name, value]) => (world[name] ?? value) === value);
  if (!isSame) throw new Error(`This tree was not recorded: it ${NEEDS_LIVE}.`);
  return found;
}
