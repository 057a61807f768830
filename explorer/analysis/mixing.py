"""How well chains mix: autocorrelation, effective sample size and rank R-hat of a number followed over steps.

Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021, "Rank-normalization, folding, and localization: an improved R-hat",
Bayesian Analysis 16(2). A statistic that cannot be told raises ValueError with the reason; of a chain that never moved
the reason is STUCK.
"""

from statistics import NormalDist

import numpy as np
import pandas as pd

STUCK = "stuck"
SHORTEST = 20  # steps; the autocorrelation of independent draws then comes out within about 1/sqrt(20) = 0.22 of 0
FEWEST = 4  # chains


def autocorrelation(chain: np.ndarray) -> np.ndarray:
    """Autocorrelation at lags 0 .. n//2 of one chain [n], each lag's sum divided by n, not n - lag."""
    check_length(len(chain), "an autocorrelation")
    check_moving(chain)
    covariance = autocovariance(chain)
    return covariance[: len(chain) // 2 + 1] / covariance[0]


def effective_sample_size(chain: np.ndarray) -> float:
    """How many independent draws would know the mean as well as one chain [n], split in halves; at most n log10(n).

    n / tau, tau = -1 + 2 sum of rho over Geyer's initial monotone sequence (Vehtari et al. 2021, section 3.2).
    """
    check_length(len(chain), "an effective sample size")
    check_moving(chain)
    halves = split(chain[None])  # (2, n')
    number, length = halves.shape
    covariance = np.array([autocovariance(half) for half in halves]).mean(axis=0)  # (n',)
    within = covariance[0] * length / (length - 1)
    spread = covariance[0] + halves.mean(axis=1).var(ddof=1)
    rho = 1 - (within - covariance) / spread
    rho[0] = 1
    return number * length / max(correlation_time(rho), 1 / np.log10(number * length))


def rank_rhat(chains: np.ndarray) -> float:
    """Rank-normalised split R-hat of chains [m, n]: the larger of the bulk's and the folded one (Vehtari et al. 2021).

    inf where no chain moved and they stand at different places.
    """
    check_number(len(chains))
    check_length(chains.shape[1], "R-hat")
    check_moving(chains)
    halves = split(chains)
    return max(rhat(normal_ranks(halves)), rhat(normal_ranks(np.abs(halves - np.median(halves)))))


def check_length(steps: int, what: str) -> None:
    """ValueError for a stage of fewer than SHORTEST steps."""
    if steps < SHORTEST:
        raise ValueError(f"a stage of {count(steps, 'step')} is too short for {what}: at least {SHORTEST}")


def check_number(chains: int) -> None:
    """ValueError for fewer than FEWEST chains."""
    if chains < FEWEST:
        raise ValueError(f"R-hat needs {FEWEST} chains, this run has {chains}")


def check_moving(values: np.ndarray) -> None:
    """ValueError if they are all the same."""
    if np.ptp(values) == 0:
        raise ValueError(STUCK)


def autocovariance(chain: np.ndarray) -> np.ndarray:
    """Autocovariance [n] at every lag of one chain [n], each sum divided by n."""
    centred = chain - chain.mean()
    return np.correlate(centred, centred, "full")[len(chain) - 1 :] / len(chain)


def correlation_time(rho: np.ndarray) -> float:
    """-1 + 2 sum of rho [n] over Geyer's initial monotone sequence: pairs of lags while their sums are positive.

    The even lag of the pair that ends it still counts once, if positive.
    """
    pairs = rho[: (len(rho) - 1) // 2 * 2].reshape(-1, 2)  # a last lag or two are known from one or two products
    sums = pairs.sum(axis=1)
    negative = np.flatnonzero(sums < 0)
    end = int(negative[0]) if len(negative) else len(sums) - 1
    return float(-1 + 2 * np.minimum.accumulate(sums[:end]).sum() + max(pairs[end, 0], 0))


def split(chains: np.ndarray) -> np.ndarray:
    """[2m, n//2], first and second halves of chains [m, n]; of an odd length the middle step is left out."""
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, -half:]])


def normal_ranks(values: np.ndarray) -> np.ndarray:
    """Every value's rank among all, as a normal quantile: Phi^-1((rank - 3/8) / (S + 1/4)); ties share their mean."""
    ranks = pd.Series(values.ravel()).rank().to_numpy()
    quantile = NormalDist().inv_cdf
    return np.array([quantile((rank - 3 / 8) / (values.size + 1 / 4)) for rank in ranks]).reshape(values.shape)


def rhat(chains: np.ndarray) -> float:
    """sqrt of the pooled variance of chains [m, n] over the one within them; 1 where all values are the same."""
    length = chains.shape[1]
    if not np.ptp(chains, axis=1).any():
        return np.inf if np.ptp(chains) else 1.0
    between, within = length * chains.mean(axis=1).var(ddof=1), chains.var(axis=1, ddof=1).mean()
    return float(np.sqrt((between / within + length - 1) / length))


def count(n: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
