"""What counts of sampled completions say about a known law: total variation, and what exact draws would show."""

import math
from collections.abc import Hashable, Mapping

import numpy as np
from scipy.stats import binom

Counts = Mapping[Hashable, int]
Law = Mapping[Hashable, float]


def distance(counts: Counts, law: Law) -> float:
    """Total variation, 0 to 1, between the shares of some counts and a law."""
    n = sum(counts.values())
    return 0.5 * math.fsum(abs(counts.get(key, 0) / n - law.get(key, 0.0)) for key in counts.keys() | law.keys())


def expected_distance(law: Law, n: int) -> float:
    """The mean of that total variation for n independent draws from the law itself.

    Half the sum of E|K/n - p| with K binomial: E|K - np| = 2 (k+1) (1-p) P(K = k+1), k = floor(np) (De Moivre 1730).
    """
    p = np.array(list(law.values()))
    k = np.floor(n * p)
    return math.fsum((k + 1) * (1 - p) * binom.pmf(k + 1, n, p)) / n


def outside(counts: Counts, law: Law) -> int:
    """How many draws lie where the law has no mass."""
    return sum(count for key, count in counts.items() if law.get(key, 0.0) == 0.0)
