"""Autocorrelation, effective sample size and R-hat: against arviz, against what is known of AR(1), and refused."""

import math

import numpy as np
import pytest

from explorer.analysis.mixing import (
    SHORTEST,
    STUCK,
    autocorrelation,
    effective_sample_size,
    rank_rhat,
)


def wavering(phase: float, phi: float, length: int) -> np.ndarray:
    """An AR(1) filter over numbers that no generator has to repeat: sin(k^2 + phase)."""
    values, value = [], 0.0
    for k in range(1, length + 1):
        value = phi * value + math.sin(k * k + phase)
        values.append(value)
    return np.array(values)


def four(phi: float, length: int) -> np.ndarray:
    return np.stack([wavering(float(chain), phi, length) for chain in range(4)])


# arviz_stats 0.8.0: array_stats.ess(chain[None], method="mean") of the first chain, .rhat(chains, method="rank")
ARVIZ = {  # phi, length, rounded to whole numbers -> effective sample size, R-hat
    (0.0, 20, False): (26.0205999133, 0.97244120302),
    (0.0, 20, True): (26.0205999133, 0.990690861762),
    (0.0, 51, False): (84.9485002168, 0.996389009228),
    (0.0, 51, True): (84.9485002168, 1.00118646963),
    (0.0, 400, False): (396.164641927, 0.999470767787),
    (0.0, 400, True): (339.885322439, 0.998844724436),
    (0.6, 20, False): (18.4997906861, 1.10728614449),
    (0.6, 20, True): (23.3711048159, 1.08265590318),
    (0.6, 51, False): (34.227082694, 1.06235466422),
    (0.6, 51, True): (36.3535297387, 1.05790668625),
    (0.6, 400, False): (110.759458334, 1.00813970653),
    (0.6, 400, True): (103.992348998, 1.0079384223),
    (0.95, 20, False): (2.85295400552, 1.96582718938),
    (0.95, 20, True): (2.8328611898, 1.89446177011),
    (0.95, 51, False): (13.4559130186, 1.76498672462),
    (0.95, 51, True): (15.4502004146, 1.7272546577),
    (0.95, 400, False): (19.6795528211, 1.07375503688),
    (0.95, 400, True): (19.8841200579, 1.07127069071),
}


@pytest.mark.parametrize("phi, length, rounded", ARVIZ)
def test_the_numbers_are_those_of_arviz(phi, length, rounded):
    chains = four(phi, length).round() if rounded else four(phi, length)  # with many ties
    ess, rhat = ARVIZ[phi, length, rounded]
    assert effective_sample_size(chains[0]) == pytest.approx(ess, rel=1e-9)
    assert rank_rhat(chains) == pytest.approx(rhat, rel=1e-9)


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_autoregression_has_the_effective_size_that_theory_gives(phi):
    """n (1 - phi) / (1 + phi). 40 chains of 2,000 steps each; six standard errors of their mean, false alarm 2e-9."""
    rng, n = np.random.default_rng(1), 2000
    noise = rng.normal(size=(40, n))
    chains = np.zeros((40, n))
    chains[:, 0] = noise[:, 0] / math.sqrt(1 - phi**2)
    for k in range(1, n):
        chains[:, k] = phi * chains[:, k - 1] + noise[:, k]
    sizes = np.array([n / effective_sample_size(chain) for chain in chains])  # correlation times
    error = sizes.std(ddof=1) / math.sqrt(len(sizes))
    bias = 0.02 * (1 + phi) / (1 - phi)  # a finite chain's own mean takes about tau/n off every lag
    assert abs(sizes.mean() - (1 + phi) / (1 - phi)) < 6 * error + bias


def test_autocorrelation_of_a_chain_that_goes_to_and_fro():
    rho = autocorrelation(np.array([1.0, -1.0] * 10))
    assert rho == pytest.approx([(-1) ** lag * (20 - lag) / 20 for lag in range(11)])


def test_chains_of_different_spread_have_an_r_hat_of_their_own():
    """Means alone would not tell: the folded ranks do."""
    chains = four(0.0, 100)
    assert rank_rhat(chains) < 1.05
    assert rank_rhat(chains * np.array([[1], [1], [1], [9]])) > 1.2
    assert rank_rhat(chains + np.array([[0], [0], [0], [2]])) > 1.2


def test_a_chain_that_never_moved_is_stuck():
    constant = np.full(50, -3.5)
    for statistic in (autocorrelation, effective_sample_size):
        with pytest.raises(ValueError, match=f"^{STUCK}$"):
            statistic(constant)
    with pytest.raises(ValueError, match=f"^{STUCK}$"):
        rank_rhat(np.tile(constant, (4, 1)))
    assert rank_rhat(np.tile(np.arange(4.0)[:, None], (1, 50))) == math.inf


def test_what_is_too_short_or_too_few_is_refused_with_the_reason():
    short = wavering(0.0, 0.5, SHORTEST - 1)
    for statistic, what in (
        (autocorrelation, "an autocorrelation"),
        (effective_sample_size, "an effective sample size"),
        (lambda chain: rank_rhat(np.stack([chain] * 4)), "R-hat"),
    ):
        with pytest.raises(ValueError, match=f"a stage of 19 steps is too short for {what}: at least 20"):
            statistic(short)
    with pytest.raises(ValueError, match="R-hat needs 4 chains, this run has 3"):
        rank_rhat(four(0.5, 50)[:3])


def test_r_hat_of_chains_at_two_places():
    """Folded around their median they are all the same; ArviZ then divides by zero."""
    late = np.repeat([0.0, 1.0], 20)
    assert rank_rhat(np.tile(late, (4, 1))) == math.inf
    assert rank_rhat(np.stack([late, np.zeros(40), np.zeros(40), np.zeros(40)])) == math.inf
    assert rank_rhat(np.tile([0.0, 1.0] * 20, (4, 1))) == pytest.approx(1, abs=0.05)
