"""What a kernel procedure asks of a model: next-token rows, a text written on, or a text scored.

A model need not answer all three. One with rows answers `NextRows`, and `by_rows` makes the other two answers of them,
with addressed draws. An engine that gives no rows draws with its own generator: it answers `Continue` and `Score` with
segments whose entropy is None and whose alternatives are empty. Its log Z follows from what it gives, since

    log q(v) = log p(v) / T - log Z(1/T)      for every token v, so      log Z(1/T) = log p(v) / T - log q(v)

as long as q is not truncated; `engine_segment` puts such an answer together.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sampler.core.draws import Draws
from sampler.core.records import Law, Segment
from sampler.core.rows import Row

Ids = tuple[int, ...]
Measured = tuple[float, float, float, float, tuple[tuple[int, float], ...]]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class NextRows:
    """The row after each context; the answer is a sequence of rows."""

    contexts: Sequence[Ids]


@dataclass(frozen=True, slots=True)
class Continue:
    """Up to `most` >= 1 tokens after a context, drawn at `law.temperature`, the last an end token if one is drawn.

    `position` is that of the first token in its completion. Rows are drawn from at the addresses of `draws`; an engine
    takes `draws.seed(position)`. The answer is a segment.
    """

    context: Ids
    most: int
    eos_ids: Ids
    law: Law
    alternatives: int
    draws: Draws
    position: int


@dataclass(frozen=True, slots=True)
class Score:
    """What the model says of these tokens after a context, under a law; the answer is a segment."""

    context: Ids
    token_ids: Ids
    law: Law
    alternatives: int


Request = NextRows | Continue | Score
Asks = Generator[Request, Any, Result]  # a procedure that is sent the answer to each of its requests
Rows = Generator[NextRows, Sequence[Row], Result]  # one that asks for rows only


def by_rows(procedure: Asks[Result]) -> Rows[Result]:
    """The same procedure for a model with rows: everything else that it asks for is made of them."""
    answer: object = None
    while True:
        try:
            request = procedure.send(answer)
        except StopIteration as end:
            result: Result = end.value
            return result
        match request:
            case NextRows():
                answer = yield request
            case Continue():
                answer = yield from _continued(request)
            case Score():
                answer = yield from _scored(request)


def engine_segment(token_ids: Ids, log_p: Sequence[float], log_q: Sequence[float], law: Law) -> Segment:
    """An engine's answer: tokens with log p, and log q at `law.temperature`; ValueError where log Z is unknown."""
    if not math.isclose(law.alpha * law.temperature, 1.0, rel_tol=1e-12):
        raise ValueError(
            f"proposal_temperature must be 1/alpha = {1 / law.alpha:g} for a model without next-token rows, not "
            f"{law.temperature:g}"
        )
    log_z = tuple(p / law.temperature - q for p, q in zip(log_p, log_q, strict=True))
    unknown = (None,) * len(token_ids)
    return Segment(token_ids, tuple(log_p), tuple(log_q), log_z, unknown, ((),) * len(token_ids))


def _continued(request: Continue) -> Rows[Segment]:
    token_ids: Ids = ()
    measured: list[Measured] = []
    while len(token_ids) < request.most and not (token_ids and token_ids[-1] in request.eos_ids):
        [row] = yield NextRows([request.context + token_ids])
        log_q = row.tempered(request.law.temperature)
        token = request.draws.token(log_q, request.position + len(token_ids))
        token_ids += (token,)
        measured.append(_measured(token, row, log_q, request))
    return Segment(token_ids, *zip(*measured, strict=True))


def _scored(request: Score) -> Rows[Segment]:
    measured: list[Measured] = []
    for i, token in enumerate(request.token_ids):
        [row] = yield NextRows([request.context + request.token_ids[:i]])
        measured.append(_measured(token, row, row.tempered(request.law.temperature), request))
    return Segment(request.token_ids, *zip(*measured, strict=True))


def _measured(token: int, row: Row, log_q: Row, request: Continue | Score) -> Measured:
    """What the base row and the proposal's say of one token: the fields of a segment after its ids."""
    entropy = row.entropy()  # first, since a network's row finds the sum of its log p on the way
    return row[token], log_q[token], row.log_z(request.law.alpha), entropy, row.top_tokens(request.alternatives)
