// Every question by its name. A question asks for a prediction, then the page beneath shows what is so:
//   async set(isWanted)  brings the page into its state; an Error's message says why it cannot
//   look, lookAfter      the view that it is about, before and after the reveal
//   hold, cover          what stands still and what is covered until a prediction is given
//   scene(), ask(), choices()  what the learner reads; choices are [value, text]
//   async reveal(isWanted)     shows it
//   truth()              the choice that is right, by the numbers on the screen
//   told(given)          what happened, in those numbers
//   explain(), tryThis()
import * as onCompare from "./on_compare.js";
import * as onExplore from "./on_explore.js";
import * as onTree from "./on_tree.js";

const QUESTIONS = { ...onCompare, ...onExplore, ...onTree };

/** A lesson's question by its number, from 0. */
export const questionOf = (lesson, number) => QUESTIONS[lesson.questions[number]];
