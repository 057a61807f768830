// Tabs over the pages, by mouse and by keys; a page is opened when its tab is first chosen.
import { element } from "../format.js";

const KEYS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

let select = (_name) => {};

/** `onOpen(name, panel)` hears when a page is shown for the first time. One page alone needs no tabs. */
export function wireTabs(list, panels, onOpen) {
  const opened = new Set();
  const tabs = panels.map((panel) => tabOf(panel, () => select(panel.id)));
  select = (name) => {
    panels.forEach((panel, i) => {
      const isShown = panel.id === name;
      panel.hidden = !isShown;
      tabs[i].setAttribute("aria-selected", isShown);
      tabs[i].tabIndex = isShown ? 0 : -1;
      if (isShown && !opened.has(name)) onOpen(name, panel);
      if (isShown) opened.add(name);
    });
  };
  if (panels.length > 1) list.replaceChildren(...tabs);
  else list.remove();
  list.addEventListener("keydown", (event) => move(event, tabs));
  select(panels[0].id);
}

/** Show a page by its name, if there is such a page. */
export const selectPage = (name) => document.getElementById(name)?.matches("[role=tabpanel]") && select(name);

function tabOf({ id, dataset }, onclick) {
  return element("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": id, onclick }, dataset.title);
}

function move(event, tabs) {
  const by = KEYS[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const here = tabs.indexOf(document.activeElement);
  const next = Number.isFinite(by) ? tabs[(here + by + tabs.length) % tabs.length] : tabs.at(by < 0 ? 0 : -1);
  next.focus();
  next.click();
}
