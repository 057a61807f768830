// Which lesson is on the card, how far it has come, and the tally of this visit.

const KEPT_AS = "explorer-lessons"; // in the session's storage, where the browser allows one

export const state = {
  lesson: null, // index of the lesson on the card
  question: 0, // index of its question
  phase: "setting", // then "asked", then "answered"
  given: null, // the number of the choice that was predicted
  tally: kept(), // {"lesson.question": was the first prediction right}
};

/** Only the first prediction counts: afterwards the answer is known. */
export function count(isRight) {
  const key = `${state.lesson}.${state.question}`;
  if (key in state.tally) return;
  state.tally = { ...state.tally, [key]: isRight };
  keep();
}

export function forget() {
  state.tally = {};
  keep();
}

/** Predictions given and right, of one lesson or of all. */
export function tallied(lesson = null) {
  const given = Object.entries(state.tally).filter(([key]) => lesson === null || key.startsWith(`${lesson}.`));
  return { given: given.length, right: given.filter(([, isRight]) => isRight).length };
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_AS)) ?? {};
  } catch {
    return {}; // no storage here: the tally lasts as long as the page
  }
}

function keep() {
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(state.tally));
  } catch {
    // as above
  }
}
