"""Kernel procedures run side by side: one batched model call answers what all of them ask."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from sampler.core.requests import Asks, NextRows, Request, by_rows
from sampler.models.contract import Answering, Engine, NextToken

LOCK_STEP_ROWS = 16

IsWanted = Callable[[int], bool]  # of a procedure, by its index


def alone(model: Answering, procedure: Asks[Any]) -> Any:
    """The result of one kernel procedure against a model."""
    [(_, result)] = in_lock_step(model, [procedure])
    return result


def in_lock_step(
    model: Answering, procedures: Iterable[Asks[Any]], most: int | None = None, is_wanted: IsWanted = lambda index: True
) -> Iterator[tuple[int, Any]]:
    """Run kernel procedures side by side, one batched model call a round; yields (index, result) as each ends.

    At most `most` (LOCK_STEP_ROWS by default) run at once; the next one starts when one has ended. One that is not
    wanted any more asks nothing further and has no result.
    """
    for ended in rounds(model, procedures, most, is_wanted):
        yield from ended


def rounds(
    model: Answering, procedures: Iterable[Asks[Any]], most: int | None = None, is_wanted: IsWanted = lambda index: True
) -> Iterator[list[tuple[int, Any]]]:
    """The same with a pause before every model call and at the end: yields what has ended since the last one."""
    answered: Callable[[Sequence[Any]], Sequence[Any]]
    if isinstance(model, Engine):  # a slow question, so it is put once
        answered, waiting = partial(_by_engine, model), enumerate(procedures)
    else:
        answered, waiting = partial(_by_rows, model), enumerate(map(by_rows, procedures))
    asking: dict[int, tuple[Asks[Any], Request]] = {}

    def resume(index: int, procedure: Asks[Any], answer: Any) -> list[tuple[int, Any]]:
        try:
            asking[index] = (procedure, procedure.send(answer))
        except StopIteration as end:
            return [(index, end.value)]
        return []

    ended: list[tuple[int, Any]] = []
    while True:
        while len(asking) < (most or LOCK_STEP_ROWS) and (following := next(waiting, None)):
            if is_wanted(following[0]):
                ended += resume(*following, None)
        yield ended
        if not asking:
            return
        pending = [(index, *asked) for index, asked in asking.items() if is_wanted(index)]
        asking, ended = {}, []
        answers = answered([request for *_, request in pending])
        for (index, procedure, _), answer in zip(pending, answers, strict=True):
            ended += resume(index, procedure, answer)


def _by_engine(model: Engine, requests: Sequence[Request]) -> Sequence[Any]:
    """One answer for each request, from one call of the model."""
    if any(isinstance(request, NextRows) for request in requests):
        raise ValueError("model must give next-token rows for this, not only texts that it has drawn itself")
    return model.answers(requests)


def _by_rows(model: NextToken, requests: Sequence[NextRows]) -> Sequence[Any]:
    """The same of a model with rows."""
    rows = iter(model.next_logprobs([context for request in requests for context in request.contexts]))
    return [[next(rows) for _ in request.contexts] for request in requests]
