"""Origins: a ball ends in one of six cups after four to six swaps; where was it first?

A solution that goes forward must guess the start, and five starts in six end in another cup. So "First", the commonest
first word of a solution, is a dead end: every solution in training had guessed right. A solution that goes back from
the end, swap by swap, cannot fail.
"""

import re
from random import Random

from sampler.classroom.cups import ANSWERS, VERBS, answer, draw_swaps, follow, key, moves, steps
from sampler.classroom.problems import Problem, Solution, Task
from sampler.classroom.wording import ENDINGS, NAMES, OPENINGS, Shares, draw_habit, phrase

SWAPS = range(4, 7)
ENDS = ("In the end the ball is in {}.", "At last the ball is in {}.", "The ball ends in {}.")
QUESTIONS = ("Where did it start?", "Where was it first?", "Find where it was first.")
HABITS: Shares = {"forward": 0.40, "backward": 0.35, "straight": 0.25}
DRILL: Shares = {"forward": 0.30, "backward": 0.70}


def draw(rng: Random) -> Problem:
    """An origins problem; its swaps are drawn from the last to the first, the order of working backwards."""
    end, back = draw_swaps(rng.choice(SWAPS), rng)
    swaps = back[::-1]
    prompt = f"{rng.choice(ENDS).format(end)} {moves(swaps, rng.choice(VERBS))}. {rng.choice(QUESTIONS)}"
    return Problem("origins", key(end, swaps), prompt, follow(end, back)[-1], (end, swaps))


def solve(problem: Problem, rng: Random, shares: Shares) -> Solution:
    opening, habit = phrase(OPENINGS, rng), draw_habit(rng, shares)
    end, swaps = problem.facts
    names = NAMES[: len(swaps)]
    worked = {
        "straight": "",
        "forward": f" First {problem.answer}{steps(problem.answer, swaps, names)}.",
        "backward": f" Last {end}{steps(end, swaps[::-1], names[::-1])}.",
    }[habit]
    text = f" {opening}{worked}{rng.choice(ANSWERS)} {problem.answer}.{phrase(ENDINGS, rng)}"
    return Solution(text, (habit,))


def truth(prompt: str) -> str | None:
    """The cup that the ball started in; None where no ball ends in a cup."""
    end = re.search(r"\bball (?:is|ends) in ([a-f])\b", prompt)
    swaps = tuple(re.findall(r"\b([a-f]) and ([a-f])\b", prompt))
    return follow(end[1], swaps[::-1])[-1] if end and swaps else None


TASK = Task("origins", draw, solve, truth, answer, HABITS, DRILL)
