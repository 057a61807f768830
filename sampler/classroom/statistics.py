"""The statistics of right and wrong answers: intervals for shares, and pass@k."""

import math

Z95 = 1.959964  # two-sided 95 % of the normal law


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share, from 0 to 1, of n trials; n >= 1 (Wilson 1927)."""
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2)) / (1 + Z95**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def pass_at_k(samples: int, right: int, k: int) -> float:
    """Probability that k of `samples` answers, drawn without replacement, hold one of the `right` ones.

    The unbiased estimator 1 - C(samples - right, k) / C(samples, k) of Chen et al. 2021 (arXiv 2107.03374, eq. 1).
    `k` is from 1 to `samples`.
    """
    return 1.0 - math.comb(samples - right, k) / math.comb(samples, k)
