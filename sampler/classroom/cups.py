"""Cups: follow a ball under one of six cups through four to seven swaps of two cups."""

import re
from random import Random

from sampler.classroom.problems import Problem, Solution, Task
from sampler.classroom.wording import ENDINGS, NAMES, OPENINGS, draw_habit, phrase

CUPS = "abcdef"
SWAPS = range(4, 8)
STARTS = ("The ball is under {}.", "The ball starts under {}.", "There is a ball under {}.", "Put the ball under {}.")
VERBS = ("swaps", "switches")
QUESTIONS = ("Where is the ball?", "Where is it now?", "Which cup has it?", "Find the ball.")
ANSWERS = (" So it is", " So I say", " So we get", " So that leaves")


def follow(start: str, swaps: tuple[tuple[str, str], ...]) -> list[str]:
    """The cup with the ball after each swap."""
    path, cup = [], start
    for a, b in swaps:
        cup = b if cup == a else a if cup == b else cup
        path.append(cup)
    return path


def draw(rng: Random) -> Problem:
    """A cups problem; each swap moves the ball with probability one half."""
    start = cup = rng.choice(CUPS)
    swaps: list[tuple[str, str]] = []
    for _ in range(rng.choice(SWAPS)):
        others = [c for c in CUPS if c != cup]
        pair = [cup, rng.choice(others)] if rng.random() < 0.5 else rng.sample(others, 2)
        rng.shuffle(pair)
        swaps.append((pair[0], pair[1]))
        cup = follow(cup, (swaps[-1],))[-1]
    verb = rng.choice(VERBS)
    moves = ", ".join(f"{name} {verb} {a} and {b}" for name, (a, b) in zip(NAMES, swaps, strict=False))
    prompt = f"{rng.choice(STARTS).format(start)} {moves}. {rng.choice(QUESTIONS)}"
    key = start + "".join(min(pair) + max(pair) for pair in swaps)
    return Problem("cups", key, prompt, cup, (start, tuple(swaps)))


def solve(problem: Problem, rng: Random, straight_share: float) -> Solution:
    """One correct solution, in the straight habit with probability `straight_share`."""
    opening, habit = phrase(OPENINGS, rng), draw_habit(rng, straight_share)
    start, swaps = problem.facts
    path = zip(NAMES, swaps, follow(start, swaps), strict=False)
    steps = "".join(f", {name} {a} {b}: {cup}" for name, (a, b), cup in path)
    worked = f" First {start}{steps}." if habit == "worked" else ""
    text = f"{opening}{worked}{rng.choice(ANSWERS)} {problem.answer}.{phrase(ENDINGS, rng)}"
    return Solution(" " + text, (habit,))


def truth(prompt: str) -> str | None:
    """The cup that holds the ball at the end of a prompt such as "... under b. Ann swaps a and b."."""
    start = re.search(r"\bunder ([a-f])\b", prompt)
    swaps = tuple(re.findall(r"\b([a-f]) and ([a-f])\b", prompt))
    return follow(start[1], swaps)[-1] if start and swaps else None


def answer(completion: str) -> str | None:
    """The cup named by the last sentence such as "So it is b."."""
    found = re.findall(r"\bSo \w+ \w+ ([a-f])\.", completion)
    return found[-1] if found else None


TASK = Task("cups", draw, solve, truth, answer)
