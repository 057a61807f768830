"""Rows for temperature samples: one a completion."""

import math
from collections.abc import Callable
from typing import Any

from explorer.analysis.tokens import display_tokens
from sampler.core.history import joined
from sampler.core.records import SampleDrawn

Row = dict[str, Any]
GOLDEN = 0.618  # of a turn, so that neighbours never stand above each other


def sample_row(event: SampleDrawn, pieces: dict[int, str], answer_of: Callable[[str], str | None] | None) -> Row:
    """One sample: number (from 1), jitter (its place, 0 to 1, across the margin), tokens and log_p (lists over
    positions), total_log_p in nats, length, finished, text and answer.
    """
    own = [pieces.get(v, "") for v in event.segment.token_ids]
    text = joined(own)
    return {
        "sample": event.sample,
        "number": event.sample + 1,
        "jitter": event.sample * GOLDEN % 1,
        "tokens": display_tokens(own),
        "log_p": list(event.segment.log_p),
        "total_log_p": math.fsum(event.segment.log_p),
        "length": len(event.segment),
        "finished": event.finished,
        "text": text,
        "answer": answer_of(text) if answer_of else None,
    }
