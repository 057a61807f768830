// Questions on the Tree page: one distribution sharpened, tokens or sequences, the size of a block.
import { element, probability } from "../format.js";
import { isLive } from "../host.js";
import { reach } from "../links.js";
import { law } from "../tree/laws.js";
import { plantHere } from "../tree/main.js";
import { laws, shareOf, state, textOf, update } from "../tree/state.js";
import { isNarrow } from "./stage.js";

const DIALS = [".tree-bar", ".tree .world"];
const ICICLES = ".tree .card:has(.icicles)";
const TABLE = ".tree [data-part=children]";
const WEATHER = { sun: 0.5, rain: 0.3, snow: 0.2 };

/** A tree of one position, as explorer/page/tree/answers.py would send it. */
function weatherTree() {
  const words = Object.keys(WEATHER);
  const zeros = [0, ...words.map(() => 0)];
  return {
    length: 1,
    parents: [-1, ...words.map(() => 0)],
    tokens: [-1, ...words.keys()],
    log_p: [0, ...Object.values(WEATHER).map(Math.log)],
    rest_counts: zeros,
    rest_log_p: zeros,
    rest_largest: zeros,
    pieces: Object.fromEntries(words.entries()),
    sentence: "one token, three words, every probability exact",
  };
}

function weatherWish() {
  const lines = Object.entries(WEATHER).map(([word, p]) => `,${word},${p}`);
  return { world: "own", text: `prefix,token,probability\n${lines.join("\n")}\n`, normalise: false };
}

async function setWeather(isWanted) {
  if (!(await reach({ page: "tree" }, isWanted))) return;
  plantHere({ tree: weatherTree(), world: weatherWish() });
  update({ alpha: 1, blockSize: 1 });
}

async function setExample(isWanted, dials) {
  if (await reach({ page: "tree", world: "paper", ...dials }, isWanted)) update({ zoom: 0, sampled: null });
}

/** The node of a first token. */
const first = (text) => state.tree.children[0].find((child) => textOf(child) === text);

/** Chance of a first token under a law of the page: "base", "temperature", "blocks" or "power". */
export function chance(name, text) {
  const [low, high] = shareOf(laws()[name], first(text));
  return (low + high) / 2;
}

const baseOf = (text) => chance("base", text);
const shown = (value) => value.toFixed(3);

export const sharpened = {
  set: setWeather,
  get look() {
    return isNarrow() ? TABLE : ICICLES;
  },
  hold: DIALS,
  scene: () => [
    element("p", {}, `Suppose a model writes a single word: sun with probability ${shown(baseOf("sun"))}, rain ${shown(baseOf("rain"))}, snow ${shown(baseOf("snow"))}. In the pictures a cell is as high as its word is likely; the table under them has the numbers.`),
    element("p", {}, "To sharpen means: raise every probability to the power α (alpha), then divide by their sum, so that they add up to 1 again. At α = 1, as now, nothing changes."),
  ],
  ask: () => `Now α goes up to 2. What becomes of sun's ${shown(baseOf("sun"))}?`,
  choices: () => [
    ["falls", "It falls"],
    ["stays", "It stays as it is"],
    ["rises", "It rises, but stays below 1"],
    ["one", "It becomes 1"],
  ],
  reveal: () => update({ alpha: 2 }),
  truth() {
    const [before, now] = [baseOf("sun"), chance("power", "sun")];
    if (now === 1) return "one";
    return ["falls", "stays", "rises"][1 + Math.sign(now - before)];
  },
  told() {
    const squares = Object.keys(WEATHER).map((word) => baseOf(word) ** 2);
    const sum = squares.reduce((a, b) => a + b);
    return `Sun goes from ${shown(baseOf("sun"))} to ${shown(chance("power", "sun"))}: its square ${shown(squares[0])}, divided by the sum of all three squares, ${shown(sum)}.`;
  },
  explain: () => [
    element("p", { class: "formula" }, "p^α(x) = p(x)^α / Σ p(y)^α"),
    element("p", { class: "caption" }, "p(x): the model's probability of x. α: how strongly we sharpen. Σ: the sum over everything, y, that could have come instead."),
    element("p", {}, "What was likely gains and what was unlikely loses, but nothing is ever ruled out. For one token this is the same as the well-known temperature τ = 1/α: the pictures agree."),
  ],
  tryThis: () => `Move α on the bar to 10. Sun comes to ${probability(middle(law(state.tree, 10, 1), "sun"))}; does the order of the three words ever change?`,
};

