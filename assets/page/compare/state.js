// What the Compare page shows: recorded and own results, and the choice of tasks. Views read it and never each other.
import { watched } from "../watched.js";

export const ALL = "all tasks"; // as explorer/analysis/comparison.py names the choice

export const state = {
  views: null, // declarations of the figures and the two themes
  recorded: null, // {choices, answers, note} of explorer/page/compare/evaluation.py
  recordedSentence: "", // where the recorded results come from, or why there are none
  live: null, // the same of this browser's own run
  progress: null, // {done, planned, running, sentence} of that run
  notice: "",
  source: "recorded", // "recorded" or "live"
  task: ALL,
};

export const { subscribe, update, until } = watched(state);

/** The results on show, null where there are none. */
export const results = () => state[state.source];

/** The choices of tasks that they offer. */
export const tasks = () => Object.keys(results()?.choices ?? {});

/** The task on show: the chosen one, or the first where that has no results. */
export const task = () => (tasks().includes(state.task) ? state.task : (tasks()[0] ?? null));

/** The rows of every figure for the task on show. */
export const rows = () => results()?.choices[task()] ?? null;
