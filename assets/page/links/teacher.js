// A teacher's choice of what learners may move: every control in sight, locked or hidden; links carry it on.
import { element } from "../format.js";
import { controls } from "./controls.js";
import { controlNames } from "./parameters.js";

const STATES = { "in sight": null, locked: "lock", hidden: "hide" };

export class TeacherDialog {
  constructor() {
    this.selects = Object.fromEntries(controlNames.map((name) => [name, this.select(name)]));
    const rows = Object.entries(this.selects).map(([name, select]) => element("label", {}, element("span", {}, name), select));
    const close = element("button", { type: "button", onclick: () => this.dialog.close() }, "Close");
    const words = element("p", { class: "caption" }, "What you choose holds at once on this page; Copy link and QR code hand it on. It is an aid, no guard.");
    this.dialog = element("dialog", { class: "explore code", "aria-label": "For teachers" }, element("h2", {}, "Controls for learners"), words, element("div", { class: "teacher" }, ...rows), close);
    document.body.append(this.dialog);
  }

  select(name) {
    const options = Object.keys(STATES).map((state) => element("option", { value: state }, state));
    return element("select", { name, onchange: () => this.apply() }, ...options);
  }

  open() {
    const look = controls.current();
    for (const [name, select] of Object.entries(this.selects)) {
      select.value = Object.keys(STATES).find((state) => look[STATES[state]]?.includes(name)) ?? "in sight";
    }
    this.dialog.showModal();
  }

  apply() {
    const chosen = (kind) => controlNames.filter((name) => STATES[this.selects[name].value] === kind);
    controls.show({ hide: chosen("hide"), lock: chosen("lock") });
  }
}
