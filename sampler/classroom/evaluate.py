"""Measure the classroom's models on held-out problems: `python -m sampler.classroom.evaluate --problems 500 --seed 1`.

Every method answers the same problems (methods.py says which and how often): token temperatures, greedy, best of n,
the power chain in both scopes, p^alpha itself by importance weights, and the model tuned by reward.
"""

import argparse
import json
import os
import platform
import shlex
import sys
from collections.abc import Container, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import cast

import torch
from tqdm import tqdm
from transformers.utils import logging

from sampler.classroom.answering import Key, Sitting
from sampler.classroom.corpus import TASKS, held_out
from sampler.classroom.methods import Plan, recorded
from sampler.classroom.report import lines, text
from sampler.classroom.results import Answered, Results, Started, append
from sampler.core.records import checked_int
from sampler.models.causal_lm import CausalLM
from sampler.models.registry import open_model

TOGETHER = 20  # problems in one sitting
MOST_PROBLEMS = 2000  # a task
PASS_AT = (1, 4, 16, 64)

Sheet = tuple[str, range]  # a task and the numbers of some of its problems


def evaluate(
    models: Mapping[str, CausalLM], plan: Plan, done: Container[Key] = (), together: int = 1
) -> Iterator[Answered]:
    """Yield the rows of a plan that are not done, `together` problems at a time, the tasks in turn.

    `models` holds "base" and, where the plan asks for it, "tuned". Stop iterating to cancel.
    """
    for sheet in sheets(plan, together):
        yield from answered(models, plan, sheet, done)


def sheets(plan: Plan, together: int) -> list[Sheet]:
    """The problems of a plan in parts, the tasks in turn."""
    starts = range(0, plan.problems, together)
    return [(task, range(first, min(first + together, plan.problems))) for first in starts for task in plan.tasks]


def answered(models: Mapping[str, CausalLM], plan: Plan, sheet: Sheet, done: Container[Key]) -> Iterator[Answered]:
    task, numbers = sheet
    drawn = held_out(task, numbers.stop, plan.seed)
    problems = {number: drawn[number] for number in numbers}
    sitting = Sitting(dict(models), TASKS[task], problems, plan.seed, plan.pool_size)
    for ask in plan.asks:
        yield from sitting.answers(ask, done)


# ---- the command


