"""What counts of sampled completions say about a known law: total variation, and what exact draws would show."""

import math
from collections.abc import Hashable, Mapping

Counts = Mapping[Hashable, int]
Law = Mapping[Hashable, float]


def distance(counts: Counts, law: Law) -> float:
    """Total variation, 0 to 1, between the shares of some counts and a law."""
    n = sum(counts.values())
    return 0.5 * math.fsum(abs(counts.get(key, 0) / n - law.get(key, 0.0)) for key in counts.keys() | law.keys())


def expected_distance(law: Law, n: int) -> float:
    """The mean of that total variation for n independent draws from the law itself.

    Half the sum of E|K/n - p| with K binomial: E|K - np| = 2 (k+1) C(n, k+1) p^(k+1) (1-p)^(n-k), k = floor(np)
    (De Moivre 1730).
    """
    return 0.5 * math.fsum(_mean_deviation(p, n) for p in law.values()) / n


def outside(counts: Counts, law: Law) -> int:
    """How many draws lie where the law has no mass."""
    return sum(count for key, count in counts.items() if law.get(key, 0.0) == 0.0)


def _mean_deviation(p: float, n: int) -> float:
    if p <= 0.0 or p >= 1.0:
        return 0.0
    k = math.floor(n * p)
    choose = math.lgamma(n + 1) - math.lgamma(k + 2) - math.lgamma(n - k) if k < n else -math.inf
    return 2 * math.exp(math.log(k + 1) + choose + (k + 1) * math.log(p) + (n - k) * math.log1p(-p))
