// What a speaker may say, ask and look at, page by page; the lessons bring their own (learn/lessons/).

export const TALK = {
  explore: {
    title: "Explore: the chain on a real model",
    say: [
      "A small language model writes its solution in blocks. A chain cuts the text at a random place, rewrites the rest, and accepts or rejects the new ending.",
      "It aims at p^α of whole completions, not of single tokens. α = 4 makes a completion that is twice as likely sixteen times as likely.",
      "When a block's steps are over it freezes, and the next one begins.",
    ],
    ask: [
      "Before each verdict: will this proposal be accepted? Hands up. Type both counts, then show the verdict.",
      "A proposal that is less likely than the text it replaces: can it be accepted at all? (Yes: with probability A, as long as u falls below it.)",
    ],
    look: [
      "The thick bar is the cut; what stands after it is new.",
      "The bar is A, the needle is u: a needle on the bar accepts.",
      "In the trace a dot was accepted, a cross rejected; the drop line ends at the text it was compared with.",
      "Next change goes to the next decision that changed the answer.",
    ],
  },
  tree: {
    title: "Tree: sharpening texts is not sharpening tokens",
    say: [
      "Here the world is so small that every completion is known, so what you see are exact probabilities.",
      "Temperature sharpens each next token by itself. Power sharpens the whole completion: a token is worth what its futures are worth.",
    ],
    ask: [
      "Two tokens: one leads to a single strong future, the other to several weak ones. Which does temperature prefer, which does power?",
      "What happens to the difference when α goes to 1? (It vanishes: both are the base model.)",
    ],
    look: [
      "The first column of each icicle: the same prefixes in the same order everywhere, height is probability.",
      "Move B from 1 to the whole length: from temperature to p^α.",
    ],
  },
  compare: {
    title: "Compare: does it work, and at what cost?",
    say: [
      "The same held-out problems for all methods, at the tokens that each one spends, thrown-away ones included.",
      "Intervals are 95 % intervals: where they overlap, do not call a winner.",
    ],
    ask: ["Before you scroll: which method is right most often? And which one per token spent?"],
    look: [
      "Left the share of right answers, right the tokens drawn for one answer.",
      "pass@k: a sharper distribution gives up variety. Where do the curves cross?",
    ],
  },
  learn: {
    title: "Learn: the lessons",
    say: ["Each lesson is one question, a prediction, the live view, and two sentences."],
    ask: ["Give the room a moment to write its prediction down before anybody speaks."],
    look: ["The tally of predictions: wrong ones are answered from the numbers on the screen."],
  },
};
