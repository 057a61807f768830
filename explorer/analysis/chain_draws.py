"""Every draw of a run's chains as one frame: what the diagnostics of chain.py are computed from."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache

import pandas as pd

from explorer.analysis.moments import outcome
from sampler.core.history import replay, tokens_changed
from sampler.core.records import BlockStarted, Event

Ids = tuple[int, ...]
NO_ANSWER = ""  # of a text that gives none
COLUMNS = ["chain", "block", "step", "x", "log_p", "cut", "is_accepted", "is_changed", "tokens_changed", "law"]
COLUMNS += ["what", "frozen", "token_ids", "answer"]


def draws_frame(
    chains: Mapping[int, Iterable[Event]], answer_of: Callable[[Ids], str | None], scope: str
) -> pd.DataFrame:
    """One row a moment of every chain, in order; a block's extension is its step -1.

    x: steps of the whole run until then, an extension half a step later. log_p: of the text after it, nats, as it was
    first measured: float32 rows differ in their last digits from batch to batch, and ranks would see it. law: (alpha,
    temperature) of a step. what: the moment in words. frozen: the text before the stage; two chains of a block
    aim at the same target where it is equal. answer: NO_ANSWER where the text gives none.
    """
    rows, measured, read = [], {}, cache(answer_of)
    for chain, events in chains.items():
        draws, frozen = 0, ()
        for moment in replay(events):
            event, ids = moment.event, moment.after.token_ids
            if isinstance(event, BlockStarted):
                frozen = moment.before.token_ids if scope == "block" else ()
                own = {"block": event.block, "step": -1, "x": draws + 0.5, "what": f"block {event.block + 1} written"}
            else:
                draws += 1
                step = event.step
                own = {name: getattr(step, name) for name in ("block", "step", "is_accepted", "is_changed")}
                own |= {"x": float(draws), "cut": step.revision.cut, "tokens_changed": tokens_changed(step)}
                own |= {"law": (step.alpha, step.temperature), "what": outcome(step)}
            text = {
                "chain": chain,
                "log_p": measured.setdefault(ids, math.fsum(moment.after.log_p)),
                "frozen": frozen,
                "token_ids": ids,
                "answer": read(ids) or NO_ANSWER,
            }
            rows.append(own | text)
    return pd.DataFrame(rows, columns=COLUMNS)
