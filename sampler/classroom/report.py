"""A summary of results: one row per task and method, and the same as text. No torch."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from sampler.classroom.results import Answered, Results
from sampler.classroom.statistics import pass_at_k, wilson

Row = dict[str, Any]
COLUMNS = (
    "{task:6} {method:32} {accuracy:6.3f}  {low:.3f}-{high:.3f} {problems:4} {tokens_drawn:7.0f} {tokens_fed:7.0f} "
)


def lines(results: Results, ks: Sequence[int] = ()) -> Iterator[Row]:
    """Every task and method that has results, with pass@k for every k that its samples reach."""
    for task in results.started.tasks:
        for method in results.started.methods:
            if rows := [row for row in results.answered if (row.task, row.method) == (task, method.name)]:
                yield line(rows, ks)


def line(rows: Sequence[Answered], ks: Sequence[int] = ()) -> Row:
    """One method on one task, over `problems` problems, as a row.

    accuracy: mean share of right answers, with Wilson's 95 % interval as if each problem were one right-or-wrong trial
    (a problem's share varies less, so the interval is conservative). tokens_drawn, tokens_fed: for one answer. length,
    log_p_per_token (nats), confidence (nats): means over first answers, None where there are none. pass_at: mean
    pass@k by k, as far as the samples reach.
    """
    accuracy = fmean(row.right / row.samples for row in rows)
    low, high = wilson(accuracy, len(rows))
    firsts = [row for row in rows if row.length is not None]
    by_k = {k: [row for row in rows if row.samples >= k and row.is_right is not None] for k in ks}
    return {
        "task": rows[0].task,
        "method": rows[0].method,
        "problems": len(rows),
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "tokens_drawn": fmean(row.tokens_drawn for row in rows),
        "tokens_fed": fmean(row.tokens_fed for row in rows),
        "length": mean([row.length for row in firsts]),
        "log_p_per_token": mean([row.log_p / row.length for row in firsts]),
        "confidence": mean([row.confidence for row in firsts]),
        "pass_at": {k: fmean(pass_at_k(r.samples, int(r.right), k) for r in own) for k, own in by_k.items() if own},
    }


def mean(values: Sequence[float]) -> float | None:
    """The mean; None if there are no values."""
    return fmean(values) if values else None


def text(found: Sequence[Row]) -> Iterator[str]:
    yield f"{'task':6} {'method':32} {'right':>6}  {'95 %':11} {'n':>4} {'drawn':>7} {'fed':>7} {'log p/token':>11}"
    for row in found:
        log_p = "" if row["log_p_per_token"] is None else f"{row['log_p_per_token']:.3f}"
        passed = "".join(f"  pass@{k} {value:.3f}" for k, value in row["pass_at"].items())
        yield f"{COLUMNS.format(**row)}{log_p:>11}{passed}"
