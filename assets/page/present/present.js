// Presenter mode: large and light, the views that matter and Step in the upper two thirds, nothing else.
import { addLook, current } from "../links.js";
import { openCode } from "../links/code.js";
import * as playback from "../explore/playback.js";
import { reveal, store, subscribe, update } from "../store.js";
import { Gate } from "./gate.js";

const ECHO = 1600; // ms that a key stays on screen

let bar = null; // while presenting

/** What the buttons do, and the keys that press them; PageDown and PageUp are what a hand-held presenter sends. */
const ACTIONS = {
  step: { keys: ["ArrowRight", "PageDown", "s"], press: () => bar.step() },
  again: { keys: ["r", "PageUp"], press: () => bar.again() },
  change: { keys: ["n"], press: () => bar.change() },
  code: { keys: ["q"], press: openCode },
  leave: { keys: ["Escape"], press: () => present(false) },
};

class Bar {
  constructor() {
    this.wasDark = store.dark;
    this.root = document.querySelector("template#presenter").content.firstElementChild.cloneNode(true);
    this.echo = this.root.querySelector(".echo");
    this.buttons = Object.fromEntries([...this.root.querySelectorAll("[data-present]")].map((button) => [button.dataset.present, button]));
    for (const [name, { press }] of Object.entries(ACTIONS)) this.buttons[name].addEventListener("click", press);
    this.gate = new Gate(this.root, () => {
      playback.step();
      this.buttons.step.focus();
    });
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
  const name = isMeant && Object.keys(ACTIONS).find((each) => ACTIONS[each].keys.some(isPressed));
  if (!name || isTyped(event)) return;
  const pressed = bar.buttons[name];
  if (pressed.disabled || !pressed.checkVisibility()) return;
  event.preventDefault();
  bar.say(pressed.dataset.echo);
  pressed.click();
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
