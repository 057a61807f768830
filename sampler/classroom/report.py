"""A summary of results: one row per task and method, and the same as text. No torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from sampler.classroom.results import Answered, Results
from sampler.classroom.statistics import pass_at_k, wilson


@dataclass(frozen=True)
class Line:
    """One method on one task, over `problems` problems.

    accuracy: mean share of right answers, with Wilson's 95 % interval as if each problem were one right-or-wrong trial
    (a problem's share varies less, so the interval is conservative). tokens_drawn, tokens_fed: for one answer. length,
    log_p_per_token (nats), confidence (nats): means over first answers, None where there are none. pass_at: mean
    pass@k by k, as far as the samples reach.
    """

    task: str
    method: str
    problems: int
    accuracy: float
    low: float
    high: float
    tokens_drawn: float
    tokens_fed: float
    length: float | None
    log_p_per_token: float | None
    confidence: float | None
    pass_at: dict[int, float]


def lines(results: Results, ks: Sequence[int] = ()) -> Iterator[Line]:
    """Every task and method that has results, with pass@k for every k that its samples reach."""
    for task in results.started.tasks:
        for method in results.started.methods:
            if rows := results.of(task, method.name):
                yield line(rows, ks)


def line(rows: Sequence[Answered], ks: Sequence[int] = ()) -> Line:
    """One line from the rows of one task and method."""
    accuracy, first = fmean(row.right / row.samples for row in rows), rows[0]
    firsts = [row for row in rows if row.length is not None]
    by_k = {k: [row for row in rows if row.samples >= k and row.is_right is not None] for k in ks}
    return Line(
        first.task, first.method, len(rows), accuracy, *wilson(accuracy, len(rows)),
        tokens_drawn=fmean(row.tokens_drawn for row in rows),
        tokens_fed=fmean(row.tokens_fed for row in rows),
        length=mean([row.length for row in firsts]),
        log_p_per_token=mean([row.log_p / row.length for row in firsts]),
        confidence=mean([row.confidence for row in firsts]),
        pass_at={k: fmean(pass_at_k(row.samples, int(row.right), k) for row in own) for k, own in by_k.items() if own},
    )  # fmt: skip


def mean(values: Sequence[float]) -> float | None:
    """The mean; None if there are no values."""
    return fmean(values) if values else None


def text(found: Sequence[Line]) -> Iterator[str]:
    """The lines as a text table."""
    yield f"{'task':6} {'method':32} {'right':>6}  {'95 %':11} {'n':>4} {'drawn':>7} {'fed':>7} {'log p/token':>11}"
    for row in found:
        log_p = "" if row.log_p_per_token is None else f"{row.log_p_per_token:.3f}"
        passed = "".join(f"  pass@{k} {value:.3f}" for k, value in row.pass_at.items())
        yield (
            f"{row.task:6} {row.method:32} {row.accuracy:6.3f}  {row.low:.3f}-{row.high:.3f} {row.problems:4} "
            f"{row.tokens_drawn:7.0f} {row.tokens_fed:7.0f} {log_p:>11}{passed}"
        )
