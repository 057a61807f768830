"""Results for the Compare page: the recorded ones, and one browser's own evaluation as it runs."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from anyio import to_thread

from explorer.analysis import answers as table
from explorer.analysis.answers import Question
from explorer.analysis.comparison import comparison
from explorer.analysis.tokens import count
from explorer.page.controls import whole
from explorer.page.library import TUNED, Models
from explorer.page.packets import packet
from explorer.page.serving.sharing import SEARCHES
from explorer.page.wire import contract
from explorer.page.wire.tab import Tab, answers
from sampler.classroom.corpus import TASKS, held_out
from sampler.classroom.results import Answered, Results, Started
from sampler.core.records import quoted

EVALUATION = "evaluation"
RECORDED = Path(__file__).resolve().parents[3] / "assets" / "results" / "classroom.jsonl.gz"
MOST_PROBLEMS, LARGEST_SEED = 50, 10**9  # of a live run; run_seed must stay a whole number of 53 bits
LONGEST = 900  # seconds of one live run
TELL_EVERY, DRAW_EVERY = 0.2, 2.0  # seconds between two packets of progress, and of new figures


class Attempt(NamedTuple):
    """A live evaluation about to run: its header, its rows as they come, and how many there will be."""

    started: Started
    rows: Iterator[Answered]
    planned: int


Begin = Callable[[tuple[str, ...], int, int], Attempt]  # tasks, problems, seed


def classroom(models: Models, tasks: tuple[str, ...], problems: int, seed: int) -> Attempt:
    """Begin an evaluation of the embedded models."""
    from sampler.classroom.evaluate import evaluate  # seconds of imports, kept out of the page's start
    from sampler.classroom.methods import LIVE, Plan

    own = {"base": models.get("classroom")}
    if TUNED in models.names:
        own["tuned"] = models.get(TUNED)
    asks = tuple(ask for ask in LIVE if ask.method.kind != "tuned" or "tuned" in own)
    plan = Plan(tasks, problems, seed, asks)
    told = {role: {"name": model.name, "revision": model.revision} for role, model in own.items()}
    started = Started("live", list(tasks), problems, seed, plan.methods, told["base"], told.get("tuned"), {}, "")
    planned = len(tasks) * sum(max(0, min(ask.problems, problems) - ask.first) for ask in asks)
    return Attempt(started, evaluate(own, plan), planned)


class Evaluation:
    def __init__(self) -> None:
        self.results: Results | None = None
        self.planned = 0
        self.state = "not begun"  # "" while it runs, then how it ended

    def begin(self, attempt: Attempt) -> None:
        self.results, self.planned, self.state = Results(attempt.started, []), attempt.planned, ""

    def progress(self) -> dict[str, Any]:
        """How far the run has come, in numbers and as a sentence."""
        done, started = len(self.results.answered), self.results.started
        what = f"{count(started.problems, 'problem')} a task ({', '.join(started.tasks)}), seed {started.seed}"
        how = self.state or "running"
        return {
            "done": done,
            "planned": self.planned,
            "running": not self.state,
            "sentence": f"your run: {what}; {how}, {done} of {self.planned} measurements",
        }

    def snapshot(self) -> dict[str, Any]:
        return {"live": shown(self.results), "progress": self.progress()}


@answers(contract.Evaluate, group=EVALUATION)
async def evaluate(tab: Tab, question: contract.Evaluate) -> AsyncIterator[dict[str, Any]]:
    """A live evaluation until it ends or its time is over; ValueError before it begins."""
    values, started = asked_for(question.tasks, question.problems, question.seed), time.monotonic()
    yield {"notice": "Loading the models …"}
    attempt = await to_thread.run_sync(tab.setup.begin, *values)
    evaluation = tab.of(Evaluation)
    evaluation.begin(attempt)
    sent = drawn = 0.0
    while not evaluation.state:
        try:
            row = await to_thread.run_sync(next, attempt.rows, None, limiter=SEARCHES)
        except (RuntimeError, MemoryError) as error:  # what torch raises when a machine is too small
            logging.exception("a live evaluation failed")
            row, evaluation.state = None, f"failed ({type(error).__name__})"
        now = time.monotonic()
        if row is not None:
            evaluation.results.answered.append(row)
            evaluation.state = f"stopped after {LONGEST} seconds" if now - started > LONGEST else ""
        else:
            evaluation.state = evaluation.state or "finished"
        if evaluation.state or now - drawn > DRAW_EVERY:
            yield await to_thread.run_sync(evaluation.snapshot)
            drawn = time.monotonic()
        elif now - sent > TELL_EVERY:
            yield {"progress": evaluation.progress()}
            sent = now


@answers(contract.Halt, group=EVALUATION)
def halt(tab: Tab, question: contract.Halt) -> dict[str, Any]:
    """End the evaluation after the row in progress; what was answered stays."""
    evaluation = tab.of(Evaluation)
    if evaluation.state:
        return {"notice": ""}  # a run that was still loading its models
    evaluation.state = "cancelled"
    return evaluation.snapshot()


def asked_for(tasks: Sequence[str], problems: object, seed: object) -> tuple[tuple[str, ...], int, int]:
    """The panel's values; ValueError with one sentence (field, value, range) for a bad one."""
    if not tasks or not all(task in TASKS for task in tasks):
        raise ValueError(f"tasks must be one or more of {', '.join(TASKS)}, not {quoted(tasks)}")
    number = whole("problems", problems, 1, MOST_PROBLEMS)
    return tuple(task for task in TASKS if task in tasks), number, whole("seed", seed, 0, LARGEST_SEED)


def shown(results: Results) -> dict[str, Any]:
    """Results as rows for every view."""
    started = results.started

    def question_of(task: str, problem: int) -> Question | None:
        found = questions(task, started.problems, started.seed) if task in TASKS else ()
        return found[problem] if problem < len(found) else None

    return {"choices": comparison(results), "answers": table.answers(results, question_of), "note": results.note}


@lru_cache(maxsize=64)
def questions(task: str, problems: int, seed: int) -> tuple[Question, ...]:
    """Prompt and right answer of the held-out problems of an evaluation."""
    return tuple((problem.prompt, problem.answer) for problem in held_out(task, problems, seed))


@cache
def recorded(path: Path) -> Results | None:
    """The results in a file; None if there is no such file."""
    return Results.load(path) if path.exists() else None


@cache
def recorded_json(path: Path) -> str:
    """What the page opens on: the recorded results, or one sentence that says why there are none."""
    try:
        results = recorded(path)
    except (ValueError, OSError) as error:
        return packet(recorded=None, sentence=f"The recorded results cannot be opened: {error}.")
    if results is None:
        command = "python -m sampler.classroom.evaluate --problems 500 --seed 1 --out assets/results/classroom.jsonl.gz"
        sentence = f"No recorded results: {path.name} is missing. Run {command}, or press Run."
        return packet(recorded=None, sentence=sentence)
    s, note = results.started, f"; {results.note}" if results.note else ""
    problems = f"{s.problems} held-out problems a task, seed {s.seed}"
    sentence = f"recorded results: {problems}, {s.command}, {s.created_at[:10]}{note}"
    return packet(recorded=shown(results), sentence=sentence)
