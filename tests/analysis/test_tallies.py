"""Counts against laws: total variation by hand, and its mean under exact draws by summing the binomial."""

import math
from itertools import product

import pytest

from explorer.analysis.tallies import distance, expected_distance, outside

LAW = {"a": 0.5, "b": 0.3, "c": 0.2}


def test_distance_by_hand():
    assert distance({"a": 5, "b": 3, "c": 2}, LAW) == pytest.approx(0.0, abs=1e-15)
    assert distance({"a": 10}, LAW) == pytest.approx(0.5)
    assert distance({"x": 4}, LAW) == pytest.approx(1.0)


def brute_force(law: dict[str, float], n: int) -> float:
    """The mean over all sequences of n draws."""
    total = 0.0
    for draws in product(law, repeat=n):
        counts = {key: draws.count(key) for key in law}
        total += math.prod(law[key] for key in draws) * distance(counts, law)
    return total


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_expected_distance_is_the_mean_over_all_draws(n):
    assert expected_distance(LAW, n) == pytest.approx(brute_force(LAW, n), abs=1e-12)


def test_certain_and_impossible_completions_add_nothing():
    assert expected_distance({"a": 1.0, "b": 0.0}, 50) == 0.0


def test_expected_distance_falls_as_one_over_the_square_root():
    assert expected_distance(LAW, 40_000) / expected_distance(LAW, 10_000) == pytest.approx(0.5, abs=0.01)


def test_outside_counts_what_the_law_cannot_produce():
    assert outside({"a": 3, "x": 2, "y": 1}, {**LAW, "y": 0.0}) == 3
