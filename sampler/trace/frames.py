"""A trace as flat rows of pandas frames, one a step, a token or a sample; `chain` and `draw` stand first.

Natural logs, nats. Positions count from 0 in the completion.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from sampler.core.history import completion, joined, replay, tokens_changed
from sampler.core.records import Event, SampleDrawn, Segment, StepTaken

Row = dict[str, Any]


def step_rows(chain: int, events: Sequence[Event]) -> Iterator[Row]:
    """One row a Metropolis-Hastings step: where it cut, its acceptance terms, its verdict and its cost.

    `log_p` and `length` are those of the completion after it.
    """
    for moment in replay(events):
        if not isinstance(moment.event, StepTaken):
            continue
        event, step = moment.event, moment.event.step
        revision = step.revision
        terms = ("target_ratio", "proposal_ratio", "cut_ratio", "accept_ratio", "u")
        yield (
            {"chain": chain, "draw": step.draw, "block": step.block, "step": step.step}
            | {"alpha": step.alpha, "temperature": step.temperature, "cut": revision.cut}
            | {"tokens_proposed": len(revision.proposed), "tokens_replaced": len(revision.replaced)}
            | {f"log_{term}": getattr(revision, f"log_{term}") for term in terms}
            | {"accept_prob": math.exp(min(0.0, revision.log_accept_ratio)), "is_accepted": step.is_accepted}
            | {"tokens_changed": tokens_changed(step), "stopped_early": revision.stopped_early}
            | {"log_p": math.fsum(moment.after.log_p), "length": len(moment.after)}
            | {"tokens_fed": event.tokens_fed, "forward_calls": event.forward_calls, "seconds": event.seconds}
        )


def token_rows(chain: int, events: Sequence[Event], pieces: dict[int, str]) -> Iterator[Row]:
    """One row a token of what the run ended with: its completion, or each of its samples.

    `draw` is the step that wrote the token, -1 if it was written with its block; of samples, the sample's number.
    """
    samples = [event for event in events if isinstance(event, SampleDrawn)]
    if not samples:
        yield from segment_rows(chain, last_writers(events), completion(events), pieces)
    for drawn in samples:
        yield from segment_rows(chain, [drawn.sample] * len(drawn.segment), drawn.segment, pieces)


def last_writers(events: Sequence[Event]) -> list[int]:
    """For each position of the completion the step that wrote its token, or -1."""
    writers: list[int] = []
    for moment in replay(events):
        event = moment.event
        if not isinstance(event, StepTaken):
            writers += [-1] * len(event.extension)
        elif event.step.is_accepted:
            writers[event.step.revision.cut :] = [event.step.draw] * len(event.step.revision.proposed)
    return writers


def segment_rows(chain: int, draws: Sequence[int], segment: Segment, pieces: dict[int, str]) -> Iterator[Row]:
    """The tokens of one segment that starts at position 0."""
    for i, (draw, token) in enumerate(zip(draws, segment.token_ids, strict=True)):
        numbers = {name: getattr(segment, name)[i] for name in ("log_p", "log_q", "log_z", "entropy")}
        yield {"chain": chain, "draw": draw, "position": i, "token_id": token, "piece": pieces[token], **numbers}


def sample_rows(chain: int, events: Sequence[Event], pieces: dict[int, str]) -> Iterator[Row]:
    """One row a completion: the chain's text after each step, or each independent sample."""
    texts = [(event.sample, event.segment) for event in events if isinstance(event, SampleDrawn)]
    texts += [(m.event.step.draw, m.after) for m in replay(events) if isinstance(m.event, StepTaken)]
    for draw, text in sorted(texts, key=lambda pair: pair[0]):
        words = joined(pieces[v] for v in text.token_ids)
        yield {"chain": chain, "draw": draw, "text": words, "log_p": math.fsum(text.log_p), "length": len(text)}
