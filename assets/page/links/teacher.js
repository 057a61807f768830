// A teacher's choice for learners: each control is in sight, locked or hidden; links carry the choice.
import { element } from "../format.js";
import { controls } from "./controls.js";
import { controlNames } from "./parameters.js";

const STATES = { "in sight": null, locked: "lock", hidden: "hide" };

export function openTeachers() {
  const dialog = document.querySelector("dialog.teachers");
  const rows = controlNames.map((name) => element("label", {}, element("span", {}, name), choiceOf(name)));
  dialog.querySelector(".teacher").replaceChildren(...rows);
  dialog.onchange = () => apply([...dialog.querySelectorAll("select")]);
  dialog.showModal();
}

function choiceOf(name) {
  const look = controls.current();
  const states = Object.keys(STATES);
  const now = states.find((state) => look[STATES[state]]?.includes(name)) ?? "in sight";
  const options = states.map((state) => element("option", { value: state, selected: state === now }, state));
  return element("select", { name }, ...options);
}

function apply(selects) {
  const chosen = (kind) => selects.filter(({ value }) => STATES[value] === kind).map(({ name }) => name);
  controls.show({ hide: chosen("hide"), lock: chosen("lock") });
}
