// The seven lessons in their order. A question asks for a prediction, then the page beneath shows what is so:
//   async set(isWanted)  brings the page into its state; an Error's message says why it cannot
//   look, lookAfter      the view that it is about, before and after the reveal
//   hold, cover          what stands still and what is covered until a prediction is given
//   scene(), ask(), choices()  what the learner reads; choices are [value, text]
//   async reveal(isWanted)     shows it
//   truth()              the choice that is right, by the numbers on the screen
//   told(given)          what happened, in those numbers
//   explain(), tryThis()
import { alphaHurts, doesItWork } from "./on_compare.js";
import { better, frozen, pivotal, surprise, worse } from "./on_explore.js";
import { blockSize, sharpened, tokensOrTexts } from "./on_tree.js";

export const LESSONS = [
  { title: "One distribution, sharpened", about: "What does “sharpen” mean, and what does α do?", page: "Tree", questions: [sharpened] },
  { title: "Tokens or sequences?", about: "Why is sharpening whole texts not the same as lowering the temperature?", page: "Tree", questions: [tokensOrTexts] },
  { title: "One step of the chain", about: "How can one sample from p^α without listing every text? Propose, then judge.", page: "Explore", questions: [better, worse, surprise] },
  { title: "Blocks: revise, then freeze", about: "What do the block size B and the number of revisions N do?", page: "Explore and Tree", questions: [frozen, blockSize] },
  { title: "Pivotal tokens", about: "Where does the choice of one token decide the whole text?", page: "Explore", questions: [pivotal] },
  { title: "α from 1 to ∞, and when it hurts", about: "Is more sharpening always better?", page: "Compare", questions: [alphaHurts] },
  { title: "Does it work?", about: "Base model, temperature, power sampling and RL, and what each costs. What do critics say?", page: "Compare", questions: [doesItWork] },
];
