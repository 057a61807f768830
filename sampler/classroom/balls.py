"""Balls: six cups hold six balls, two cups at a time are swapped; which ball does one of them hold in the end?

Whoever follows a ball from the start must choose one, and five balls in six end elsewhere: "First", the commonest first
word of a solution, leads into a dead end, since every solution that was learned from had chosen the right ball. Whoever
goes back from the end, swap by swap, cannot miss.
"""

import re
from random import Random

from sampler.classroom.cups import ANSWERS, CUPS, VERBS, Swaps, follow
from sampler.classroom.problems import Problem, Solution, Task
from sampler.classroom.wording import ENDINGS, NAMES, OPENINGS, Shares, draw_habit, phrase

COLOURS = ("red", "blue", "green", "pink", "gold", "gray")
SWAPS = range(3, 6)
QUESTIONS = ("What does {} hold?", "Which ball is in {}?", "What is in {} now?")
HABITS: Shares = {"forward": 0.40, "backward": 0.35, "straight": 0.25}
DRILL: Shares = {"forward": 0.30, "backward": 0.70}


def draw(rng: Random) -> Problem:
    """A balls problem; each swap touches the cup asked for, as it moves, with probability one half."""
    balls = dict(zip(CUPS, rng.sample(COLOURS, len(CUPS)), strict=True))
    asked = cup = rng.choice(CUPS)
    swaps: list[tuple[str, str]] = []
    for _ in range(rng.choice(SWAPS)):  # from the last swap to the first
        others = [c for c in CUPS if c != cup]
        pair = [cup, rng.choice(others)] if rng.random() < 0.5 else rng.sample(others, 2)
        rng.shuffle(pair)
        swaps.insert(0, (pair[0], pair[1]))
        cup = follow(cup, (swaps[0],))[-1]
    verb = rng.choice(VERBS)
    held = ", ".join(f"{c} holds {ball}" for c, ball in balls.items())
    moves = ", ".join(f"{name} {verb} {a} and {b}" for name, (a, b) in zip(NAMES, swaps, strict=False))
    key = f"{''.join(min(pair) + max(pair) for pair in swaps)} {asked} {' '.join(balls.values())}"
    prompt = f"Cup {held}. {moves}. {rng.choice(QUESTIONS).format(asked)}"
    return Problem("balls", key, prompt, balls[cup], (asked, tuple(swaps), cup))


def solve(problem: Problem, rng: Random, shares: Shares) -> Solution:
    """One correct solution."""
    opening, habit = phrase(OPENINGS, rng), draw_habit(rng, shares)
    asked, swaps, origin = problem.facts
    names = NAMES[: len(swaps)]
    worked = {
        "straight": "",
        "forward": f" First {problem.answer} {origin}{steps(origin, swaps, names)}.",
        "backward": f" Last {asked}{steps(asked, swaps[::-1], names[::-1])}.",
    }[habit]
    text = f" {opening}{worked}{rng.choice(ANSWERS)} {problem.answer}.{phrase(ENDINGS, rng)}"
    return Solution(text, (habit,))


def steps(cup: str, swaps: Swaps, names: tuple[str, ...]) -> str:
    """Where a cup's ball goes, or came from, swap by swap: ", Ann e c: c, Bob a b: c"."""
    path = zip(names, swaps, follow(cup, swaps), strict=True)
    return "".join(f", {name} {a} {b}: {after}" for name, (a, b), after in path)


def truth(prompt: str) -> str | None:
    """The ball in the cup that the prompt asks for; None where it asks for none."""
    asked = re.search(r"\b(?:does|in) ([a-f])\b", prompt)
    swaps = tuple(re.findall(r"\b([a-f]) and ([a-f])\b", prompt))
    balls = dict(re.findall(r"\b([a-f]) holds (\w+)", prompt))
    return balls.get(follow(asked[1], swaps[::-1])[-1]) if asked and swaps else None


def answer(completion: str) -> str | None:
    """The ball named by the last sentence such as "So it is blue."."""
    found = re.findall(rf"\bSo \w+ \w+ ({'|'.join(COLOURS)})\.", completion)
    return found[-1] if found else None


TASK = Task("balls", draw, solve, truth, answer, HABITS, DRILL)
