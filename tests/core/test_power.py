"""The formulas against plain arithmetic in float64, and at the ends of their ranges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.core import power

ROWS = {
    "uniform": np.log(np.full(8, 1 / 8)),
    "skewed": np.log(np.array([0.7, 0.2, 0.05, 0.03, 0.02])),
    "with-holes": np.array([-np.inf, math.log(0.25), -np.inf, math.log(0.75)]),
    "certain": np.array([-np.inf, 0.0, -np.inf]),
    "wide": np.log(np.random.default_rng(0).dirichlet(np.ones(300))),
}
WEIGHTS = st.lists(st.just(0.0) | st.floats(-8, 8).map(math.exp), min_size=1, max_size=40).filter(any)
any_rows = WEIGHTS.map(lambda weights: normalised(np.array(weights))) | st.sampled_from(list(ROWS.values()))


def normalised(weights: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(weights / weights.sum())


@given(any_rows, st.floats(0.25, 100))
def test_temper_is_the_normalised_power(row, temperature):
    plain = np.exp(row) ** (1 / temperature)
    assert np.exp(power.temper(row, temperature)) == pytest.approx(plain / plain.sum(), rel=1e-12, abs=1e-300)


@given(any_rows, st.sampled_from((1e-308, 1e-12)) | st.floats(1e-12, 100))
def test_tempered_probabilities_sum_to_1_and_impossible_tokens_stay_impossible(row, temperature):
    tempered = power.temper(row, temperature)
    assert np.exp(tempered).sum() == pytest.approx(1, abs=1e-12)
    assert np.all(np.isneginf(tempered[np.isneginf(row)]))
    assert not np.isnan(tempered).any()


def test_a_tiny_temperature_leaves_the_likeliest_tokens_alone():
    assert np.exp(power.temper(ROWS["skewed"], 1e-9)).tolist() == [1, 0, 0, 0, 0]
    assert np.exp(power.temper(ROWS["uniform"], 1e-9)) == pytest.approx(1 / 8)


def test_temperature_1_changes_nothing():
    assert power.temper(ROWS["skewed"], 1.0) == pytest.approx(ROWS["skewed"], abs=1e-15)


@given(any_rows, st.floats(1, 30))
def test_log_z_is_the_log_of_the_summed_powers(row, alpha):
    assert power.log_z(row, alpha) == pytest.approx(math.log(np.sum(np.exp(row) ** alpha)), abs=1e-12)
    assert power.log_z(row, alpha) <= 1e-12


@given(any_rows)
def test_log_z_falls_as_alpha_grows(row):
    values = [power.log_z(row, alpha) for alpha in (1.0, 2.0, 4.0, 1e3, 1e6)]
    assert values == sorted(values, reverse=True)
    assert math.isfinite(values[-1])


def test_log_z_at_alpha_inf_asks_whether_a_token_is_certain():
    assert power.log_z(ROWS["certain"], math.inf) == 0.0
    assert power.log_z(ROWS["skewed"], math.inf) == -math.inf


@given(any_rows, st.floats(1, 8))
def test_at_the_tied_temperature_every_token_has_the_same_increment(row, alpha):
    possible = np.isfinite(row)
    increments = alpha * row[possible] - power.temper(row, 1 / alpha)[possible]
    assert increments == pytest.approx(power.log_z(row, alpha), abs=1e-10)


@given(any_rows)
def test_entropy_is_minus_the_mean_log_p(row):
    p = np.exp(row)
    assert power.entropy(row) == pytest.approx(-sum(x * math.log(x) for x in p if x > 0), abs=1e-12)
    assert 0 <= power.entropy(row) <= math.log(len(row)) + 1e-12


def test_entropy_of_a_certain_row_is_zero_and_not_minus_zero():
    assert math.copysign(1, power.entropy(ROWS["certain"])) == 1
    assert power.entropy(ROWS["certain"]) == 0


def test_log_sum_exp():
    assert power.log_sum_exp(np.array([1e4, 1e4])) == pytest.approx(1e4 + math.log(2))
    assert power.log_sum_exp(np.array([-1e4, -np.inf])) == pytest.approx(-1e4)
    assert power.log_sum_exp(np.array([-np.inf, -np.inf])) == -math.inf


PROPOSED_P, PROPOSED_Q = [-0.5, -1.5, -0.25], [-0.1, -0.9, -0.2]
REPLACED_P, REPLACED_Q = [-2.0, -1.0], [-1.1, -0.4]


def test_the_three_terms():
    """Worked out by hand: sums of log p are -2.25 and -3, of log q -1.2 and -1.5; 2 cuts now, 3 on the way back."""
    target = power.log_target_ratio(4.0, PROPOSED_P, REPLACED_P)
    proposal = power.log_proposal_ratio(PROPOSED_Q, REPLACED_Q)
    cut = power.log_cut_ratio(2, 3)
    assert (target, proposal, cut) == pytest.approx((3.0, -0.3, math.log(2 / 3)))
    assert power.log_accept_ratio(4.0, target, proposal, cut) == pytest.approx(2.7 + math.log(2 / 3))


def test_the_three_terms_of_the_way_back_are_the_negatives():
    assert power.log_target_ratio(4.0, REPLACED_P, PROPOSED_P) == -power.log_target_ratio(4.0, PROPOSED_P, REPLACED_P)
    assert power.log_proposal_ratio(REPLACED_Q, PROPOSED_Q) == -power.log_proposal_ratio(PROPOSED_Q, REPLACED_Q)
    assert power.log_cut_ratio(3, 2) == -power.log_cut_ratio(2, 3)


@pytest.mark.parametrize(
    ("proposed", "replaced", "expected"),
    [([-1.0], [-1.1], math.inf), ([-1.1], [-1.0], -math.inf), ([-1.0], [-1.0], -math.inf)],
)
def test_at_alpha_inf_the_target_term_alone_decides(proposed, replaced, expected):
    target = power.log_target_ratio(math.inf, proposed, replaced)
    assert target == expected
    assert power.log_accept_ratio(math.inf, target, proposal=-math.inf, cut=-50.0) == expected


def test_sums_over_thousands_of_tokens_keep_their_precision():
    many = [-0.1] * 10_000
    assert power.log_target_ratio(1.0, many, [-1000.0]) == 0.0
    assert power.log_proposal_ratio([-1000.0], many) == 0.0
