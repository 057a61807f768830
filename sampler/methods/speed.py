"""How a run gets to the very same chain sooner: proposals ahead of time, in one batch, and early rejection."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sampler.core import kernel
from sampler.core.draws import Draws
from sampler.core.kernel import Rows, Stage
from sampler.core.records import ChainState, Law, Revision, checked_int
from sampler.methods import early_rejection
from sampler.models.contract import LanguageModel
from sampler.models.lock_step import answerable, in_lock_step

MAX_GUESS = 16
MAX_PREFETCH = 16  # a wider call would leave the cache that the chain lives in


@dataclass(frozen=True, slots=True)
class Speed:
    """What changes the cost of a run but never its chain: the states, cuts, random numbers and verdicts stay.

    `prefetch`: how many proposals are written at once, all from the current text; those behind the first that changes
    it are dropped (Brockwell 2006). `guess`: how many tokens past each text are guessed from what was read before, and
    read in the same pass (guesses.py). `early_rejection`: a proposal is left unfinished once u has rejected it, and its
    step says so; ignored while the dials stand where it would not be exact. `keep_rows`: the run uses and adds to the
    next-token rows that the model it is given remembers, so that a run much like an earlier one hardly calls it.
    """

    prefetch: int = 1
    guess: int = 0
    early_rejection: bool = False
    keep_rows: bool = False

    def __post_init__(self) -> None:
        checked_int("prefetch", self.prefetch, 1, MAX_PREFETCH)
        checked_int("guess", self.guess, 0, MAX_GUESS)

    def check(self, law: Law) -> None:
        """ValueError if early rejection is asked for where it is not exact."""
        if self.early_rejection and not early_rejection.holds_for(law):
            raise ValueError(
                f"early_rejection must be off unless proposal_temperature is from 1/alpha = {1 / law.alpha:.3g} to 1, "
                f"not {law.temperature:g}: elsewhere a proposal that falls behind may still catch up"
            )


def revisions(
    model: LanguageModel, stage: Stage, state: ChainState, draws: Iterable[Draws], speed: Speed, behind: Iterable[Rows]
) -> Iterator[tuple[Revision, ChainState]]:
    """The revisions of a state in the order of their draws, up to and with the first that changes its text.

    `behind`: what will be asked next if none does. It joins the batch when there is room; its rows are remembered by
    the model, and its result is dropped.
    """
    is_early = speed.early_rejection and early_rejection.holds_for(stage.law)
    revise = early_rejection.revise if is_early else kernel.revise
    found: dict[int, tuple[Revision, ChainState]] = {}
    last, due = math.inf, 0
    asked = chain((revise(stage, state, own) for own in draws), map(_dropped, behind))
    writers = (_wanted(answerable(model, writer), lambda i=i: i <= last) for i, writer in enumerate(asked))
    for index, result in in_lock_step(model, writers, speed.prefetch):
        if result is None:
            continue
        found[index] = result
        if result[1].segment.token_ids != state.segment.token_ids:
            last = min(last, index)
        while due in found and due <= last:
            yield found.pop(due)
            due += 1
        if due > last:
            return


def _dropped(writer: Rows) -> Rows[None]:
    """The same requests without the result."""
    yield from writer


def _wanted(writer: Rows, is_wanted: Callable[[], bool]) -> Rows[Any]:
    """The writer's result, or None as soon as it is not wanted any more."""
    rows = None
    while is_wanted():
        try:
            contexts = writer.send(rows)
        except StopIteration as end:
            return end.value
        rows = yield contexts
    return None
