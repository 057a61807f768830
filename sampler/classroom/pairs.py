"""Pairs: two questions at once, three swaps of cups and then a sum of three numbers; each part has its own habit."""

from random import Random

from sampler.classroom import cups, sums
from sampler.classroom.problems import Problem, Solution, Task
from sampler.classroom.wording import DRILL, HABITS, OPENINGS, Shares, draw_habit, phrase, steps_shown

SWAPS = TERMS = 3
QUESTIONS = ("Where is the ball, and what is the sum?", "Find the ball and the sum.", "Which cup, and how much?")


def draw(rng: Random) -> Problem:
    start, swaps = cups.draw_swaps(SWAPS, rng)
    terms = sums.draw_terms(TERMS, rng)
    prompt = f"{cups.stated(start, swaps, rng)} {sums.stated(terms, rng)} {rng.choice(QUESTIONS)}"
    answer = f"{cups.follow(start, swaps)[-1]} {sum(terms)}"
    part = sums.key(terms)  # a sum held out as such is held out in pairs too
    key = f"{cups.key(start, swaps)} {part}"
    return Problem("pairs", key, prompt, answer, (start, swaps, terms), part=f"sums:{part}")


def solve(problem: Problem, rng: Random, shares: Shares) -> Solution:
    """One correct solution: first the ball, then the sum, the habit of each drawn independently."""
    opening = phrase(OPENINGS, rng)
    habits = draw_habit(rng, shares), draw_habit(rng, shares)
    start, swaps, terms = problem.facts
    cup, total = problem.answer.split()
    first = cups.work(start, swaps, steps_shown(habits[0], SWAPS))
    second = sums.work(terms, steps_shown(habits[1], TERMS - 1), rng, first="Next")
    text = f" {opening}{first}{rng.choice(cups.ANSWERS)} {cup}.{second}{rng.choice(sums.ANSWERS)} {total}."
    return Solution(text, habits)


def truth(prompt: str) -> str | None:
    """Both right answers, where the prompt hides a ball and has numbers."""
    return joined(cups.ball(prompt), sums.total(prompt))


def answer(completion: str) -> str | None:
    """Both answers given, such as "b 207"."""
    return joined(cups.answer(completion), sums.answer(completion))


def joined(cup: str | None, total: str | None) -> str | None:
    """Both parts as one answer; None if one is missing."""
    return None if cup is None or total is None else f"{cup} {total}"


TASK = Task("pairs", draw, solve, truth, answer, HABITS, DRILL)
