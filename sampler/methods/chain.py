"""Algorithm 1 (Karan & Du 2025), event by event: write a block from the proposal, revise it N times, freeze it.

This is the only block loop. `Chain.advance` is a kernel procedure that leads from one `Standing` to the next, so that
one chain may be driven by a person who turns dials (run.py), and many may share a batch (`whole_run`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sampler.core import kernel
from sampler.core.draws import EXTEND, PROPOSE, SeededDraws
from sampler.core.kernel import Revise, Stage
from sampler.core.records import BlockFrozen, BlockStarted, ChainState, Law, PowerSettings, Step, StepTaken
from sampler.core.requests import Asks

Listener = Callable[[BlockStarted | StepTaken], object]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a chain stands after an event: the rest of it depends on this, its settings and its model alone.

    `law`: the one that measured the state. `step`: the next one of this block, None before the block is written.
    `draw`: how many steps were taken.
    """

    law: Law
    block: int = 0
    step: int | None = None
    draw: int = 0
    state: ChainState = field(default_factory=ChainState)


@dataclass(frozen=True, slots=True)
class Chain:
    """What does not change while a chain runs."""

    prompt_ids: tuple[int, ...]
    eos_ids: tuple[int, ...]
    settings: PowerSettings

    def is_over(self, at: Standing) -> bool:
        """Whether every block is written and revised, or an end token has closed the last frozen one."""
        is_closed = at.state.finished and self.settings.scope == "block"
        return at.step is None and (is_closed or at.block == self.settings.num_blocks)

    def freezes(self, at: Standing) -> bool:
        """Whether the next event freezes a block, which needs no model and follows no dial."""
        return at.step == self.settings.steps_per_block

    def advance(
        self, at: Standing, revise: Revise = kernel.revise
    ) -> Asks[tuple[BlockStarted | StepTaken | BlockFrozen, Standing]]:
        """The next event, with no pieces and no cost, and where the chain stands then."""
        if self.freezes(at):
            return self.frozen(at.block, at.state), replace(at, block=at.block + 1, step=None)
        stage = self.stage(at.block, at.law)
        if at.step is None:
            draws = self.draws(at.block, 0, EXTEND)
            extension, state = yield from kernel.extend(stage, at.state, draws)
            started = BlockStarted(at.block, len(at.state.segment), stage.end, extension)
            return started, self._revised(replace(at, step=0, state=state))
        revision, state = yield from revise(stage, at.state, self.draws(at.block, at.step, PROPOSE))
        step = Step(at.block, at.step, at.draw, at.law.alpha, at.law.temperature, revision)
        after = replace(at, step=at.step + 1, draw=at.draw + 1, state=state)
        return StepTaken(step, 0, 0, 0.0), self._revised(after)

    def _revised(self, at: Standing) -> Standing:
        """Under scope completion a block is not frozen after its last step: the next one is written at once."""
        if self.settings.scope == "completion" and self.freezes(at):
            return replace(at, block=at.block + 1, step=None)
        return at

    def stage(self, block: int, law: Law) -> Stage:
        """Where the revisions of one block may act: in the block alone, or from the completion's start on."""
        size = self.settings.block_size
        start = block * size if self.settings.scope == "block" else 0
        end = min((block + 1) * size, self.settings.max_new_tokens)
        return Stage(self.prompt_ids, self.eos_ids, start, end, law, self.settings.alternatives)

    def draws(self, block: int, step: int, purpose: int) -> SeededDraws:
        return SeededDraws(self.settings.seed, self.settings.chain, block, step, purpose)

    def frozen(self, block: int, state: ChainState) -> BlockFrozen:
        size = self.settings.block_size
        return BlockFrozen(block, state.segment.token_ids[block * size : (block + 1) * size])


class ChainEnd(NamedTuple):
    """Where a run ended, and how many tokens it sampled on the way."""

    state: ChainState
    tokens_drawn: int


def whole_run(
    prompt_ids: tuple[int, ...],
    eos_ids: tuple[int, ...],
    settings: PowerSettings,
    listener: Listener = lambda event: None,
    revise: Revise = kernel.revise,
) -> Asks[ChainEnd]:
    """A whole run as one kernel procedure. With the right kernel it ends with the completion of `run_power`.

    `listener` is called with every block and step, without pieces and costs. A wrong kernel (wrong_kernels.py) may
    leave a block shorter than it was, unfinished; the next block then fills both.
    """
    chain, at, drawn = Chain(prompt_ids, eos_ids, settings), Standing(settings.law), 0
    while not chain.is_over(at):
        event, at = yield from chain.advance(at, revise)
        if not isinstance(event, BlockFrozen):
            drawn += len(event.extension if isinstance(event, BlockStarted) else event.step.revision.proposed)
            listener(event)
    return ChainEnd(at.state, drawn)
