// Gradio's panel and tabs. Its widgets call the functions here with their values (explorer/page/controls.py), and a
// hidden button of Gradio's shows what `filling` returns in them.
import { ask, oneAtATime } from "./ask.js";
import { saveText } from "./takeaway/saving.js";
import { bring, change, onPanel } from "./explore/run.js";
import { controlOf, known } from "./links/parameters.js";
import { showRefusal } from "./refusal.js";

const PAGES = ["learn", "compare", "tree"]; // by the id of the element that fills the page; else Explore is open
const UNCHANGED = { __type__: "update" }; // Gradio's word for a widget that stays as it is

// ---- what widgets call

/** Run, with the panel's values in the order of `known.panel`. */
export const run = (...values) => void change("run", Object.fromEntries(known.panel.map(({ name }, i) => [name, values[i]])));

export const openRecorded = (preset) => void change("recorded", { preset });
export const openUploaded = () => void change("uploaded");
export const promptOf = (preset) => known.presets.find(({ id }) => id === preset)?.prompt ?? "";
export const save = () => void ask("save", {}, ({ download }) => saveText(download.name, download.text, "application/jsonl"));

const dials = oneAtATime("dials", (error) => error && showRefusal(error));

/** The dials act on the next step of the living chain. */
export function turn(alpha, isInfinite, isTied, temperature) {
  dials.ask({ alpha, is_infinite: isInfinite, is_tied: isTied, temperature });
}

// ---- what links do

let next = {}; // what the hidden button shall show: {page}, {values}

/** The page, the preset and the panel's values, as the hidden button's outputs. */
export function filling() {
  const { page, values } = next;
  const preset = known.presets.find(({ prompt }) => prompt === values?.prompt)?.id;
  const panel = known.panel.map(({ name }) => values?.[name] ?? UNCHANGED);
  return [page ? { ...UNCHANGED, selected: page } : UNCHANGED, preset ?? UNCHANGED, ...panel];
}

/** Show something in Gradio's widgets, as soon as their button is there. */
async function fill(shown) {
  while (!document.getElementById("fill")) await frame();
  next = shown;
  document.getElementById("fill").click();
  await frame();
}

const frame = () => new Promise((done) => requestAnimationFrame(done));
const openPage = () => PAGES.find((name) => document.getElementById(name)?.checkVisibility()) ?? "explore";

async function selectPage(page) {
  await fill({ page });
  while (openPage() !== page) await frame();
}

/** The panel's values for a run that a link names: α and τ have a checkbox each for what their sliders cannot show. */
const valuesOf = (named) => ({
  ...Object.fromEntries(known.panel.map(({ name, parameter }) => [name, named[parameter]])),
  alpha: named.alpha === Infinity ? controlOf("alpha").default : named.alpha,
  is_infinite: named.alpha === Infinity,
  is_tied: named.tau === null,
  temperature: named.tau ?? 1 / named.alpha,
});

/** What links act on where Gradio is behind the page. */
export const gradioHost = {
  page: openPage,
  selectPage,
  setControls: (named) => fill({ values: valuesOf(named) }),
  startRun: (named) => bring("run", valuesOf(named)),
  openRecorded: (preset) => bring("recorded", { preset }),
};

// an answer of the Compare page comes with its settings, before its run
onPanel((values) => fill({ page: "explore", values }));
