// Puts the page together: fetches what it opens on, mounts the views, and redraws them when the store changes.
import * as comparison from "./compare/main.js";
import { showAlternatives } from "./explore/alternatives.js";
import { state as comparisonState } from "./compare/state.js";
import { showDecision } from "./explore/decision.js";
import { Drawer } from "./explore/diagnostics.js";
import { file } from "./files.js";
import { element, partsOf } from "./format.js";
import { isLive } from "./host.js";
import * as learn from "./learn/main.js";
import { state as learnState } from "./learn/state.js";
import { showJumps, showMeasures } from "./explore/pivots.js";
import { plots } from "./explore/plots.js";
import { showSamples } from "./explore/samples.js";
import { showShares } from "./explore/shares.js";
import { store, subscribe, update, isHidden, selectedMoment } from "./store.js";
import * as target from "./explore/target.js";
import { wireDrop } from "./takeaway/drop.js";
import * as notebook from "./takeaway/notebook.js";
import * as replayFile from "./takeaway/replay_file.js";
import * as tables from "./takeaway/tables.js";
import { pointAt, showText, wireTokens } from "./explore/text.js";
import * as treeLaws from "./tree/laws.js";
import * as tree from "./tree/main.js";
import { state as treeState } from "./tree/state.js";
import { showFlips } from "./explore/flips.js";
import * as links from "./links.js";
import * as linkBar from "./links/bar.js";
import * as panel from "./panel.js";
import { receive } from "./explore/run.js";
import { tab } from "./ask.js";
import * as replay from "./explore/replay.js";
import { showStats, showTransport, wireTransport } from "./explore/transport.js";
import { showWhatIf } from "./explore/whatif.js";

const isInOneFile = import.meta.url.startsWith("data:"); // a saved replay brings no notes
if (links.read(location.search).link.notes && !isInOneFile) {
  location.replace(new URL(`notes/notes.html${location.search}`, import.meta.url));
}

const opening = file("opening.json");

/** Called by the Explore page's element when Gradio has put it in place. */
async function mount(root) {
  const part = partsOf(root);
  const { views, packet } = await opening;
  const figures = plots(root, views);
  const card = { title: part("decision-title"), body: part("decision"), waterfall: [part("waterfall"), part("waterfall-caption")] };
  const drawer = new Drawer(root, views);
  wireTransport(root);
  wireTokens(part("text"));
  for (const name of ["colouring", "unit", "measure"]) wireChoice(root, name);
  replay.watchFor(part("replays-card"));
  const shown = () => [store.run?.id, store.selected, store.phase, store.moments.length];
  const progress = () => [store.run?.id, store.samples.length, store.canContinue, store.ended];
  const all = () => [...shown(), ...progress(), store.head, store.playing, store.status];
  const redraw = [
    whenChanged(all, () => showTransport(root)),
    whenChanged(all, () => showStats(part("stats"))),
    whenChanged(() => [...shown(), store.colouring, store.frozen], () => showText(part("text"))),
    whenChanged(() => [store.run?.id], () => (part("prompt").textContent = store.run?.prompt ?? "")),
    () => pointAt(part("text"), store.position),
    whenChanged(() => [...shown(), store.whatIfAlpha, store.dark], () => showDecision(card)),
    target.askTarget,
    target.askAlternatives,
    whenChanged(() => [...shown(), store.target, store.measure], () => showMeasures(root, part("measure-caption"))),
    whenChanged(() => [...shown(), store.chosen, store.target, store.measure], () => showJumps(part("jumps"))),
    whenChanged(
      () => [...shown(), store.chosen, store.ended, store.alternatives, store.asking],
      () => showAlternatives(part("alternatives")),
    ),
    whenChanged(() => [...progress(), store.target], () => showShares(part("shares"))),
    whenChanged(progress, () => showSamples(part("samples"), part("samples-caption"))),
    whenChanged(() => [...all(), store.whatIfAlpha], () => showWhatIf(part("what-if"))),
    whenChanged(() => [...all(), store.whatIfAlpha], showFlips),
    whenChanged(() => [...progress(), store.replays, store.replayWords, store.whatIfAlpha], () => replay.showReplays(part("replays"), part("replay-words"))),
    whenChanged(all, () => announce(part("live"))),
    () => store.run && figures.forEach((plot) => plot.refresh()),
    whenChanged(() => [...progress(), store.diagnosis, store.dark], () => drawer.show()),
  ];
  subscribe(() => redraw.forEach((view) => view()));
  if (packet && !store.run) receive(packet);
  update({ dark: isDark() });
}

/** `show`, called only when what it shows has changed: elements under the pointer stay the same elements. */
function whenChanged(key, show) {
  let last;
  return () => {
    const now = key();
    if (last && now.every((value, i) => value === last[i])) return;
    last = now;
    show();
  };
}

/** The selected step as one sentence, for eyes and screen readers. */
function announce(place) {
  const moment = selectedMoment();
  const hidden = moment && isHidden(moment);
  const text = hidden ? `Step ${moment.draw + 1}: cut at token ${moment.cut}; proposed, not judged yet.` : (moment?.sentence ?? "");
  const whole = store.status ? `${text} ${store.status}` : text;
  const way = store.elsewhere && element("a", { href: store.elsewhere, target: "_blank", rel: "noopener" }, "Look at recorded runs without waiting");
  if (place.textContent !== whole + (way ? ` ${way.textContent}` : "")) place.replaceChildren(whole, ...(way ? [" ", way] : []));
}

/** Radio buttons whose name is a field of the store. */
function wireChoice(root, name) {
  for (const input of root.querySelectorAll(`[name="${name}"]`)) {
    input.addEventListener("change", () => update({ [name]: input.value }));
  }
}

const isDark = () => document.body.classList.contains("dark");

/** A button on each page. */
function wireTheme() {
  new MutationObserver(() => update({ dark: isDark() })).observe(document.body, { attributeFilter: ["class"] });
  document.addEventListener("click", (event) => event.target.closest("button.theme") && document.body.classList.toggle("dark"));
}

/** The slider's alpha while it moves: null where it is the run's own. */
function whatIf(alpha, isInfinite) {
  const value = isInfinite ? Infinity : Number(alpha);
  const own = store.run?.settings.alpha;
  update({ whatIfAlpha: Number.isNaN(value) || value === own ? null : value });
}

/** The dials' what-if, and the dials themselves; nothing while a field is empty, since a hand is about to type. */
function turn(alpha, isInfinite, isTied, temperature) {
  if (alpha === null || temperature === null) return;
  whatIf(alpha, isInfinite);
  panel.turn(alpha, isInfinite, isTied, temperature);
}

/** Called by the link bar's element when Gradio has put it in place. */
function openLink(root) {
  if (isLive()) links.hostedBy(panel.gradioHost);
  return linkBar.mount(root);
}

wireTheme();
tables.wireTables();
wireDrop();

window.explorer = {
  ...panel,
  mount,
  tab,
  turn,
  whatIf,
  store,
  target,
  replay,
  takeaway: { ...notebook, ...replayFile, ...tables },
  links: { ...links, mount: openLink },
  comparison: { ...comparison, state: comparisonState },
  tree: { ...tree, state: treeState, laws: treeLaws },
  learn: { ...learn, state: learnState },
};
window.dispatchEvent(new Event("explorer-ready"));
