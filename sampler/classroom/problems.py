"""What the classroom's tasks share: a problem, a solution, a task, and the split off of held-out problems."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

HELD_OUT_ONE_IN = 10


@dataclass(frozen=True)
class Problem:
    """One question. `key` says what is asked, whatever the wording: two problems with one key are the same problem."""

    task: str
    key: str
    prompt: str
    answer: str
    facts: tuple  # what the task's own solution writer needs

    @property
    def is_held_out(self) -> bool:
        """Whether the problem is kept out of training: one key in ten, by its hash."""
        digest = hashlib.sha256(f"{self.task}:{self.key}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % HELD_OUT_ONE_IN == 0


@dataclass(frozen=True)
class Solution:
    """A correct completion of a problem's prompt, without the end token, and the habits it was written in."""

    text: str
    habits: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A kind of problem.

    `draw(rng)` makes a problem, of either split. `solve(problem, rng, straight_share)` writes one correct solution,
    in the straight habit with that probability. `truth(prompt)` is the right answer worked out from the prompt's text,
    and `answer(completion)` the answer that a completion gives; each is None where there is none.
    """

    name: str
    draw: Callable[[Random], Problem]
    solve: Callable[[Problem, Random, float], Solution]
    truth: Callable[[str], str | None]
    answer: Callable[[str], str | None]

    def is_correct(self, prompt: str, completion: str) -> bool:
        """Whether the completion gives an answer, and it is the right one for the prompt."""
        given = self.answer(completion)
        return given is not None and given == self.truth(prompt)


def draw_problem(task: Task, rng: Random, held_out: bool) -> Problem:
    """A problem of the wanted split, by redrawing until one comes."""
    while True:
        problem = task.draw(rng)
        if problem.is_held_out == held_out:
            return problem
