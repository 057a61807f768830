"""A whole power-sampling run as one kernel procedure, so that many may share a batch; run.py tells it step by step."""

from collections.abc import Callable
from typing import NamedTuple

from sampler.core import kernel
from sampler.core.draws import EXTEND, PROPOSE, SeededDraws
from sampler.core.kernel import Revise, Revision, Rows, Stage
from sampler.core.records import BlockStarted, ChainState, Law, PowerSettings, Step, StepTaken

Listener = Callable[[BlockStarted | StepTaken], object]


class ChainEnd(NamedTuple):
    """Where a run ended, and how many tokens it sampled on the way."""

    state: ChainState
    tokens_drawn: int


def stage_of(
    settings: PowerSettings, prompt_ids: tuple[int, ...], eos_ids: tuple[int, ...], block: int, law: Law
) -> Stage:
    """Where the revisions of one block may act: in the block alone, or from the completion's start on."""
    size = settings.block_size
    start = block * size if settings.scope == "block" else 0
    end = min((block + 1) * size, settings.max_new_tokens)
    return Stage(prompt_ids, eos_ids, start, end, law, settings.alternatives)


def as_step(revision: Revision, block: int, step: int, draw: int, law: Law) -> Step:
    """A revision with its place in the run and the law that judged it."""
    fields = {name: getattr(revision, name) for name in revision.__slots__}
    return Step(block, step, draw, law.alpha, law.temperature, **fields)


def whole_run(
    prompt_ids: tuple[int, ...],
    eos_ids: tuple[int, ...],
    settings: PowerSettings,
    tell: Listener | None = None,
    revise: Revise = kernel.revise,
) -> Rows[ChainEnd]:
    """Extend and revise block after block. With the right kernel it ends with the very completion of `run_power`.

    `tell` hears of every block and step in the events of `run_power`, but with no pieces and no cost. A wrong kernel
    (wrong_kernels.py) may leave a block shorter than it was, unfinished; the next one then fills both.
    """
    state, drawn, taken, law = ChainState(), 0, 0, settings.law
    tell = tell or (lambda event: None)
    for block in range(settings.num_blocks):
        stage, start = stage_of(settings, prompt_ids, eos_ids, block, law), len(state.segment)
        draws = SeededDraws(settings.seed, settings.chain, block, 0, EXTEND)
        extension, state = yield from kernel.extend(stage, state, draws)
        drawn += len(extension)
        if len(state.segment) <= stage.start:  # it ended before this block: nothing to revise from here on
            break
        tell(BlockStarted(block, start, stage.end, extension))
        for step in range(settings.steps_per_block):
            draws = SeededDraws(settings.seed, settings.chain, block, step, PROPOSE)
            revision, state = yield from revise(stage, state, draws)
            tell(StepTaken(as_step(revision, block, step, taken, law), 0, 0, 0.0))
            taken += 1
            drawn += len(revision.proposed)
    return ChainEnd(state, drawn)
