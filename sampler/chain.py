"""A whole power-sampling run as one kernel procedure, so that many may share a batch; run.py tells it step by step."""

from typing import NamedTuple

from sampler import kernel
from sampler.draws import EXTEND, PROPOSE, SeededDraws
from sampler.kernel import Revise, Rows, Stage
from sampler.records import ChainState, Law, PowerSettings


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


def whole_run(
    prompt_ids: tuple[int, ...],
    eos_ids: tuple[int, ...],
    settings: PowerSettings,
    chain: int = 0,
    revise: Revise = kernel.revise,
) -> Rows[ChainEnd]:
    """Extend and revise block after block. Chain 0 of the right kernel ends with the very completion of `run_power`.

    A wrong kernel (wrong_kernels.py) may leave a block shorter than it was, unfinished; the next one then fills both.
    """
    state, drawn = ChainState(), 0
    for block in range(settings.num_blocks):
        stage = stage_of(settings, prompt_ids, eos_ids, block, settings.law)
        draws = SeededDraws(settings.seed, chain, block, 0, EXTEND)
        extension, state = yield from kernel.extend(stage, state, draws)
        drawn += len(extension)
        if len(state.segment) <= stage.start:  # it ended before this block: nothing to revise from here on
            break
        for step in range(settings.steps_per_block):
            draws = SeededDraws(settings.seed, chain, block, step, PROPOSE)
            revision, state = yield from revise(stage, state, draws)
            drawn += len(revision.proposed)
    return ChainEnd(state, drawn)
