// The panel where Gradio's widgets stand on the live page: which recorded run, and the what-if alpha.
import { element, partsOf } from "../format.js";
import { NEEDS_LIVE } from "../host.js";
import { store } from "../store.js";
import { saveNotebook } from "../takeaway/notebook.js";
import { saveReplay } from "../takeaway/replay_file.js";
import { traceName } from "../takeaway/saving.js";
import { openRecorded } from "./recorded.js";
import { selectPage } from "./tabs.js";

const MOST = 48; // characters of a prompt in the list

let open = null; // shows a recorded run, once the panel is there
let isWired;
const wired = new Promise((done) => (isWired = done));

/** What links act on here: pages and recorded runs, and a sentence for everything else. */
export const plainHost = {
  page: () => document.querySelector('[role="tabpanel"]:not([hidden])').id,
  selectPage: async (name) => selectPage(name),
  setControls: () => wired,
  startRun: () => Promise.reject(new Error(`A run that was not recorded ${NEEDS_LIVE}.`)),
  async openRecorded(id) {
    await wired;
    const isThere = [...document.querySelectorAll("#recorded option")].some(({ value }) => value === id);
    await (isThere ? open(id) : plainHost.startRun());
  },
};

/** `runs` are the recorded ones, {id, prompt}; the first is opened. */
export async function wireDials(root, runs) {
  const part = partsOf(root);
  const [choice, slider, infinite] = [part("runs"), root.querySelector("#what-if-alpha"), part("infinite")];
  choice.append(...runs.map(({ id, prompt }) => element("option", { value: id }, `${id}: ${shorten(prompt)}`)));
  const turn = () => {
    part("alpha").textContent = Number(slider.value).toFixed(1);
    window.explorer.whatIf(slider.value, infinite.checked);
  };
  choice.addEventListener("change", () => open(choice.value));
  slider.addEventListener("input", turn);
  infinite.addEventListener("change", turn);
  part("save-replay").addEventListener("click", saveReplay);
  part("save-notebook").addEventListener("click", saveNotebook);
  open = async (id) => {
    const run = await openRecorded(id);
    if (!run) return;
    choice.value = id;
    offerChains(root, Object.keys(run.diagnoses));
    Object.assign(part("trace"), { href: `explorer/recorded/${id}.jsonl`, download: traceName() });
    const { alpha } = store.run.settings;
    infinite.checked = alpha === Infinity;
    if (alpha !== Infinity) slider.value = alpha;
    turn();
  };
  await open(runs[0].id);
  isWired();
}

/** In the drawer of diagnostics, only as many chains as were recorded. */
function offerChains(root, recorded) {
  root.querySelector(".ask").hidden = recorded.length < 2;
  for (const option of root.querySelectorAll('[data-part="chain-count"] option')) {
    option.hidden = option.disabled = !recorded.includes(option.value);
  }
}

const shorten = (text) => (text.length > MOST ? `${text.slice(0, MOST)} …` : text);
