"""Kernel generators run side by side: one batched model call answers what all of them ask."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

from sampler.core.kernel import Rows
from sampler.core.rows import Row
from sampler.models.contract import LanguageModel

LOCK_STEP_ROWS = 16


def alone(model: LanguageModel, writer: Rows) -> Any:
    """The result of one kernel generator against a model."""
    rows = None
    while True:
        try:
            contexts = writer.send(rows)
        except StopIteration as end:
            return end.value
        rows = model.next_logprobs(contexts)


def in_lock_step(
    model: LanguageModel, writers: Iterable[Rows], most: int | None = None
) -> Iterator[tuple[int, object]]:
    """Run kernel generators side by side, one batched model call a round; yields (index, result) as each ends.

    At most `most` (LOCK_STEP_ROWS by default) run at once; the next one starts when one has ended.
    """
    for ended in rounds(model, writers, most):
        yield from ended


def rounds(
    model: LanguageModel, writers: Iterable[Rows], most: int | None = None
) -> Iterator[list[tuple[int, object]]]:
    """The same with a pause before every model call and at the end: yields what has ended since the last one."""
    waiting = enumerate(writers)
    asking: dict[int, tuple[Generator, list]] = {}

    def resume(index: int, writer: Generator, rows: Sequence[Row] | None) -> list[tuple[int, object]]:
        try:
            asking[index] = (writer, writer.send(rows))
        except StopIteration as end:
            asking.pop(index, None)
            return [(index, end.value)]
        return []

    ended: list[tuple[int, object]] = []
    while True:
        while len(asking) < (most or LOCK_STEP_ROWS) and (following := next(waiting, None)):
            ended += resume(*following, None)
        yield ended
        if not asking:
            return
        ended = []
        requests = list(asking.items())
        rows = model.next_logprobs([context for _, (_, contexts) in requests for context in contexts])
        for index, (writer, contexts) in requests:
            own, rows = rows[: len(contexts)], rows[len(contexts) :]
            ended += resume(index, writer, own)
