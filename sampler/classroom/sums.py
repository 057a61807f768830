"""Sums: add three to five numbers from 50 to 99, so that every running sum has three digits."""

import re
from itertools import accumulate
from random import Random

from sampler.classroom.problems import Problem, Solution, Task
from sampler.classroom.wording import ENDINGS, NAMES, OPENINGS, draw_habit, phrase

COUNTS = range(3, 6)
TERMS = range(50, 100)
VERBS = ("has", "finds", "brings", "pays")
QUESTIONS = ("How much in all?", "What is the sum?", "How much is that together?", "Add it all.")
ANSWERS = (" So it is", " So I say", " So we get", " So that makes")
LINKS = (" makes", " gives")


def draw(rng: Random) -> Problem:
    """A sums problem; its numbers are all different."""
    terms = rng.sample(TERMS, rng.choice(COUNTS))
    verb = rng.choice(VERBS)
    facts = ", ".join(f"{name} {verb} {term}" for name, term in zip(NAMES, terms, strict=False))
    key = "+".join(map(str, sorted(terms)))
    return Problem("sums", key, f"{facts}. {rng.choice(QUESTIONS)}", str(sum(terms)), tuple(terms))


def running_sums(terms: tuple[int, ...], rng: Random) -> str:
    """The additions one by one: " First 63, Bob 85 makes 148, Cid 59 gives 207.".

    The verb is free in every second addition only: more free words would cost the worked habit its lead under p^4.
    """
    steps = []
    for i, total in enumerate(accumulate(terms)):
        verb = LINKS[0] if i % 2 else rng.choice(LINKS)
        steps.append(f" {NAMES[i]} {terms[i]}{verb} {total}" if i else f" First {total}")
    return ",".join(steps) + "."


def solve(problem: Problem, rng: Random, straight_share: float) -> Solution:
    """One correct solution, in the straight habit with probability `straight_share`."""
    opening, habit = phrase(OPENINGS, rng), draw_habit(rng, straight_share)
    worked = running_sums(problem.facts, rng) if habit == "worked" else ""
    text = f"{opening}{worked}{rng.choice(ANSWERS)} {problem.answer}.{phrase(ENDINGS, rng)}"
    return Solution(" " + text, (habit,))


def truth(prompt: str) -> str | None:
    """The sum of all the numbers in the prompt."""
    terms = re.findall(r"\d+", prompt)
    return str(sum(map(int, terms))) if terms else None


def answer(completion: str) -> str | None:
    """The number given by the last sentence such as "So it is 207."."""
    found = re.findall(r"\bSo \w+ \w+ (\d+)\.", completion)
    return found[-1] if found else None


TASK = Task("sums", draw, solve, truth, answer)
