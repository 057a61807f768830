// The run on screen as one HTML file: the page without a server, with all that the browser knows of the run inside.
import { written } from "../json.js";
import { file } from "../files.js";
import { store } from "../store.js";
import { nameOf, saveText } from "./saving.js";

const SLOT = "<!-- data -->";

export async function saveReplay() {
  const files = [file("opening.json"), file("links.json", JSON.parse), file("replay.html", String)];
  const [{ views }, links, page] = await Promise.all(files);
  const { id, prompt } = store.run;
  const data = {
    "opening.json": { views, packet: null },
    "links.json": links,
    "recorded/runs.json": { runs: [{ id, prompt }] },
    [`recorded/${id}.json`]: known(),
  };
  const inside = Object.entries(data).map(([name, value]) => embedded(name, value)).join("\n");
  saveText(`${nameOf("explore", "replay")}.html`, page.replace(SLOT, () => inside), "text/html");
}

/** Data as an element that no text in it can end, and that is never run. */
const embedded = (name, value) =>
  `<script type="application/json" data-file="${name}">${written(value).replaceAll("<", "\\u003c")}</script>`;

/** The run in the form of explorer/page/offline/beforehand.py, with what this browser has received. */
function known() {
  const { moments, samples, ended, frozen, sampleTemperature, target, alternatives, replays, diagnosis } = store;
  const note = ended ? store.run.note : "saved before its end";
  const rows = diagnosis?.runId === store.run.id ? diagnosis.rows : null;
  return {
    packet: {
      run: { ...store.run, recorded: true, note },
      moments,
      samples,
      ended,
      frozen,
      sample_temperature: sampleTemperature,
      can_continue: false,
      status: "",
    },
    target,
    alternatives,
    replays: Object.values(replays).filter(Boolean),
    diagnoses: rows ? { [rows.chains.length]: rows } : {},
  };
}
