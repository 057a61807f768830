// The lessons in their order: what the Learn page lists, each question by its name in on_*.js, and what a speaker may
// say, ask and look at. The file imports nothing, so that links and the speaker's notes can read it alone.

export const LESSONS = [
  {
    title: "One distribution, sharpened",
    about: "What does “sharpen” mean, and what does α do?",
    page: "Tree",
    questions: ["sharpened"],
    talk: {
      say: ["Raise every probability to the power α and divide by the sum. α = 1 changes nothing; a large α leaves only the likeliest."],
      ask: ["Probabilities 0.6 and 0.4, α = 2: what becomes of 0.6? (0.36 / 0.52, about 0.69.)"],
      look: ["Ratios, not differences: a ratio r becomes r to the α."],
    },
  },
  {
    title: "Tokens or sequences?",
    about: "Why is sharpening whole texts not the same as lowering the temperature?",
    page: "Tree",
    questions: ["tokensOrTexts"],
    talk: {
      say: ["The paper's Example 1: “a” has one strong future, “b” two weaker ones.", "Sharpened tokens look one step ahead; sharpened sequences look to the end."],
      ask: ["Which first token does temperature choose more often, and which does power?"],
      look: ["The first column of the icicles for temperature and for power."],
    },
  },
  {
    title: "One step of the chain",
    about: "How can one sample from p^α without listing every text? Propose, then judge.",
    page: "Explore",
    questions: ["better", "worse", "surprise"],
    talk: {
      say: ["Propose: cut, and write on from the model. Judge: compare A with a random number u.", "A weighs how likely both texts are, how likely each would have been proposed, and how many cuts there were."],
      ask: ["Accept or reject? Hands up before the verdict."],
      look: ["The bar A and the needle u; then whether the text has changed."],
    },
  },
  {
    title: "Blocks: revise, then freeze",
    about: "What do the block size B and the number of revisions N do?",
    page: "Explore and Tree",
    questions: ["frozen", "blockSize"],
    talk: {
      say: ["Revise, then freeze. B is how many tokens are revised together, N how often.", "With cuts in the block alone, B = 1 is temperature sampling and B = the whole text is p^α."],
      ask: ["If N = 0, what do we sample from? (From the proposal, token by token.)"],
      look: ["The locks on frozen blocks; the total variation as B moves."],
    },
  },
  {
    title: "Pivotal tokens",
    about: "Where does the choice of one token decide the whole text?",
    page: "Explore",
    questions: ["pivotal"],
    talk: {
      say: ["At most positions the choice hardly matters; at a few it decides the answer.", "There power and temperature part: power weighs the futures behind each choice."],
      ask: ["Which word of this text decides whether the answer is right?"],
      look: ["The power gain by position, then both futures behind the highest."],
    },
  },
  {
    title: "α from 1 to ∞, and when it hurts",
    about: "Is more sharpening always better?",
    page: "Compare",
    questions: ["alphaHurts"],
    talk: {
      say: ["α = 1 is the base model; α = ∞ takes only what is likelier than what it has.", "Sharper is not always better: the likeliest text may be a wrong one, or the chain may stay where it is."],
      ask: ["Twice the α: does the share of right answers rise, stay, or fall?"],
      look: ["Accuracy against α, task by task: where sharpening helps, and where it does not."],
    },
  },
  {
    title: "Does it work?",
    about: "Base model, temperature, power sampling and RL, and what each costs. What do critics say?",
    page: "Compare",
    questions: ["doesItWork"],
    talk: {
      say: ["Base, temperature, power and RL-tuned, at equal tokens.", "Critics (arXiv 2604.16259, 2608.14420) ask what the comparison is fair to: name their objections before you show the bars."],
      ask: ["Which is ahead at equal tokens? And at k = 64 samples?"],
      look: ["Accuracy against tokens with its intervals; pass@k for variety."],
    },
  },
];