const middle = (shares, text) => shares.middle[first(text)];

const DIRECTIONS = { "up up": "up both", "down down": "down both", "down up": "apart", "up down": "crossed" };

export const tokensOrTexts = {
  set: (isWanted) => setExample(isWanted, { alpha: 1, B: 2 }),
  get look() {
    return isNarrow() ? TABLE : ICICLES;
  },
  hold: DIALS,
  scene: () => [
    element("p", {}, `Now texts of two tokens, from the paper: “ab”, “ba” and “bb”. A text that begins with a (probability ${shown(baseOf("a"))}) has one way to go on; one that begins with b (${shown(baseOf("b"))}) has two, equally likely.`),
    element("p", {}, "So there are two ways to sharpen. Temperature sharpens each token by itself, as it is written. Power sampling sharpens whole texts: p^α of “ab”, “ba”, “bb”."),
    element("p", { class: "caption" }, "The paper prints .40, .25, .25; they add up to .90 and are divided by that here."),
  ],
  ask: () => `α goes from 1 to 4. What becomes of the chance ${shown(baseOf("a"))} that the text begins with a?`,
  choices: () => [
    ["up both", "Both ways raise it"],
    ["down both", "Both ways lower it"],
    ["apart", "Temperature lowers it, power raises it"],
    ["crossed", "Temperature raises it, power lowers it"],
  ],
  reveal: () => update({ alpha: 4 }),
  truth() {
    const way = (name) => (chance(name, "a") > baseOf("a") ? "up" : "down");
    return DIRECTIONS[`${way("temperature")} ${way("power")}`];
  },
  told: () => `From ${shown(baseOf("a"))}, temperature makes ${shown(chance("temperature", "a"))} and power makes ${shown(chance("power", "a"))}.`,
  explain() {
    const future = (text) => Math.exp(laws().power.futures.low[first(text)]);
    return [
      element("p", {}, `Temperature sees only that b (${shown(baseOf("b"))}) is likelier than a (${shown(baseOf("a"))}). Power looks at what may follow: “ab” is the likeliest text, and one strong future beats two weaker ones.`),
      element("p", { class: "formula" }, "power of a token = p(token)^α × Σ p(future)^α"),
      element("p", { class: "caption" }, `The sum over futures is ${shown(future("a"))} for a and ${shown(future("b"))} for b: the last column of the table. Temperature leaves it out.`),
    ];
  },
  tryThis: () => {
    const dial = isLive() ? "N, the number of futures of “-”" : "α from 1 up"; // worlds without a server are as recorded
    return `Choose the world “Proposition 3” and move ${dial}: where does power change its mind, and does temperature ever notice?`;
  },
};

export const blockSize = {
  set: (isWanted) => setExample(isWanted, { alpha: 4, B: 2 }),
  get look() {
    return isNarrow() ? TABLE : ICICLES;
  },
  hold: [...DIALS, ".tree .columns"],
  scene: () => [
    element("p", {}, `Back to the small world, where everything is known. B is the size of a block in tokens. The texts have two, so at B = 2 one block holds the whole text, and with enough revisions it begins with a as often as power wants: ${shown(chance("blocks", "a"))}. Temperature has ${shown(chance("temperature", "a"))}.`),
  ],
  ask: () => "Now B = 1: the first token is frozen before the second is written. How often will the text begin with a?",
  choices: () => [
    ["power", "As often as power wants"],
    ["temperature", "As often as with temperature"],
    ["between", "Somewhere in between"],
  ],
  reveal: () => update({ blockSize: 1 }),
  truth() {
    const now = chance("blocks", "a");
    const is = (name) => Math.abs(now - chance(name, "a")) < 1e-9;
    return ["temperature", "power"].find(is) ?? "between";
  },
  told: () => `In blocks of one token the text begins with a with probability ${shown(chance("blocks", "a"))}; temperature has ${shown(chance("temperature", "a"))}, power ${shown(chance("power", "a"))}.`,
  explain: () => [
    element("p", {}, "A block is judged by what it holds. Of one token it cannot see the future, so revising it gives token-level temperature exactly; of the whole text it gives p^α; in between B is a dial between the two."),
    element("p", {}, "N, the revisions of a block, decides how near the chain comes to that before the block is frozen."),
  ],
  tryThis: () => "Under “Block size as a dial”, move N from 0 to 40 and watch the distance to p^α. Then choose “A world whose block size matters” and move B from 1 to 4.",
};
