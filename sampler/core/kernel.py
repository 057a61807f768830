"""The kernel: extend a completion by a block, revise it, judge the revision. Pure; the heart of the project.

A kernel function is a generator that *asks* for next-token rows: it yields a list of R contexts and is sent their
rows, R of [V]. It never sees a model, a cache or a batch, so `in_lock_step` (lock_step.py) may run many side by side,
and enumerated draws turn the very same code into its own exact transition matrix.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sampler.core import power
from sampler.core.draws import Draws
from sampler.core.records import ChainState, Law, Revision, Segment
from sampler.core.rows import Row

Result = TypeVar("Result")
Rows = Generator[list[tuple[int, ...]], Sequence[Row], Result]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one block's revisions may act: cuts from `start` on, text up to `end` positions or an end token."""

    prompt_ids: tuple[int, ...]
    eos_ids: tuple[int, ...]
    start: int
    end: int
    law: Law
    alternatives: int


Revise = Callable[[Stage, ChainState, Draws], Rows[tuple[Revision, ChainState]]]  # `revise`, or another in its place


def extend(stage: Stage, state: ChainState, draws: Draws) -> Rows[tuple[Segment, ChainState]]:
    """Write on from the proposal q until `stage.end` or an end token; returns the new tokens and the new state."""
    if state.finished:
        return Segment(), state
    written = yield from write(stage, state.segment.token_ids, draws)
    return written, closed(stage, state.segment + written)


def revise(stage: Stage, state: ChainState, draws: Draws) -> Rows[tuple[Revision, ChainState]]:
    """One Metropolis-Hastings step that leaves p(completion from stage.start on)^alpha invariant.

    Draws a cut among the n = len(state) - stage.start places, regenerates from there, and accepts with probability
    min(1, A), log A = alpha * [log p(proposed) - log p(replaced)] + log q(replaced) - log q(proposed)
    + log n - log n'. Karan & Du 2025, Algorithm 1 and eq. 9, with the cut term that unequal lengths need.
    """
    n = len(state.segment) - stage.start
    cut = stage.start + draws.cut(n)
    kept, replaced = state.segment[:cut], state.segment[cut:]
    proposed = yield from write(stage, kept.token_ids, draws)
    target = power.log_target_ratio(stage.law.alpha, proposed.log_p, replaced.log_p)
    proposal = power.log_proposal_ratio(proposed.log_q, replaced.log_q)
    cuts = power.log_cut_ratio(n, cut + len(proposed) - stage.start)
    log_ratio = power.log_accept_ratio(stage.law.alpha, target, proposal, cuts)
    is_accepted, log_u = draws.accept(log_ratio)
    revision = Revision(cut, proposed, replaced, target, proposal, cuts, log_ratio, log_u, is_accepted)
    return revision, closed(stage, kept + proposed) if is_accepted else state


def write(stage: Stage, kept_ids: tuple[int, ...], draws: Draws) -> Rows[Segment]:
    """Sample tokens from q after prompt + kept, until `stage.end` positions or an end token, which is kept."""
    written = Segment()
    while not is_whole(stage, len(kept_ids), written):
        written += yield from next_token(stage, kept_ids + written.token_ids, draws)
    return written


def is_whole(stage: Stage, num_kept: int, written: Segment) -> bool:
    """Whether what was written after `num_kept` positions reaches `stage.end` or ends with an end token."""
    return num_kept + len(written) >= stage.end or (bool(written) and written.token_ids[-1] in stage.eos_ids)


def next_token(stage: Stage, ids: tuple[int, ...], draws: Draws) -> Rows[Segment]:
    """One token from q after prompt + ids."""
    [row] = yield [stage.prompt_ids + ids]
    log_q = row.tempered(stage.law.temperature)
    return measured(stage, draws.token(log_q, len(ids)), row, log_q)


def remeasure(stage: Stage, state: ChainState) -> Rows[ChainState]:
    """The same text with log q and log Z of its revisable tokens under the law of `stage`, after a dial has moved."""
    ids = state.segment.token_ids
    segment = state.segment[: stage.start]
    for position in range(stage.start, len(ids)):
        [row] = yield [stage.prompt_ids + ids[:position]]
        segment += measured(stage, ids[position], row, row.tempered(stage.law.temperature))
    return ChainState(segment, state.finished)


def measured(stage: Stage, token: int, row: Row, log_q: Row) -> Segment:
    """One drawn token as a segment of length 1, with what its rows say: the base row and the proposal's."""
    return Segment(
        token_ids=(token,),
        log_p=(row[token],),
        log_q=(log_q[token],),
        log_z=(row.log_z(stage.law.alpha),),
        entropy=(row.entropy(),),
        alternatives=(row.top_tokens(stage.alternatives),),
    )


def closed(stage: Stage, segment: Segment) -> ChainState:
    """The state of a completion: finished if its last token ends it."""
    return ChainState(segment, bool(segment) and segment.token_ids[-1] in stage.eos_ids)
