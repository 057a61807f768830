"""All rows that the figures of one power run draw, for a notebook and for tests.

The page makes the same from the moments that it has revealed so far (assets/page/explore/plots.js); of a whole run they
are equal, and a test in Chromium holds them to that.
"""

import math
from collections.abc import Sequence
from typing import Any

from explorer.analysis.kinds import Increment, Position
from explorer.analysis.moments import AnswerOf, History
from explorer.analysis.tokens import display_tokens, nats, safe
from sampler.core.history import joined
from sampler.core.records import SampleDrawn
from sampler.trace.trace import Trace

Row = dict[str, Any]
GOLDEN = 0.618  # of a turn, so that neighbours never stand above each other


def run_rows(trace: Trace, samples: Trace | None = None, answer_of: AnswerOf | None = None) -> dict[str, list[Row]]:
    """Rows by name; positions, entropy and increments are those of the last moment, and there is no replay."""
    history = History(answer_of)
    moments = history.extend(trace.events)
    with_cells = [row | {"cell_texts": cell_texts(moments, row["index"], history.frozen)} for row in moments]
    drawn = [event for event in (samples.events if samples else ()) if isinstance(event, SampleDrawn)]
    last = moments[-1] if moments else None
    is_step = last is not None and last["kind"] == "step"
    return {
        "moments": with_cells,
        "steps": [row for row in with_cells if row["kind"] == "step"],
        "replay": [],
        "samples": [sample_row(event, samples.pieces(), answer_of) for event in drawn],
        "positions": position_rows(last) if last else [],
        "entropy": entropy_rows(last) if last else [],
        "increments": in_rows(last["increments"], Increment.__annotations__) if is_step else [],
    }


def sample_row(event: SampleDrawn, pieces: dict[int, str], answer_of: AnswerOf | None) -> Row:
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


def in_rows(columns: Row, names: Sequence[str]) -> list[Row]:
    """Rows from columns of one length."""
    return [dict(zip(names, row, strict=True)) for row in zip(*(columns[name] for name in names), strict=True)]


def position_rows(moment: Row) -> list[Row]:
    """Rows of kind Position."""
    columns = moment | {"position": list(range(moment["length"])), "token": moment["tokens"]}
    return in_rows(columns, Position.__annotations__)


def entropy_rows(moment: Row) -> list[Row]:
    """Rows of kind Measured for the entropy of the base model, which is exact wherever it is known."""
    return [
        {"position": i, "token": token, "value": entropy, "error": 0.0, "below": 0.0, "is_exact": True}
        | {"words": f"entropy {nats(entropy)} nats, exact"}
        for i, (token, entropy) in enumerate(zip(moment["tokens"], moment["entropy"], strict=True))
        if entropy is not None
    ]


def cell_texts(moments: Sequence[Row], index: int, frozen: int) -> list[str]:
    """What the block history says of each token of a moment, in the hindsight of all moments."""
    moment = moments[index]
    texts = []
    for i, token in enumerate(moment["tokens"]):
        later = (row for row in moments[index + 1 :] if i >= row["length"] or row["source"][i] != moment["source"][i])
        replaced = next(later, None)
        age, entropy = moment["age"][i], moment["entropy"][i]
        known = "not known" if entropy is None else f"{nats(entropy)} nats"
        end = "never changed again: its block is frozen" if i < frozen else "still standing"
        lines = [
            f"<b>{safe(token)}</b> token {i}, {moment['when']}",
            f"{f'unchanged for {age} moments' if age else 'new here'}; {moment['survived'][i]} challenges survived",
            f"log p {nats(moment['log_p'][i])} nats, entropy {known}",
            f"same token in {math.floor(100 * moment['share'][i] + 0.5)} % of the last moments",
            end if replaced is None else f"replaced {replaced['when']}",
        ]
        texts.append("<br>".join(lines))
    return texts
