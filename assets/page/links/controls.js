// Controls that a teacher's link hides, or locks: in sight, but dead to mouse and keyboard.
import { controlNames, known } from "./parameters.js";

const ON_TREE = { prompt: ".field.prompt", model: ".field.model", alpha: ".dial:has([data-dial=alpha])", B: ".dial:has([data-dial=block])" };
const ELSEWHERE = {
  run: "#run",
  recorded: "#recorded",
  save: "#save",
  open: "#open",
  world: "#tree .world",
  own: "#evaluate",
  pages: "#pages > .tab-wrapper, #tabs",
};

/** Selectors by the name of a control in links: those of the panel's controls, which may stand on the Tree page too. */
const CONTROLS = { preset: "#preset" };
for (const { parameter, id } of known.panel) {
  const others = CONTROLS[parameter] ?? (ON_TREE[parameter] && `#tree ${ON_TREE[parameter]}`);
  CONTROLS[parameter] = others ? `#${id}, ${others}` : `#${id}`;
}
Object.assign(CONTROLS, ELSEWHERE);
controlNames.push(...Object.keys(CONTROLS));

const DIALS = "input, select, textarea, button";
const look = { hide: [], lock: [] };
const sheet = document.head.appendChild(document.createElement("style"));

export const controls = {
  current: () => ({ ...look }),
  show(link) {
    unlock();
    for (const name of ["hide", "lock"]) if (name in link) look[name] = link[name];
    const rule = (name, style) => (look[name].length ? `:is(${selected(name)}) { ${style} }` : "");
    const locked = "opacity: 0.6; pointer-events: none; cursor: not-allowed;";
    sheet.textContent = rule("hide", "display: none !important;") + rule("lock", locked);
    lock();
  },
};

const selected = (name) => look[name].map((control) => CONTROLS[control]).join(", ");

/** Tabs and drawers add elements later, so locks are applied again whenever the page changes. */
const watcher = new MutationObserver(() => lock());

function lock() {
  watcher.disconnect();
  if (!look.lock.length) return;
  for (const place of document.querySelectorAll(selected("lock"))) {
    for (const dial of place.querySelectorAll(DIALS)) disable(dial);
    if (place.matches(DIALS)) disable(place);
  }
  watcher.observe(document.body, { childList: true, subtree: true });
}

function disable(dial) {
  if (dial.disabled) return;
  dial.disabled = true;
  dial.dataset.locked = "";
}

function unlock() {
  for (const dial of document.querySelectorAll("[data-locked]")) {
    dial.disabled = false;
    delete dial.dataset.locked;
  }
}
