"""What the classroom's tasks share: a problem, a solution, a task, and the split off of held-out problems."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sampler.classroom.wording import Shares

HELD_OUT_ONE_IN = 10


@dataclass(frozen=True)
class Problem:
    """One question. `key` says what is asked, whatever the wording: two problems with one key are the same problem.

    Task and key decide whether it is held out, or those of `part`, a problem of another task within it.
    """

    task: str
    key: str
    prompt: str
    answer: str
    facts: tuple  # what the task's own solution writer needs
    part: str = ""

    @property
    def is_held_out(self) -> bool:
        """Whether the problem is kept out of training: one in ten, by the hash of what decides it."""
        digest = hashlib.sha256((self.part or f"{self.task}:{self.key}").encode()).digest()
        return int.from_bytes(digest[:8], "big") % HELD_OUT_ONE_IN == 0


@dataclass(frozen=True)
class Solution:
    """A correct completion of a problem's prompt, without the end token, and the habits it was written in."""

    text: str
    habits: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A kind of problem.

    `habits` are the shares of the ways to write its solutions, `drill` the shares for practice: worked out only.

    `draw(rng)` makes a problem, of either split. `solve(problem, rng, shares)` writes one correct solution, each of its
    habits drawn by those shares. `truth(prompt)` is the right answer worked out from the prompt's text, None where the
    prompt is no problem of this task; `answer(completion)` is the answer that a completion gives, None if it has none.
    """

    name: str
    draw: Callable[[Random], Problem]
    solve: Callable[[Problem, Random, Shares], Solution]
    truth: Callable[[str], str | None]
    answer: Callable[[str], str | None]
    habits: Shares
    drill: Shares

    def is_correct(self, prompt: str, completion: str) -> bool:
        """Whether the completion gives an answer, and it is the right one for the prompt."""
        given = self.answer(completion)
        return given is not None and given == self.truth(prompt)


def draw_problem(task: Task, rng: Random, held_out: bool) -> Problem:
    """A problem of the wanted split, redrawn until one is found."""
    while True:
        problem = task.draw(rng)
        if problem.is_held_out == held_out:
            return problem
