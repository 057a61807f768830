// Presenter mode: large and light, the views that matter and Step in the upper two thirds, nothing else.
import { element } from "../format.js";
import { addLook, current } from "../links.js";
import { openCode } from "../links/code.js";
import * as playback from "../explore/playback.js";
import { reveal, store, subscribe, update } from "../store.js";
import { Gate } from "./gate.js";

const ECHO = 1600; // ms that a key stays on screen

let bar = null; // while presenting

/** Buttons with the keys that press them; PageDown and PageUp are what a hand-held presenter sends. */
const ACTIONS = [
  { name: "step", title: "Step", keys: ["ArrowRight", "PageDown", "s"], sign: "→", press: () => bar.step() },
  { name: "again", title: "Replay step", keys: ["r", "PageUp"], sign: "R", press: () => bar.again() },
  { name: "change", title: "Next change", keys: ["n"], sign: "N", press: () => bar.change() },
  { name: "code", title: "QR", keys: ["q"], sign: "Q", press: openCode },
  { name: "leave", title: "Leave", keys: ["Escape"], sign: "Esc", press: () => present(false) },
];

class Bar {
  constructor() {
    this.wasDark = store.dark;
    this.gate = new Gate(() => {
      playback.step();
      this.buttons.step.focus();
    });
    this.buttons = Object.fromEntries(ACTIONS.map((action) => [action.name, button(action)]));
    this.echo = element("div", { class: "echo", "aria-hidden": "true", hidden: true });
    const { step, again, change, code, leave: out } = this.buttons;
    const steps = element("span", { class: "of-steps" }, step, again, change, this.gate.choice);
    const actions = element("div", { class: "actions" }, steps, code, out);
    const room = element("div", { class: "of-steps room" }, this.gate.form, this.gate.hint, this.gate.tally);
    const attributes = { class: "explore presenter", role: "toolbar", "aria-label": "Presenter" };
    this.root = element("div", attributes, actions, room, this.echo);
    document.body.prepend(this.root);
  }

  /** The next proposal, or its verdict once the hands are counted; after the end, the run from its start. */
  step() {
    if (this.gate.isClosed) this.gate.ask();
    else if (isAtEnd()) reveal(0);
    else playback.step();
  }

  /** The step on screen once more, whose verdict is known. */
  again() {
    if (store.phase === "proposed") return;
    this.gate.spare();
    playback.again();
  }

  /** Go to the next decision that changed the answer (or the text, where there is no answer), its verdict hidden. */
  change() {
    if (store.playing) playback.pause();
    const next = store.moments.findIndex((moment, i) => i > store.head && hasChanged(moment));
    if (next < 0) this.say("No later decision of this run changed it.");
    else reveal(next, "proposed");
  }

  /** Say which key was pressed, or why nothing happens. */
  say(words) {
    clearTimeout(this.timer);
    this.echo.textContent = words;
    this.echo.hidden = false;
    this.timer = setTimeout(() => (this.echo.hidden = true), ECHO);
  }

  show() {
    const { step, again, change } = this.buttons;
    this.root.dataset.page = current().page;
    const next = store.phase === "proposed" ? "Verdict" : "Step";
    step.firstChild.textContent = isAtEnd() ? "From the start" : next;
    again.disabled = store.phase === "proposed" || store.moments[store.head]?.kind !== "step";
    change.firstChild.textContent = (store.run?.answer ?? null) === null ? "Next change of the text" : "Next change";
    this.gate.show();
    requestAnimationFrame(keepCutInSight);
  }
}

function button({ title, name, sign, press }) {
  const attributes = { type: "button", "data-present": name, class: name === "step" ? "primary" : "", onclick: press };
  return element("button", attributes, element("span", {}, title), element("kbd", {}, sign));
}

/** A long text scrolls in its place. */
function keepCutInSight() {
  const text = document.querySelector("#explore .text");
  const cut = text?.querySelector(".cut") ?? text?.querySelector(".block:last-child");
  if (cut) text.scrollTop = cut.offsetTop - ABOVE;
}

const ABOVE = 64; // px of the text before the cut

const isAtEnd = () => store.head >= store.moments.length - 1 && store.phase === "judged" && !store.canContinue;

function hasChanged(moment) {
  if (moment.kind !== "step" || !moment.is_changed) return false;
  return store.run.answer === null || moment.answer !== store.moments[moment.index - 1].answer;
}

/** Enter or leave the mode. */
export function present(isWanted) {
  if (isWanted === Boolean(bar)) return;
  if (isWanted) {
    if (store.playing) playback.pause();
    bar = new Bar();
    document.body.classList.remove("dark");
    bar.buttons.step.focus();
  } else {
    document.body.classList.toggle("dark", bar.wasDark);
    bar.root.remove();
    bar = null;
    document.querySelector("[data-link=present]")?.focus();
  }
  document.body.classList.toggle("presenting", isWanted);
  update({ presenting: isWanted });
}

addEventListener("keydown", (event) => {
  const isMeant = bar && !event.ctrlKey && !event.altKey && !event.metaKey && !document.querySelector("dialog[open]");
  const isPressed = (key) => key.toLowerCase() === event.key.toLowerCase();
  const action = isMeant && ACTIONS.find(({ keys }) => keys.some(isPressed));
  if (!action || isTyped(event)) return;
  const pressed = bar.buttons[action.name];
  if (pressed.disabled || !pressed.checkVisibility()) return;
  event.preventDefault();
  bar.say(`${action.sign}  ${action.title}`);
  action.press();
});

/** Letters and arrows belong to the field that they are typed into. */
const isTyped = ({ key, target }) =>
  target.matches?.("input:not([type=checkbox]), textarea, select") && (key.length === 1 || key.startsWith("Arrow"));

subscribe(() => bar?.show());
addLook({
  current: () => ({ present: Boolean(bar) }),
  show(link) {
    if ("present" in link) present(link.present);
    bar?.show();
  },
});
