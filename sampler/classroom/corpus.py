"""The training text: an endless stream of problems, each with one correct solution."""

from collections.abc import Iterator
from random import Random

from sampler.classroom import cups, origins, pairs, sums
from sampler.classroom.problems import Problem, Solution, draw_problem

TASKS = {task.name: task for task in (cups.TASK, sums.TASK, pairs.TASK, origins.TASK)}
SHARES = {"cups": 0.13, "sums": 0.45, "pairs": 0.20, "origins": 0.22}  # of the training problems


def examples(seed: int | str, drill: bool = False) -> Iterator[tuple[Problem, Solution]]:
    """Training problems with a solution each, mixed by SHARES, the same for the same seed; `drill`: for practice."""
    rng = Random(seed)
    names, weights = list(SHARES), list(SHARES.values())
    while True:
        task = TASKS[rng.choices(names, weights)[0]]
        problem = draw_problem(task, rng, held_out=False)
        yield problem, task.solve(problem, rng, task.drill if drill else task.habits)


def held_out(task: str, count: int, seed: int) -> list[Problem]:
    """`count` different held-out problems of a task, the same for the same seed."""
    rng = Random(f"held-out {task} {seed}")
    found: dict[str, Problem] = {}
    while len(found) < count:
        problem = draw_problem(TASKS[task], rng, held_out=True)
        found.setdefault(problem.key, problem)
    return list(found.values())
