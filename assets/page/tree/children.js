// The table of tokens that may follow the prefix on show, with shares under each law and the sum over futures.
import { element, probability, table } from "../format.js";
import { path, wilson } from "./laws.js";
import { between, prefixOf, restShare } from "./icicles.js";
import { isWhole, laws, shareOf, state, textOf, update, zoomTo } from "./state.js";

const MOST = 12; // rows; the rest is counted
const HINT = "Point at a cell, or walk with the arrow keys; click or Enter goes into a prefix.";

export function showWay(target) {
  const { tree, zoom } = state;
  const step = (node, text, isHere) =>
    element("button", { type: "button", class: "step", disabled: isHere, "data-zoom": node, onclick: () => zoomTo(node) }, text);
  const steps = path(tree, zoom).map((node) => step(node, textOf(node), node === zoom));
  target.replaceChildren(element("span", {}, "prefix: "), step(0, "start", zoom === 0), ...steps);
}

/** One sentence on what is pointed at. */
export function showPointed(target) {
  const text = state.pointed ? described(state.pointed) : HINT;
  if (target.textContent !== text) target.textContent = text;
}

function described({ node, isRest }) {
  const { tree, zoom } = state;
  const { base, temperature, blocks, sampled } = laws();
  const share = (shares) => between(isRest ? restShare(shares, node) : shareOf(shares, node));
  const whole = prefixOf(node).slice(tree.depth[zoom]).join(" ");
  const name = isRest ? `${tree.rest_counts[node]} other tokens after “${whole}”` : `“${whole}”`;
  const power = isWhole() ? "power" : `blocks of ${state.blockSize}`;
  const count = sampled ? `; ${isRest ? sampled.rests[node] : sampled.nodes[node]} of ${sampled.nodes[zoom]} runs` : "";
  return `${name}: base ${share(base)}, temperature ${share(temperature)}, ${power} ${share(blocks)}${count}.`;
}

export function showChildren(target) {
  const { tree, zoom, sampled } = state;
  const own = tree.children[zoom];
  const worth = (node) => Math.max(laws().base.high[node], laws().blocks.high[node], laws().temperature.high[node]);
  const chosen = new Set([...own].sort((a, b) => worth(b) - worth(a)).slice(0, MOST));
  const rows = own.filter((node) => chosen.has(node)).map(row);
  const power = isWhole() ? "power p^α" : `blocks of ${state.blockSize}`;
  const counts = sampled ? ["sampled (95 % interval)"] : [];
  const names = ["token", "base p", "temperature", power, ...counts, "futures Σ p^α"];
  const more = own.length - rows.length;
  target.replaceChildren(
    table("children", names, [...rows, tree.rest_counts[zoom] ? rest() : null]),
    more > 0 ? element("p", { class: "caption" }, `${more} less likely tokens are not listed; the icicles hold them.`) : "",
  );
}

function row(node) {
  const { children, rest_counts: rests } = state.tree;
  const { low, high } = laws().power.futures;
  const name = children[node].length || rests[node]
    ? element("button", { type: "button", class: "step", title: "Go into this prefix", onclick: () => zoomTo(node) }, textOf(node))
    : element("span", { class: "token" }, textOf(node));
  const onpointerenter = () => update({ pointed: { node, isRest: false } });
  const futures = between([Math.exp(low[node]), Math.exp(high[node])]);
  return line({ onpointerenter }, name, (shares) => shareOf(shares, node), laws().sampled?.nodes[node], futures);
}

function rest() {
  const { tree, zoom } = state;
  const share = ({ rest: { low, high } }) => [low[zoom], high[zoom]];
  return line({ class: "rest" }, `(${tree.rest_counts[zoom]} other)`, share, laws().sampled?.rests[zoom], "not looked at");
}

/** A row of the table: `share` is the interval under a law, `count` how many runs came that way. */
function line(attributes, name, share, count, futures) {
  const { base, temperature, blocks, sampled } = laws();
  return element(
    "tr",
    attributes,
    element("td", {}, name),
    cell("base", share(base)),
    cell("temperature", share(temperature)),
    cell("power", share(blocks)),
    sampled ? counted(count, share(blocks)) : null,
    element("td", { class: "number" }, futures),
  );
}

/**
 * A share as a number and a bar; a hatched end where only an interval is known.
 * @param {string} kind
 * @param {number[]} share
 */
function cell(kind, [low, high]) {
  const bar = element("span", { class: `bar ${kind}` });
  bar.style.setProperty("--low", low);
  bar.style.setProperty("--high", high);
  return element("td", {}, element("span", { class: "number" }, between([low, high])), bar);
}

/**
 * The sampled share as a dot with its interval over the exact share as a bar.
 * @param {number} count
 * @param {number[]} share
 */
function counted(count, [low, high]) {
  const n = laws().sampled.nodes[state.zoom];
  if (!n) return element("td", {}, "no run came here");
  const [least, most] = wilson(count, n);
  const bar = element("span", { class: "bar power sampled" }, element("i", { class: "whisker" }), element("i", { class: "dot" }));
  const places = { low, high, least, most, share: count / n };
  for (const [name, value] of Object.entries(places)) bar.style.setProperty(`--${name}`, value);
  const words = `${probability(count / n)} (${probability(least)} to ${probability(most)})`;
  return element("td", { title: `${count} of ${n} runs` }, element("span", { class: "number" }, words), bar);
}
