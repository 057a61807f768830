"""Random numbers by address: uniform, independent, repeatable; tokens by inverse CDF; and every outcome enumerated.

Seeded, so the same on every run; each threshold has a false-alarm rate of 1e-6 (error_rates.py).
"""

import math
from collections import Counter

import numpy as np
import pytest
from error_rates import (
    chi_square,
    chi_square_threshold,
    total_variation_of,
    total_variation_threshold,
    uniform_distance,
    uniform_threshold,
)

from sampler.core.draws import (
    ACCEPT,
    CUT,
    EXTEND,
    PROPOSE,
    SAMPLE,
    EnumeratedDraws,
    SeededDraws,
    enumerate_outcomes,
    uniform,
)
from sampler.core.rows import ArrayRow, inverse_cdf

ADDRESS = {"seed": 7, "chain": 0, "block": 0, "step": 0, "purpose": PROPOSE, "position": 0}
ROW = np.log([0.5, 0.25, 0.125, 0.125])  # powers of two: its CDF is exact
HOLES = np.array([-np.inf, math.log(0.4), -np.inf, math.log(0.6), -np.inf])
LAST_BELOW_1 = 1 - 2.0**-53


@pytest.mark.parametrize(
    ("u", "token"), [(2.0**-54, 0), (0.49999, 0), (0.5, 1), (0.7499, 1), (0.75, 2), (0.875, 3), (LAST_BELOW_1, 3)]
)
def test_inverse_cdf_at_the_edges(u, token):
    assert inverse_cdf(ROW, u) == token


@pytest.mark.parametrize("u", [0.0, 2.0**-54, 0.3, 0.4, 0.5, LAST_BELOW_1, 1.0])
def test_an_impossible_token_is_never_drawn(u):
    assert inverse_cdf(HOLES, u) == (1 if u < 0.4 else 3)


def test_the_last_possible_token_takes_what_rounding_leaves():
    row = np.log(np.full(1000, 1e-3))  # sums to a little less or more than 1
    assert inverse_cdf(row, LAST_BELOW_1) == 999
    assert inverse_cdf(np.append(row, -np.inf), 1.0) == 999


@pytest.mark.parametrize("field", ADDRESS)
def test_numbers_are_uniform_along_every_part_of_an_address(field):
    numbers = [uniform(**{**ADDRESS, field: i}) for i in range(4000)]
    assert uniform_distance(numbers) <= uniform_threshold(4000)
    assert len(set(numbers)) == 4000
    assert 0 < min(numbers) < max(numbers) < 1


@pytest.mark.parametrize("field", [name for name in ADDRESS if name != "purpose"])
def test_neighbouring_addresses_are_independent(field):
    """Pairs fill a 4 x 4 grid evenly: 4000 pairs, 250 expected in each bin."""
    pairs = [(uniform(**{**ADDRESS, field: 2 * i}), uniform(**{**ADDRESS, field: 2 * i + 1})) for i in range(4000)]
    assert grid_statistic(pairs) <= chi_square_threshold(15)


@pytest.mark.parametrize("other", [EXTEND, CUT, ACCEPT, SAMPLE])
def test_purposes_at_one_address_are_independent(other):
    pairs = [(uniform(i, 0, 0, 0, PROPOSE, 0), uniform(i, 0, 0, 0, other, 0)) for i in range(4000)]
    assert grid_statistic(pairs) <= chi_square_threshold(15)


def test_the_grid_statistic_sees_shared_numbers():
    """The power of the two tests above: numbers that agree in one pair of ten are found out."""
    pairs = [(uniform(i, 0, 0, 0, PROPOSE, 0), uniform(i, 0, 0, 0, CUT, 0)) for i in range(4000)]
    shared = [(u, u) if i % 10 == 0 else (u, v) for i, (u, v) in enumerate(pairs)]
    assert grid_statistic(shared) > chi_square_threshold(15)


def grid_statistic(pairs: list[tuple[float, float]]) -> float:
    bins = Counter((int(4 * u), int(4 * v)) for u, v in pairs)
    return chi_square([bins[a, b] for a in range(4) for b in range(4)], [1 / 16] * 16)


