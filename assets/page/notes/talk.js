// What a speaker may say, ask and look at, page by page and lesson by lesson.

export const TALK = {
  explore: {
    title: "Explore: the chain on a real model",
    say: [
      "A small language model writes its solution in blocks. A chain cuts the text at a random place, writes on anew, and accepts or rejects the new ending.",
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
    title: "Learn: seven lessons",
    say: ["Each lesson is one question, a prediction, the live view, and two sentences."],
    ask: ["Give the room a moment to write its prediction down before anybody speaks."],
    look: ["The tally of predictions: wrong ones are answered from the numbers on the screen."],
  },
};

export const LESSONS = [
  {
    title: "Lesson 1: one distribution, sharpened",
    say: ["Raise every probability to the power α and divide by the sum. α = 1 changes nothing; a large α leaves only the likeliest."],
    ask: ["Probabilities 0.6 and 0.4, α = 2: what becomes of 0.6? (0.36 / 0.52, about 0.69.)"],
    look: ["Ratios, not differences: a ratio r becomes r to the α."],
  },
  {
    title: "Lesson 2: tokens or sequences",
    say: ["The paper's Example 1: “a” has one strong future, “b” two weaker ones.", "Sharpened tokens look one step ahead; sharpened sequences look to the end."],
    ask: ["Which first token does temperature choose more often, and which does power?"],
    look: ["The first column of the icicles for temperature and for power."],
  },
  {
    title: "Lesson 3: one step of the chain",
    say: ["Propose: cut, and write on from the model. Judge: compare A with a random number u.", "A weighs how likely both texts are, how likely each would have been proposed, and how many cuts there were."],
    ask: ["Accept or reject? Hands up before the verdict."],
    look: ["The bar A and the needle u; then whether the text has changed."],
  },
  {
    title: "Lesson 4: blocks",
    say: ["Revise, then freeze. B is how many tokens are revised together, N how often.", "With cuts in the block alone, B = 1 is temperature sampling and B = the whole text is p^α."],
    ask: ["If N = 0, what do we sample from? (From the proposal, token by token.)"],
    look: ["The locks on frozen blocks; the total variation as B moves."],
  },
  {
    title: "Lesson 5: pivotal tokens",
    say: ["At most positions the choice hardly matters; at a few it decides the answer.", "There power and temperature part: power weighs the futures behind each choice."],
    ask: ["Which word of this text decides whether the answer is right?"],
    look: ["The power gain by position, then both futures behind the highest."],
  },
  {
    title: "Lesson 6: α from 1 to infinity",
    say: ["α = 1 is the base model; α = ∞ takes only what is likelier than what it has.", "Sharper is not always better: the likeliest text may be a wrong one, or the chain may stay where it is."],
    ask: ["Twice the α: does the share of right answers rise, stay, or fall?"],
    look: ["Accuracy against α, task by task: where sharpening helps, and where it does not."],
  },
  {
    title: "Lesson 7: does it work?",
    say: ["Base, temperature, power and RL-tuned, at equal tokens.", "Critics (arXiv 2604.16259, 2608.14420) ask what the comparison is fair to: name their objections before you show the bars."],
    ask: ["Which is ahead at equal tokens? And at k = 64 samples?"],
    look: ["Accuracy against tokens with its intervals; pass@k for variety."],
  },
];
