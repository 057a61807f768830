"""Wilson intervals and pass@k, by hand and by counting."""

from itertools import combinations

import pytest

from sampler.classroom.statistics import pass_at_k, wilson


@pytest.mark.parametrize(("share", "n"), [(0.5, 100), (0.0, 10), (1.0, 10), (0.9, 500), (0.33, 3)])
def test_wilson_bounds_are_the_shares_that_a_test_just_allows(share, n):
    """Wilson (1927): the bounds p solve (share - p)^2 = z^2 p (1 - p) / n."""
    for bound in wilson(share, n):
        assert (share - bound) ** 2 == pytest.approx(1.959964**2 * bound * (1 - bound) / n, abs=1e-12)
    low, high = wilson(share, n)
    assert 0 <= low < high <= 1 and low - 1e-12 <= share <= high + 1e-12


@pytest.mark.parametrize("samples", range(1, 8))
def test_pass_at_k_counts_subsets(samples):
    for right in range(samples + 1):
        answers = [True] * right + [False] * (samples - right)
        for k in range(1, samples + 1):
            subsets = list(combinations(answers, k))
            assert pass_at_k(samples, right, k) == pytest.approx(sum(map(any, subsets)) / len(subsets), abs=1e-12)
