// Where Gradio is behind the page: its panel, tabs and runs, reached through a hidden wire (explorer/page/links.py).
import { store, until } from "../store.js";

const PAGES = ["learn", "compare", "tree"]; // by the id of the element that fills the page; else Explore is open
let triggerServer = () => {};
let asked = 0;
const waiting = new Map(); // by number of the ask: what hears of its answer

/** The host that links act on, once Gradio has put its wire in place. */
export function gradioHost({ props, trigger, watch }) {
  triggerServer = trigger;
  watch("value", () => props.value && receive(JSON.parse(props.value)));
  return {
    page: openPage,
    selectPage: (page) => ask("select", { page }).then(() => isOpen(page)),
    setControls: (wish) => ask("input", wish),
    startRun: (wish) => newRun("play", wish),
    openRecorded: (preset) => newRun("submit", { preset }),
  };
}

const openPage = () => PAGES.find((name) => document.getElementById(name)?.checkVisibility()) ?? "explore";

/** Kept once Gradio has put the page in place. */
const isOpen = (page) =>
  new Promise((done) => {
    const look = () => (openPage() === page ? done() : requestAnimationFrame(look));
    look();
  });

function ask(event, wish) {
  asked += 1;
  triggerServer(event, { ...wish, number: asked });
  return new Promise((done, fail) => waiting.set(asked, { done, fail }));
}

function receive({ answers, sentence }) {
  const asker = waiting.get(answers);
  waiting.delete(answers);
  if (sentence) asker?.fail(new Error(sentence));
  else asker?.done();
}

/** Kept once another run is on screen; broken with a sentence where the server refuses it. */
async function newRun(event, wish) {
  const { run, refusal } = store;
  triggerServer(event, wish);
  await until(() => store.run !== run || store.refusal !== refusal);
  if (store.refusal !== refusal) throw new Error(store.refusal.sentence);
}
