"""Thresholds for tests on random numbers, each with the probability of failing a right program.

Every test that uses them is seeded, so it gives the same answer on every run; the rates say how (un)likely it was,
before the seeds were looked at, that a right program fails, and a test's power says how surely a wrong one does.
"""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence

FALSE_ALARM = 1e-6  # of each test, unless it says otherwise


def total_variation_threshold(probabilities: Iterable[float], n: int, delta: float = FALSE_ALARM) -> float:
    """What the total variation between a law and the shares of n independent draws from it exceeds with at most delta.

    0.5 sum_x sqrt(pi(x) (1 - pi(x)) / n) bounds its mean (Jensen), and sqrt(ln(1/delta) / (2 n)) what one draw in n,
    which moves it by 1/n, lets it stray above the mean (McDiarmid 1989). Holds at every n, not only in the limit.
    """
    mean = 0.5 * math.fsum(math.sqrt(p * (1 - p) / n) for p in probabilities)
    return mean + math.sqrt(math.log(1 / delta) / (2 * n))


def total_variation_of(drawn: Sequence[Hashable], law: Mapping[Hashable, float]) -> float:
    """Half the sum of |share of x among the draws - law(x)|; what the law does not know counts in full."""
    counts = dict.fromkeys(law, 0)
    for outcome in drawn:
        counts[outcome] = counts.get(outcome, 0) + 1
    return 0.5 * math.fsum(abs(count / len(drawn) - law.get(outcome, 0.0)) for outcome, count in counts.items())


def uniform_distance(numbers: Sequence[float]) -> float:
    """Kolmogorov's distance sup_x |share of numbers <= x  -  x| from the uniform law on (0, 1)."""
    n = len(numbers)
    return max(max((i + 1) / n - u, u - i / n) for i, u in enumerate(sorted(numbers)))


def uniform_threshold(n: int, delta: float = FALSE_ALARM) -> float:
    """What Kolmogorov's distance of n uniform numbers exceeds with at most delta (Dvoretzky et al.; Massart 1990)."""
    return math.sqrt(math.log(2 / delta) / (2 * n))


def chi_square(counts: Sequence[int], probabilities: Sequence[float]) -> float:
    """Pearson's statistic: sum (count - expected)^2 / expected."""
    n = sum(counts)
    return math.fsum((count - n * p) ** 2 / (n * p) for count, p in zip(counts, probabilities, strict=True))


def chi_square_threshold(degrees: int, delta: float = FALSE_ALARM) -> float:
    """What a chi-square variable exceeds with at most delta (Laurent & Massart 2000, lemma 1).

    Pearson's statistic has that law only for many expected counts; use it with a hundred or more in every bin.
    """
    x = math.log(1 / delta)
    return degrees + 2 * math.sqrt(degrees * x) + 2 * x
