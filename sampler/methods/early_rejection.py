"""Early rejection: u is drawn first, and a proposal that u has already rejected is left unfinished. Exact.

Every token adds alpha * log p - log q <= 0 to log A as long as the temperature is from 1/alpha to 1 (METHOD.md,
section 3), so log A so far, with the cut term at its best, bounds log A. Solonen et al. 2012, Bayesian Analysis 7(3).
"""

import math

from sampler.core import kernel, power
from sampler.core.draws import Draws
from sampler.core.kernel import Rows, Stage
from sampler.core.records import ChainState, Law, Revision, Segment

ROUNDING = 1e-9  # nats by which the bound must fall short, so that no rounding turns a verdict


def holds_for(law: Law) -> bool:
    """Whether log A can only fall as a proposal grows: temperature from 1/alpha to 1, or alpha = inf."""
    return math.isinf(law.alpha) or 1 - 1e-12 <= law.alpha * law.temperature <= law.alpha


def revise(stage: Stage, state: ChainState, draws: Draws) -> Rows[tuple[Revision, ChainState]]:
    """`kernel.revise` with the same cut, tokens, u, verdict and next state, but stopped once u has rejected.

    A revision that was stopped holds the tokens drawn until then, and the terms of the bound that u failed. `draws`
    must give the same u as often as it is asked, as addressed draws do.
    """
    n = len(state.segment) - stage.start
    cut = stage.start + draws.cut(n)
    kept, replaced = state.segment[:cut], state.segment[cut:]
    _, log_u = draws.accept(math.inf)
    proposed, is_whole, bound = Segment(), False, math.inf
    while not is_whole and log_u < bound + ROUNDING:
        proposed += yield from kernel.next_token(stage, kept.token_ids + proposed.token_ids, draws)
        is_whole = kernel.is_whole(stage, cut, proposed)
        target = power.log_target_ratio(stage.law.alpha, proposed.log_p, replaced.log_p)
        proposal = power.log_proposal_ratio(proposed.log_q, replaced.log_q)
        length = cut + len(proposed) if is_whole else shortest(stage.eos_ids, cut + len(proposed), stage.end)
        cuts = power.log_cut_ratio(n, length - stage.start)
        bound = power.log_accept_ratio(stage.law.alpha, target, proposal, cuts)
    is_accepted, _ = draws.accept(bound)
    revision = Revision(cut, proposed, replaced, target, proposal, cuts, bound, log_u, is_accepted, not is_whole)
    return revision, kernel.closed(stage, kept + proposed) if is_accepted else state


def shortest(eos_ids: tuple[int, ...], length: int, end: int) -> int:
    """The fewest tokens that an unfinished text of this length can end with: one more, or `end` if nothing ends it."""
    return length + 1 if eos_ids else end
