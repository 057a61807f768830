// The current text as readable tokens in their blocks, with cut, regenerated suffix and locks.
import { store, update, selectedMoment, currentMoment, frozenAfter, isHidden } from "../store.js";
import { colour, element, number, redraw } from "../format.js";

/** Shades per colouring: [field to a number from 0 to 1, name of the colour]. */
const SHADES = {
  age: [(m, i) => 1 / (1 + m.age[i] / 2), "accepted"],
  log_p: [(m, i) => Math.min(1, -m.log_p[i] / 3), "probable"],
  entropy: [(m, i) => Math.min(1, m.entropy[i] / 2), "highlight"],
  survived: [(m, i) => Math.min(1, m.survived[i] / 10), "survivor"],
};

export function showText(target) {
  const moment = selectedMoment();
  if (!moment) {
    redraw(target, element("p", { class: "empty" }, "No text yet. Press Run."));
    return;
  }
  const tokens = visibleTokens(moment);
  const size = store.run.settings.block_size;
  const blocks = [];
  for (let start = 0; start < tokens.length; start += size) {
    blocks.push(blockOf(tokens.slice(start, start + size), start / size, moment));
  }
  redraw(target, ...blocks);
}

/** Kept and regenerated tokens: before its verdict the proposal stands in the text, dashed. */
function visibleTokens(moment) {
  const current = currentMoment();
  const verdict = verdictOf(moment);
  if (verdict !== "proposed") {
    return current.tokens.map((text, i) => token(text, i, current, i >= moment.cut ? verdict : "", i === moment.cut));
  }
  const kept = current.tokens.slice(0, moment.cut).map((text, i) => token(text, i, current, "", false));
  const proposed = moment.written.tokens.map((text, i) => token(text, moment.cut + i, null, verdict, i === 0));
  return kept.concat(proposed);
}

function verdictOf(moment) {
  if (moment.kind !== "step") return "extended";
  if (isHidden(moment)) return "proposed";
  return moment.is_accepted ? "accepted" : "rejected";
}

function token(text, position, moment, role, isCut) {
  const classes = ["token", role, isCut && "cut"].filter(Boolean).join(" ");
  const span = element("span", { class: classes, "data-position": position, title: tokenTitle(text, position, moment) }, text);
  if (moment) {
    const [shade, name] = SHADES[store.colouring];
    const opacity = Math.round(255 * (0.06 + 0.5 * shade(moment, position)));
    span.style.backgroundColor = colour(name) + opacity.toString(16).padStart(2, "0");
  }
  if (text.includes("⏎")) return element("span", {}, span, element("br"));
  return span;
}

function tokenTitle(text, position, moment) {
  if (!moment) return `${text}  token ${position}, proposed`;
  const age = moment.age[position];
  const entropy = moment.entropy[position] === null ? "not known" : `${number(moment.entropy[position], 3)} nats`;
  return (
    `${text}  token ${position}\nlog p ${number(moment.log_p[position], 3)} nats, entropy ` +
    `${entropy}\nchanged ${age} moments ago, survived ` +
    `${moment.survived[position]} challenges`
  );
}

function blockOf(tokens, block, moment) {
  const frozen = isHidden(moment) ? moment.frozen : frozenAfter(moment); // a block freezes with its last verdict
  const isFrozen = frozen > block * store.run.settings.block_size;
  const live = block === moment.block ? "being revised" : "open";
  const state = isFrozen ? "frozen" : live;
  const lock = element("span", { class: isFrozen ? "lock" : "lock open", "aria-hidden": "true" });
  const name = element("span", { class: "block-name" }, lock, `block ${block + 1}, ${state}`);
  return element("div", { class: isFrozen ? "block frozen" : "block" }, name, element("div", { class: "tokens" }, ...tokens));
}

/** Mark the token at a position, or none. */
export function pointAt(target, position) {
  target.querySelector(".pointed")?.classList.remove("pointed");
  target.querySelector(`[data-position="${position}"]`)?.classList.add("pointed");
}

/** Pointing at a token points at its position everywhere; a click shows its alternatives. */
export function wireTokens(target) {
  const positionOf = (event) => event.target.closest("[data-position]")?.dataset.position;
  target.addEventListener("mouseover", (event) => {
    const position = positionOf(event);
    if (position !== undefined) update({ position: Number(position) });
  });
  target.addEventListener("click", (event) => {
    const position = positionOf(event);
    if (position !== undefined) update({ position: Number(position), chosen: Number(position) });
  });
  target.addEventListener("keydown", (event) => {
    const last = target.querySelectorAll("[data-position]").length - 1;
    const position = stepped(event.key, store.position, last);
    if (position === undefined || last < 0) return;
    event.preventDefault();
    update({ position, ...(event.key === "Enter" && { chosen: position }) });
  });
}

/** The position that a key leads to; undefined for keys that lead nowhere. */
function stepped(key, position, last) {
  const here = Math.min(position ?? 0, last);
  const next = position === null ? here : here + 1;
  return { ArrowRight: Math.min(next, last), ArrowLeft: Math.max(here - 1, 0), Home: 0, End: last, Enter: here }[key];
}
