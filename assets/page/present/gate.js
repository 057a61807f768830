// Before a verdict the room votes by hand: how many for accept, how many for reject, and how often they were right.
import { store } from "../store.js";

export class Gate {
  /** In the presenter's bar; `reveal()` shows the verdict once the hands are counted. */
  constructor(bar, reveal) {
    this.reveal = reveal;
    this.counted = new Map(); // by run and moment: [hands that were right, hands that were wrong]
    const part = (selector) => bar.querySelector(selector);
    this.form = part(".hands");
    this.box = part("[type=checkbox]");
    this.tally = part(".tally");
    this.hint = part(".hint");
    this.fields = { accepted: part("[name=accepted]"), rejected: part("[name=rejected]") };
    for (const [kind, field] of Object.entries(this.fields)) {
      part(`button.${kind}`).addEventListener("click", () => (field.value = Math.min(field.max, hands(field) + 1)));
    }
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.box.addEventListener("change", () => this.show());
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

const hands = (field) => Math.max(0, Math.min(field.max, Math.floor(Number(field.value)) || 0));
const place = () => `${store.run?.id} ${store.head}`;
