"""Kernel procedures run side by side: one batched model call answers what all of them ask."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sampler.core.requests import Asks, NextRows, Request, by_rows
from sampler.models.contract import Answering, Engine

LOCK_STEP_ROWS = 16


def alone(model: Answering, procedure: Asks[Any]) -> Any:
    """The result of one kernel procedure against a model."""
    [(_, result)] = in_lock_step(model, [procedure])
    return result


def in_lock_step(
    model: Answering, procedures: Iterable[Asks[Any]], most: int | None = None
) -> Iterator[tuple[int, Any]]:
    """Run kernel procedures side by side, one batched model call a round; yields (index, result) as each ends.

    At most `most` (LOCK_STEP_ROWS by default) run at once; the next one starts when one has ended.
    """
    for ended in rounds(model, procedures, most):
        yield from ended


def rounds(
    model: Answering, procedures: Iterable[Asks[Any]], most: int | None = None
) -> Iterator[list[tuple[int, Any]]]:
    """The same with a pause before every model call and at the end: yields what has ended since the last one."""
    waiting = enumerate(procedures)
    asking: dict[int, tuple[Asks[Any], Request]] = {}

    def resume(index: int, procedure: Asks[Any], answer: Any) -> list[tuple[int, Any]]:
        try:
            asking[index] = (procedure, procedure.send(answer))
        except StopIteration as end:
            asking.pop(index, None)
            return [(index, end.value)]
        return []

    ended: list[tuple[int, Any]] = []
    while True:
        while len(asking) < (most or LOCK_STEP_ROWS) and (following := next(waiting, None)):
            index, procedure = following
            ended += resume(index, answerable(model, procedure), None)
        yield ended
        if not asking:
            return
        ended, pending = [], list(asking.items())
        answers = _answers(model, [request for _, (_, request) in pending])
        for (index, (procedure, _)), answer in zip(pending, answers, strict=True):
            ended += resume(index, procedure, answer)


def answerable(model: Answering, procedure: Asks[Any]) -> Asks[Any]:
    """The procedure as this model can answer it: by rows alone, where it has them."""
    return procedure if isinstance(model, Engine) else by_rows(procedure)


def _answers(model: Answering, requests: Sequence[Request]) -> Sequence[Any]:
    """One answer for each request, from one call of the model."""
    if isinstance(model, Engine):
        if any(isinstance(request, NextRows) for request in requests):
            raise ValueError("model must give next-token rows for this, not only texts that it has drawn itself")
        return model.answers(requests)
    contexts = [request.contexts for request in requests if isinstance(request, NextRows)]
    rows = iter(model.next_logprobs([context for asked in contexts for context in asked]))
    return [[next(rows) for _ in asked] for asked in contexts]
