"""Recompute a whole trace from its file and the model alone: every probability, ratio, random number and verdict."""

from typing import Protocol

from sampler.core.records import Event, RunStarted
from sampler.methods.recomputation import Verification
from sampler.methods.registry import method_named
from sampler.models.contract import LanguageModel

MAX_PROBLEMS = 20


class Recorded(Protocol):
    """What a verification reads of a trace."""

    events: list[Event]

    @property
    def started(self) -> RunStarted: ...

    def pieces(self) -> dict[int, str]: ...


def verify(trace: Recorded, model: LanguageModel) -> Verification:
    """Check a trace against its model, without the sampler's own code path: fresh, uncached passes over whole texts.

    An engine without rows scores the texts instead, and the random numbers behind its tokens stay unchecked.

    Recomputed: prompt ids, log p, log q, log Z, entropy and alternatives of every token, the random number behind
    every cut, token and verdict, the three acceptance terms, the verdicts, block bounds, frozen tokens, the ending; and
    that no block, step or sample is missing before it.
    """
    model, started, pieces = model.fresh(), trace.started, trace.pieces()
    run = method_named(started.method).recomputation(started, started.settings, model)
    run.expect(model.revision == started.model_revision, "the model is not the one of the trace")
    largest = max(pieces, default=0)
    run.expect(largest < model.vocab_size, f"token id {largest} is outside the model's vocabulary")
    if not run.found.ok:
        return run.found
    run.expect(all(model.piece(v) == text for v, text in pieces.items()), "a piece is not its token's text")
    run.expect(model.encode(started.prompt) == started.prompt_ids, "prompt_ids differ")
    if not run.found.ok:
        return run.found
    for event in trace.events[1:]:
        if len(run.found.problems) >= MAX_PROBLEMS:
            break
        run.follow(event)
    return run.found
