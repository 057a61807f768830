// Asking the server: `ask` sends a question, and every ask ends as done, refused or gone, whatever the network does.
//
// Asks go out by POST, answers come in one stream of server-sent events for the whole tab, numbered. A number that is
// missing, a beat that says that more was sent than was heard, or a silence: each opens the stream anew after the last
// number heard. An ask that the server's beat does not name as open, though all has been heard, was lost; it is sent
// again under its own id, and the server answers an id once.
import { element } from "./format.js";
import { parsed, written } from "./json.js";

const SILENCE = 15_000; // ms without a sign of life from the server; it gives one every two seconds
const PATIENCE = 4_000; // ms after which the page says that it asks again
const AGAIN = 1_000; // ms between two tries

export const tab = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const open = new Map(); // by id: the asks without an end
let asked = 0;
let source = null; // the stream of answers
let life = ""; // of the server's numbers; they begin anew with another
let heard = 0; // the number of the last answer
let lastSign = 0;
let recorded = null; // what answers where there is no server

/** Have recorded answers in place of a server's: by kind, a function of the payload to a list of answers. */
export const answeredBy = (answers) => (recorded = answers);

/**
 * Ask the server. `take(answer)` gets every answer as it comes; the promise is kept when the last has come: true, or
 * false if a newer ask has taken this one's place. It is broken with the server's sentence where the ask is refused.
 *
 * @template {keyof import("./contract.js").Payloads} K
 * @param {K} kind
 * @param {import("./contract.js").Payloads[K]} [payload]
 * @param {(answer: any) => void} [take]
 * @returns {Promise<boolean>}
 */
export function ask(kind, payload = /** @type {any} */ ({}), take = () => {}) {
  if (recorded) return fromRecord(kind, payload, take);
  asked += 1;
  const id = asked;
  listen();
  return new Promise((end, refuse) => {
    open.set(id, { body: written({ tab, id, kind, payload }), take, end, refuse, since: Date.now(), arrived: false });
    send(id);
  });
}

/** End the asks of a kind. */
export const cancel = (kind) => ask("cancel", { kind });

/**
 * One ask of a kind at a time: of those that come meanwhile only the newest is sent. For dials that move faster than
 * answers come. Returns `{ask(payload, take), isOpen()}`; `onEnd(error)` hears of every end, of a refusal with it.
 */
export function oneAtATime(kind, onEnd = (_error) => {}) {
  let isOpen = false;
  let next = null;
  const start = (payload, take) => {
    isOpen = true;
    ask(kind, payload, take).then(() => over(null), over);
  };
  const over = (error) => {
    isOpen = false;
    const waiting = next;
    next = null;
    if (waiting) start(...waiting);
    onEnd(error);
  };
  return { ask: (payload, take) => (isOpen ? (next = [payload, take]) : start(payload, take)), isOpen: () => isOpen };
}

async function fromRecord(kind, payload, take) {
  for (const answer of (await recorded[kind]?.(payload)) ?? []) take(answer);
  return true;
}

// ---- out

const address = (name) => new URL(`../${name}`, import.meta.url);

async function send(id) {
  const it = open.get(id);
  if (!it) return;
  const answer = await fetch(address("ask"), { method: "POST", headers: { "Content-Type": "application/json" }, body: it.body }).catch(() => null);
  if (answer?.status === 202) return isCancel(it) ? ended(id, { end: "done" }) : (it.arrived = true);
  if (answer && answer.status < 500) return ended(id, { end: "refused", ...(await answer.json()) });
  setTimeout(() => send(id), AGAIN);
  say();
}

const isCancel = ({ body }) => body.includes('"kind":"cancel"');

function ended(id, { end, sentence = "" }) {
  const it = open.get(id);
  open.delete(id);
  say();
  if (end === "refused") it?.refuse(new Error(sentence));
  else it?.end(end === "done");
}

// ---- in

function listen() {
  if (source && source.readyState !== EventSource.CLOSED) return;
  const url = address("answers");
  url.searchParams.set("tab", tab);
  if (life) url.searchParams.set("after", `${life}.${heard}`);
  const mine = new EventSource(url);
  source = mine;
  lastSign = Date.now();
  mine.onmessage = (event) => mine === source && hear(event);
  mine.addEventListener("beat", (event) => mine === source && beat(JSON.parse(event.data)));
}

function anew() {
  source?.close();
  source = null;
  listen();
}

function hear({ data, lastEventId }) {
  lastSign = Date.now();
  const [itsLife, text] = lastEventId.split(".");
  const number = Number(text);
  if (itsLife !== life) {
    if (life) return; // a beat says first that a new life has begun
    life = itsLife;
  }
  if (number <= heard) return;
  if (number > heard + 1) return anew();
  heard = number;
  const { id, answer, end, sentence } = parsed(data);
  if (end) ended(id, { end, sentence });
  else open.get(id)?.take(answer);
}

function beat({ life: itsLife, last, open: known }) {
  lastSign = Date.now();
  if (itsLife !== life) [life, heard] = [itsLife, last];
  if (last > heard) return anew();
  if (last === heard) for (const id of open.keys()) if (!known.includes(id)) send(id);
  say();
}

setInterval(() => {
  if (!source) return;
  if (Date.now() - lastSign > SILENCE) anew();
  else listen();
  say();
}, AGAIN);

// a closed tab needs no more answers, and the server need not wait for it to come back
addEventListener("pagehide", () => source && navigator.sendBeacon(address("ask"), written({ tab, id: 0, kind: "leave", payload: {} })));

/** One line where an ask does not get through, or the server gives no sign of life. */
function say() {
  const isLong = (since) => Date.now() - since > PATIENCE;
  const isLate = ({ since, arrived }) => isLong(since) && (!arrived || isLong(lastSign));
  const line = document.getElementById("asking-again");
  if (![...open.values()].some(isLate)) return line?.remove();
  if (!line) document.body.append(element("p", { id: "asking-again", role: "status" }, "The server does not answer; asking again …"));
}
