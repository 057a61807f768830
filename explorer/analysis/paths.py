"""Paths: the same draws at another alpha, in one row, and where two of them part."""

from itertools import zip_longest
from typing import Any

from explorer.analysis.moments import AnswerOf, History
from explorer.analysis.tokens import display_tokens
from sampler.core.history import completion
from sampler.trace.trace import Trace

Row = dict[str, Any]


def path(trace: Trace, own: Trace, answer_of: AnswerOf | None = None) -> Row:
    """A run in one row: alpha; line, its moments with x, when (see `History`), total_log_p in nats and alpha_text;
    steps, accepted, changed; its final tokens (display text) and answer; and against the run `own`: parts_at (index of
    the first moment whose text differs, None if none does), parts_when of it, and same (per final token: whether own
    has it there).
    """
    rows = History(answer_of).extend(trace.events)
    first = parting(own, trace)
    final, others = (completion(run.events).token_ids for run in (trace, own))
    pieces, alpha = trace.pieces(), f"{trace.started.settings.alpha:.1f}".replace("inf", "∞")
    return {
        "alpha": trace.started.settings.alpha,
        "line": [{name: row[name] for name in ("x", "when", "total_log_p")} | {"alpha_text": alpha} for row in rows],
        "steps": len(trace.steps_taken),
        "accepted": sum(step.is_accepted for step in trace.steps_taken),
        "changed": sum(step.is_changed for step in trace.steps_taken),
        "tokens": display_tokens([pieces.get(v, "") for v in final]),
        "same": [v == w for v, w in zip(final, others, strict=False)] + [False] * (len(final) - len(others)),
        "answer": rows[-1]["answer"] if rows else None,
        "parts_at": first,
        "parts_when": rows[first]["when"] if first is not None and first < len(rows) else None,
    }


def parting(one: Trace, other: Trace) -> int | None:
    """Index of the first moment after which the two texts differ; the shorter run's length if only that ends first."""
    texts = ([moment.after.token_ids for moment in trace.replay()] for trace in (one, other))
    return next((i for i, (text, twin) in enumerate(zip_longest(*texts)) if text != twin), None)
