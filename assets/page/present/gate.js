// Before a verdict the room votes by hand: how many for accept, how many for reject, and how often they were right.
import { element } from "../format.js";
import { store } from "../store.js";

export class Gate {
  /** `reveal()` shows the verdict once the hands are counted. */
  constructor(reveal) {
    this.reveal = reveal;
    this.counted = new Map(); // by run and moment: [hands that were right, hands that were wrong]
    this.fields = { accepted: counter("accept"), rejected: counter("reject") };
    const submit = element("button", { type: "submit" }, "Show verdict");
    const hands = Object.entries(this.fields).flatMap(([kind, field]) => [this.oneMore(kind, field), field]);
    const attributes = { class: "hands", "aria-label": "Hands up", onsubmit: (event) => this.submit(event) };
    this.form = element("form", attributes, "Hands up: ", ...hands, submit);
    const box = element("input", { type: "checkbox", checked: true, onchange: () => this.show() });
    this.box = box;
    this.choice = element("label", {}, box, " ask first");
    this.tally = element("output", { class: "tally" });
    this.hint = element("span", { class: "hint", role: "status" });
  }

  /** A button that counts one more hand. */
  oneMore(kind, field) {
    const glyph = element("span", { "aria-hidden": "true" }, kind === "accepted" ? "● " : "✕ ");
    const name = kind === "accepted" ? "accept" : "reject";
    const more = () => (field.value = Math.min(MOST, hands(field) + 1));
    return element("button", { type: "button", class: kind, title: `one more hand for ${name}`, onclick: more }, glyph, name);
  }

  /** Whether the verdict of the moment on screen must wait for hands. */
  get isClosed() {
    return this.box.checked && store.phase === "proposed" && !this.counted.has(place());
  }

  /** A step whose verdict the room has seen is not asked for again. */
  spare() {
    if (!this.counted.has(place())) this.counted.set(place(), [0, 0]);
  }

  submit(event) {
    event.preventDefault();
    const { accepted, rejected } = this.fields;
    if (!this.isClosed) return;
    const counts = [hands(accepted), hands(rejected)];
    if (counts[0] + counts[1] === 0) return this.ask("No hands yet: count at least one.");
    this.counted.set(place(), store.moments[store.head].is_accepted ? counts : counts.reverse());
    for (const field of [accepted, rejected]) field.value = "";
    return this.reveal();
  }

  /** Ask for the hands, where a verdict was wanted without them. */
  ask(words = "First the hands: how many for accept, how many for reject?") {
    this.hint.textContent = words;
    this.fields.accepted.focus();
  }

  show() {
    if (!this.isClosed) this.hint.textContent = "";
    for (const dial of this.form.querySelectorAll("input, button")) dial.disabled = !this.isClosed;
    const seen = [...this.counted.values()].filter(([right, wrong]) => right + wrong > 0);
    const sum = (side) => seen.reduce((total, counts) => total + counts[side], 0);
    const steps = seen.length === 1 ? "1 step" : `${seen.length} steps`;
    this.tally.textContent = seen.length ? `Room: ${sum(0)} right, ${sum(1)} wrong in ${steps}` : "";
  }
}

const MOST = 9999; // hands
const counter = (name) => {
  const range = { type: "number", min: 0, max: MOST, step: 1, inputmode: "numeric" };
  return element("input", { ...range, "aria-label": `hands for ${name}` });
};
const hands = (field) => Math.max(0, Math.min(MOST, Math.floor(Number(field.value)) || 0));
const place = () => `${store.run?.id} ${store.head}`;
