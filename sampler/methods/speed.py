"""How a run gets to the very same chain sooner: proposals ahead of time, in one batch, and tokens read ahead."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sampler.core import kernel
from sampler.core.draws import Draws
from sampler.core.kernel import Stage
from sampler.core.records import ChainState, Revision, checked_int
from sampler.core.requests import Asks
from sampler.models.contract import LanguageModel
from sampler.models.lock_step import in_lock_step

MAX_GUESS = 16
MAX_PREFETCH = 16  # a wider call would leave the cache that the chain lives in


@dataclass(frozen=True, slots=True)
class Speed:
    """What changes the cost of a run but never its chain: the states, cuts, random numbers and verdicts stay.

    `prefetch`: how many proposals are written at once, all from the current text; those behind the first that changes
    it are dropped (Brockwell 2006). `guess`: how many tokens past each text are guessed from what was read before, and
    read in the same pass (guesses.py). `keep_rows`: the run shares the next-token rows that its model remembers, so
    that a run much like an earlier one hardly calls the network.
    """

    prefetch: int = 1
    guess: int = 0
    keep_rows: bool = False

    def __post_init__(self) -> None:
        checked_int("prefetch", self.prefetch, 1, MAX_PREFETCH)
        checked_int("guess", self.guess, 0, MAX_GUESS)


def revisions(
    model: LanguageModel,
    stage: Stage,
    state: ChainState,
    draws: Iterable[Draws],
    speed: Speed,
    behind: Iterable[Asks[Any]],
) -> Iterator[tuple[Revision, ChainState]]:
    """The revisions of a state in the order of their draws, up to and with the first that changes its text.

    `behind`: what will be asked next if none does. It joins the batch when there is room; its rows are remembered by
    the model, and its result is dropped.
    """
    ended: dict[int, tuple[Revision, ChainState]] = {}
    last, due = math.inf, 0

    def is_wanted(index: int) -> bool:
        return index <= last

    asked = chain((kernel.revise(stage, state, one) for one in draws), map(_dropped, behind))
    for index, result in in_lock_step(model, asked, speed.prefetch, is_wanted):
        if result is None:
            continue
        ended[index] = result
        if result[1].segment.token_ids != state.segment.token_ids:
            last = min(last, index)
        while due in ended and due <= last:
            yield ended.pop(due)
            due += 1
        if due > last:
            return


def _dropped(writer: Asks[Any]) -> Asks[None]:
    """The same requests without the result."""
    yield from writer
