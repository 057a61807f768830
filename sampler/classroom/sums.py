"""Sums: add three to five numbers from 50 to 99, so that every running sum has three digits."""

import re
from itertools import accumulate
from random import Random

from sampler.classroom.problems import Problem, Solution, Task
from sampler.classroom.wording import DRILL, ENDINGS, HABITS, NAMES, OPENINGS, Shares, draw_habit, phrase, steps_shown

COUNTS = range(3, 6)
TERMS = range(50, 100)
VERBS = ("has", "finds", "brings", "pays")
QUESTIONS = ("How much in all?", "What is the sum?", "How much is that together?", "Add it all.")
ANSWERS = (" So it is", " So I say")
LINKS = (" makes", " gives")

Terms = tuple[int, ...]


def draw_terms(count: int, rng: Random) -> Terms:
    """Different numbers to add up."""
    return tuple(rng.sample(TERMS, count))


def stated(terms: Terms, rng: Random) -> str:
    """The facts in words: "Ann pays 62, Bob pays 95."."""
    verb = rng.choice(VERBS)
    return ", ".join(f"{name} {verb} {term}" for name, term in zip(NAMES, terms, strict=False)) + "."


def key(terms: Terms) -> str:
    """What is asked, whatever the order and the wording."""
    return "+".join(map(str, sorted(terms)))


def work(terms: Terms, shown: int, rng: Random, first: str = "First") -> str:
    """The first additions one by one: " First 63, Bob 85 makes 148, Cid 59 gives 207."; nothing if none is shown.

    The verb is free in every second addition only: more free words would cost the worked habit its lead under p^4.
    """
    steps = [f" {first} {terms[0]}"]
    for i, total in list(enumerate(accumulate(terms)))[1 : shown + 1]:
        verb = LINKS[0] if i % 2 else rng.choice(LINKS)
        steps.append(f" {NAMES[i]} {terms[i]}{verb} {total}")
    return ",".join(steps) + "." if shown else ""


def draw(rng: Random) -> Problem:
    terms = draw_terms(rng.choice(COUNTS), rng)
    return Problem("sums", key(terms), f"{stated(terms, rng)} {rng.choice(QUESTIONS)}", str(sum(terms)), terms)


def solve(problem: Problem, rng: Random, shares: Shares) -> Solution:
    opening, habit = phrase(OPENINGS, rng), draw_habit(rng, shares)
    worked = work(problem.facts, steps_shown(habit, len(problem.facts) - 1), rng)
    text = f" {opening}{worked}{rng.choice(ANSWERS)} {problem.answer}.{phrase(ENDINGS, rng)}"
    return Solution(text, (habit,))


def total(prompt: str) -> str | None:
    """The sum of all the numbers in the prompt."""
    terms = re.findall(r"\d+", prompt)
    return str(sum(map(int, terms))) if terms else None


def truth(prompt: str) -> str | None:
    """The sum, where the prompt hides no ball."""
    return None if "ball" in prompt else total(prompt)


def answer(completion: str) -> str | None:
    """The number given by the last sentence such as "So it is 207."."""
    found = re.findall(r"\bSo \w+ \w+ (\d+)\.", completion)
    return found[-1] if found else None


TASK = Task("sums", draw, solve, truth, answer, HABITS, DRILL)
