// A teacher's choice for learners: each control is in sight, locked or hidden; links carry the choice.
import { element } from "../format.js";
import { controls } from "./controls.js";
import { controlNames } from "./parameters.js";

const STATES = { "in sight": null, locked: "lock", hidden: "hide" };

export class TeacherDialog {
  constructor() {
    this.selects = Object.fromEntries(controlNames.map((name) => [name, this.select(name)]));
    const row = ([name, select]) => element("label", {}, element("span", {}, name), select);
    const rows = element("div", { class: "teacher" }, ...Object.entries(this.selects).map(row));
    const close = element("button", { type: "button", onclick: () => this.dialog.close() }, "Close");
    const words = element("p", { class: "caption" }, "Your choice takes effect at once; Copy link and QR code pass it on. It guides learners and protects nothing.");
    const title = element("h2", {}, "Controls for learners");
    this.dialog = element("dialog", { class: "explore code", "aria-label": "For teachers" }, title, words, rows, close);
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