def test_a_number_never_depends_on_what_was_drawn_before():
    forward = [uniform(1, 0, block, step, CUT, 0) for block in range(3) for step in range(3)]
    backward = [uniform(1, 0, block, step, CUT, 0) for block in (2, 1, 0) for step in (2, 1, 0)]
    assert forward == backward[::-1]


def test_these_numbers_never_change():
    """Traces hold what these addresses gave; another generator would make every stored run unverifiable."""
    assert uniform(0, 0, 0, 0, EXTEND, 0) == 0.011546754286331617
    assert uniform(2**53 - 1, 3, 5, 9, ACCEPT, 0) == 0.8550750609120117


def test_seeded_tokens_follow_the_row():
    drawn = [SeededDraws(3, chain, 0, 0, SAMPLE).token(ArrayRow(HOLES), 5) for chain in range(4000)]
    law = {1: 0.4, 3: 0.6}
    assert total_variation_of(drawn, law) <= total_variation_threshold(law.values(), 4000)


def test_seeded_cuts_are_uniform():
    drawn = [SeededDraws(seed, 0, 1, 2, PROPOSE).cut(7) for seed in range(4000)]
    law = dict.fromkeys(range(7), 1 / 7)
    assert total_variation_of(drawn, law) <= total_variation_threshold(law.values(), 4000)
    assert SeededDraws(0, 0, 0, 0, PROPOSE).cut(1) == 0


def test_seeded_verdicts_are_accepted_as_often_as_the_ratio_says():
    verdicts = [SeededDraws(seed, 0, 0, 0, PROPOSE).accept(math.log(0.3)) for seed in range(4000)]
    law = {True: 0.3, False: 0.7}
    assert total_variation_of([verdict for verdict, _ in verdicts], law) <= total_variation_threshold(
        law.values(), 4000
    )
    assert all(verdict == (log_u < math.log(0.3)) for verdict, log_u in verdicts)


@pytest.mark.parametrize(("log_ratio", "verdict"), [(0.0, True), (math.inf, True), (-math.inf, False)])
def test_a_certain_verdict_is_certain(log_ratio, verdict):
    assert all(SeededDraws(seed, 0, 0, 0, PROPOSE).accept(log_ratio)[0] == verdict for seed in range(200))
    assert [outcome[0] for outcome, _ in enumerate_outcomes(lambda draws: draws.accept(log_ratio))] == [verdict]


def three_decisions(draws) -> tuple[int, int, bool]:
    cut = draws.cut(3)
    token = draws.token(ArrayRow(HOLES), cut) if cut else 0
    return cut, token, draws.accept(math.log(0.5))[0]


def test_enumeration_finds_every_outcome_once_with_its_probability():
    outcomes = list(enumerate_outcomes(three_decisions))
    found = dict(outcomes)
    assert len(found) == len(outcomes) == 2 + 2 * 2 * 2
    assert math.fsum(found.values()) == pytest.approx(1, abs=1e-15)
    assert found[2, 3, False] == pytest.approx(1 / 3 * 0.6 * 0.5)
    assert found[0, 0, True] == pytest.approx(1 / 3 * 0.5)


@pytest.mark.parametrize("log_ratio", [math.log(0.3), -1e-9, -40.0, 0.0, 5.0])
def test_an_enumerated_verdict_agrees_with_its_log_u(log_ratio):
    for (verdict, log_u), prob in enumerate_outcomes(lambda draws: draws.accept(log_ratio)):
        assert verdict == (log_u < log_ratio)
        assert log_u <= 0
        assert prob == pytest.approx(math.exp(min(0.0, log_ratio)) if verdict else 1 - math.exp(log_ratio))


def test_enumeration_is_what_seeded_draws_sample():
    law = dict(enumerate_outcomes(three_decisions))
    drawn = [three_decisions(SeededDraws(seed, 0, 0, 0, PROPOSE)) for seed in range(4000)]
    assert total_variation_of(drawn, law) <= total_variation_threshold(law.values(), 4000)


def test_an_enumerated_path_is_followed_and_its_forks_noted():
    draws = EnumeratedDraws((1,))
    assert three_decisions(draws) == (1, 1, True)
    assert (draws.taken, draws.open_branches) == ([1, 1, 1], [[], [3], [0]])
