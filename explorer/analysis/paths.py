"""Paths: the same draws at another alpha, in one row, and where two of them part."""

from typing import Any

from explorer.analysis.moments import AnswerOf, History
from explorer.analysis.tokens import display_tokens
from sampler.trace.trace import Trace

Row = dict[str, Any]


def path(trace: Trace, own: Trace, answer_of: AnswerOf | None = None) -> Row:
    """A run in one row: alpha; per moment x (see `History`) and total_log_p in nats; steps, accepted, changed; its
    final tokens (display text) and answer; and against the run `own`: parts_at (index of the first moment whose text
    differs, None if none does), parts_x and parts_block of it, and same (per final token: whether own has it there).
    """
    rows = History(answer_of).extend(trace.events)
    first = parting(own, trace)
    final, others = final_ids(trace), final_ids(own)
    pieces = trace.pieces()
    return {
        "alpha": trace.started.settings.alpha,
        "x": [row["x"] for row in rows],
        "total_log_p": [row["total_log_p"] for row in rows],
        "steps": len(trace.steps_taken),
        "accepted": sum(step.is_accepted for step in trace.steps_taken),
        "changed": sum(step.is_changed for step in trace.steps_taken),
        "tokens": display_tokens([pieces.get(v, "") for v in final]),
        "same": [v == w for v, w in zip(final, others, strict=False)] + [False] * (len(final) - len(others)),
        "answer": rows[-1]["answer"] if rows else None,
        "parts_at": first,
        "parts_x": rows[first]["x"] if first is not None and first < len(rows) else None,
        "parts_block": rows[first]["block"] if first is not None and first < len(rows) else None,
    }


def parting(one: Trace, other: Trace) -> int | None:
    """Index of the first moment after which the two texts differ; the shorter run's length if only that ends first."""
    texts, others = ([moment.after.token_ids for moment in trace.replay()] for trace in (one, other))
    pairs = zip(texts, others, strict=False)
    found = next((i for i, (text, twin) in enumerate(pairs) if text != twin), None)
    shorter = min(len(texts), len(others))
    return found if found is not None or len(texts) == len(others) else shorter


def final_ids(trace: Trace) -> tuple[int, ...]:
    """The tokens that a run ends with, or has come to."""
    return next((moment.after.token_ids for moment in reversed(list(trace.replay()))), ())
