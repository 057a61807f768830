"""The kernel: extend a completion by a block, revise it, judge the revision. Pure; the heart of the project.

A kernel function is a generator that *asks*: it yields a request (requests.py), such as "continue this text", and is
sent the answer. It never sees a model, a cache or a batch, so `in_lock_step` (lock_step.py) may run many side by side,
and enumerated draws turn the very same code into its own exact transition matrix.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sampler.core import power
from sampler.core.draws import Draws
from sampler.core.records import ChainState, Law, Revision, Segment
from sampler.core.requests import Asks, Continue, Score


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one block's revisions may act: cuts from `start` on, text up to `end` positions or an end token."""

    prompt_ids: tuple[int, ...]
    eos_ids: tuple[int, ...]
    start: int
    end: int
    law: Law
    alternatives: int


Revise = Callable[[Stage, ChainState, Draws], Asks[tuple[Revision, ChainState]]]  # `revise`, or another in its place


def extend(stage: Stage, state: ChainState, draws: Draws) -> Asks[tuple[Segment, ChainState]]:
    """Write on from the proposal q until `stage.end` or an end token; returns the new tokens and the new state."""
    if state.finished:
        return Segment(), state
    written = yield from write(stage, state.segment.token_ids, draws)
    return written, closed(stage, state.segment + written)


def revise(stage: Stage, state: ChainState, draws: Draws) -> Asks[tuple[Revision, ChainState]]:
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


def write(stage: Stage, kept_ids: tuple[int, ...], draws: Draws) -> Asks[Segment]:
    """Sample tokens from q after prompt + kept, until `stage.end` positions or an end token, which is kept."""
    position, context = len(kept_ids), stage.prompt_ids + kept_ids
    if position >= stage.end:
        return Segment()
    most = stage.end - position
    written: Segment = yield Continue(context, most, stage.eos_ids, stage.law, stage.alternatives, draws, position)
    return written


def remeasure(stage: Stage, state: ChainState) -> Asks[ChainState]:
    """The same text with log q and log Z of its revisable tokens under the law of `stage`, after a dial has moved."""
    fixed, revisable = state.segment[: stage.start], state.segment.token_ids[stage.start :]
    context = stage.prompt_ids + fixed.token_ids
    measured = yield Score(context, revisable, stage.law, stage.alternatives)
    return ChainState(fixed + measured, state.finished)


def closed(stage: Stage, segment: Segment) -> ChainState:
    """The state of a completion: finished if its last token ends it."""
    return ChainState(segment, bool(segment) and segment.token_ids[-1] in stage.eos_ids)
