"""Cups: follow a ball under one of six cups through four to seven swaps of two cups."""

import re
from collections.abc import Sequence
from random import Random

from sampler.classroom.problems import Problem, Solution, Task
from sampler.classroom.wording import DRILL, ENDINGS, HABITS, NAMES, OPENINGS, Shares, draw_habit, phrase, steps_shown

CUPS = "abcdef"
SWAPS = range(4, 8)
STARTS = ("The ball is under {}.", "The ball starts under {}.", "There is a ball under {}.", "Put the ball under {}.")
VERBS = ("swaps", "switches")
QUESTIONS = ("Where is the ball?", "Where is it now?", "Which cup has it?", "Find the ball.")
ANSWERS = (" So it is", " So I say")

Swaps = tuple[tuple[str, str], ...]


def follow(start: str, swaps: Swaps) -> list[str]:
    """The cup with the ball after each swap."""
    path, cup = [], start
    for a, b in swaps:
        cup = b if cup == a else a if cup == b else cup
        path.append(cup)
    return path


def draw_swaps(count: int, rng: Random) -> tuple[str, Swaps]:
    """The cup that the ball starts under, and swaps that each move it with probability one half."""
    start = cup = rng.choice(CUPS)
    swaps: list[tuple[str, str]] = []
    for _ in range(count):
        others = [c for c in CUPS if c != cup]
        pair = [cup, rng.choice(others)] if rng.random() < 0.5 else rng.sample(others, 2)
        rng.shuffle(pair)
        swaps.append((pair[0], pair[1]))
        cup = follow(cup, (swaps[-1],))[-1]
    return start, tuple(swaps)


def stated(start: str, swaps: Swaps, rng: Random) -> str:
    """The facts in words: "The ball is under e. Ann swaps a and e, Bob swaps f and c."."""
    return f"{rng.choice(STARTS).format(start)} {moves(swaps, rng.choice(VERBS))}."


def moves(swaps: Swaps, verb: str) -> str:
    """The swaps in words: "Ann swaps a and e, Bob swaps f and c"."""
    return ", ".join(f"{name} {verb} {a} and {b}" for name, (a, b) in zip(NAMES, swaps, strict=False))


def key(start: str, swaps: Swaps) -> str:
    """What is asked, whatever the wording."""
    return start + "".join(min(pair) + max(pair) for pair in swaps)


def work(start: str, swaps: Swaps, shown: int) -> str:
    """The first swaps one by one: " First e, Ann a e: a, Bob f c: a."; nothing if none is shown."""
    return f" First {start}{steps(start, swaps[:shown])}." if shown else ""


def steps(cup: str, swaps: Swaps, names: Sequence[str] = NAMES) -> str:
    """Where the ball goes, or came from, swap by swap: ", Ann e c: c, Bob a b: c"."""
    path = zip(names, swaps, follow(cup, swaps), strict=False)
    return "".join(f", {name} {a} {b}: {after}" for name, (a, b), after in path)


def draw(rng: Random) -> Problem:
    start, swaps = draw_swaps(rng.choice(SWAPS), rng)
    prompt = f"{stated(start, swaps, rng)} {rng.choice(QUESTIONS)}"
    return Problem("cups", key(start, swaps), prompt, follow(start, swaps)[-1], (start, swaps))


def solve(problem: Problem, rng: Random, shares: Shares) -> Solution:
    opening, habit = phrase(OPENINGS, rng), draw_habit(rng, shares)
    start, swaps = problem.facts
    worked = work(start, swaps, steps_shown(habit, len(swaps)))
    text = f" {opening}{worked}{rng.choice(ANSWERS)} {problem.answer}.{phrase(ENDINGS, rng)}"
    return Solution(text, (habit,))


def ball(prompt: str) -> str | None:
    """The cup that holds the ball at the end of a prompt such as "... under b. Ann swaps a and b."."""
    start = re.search(r"\bunder ([a-f])\b", prompt)
    swaps = tuple(re.findall(r"\b([a-f]) and ([a-f])\b", prompt))
    return follow(start[1], swaps)[-1] if start and swaps else None


def truth(prompt: str) -> str | None:
    """The ball's cup, where the prompt has no numbers to add."""
    return None if re.search(r"\d", prompt) else ball(prompt)


def answer(completion: str) -> str | None:
    """The cup named by the last sentence such as "So it is b."."""
    found = re.findall(r"\bSo \w+ \w+ ([a-f])\.", completion)
    return found[-1] if found else None


TASK = Task("cups", draw, solve, truth, answer, HABITS, DRILL)
