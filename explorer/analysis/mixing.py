"""How well chains mix: autocorrelation, effective sample size and rank R-hat of a number followed over steps.

arviz-stats does the arithmetic (Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021, "Rank-normalization, folding, and
localization: an improved R-hat", Bayesian Analysis 16(2)). This module decides when too little is known for a number:
it then raises ValueError with the reason; for a chain that never moved the reason is STUCK.
"""

import numpy as np
from arviz_stats.base import array_stats

from explorer.analysis.tokens import count

STUCK = "stuck"
SHORTEST = 20  # steps; the autocorrelation of independent draws then comes out within about 1/sqrt(20) = 0.22 of 0
FEWEST = 4  # chains


def autocorrelation(chain: np.ndarray) -> np.ndarray:
    """Autocorrelation at lags 0 .. n//2 of one chain [n], each lag's sum divided by n, not n - lag."""
    check_length(len(chain), "an autocorrelation")
    check_moving(chain)
    return array_stats.autocorr(chain)[: len(chain) // 2 + 1]


def effective_sample_size(chain: np.ndarray) -> float:
    """How many independent draws would know the mean as well as one chain [n], split in halves; at most n log10(n)."""
    check_length(len(chain), "an effective sample size")
    check_moving(chain)
    return float(array_stats.ess(chain[None], method="mean"))


def rank_rhat(chains: np.ndarray) -> float:
    """Rank-normalised split R-hat of chains [m, n], the larger of the bulk's and the folded one.

    inf where no half of a chain moves and they stand at different places.
    """
    check_number(len(chains))
    check_length(chains.shape[1], "R-hat")
    check_moving(chains)
    half = chains.shape[1] // 2
    if not np.ptp([chains[:, :half], chains[:, -half:]], axis=2).any():
        return np.inf
    with np.errstate(divide="ignore", invalid="ignore"):  # values at two places only: folded they are all the same
        return float(array_stats.rhat(chains, method="rank"))


def check_length(steps: int, what: str) -> None:
    if steps < SHORTEST:
        raise ValueError(f"a stage of {count(steps, 'step')} is too short for {what}: at least {SHORTEST}")


def check_number(chains: int) -> None:
    if chains < FEWEST:
        raise ValueError(f"R-hat needs {FEWEST} chains, this run has {chains}")


def check_moving(values: np.ndarray) -> None:
    if np.ptp(values) == 0:
        raise ValueError(STUCK)