def main(argv: list[str] | None = None) -> int:
    """Read the arguments, measure in several processes, save as results come, print a summary; 2 for bad input."""
    arguments = parsed(argv)
    try:
        plan = plan_of(arguments)
        results = begun(arguments, plan)
        measure(arguments, plan, results)
        found = list(lines(results, PASS_AT if arguments.pass_at is None else arguments.pass_at))
    except (ValueError, OSError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    print(json.dumps(found, indent=1) if arguments.json else "\n".join(text(found)))
    return 0


def parsed(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sampler.classroom.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=100, help="held-out problems a task (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the problems and of every draw (%(default)s)")
    parser.add_argument("--task", action="append", help=f"{', '.join(TASKS)}; several times; all by default")
    parser.add_argument("--method", action="append", help="a method by its name; several times; all by default")
    parser.add_argument("--base", default="classroom", help="model that all methods but one sample from (%(default)s)")
    parser.add_argument("--tuned", default="classroom-tuned", help="model tuned by reward (%(default)s)")
    parser.add_argument("--out", type=Path, help="results file, .jsonl or .jsonl.gz; an unfinished one is resumed")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (%(default)s)")
    parser.add_argument(
        "--pass-at", type=int, nargs="*", metavar="K", help=f"of the summary; {PASS_AT} as far as samples reach"
    )
    parser.add_argument("--json", action="store_true", help="the summary as JSON")
    arguments = parser.parse_args(argv)
    arguments.command = shlex.join(["python", "-m", "sampler.classroom.evaluate", *(argv or sys.argv[1:])])
    return arguments


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The plan that was asked for; ValueError names field, value and what is allowed."""
    problems = checked_int("problems", arguments.problems, 1, MOST_PROBLEMS)
    checked_int("seed", arguments.seed, 0, 2**31)
    checked_int("workers", arguments.workers, 1, 64)
    tasks = checked_names("task", arguments.task, list(TASKS))
    asks = recorded(problems)
    names = checked_names("method", arguments.method, list({ask.method.name: None for ask in asks}))
    plan = Plan(tasks, problems, arguments.seed, tuple(ask for ask in asks if ask.method.name in names))
    most = max(ask.samples for ask in plan.asks)
    for k in arguments.pass_at or ():
        if not 1 <= k <= most:
            raise ValueError(f"k must be from 1 to the largest number of samples, {most}, not {k}")
    return plan


def checked_names(field: str, wanted: list[str] | None, known: list[str]) -> tuple[str, ...]:
    """The wanted names, or all known ones if none is wanted; ValueError for an unknown name."""
    for name in wanted or []:
        if name not in known:
            raise ValueError(f"{field} must be one of {', '.join(known)}, not {name!r}")
    return tuple(name for name in known if not wanted or name in wanted)


def begun(arguments: argparse.Namespace, plan: Plan) -> Results:
    """New results, or those that a file of the same measurement already holds."""
    has_tuned = any(ask.method.kind == "tuned" for ask in plan.asks)
    started = Started(
        command=arguments.command,
        tasks=list(plan.tasks),
        problems=plan.problems,
        seed=plan.seed,
        methods=plan.methods,
        base=described(arguments.base),
        tuned=described(arguments.tuned) if has_tuned else None,
        versions={"python": platform.python_version(), **{name: version(name) for name in ("torch", "transformers")}},
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    if arguments.out and arguments.out.exists():
        held = Results.load(arguments.out)
        for field in ("tasks", "problems", "seed", "methods", "base", "tuned"):
            if getattr(held.started, field) != getattr(started, field):
                raise ValueError(
                    f"out must be a new file or one of the same {field}; {arguments.out} holds another measurement"
                )
        return held
    return Results(started, [])


def described(name: str) -> dict[str, str]:
    """A model's name and revision; loading it now refuses bad names before anything is written."""
    return {"name": name, "revision": open_model(name).revision}


def measure(arguments: argparse.Namespace, plan: Plan, results: Results) -> None:
    """Fill the results, sheet by sheet, and save after each."""
    done = frozenset(row.key for row in results.answered)
    if arguments.out:
        replace_file(results, arguments.out)
    names = {"base": arguments.base} | ({"tuned": arguments.tuned} if results.started.tuned else {})
    fresh = get_context("spawn")  # torch's threads do not survive a fork
    with ProcessPoolExecutor(arguments.workers, fresh, prepare, (names,)) as processes:
        jobs = [processes.submit(work, plan, sheet, done) for sheet in sheets(plan, TOGETHER)]
        for job in tqdm(as_completed(jobs), total=len(jobs), unit="sheet"):
            rows = job.result()
            results.answered += rows
            if arguments.out:
                append(arguments.out, rows)
    if arguments.out:
        results.answered.sort(key=lambda row: row.key)
        replace_file(results, arguments.out)


def replace_file(results: Results, path: Path) -> None:
    """Replace the file by the complete results, at once."""
    scratch = path.with_name(f".new-{path.name}")
    results.save(scratch)
    os.replace(scratch, path)


_models: dict[str, CausalLM] = {}  # of this process


def prepare(names: Mapping[str, str]) -> None:
    """Prepare a process: its models and threads."""
    logging.disable_progress_bar()
    _models.update({role: cast(CausalLM, open_model(name)) for role, name in names.items()})
    torch.set_num_threads(1)


def work(plan: Plan, sheet: Sheet, done: frozenset[Key]) -> list[Answered]:
    return list(answered(_models, plan, sheet, done))


if __name__ == "__main__":
    sys.exit(main())
