// What lessons do with the Tree page, and what they read off it.
import { law } from "../tree/laws.js";
import { plantHere } from "../tree/main.js";
import { laws, shareOf, state, textOf, update } from "../tree/state.js";

/** Words of one token with their probabilities as the tree, as explorer/page/tree/answers.py would send it. */
function plantWords(names, shares) {
  const zeros = [0, ...names.map(() => 0)];
  const tree = {
    length: 1,
    parents: [-1, ...names.map(() => 0)],
    tokens: [-1, ...names.keys()],
    log_p: [0, ...shares.map((share) => Math.log(share))],
    rest_counts: zeros,
    rest_log_p: zeros,
    rest_largest: zeros,
    pieces: Object.fromEntries(names.entries()),
    sentence: `one token, ${names.length} words, every probability exact`,
  };
  const lines = names.map((name, i) => `,${name},${shares[i]}\n`);
  plantHere({ tree, world: { world: "own", text: `prefix,token,probability\n${lines.join("")}`, normalise: false } });
}

/** The node of a first token. */
const first = (text) => state.tree.children[0].find((child) => textOf(child) === text);

/** The chance of a first token under a law of the page: "base", "temperature", "blocks" or "power". */
function chance(name, text) {
  const [low, high] = shareOf(laws()[name], first(text));
  return (low + high) / 2;
}

const square = (text) => chance("base", text) ** 2;

export const tree = {
  dials: [".tree-bar", ".tree .world"],
  views: { pictures: ".tree .card:has(.icicles)", columns: ".tree .columns" },
  narrow: { pictures: ".tree [data-part=children]" },
  opened: () => update({ zoom: 0, sampled: null }),
  actions: {
    /** Such as "words sun 0.5 rain 0.3 snow 0.2", not sharpened. */
    words(...given) {
      const pairs = given.slice(0, -1);
      plantWords(pairs.filter((_, i) => i % 2 === 0), pairs.filter((_, i) => i % 2).map(Number));
      update({ alpha: 1, blockSize: 1 });
    },
    alpha: (value) => update({ alpha: Number(value) }),
    block: (value) => update({ blockSize: Number(value) }),
  },
  facts: {
    base: (text) => chance("base", text),
    temperature: (text) => chance("temperature", text),
    power: (text) => chance("power", text),
    blocks: (text) => chance("blocks", text),
    square,
    squares: () => state.tree.children[0].reduce((sum, node) => sum + square(textOf(node)), 0),
    futures: (text) => Math.exp(laws().power.futures.low[first(text)]),
    sharpened: (alpha, text) => law(state.tree, Number(alpha), 1).middle[first(text)],
  },
};
