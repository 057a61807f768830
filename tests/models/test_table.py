"""What the tiny worlds of the Tree page claim to show, computed exactly; worlds that cannot be are refused."""

import math

import pytest

from sampler.core.records import Law
from sampler.exact.block_dial import RunLaws
from sampler.exact.enumeration import Distribution, completions, power_target, temperature_law, total_variation
from sampler.models.table import block_world, pivot_world

ALPHA, LENGTH = 4.0, 4


def first_is(law: Distribution, token: int) -> float:
    return math.fsum(mass for ids, mass in law.items() if ids[0] == token)


@pytest.fixture(scope="module")
def runs() -> RunLaws:
    return RunLaws(block_world(), (), Law(ALPHA, 1 / ALPHA), LENGTH)


def test_the_block_world_is_a_garden_path():
    """Power and temperature prefer different first tokens, and the weak ways are many."""
    model = block_world()
    many, few = model.encode("mf")
    log_p = dict(completions(model, (), LENGTH))
    assert len(log_p) == 9 and [ids[0] for ids in log_p].count(many) == 8
    assert max(value for ids, value in log_p.items() if ids[0] == many) < log_p[few, *model.encode("aaa")]
    assert first_is(power_target(model, (), LENGTH, 1.0), many) == pytest.approx(0.55)
    assert first_is(temperature_law(model, (), LENGTH, 1 / ALPHA), many) > 0.69
    assert first_is(power_target(model, (), LENGTH, ALPHA), few) > 0.96


def test_the_block_world_has_the_odds_that_it_tells(runs):
    for block_size, odds in ((1, 2.2), (2, 0.55), (3, 0.14), (4, 0.034)):
        law = dict(zip(runs.states(LENGTH), runs.after("block", block_size, 2000)[-1].tolist(), strict=True))
        assert first_is(law, 0) / first_is(law, 1) == pytest.approx(odds, rel=0.02)


def test_the_block_size_of_the_block_world_matters(runs):
    """From far to nothing with many steps, and as clearly with forty."""
    target = power_target(block_world(), (), LENGTH, ALPHA)
    far = {}
    for block_size in range(1, LENGTH + 1):
        rows = runs.after("block", block_size, 2000)
        for steps in (40, 2000):
            law = dict(zip(runs.states(LENGTH), rows[steps].tolist(), strict=True))
            far[block_size, steps] = total_variation(law, target)
    assert far[1, 2000] > 0.6 and far[4, 2000] <= 1e-12
    for steps in (40, 2000):
        falls = [far[block_size, steps] - far[block_size + 1, steps] for block_size in (1, 2, 3)]
        assert min(falls) > 0.05


def test_blocks_of_one_token_in_the_block_world_are_temperature(runs):
    law = dict(zip(runs.states(LENGTH), runs.after("block", 1, 5)[5].tolist(), strict=True))
    assert total_variation(law, temperature_law(block_world(), (), LENGTH, 1 / ALPHA)) <= 1e-12


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"eps": 0.0}, "eps must be above 0 and below 1, not 0.0"),
        ({"eps": 1}, "eps must be above 0 and below 1, not 1"),
        ({"eps": -0.1}, "eps must be a number from 0 to 1, not -0.1"),
        ({"eps_prime": math.nan}, "eps' must be a number from 0 to 1, not nan"),
        ({"eps_prime": "0.4"}, "eps' must be a number from 0 to 1, not '0.4'"),
        ({"eps": 0.6, "eps_prime": 0.5}, "eps + eps' must be at most 1, not 1.1"),
        ({"num_futures": 0}, "num_futures must be a whole number from 1 to 8, not 0"),
        ({"num_futures": 9}, "num_futures must be a whole number from 1 to 8, not 9"),
        ({"num_futures": 2.0}, "num_futures must be a whole number from 1 to 8, not 2.0"),
    ],
)
def test_a_pivot_world_that_cannot_be_is_refused(changes, words):
    with pytest.raises(ValueError) as refusal:
        pivot_world(**changes)
    assert str(refusal.value) == words


@pytest.mark.parametrize(("eps", "eps_prime"), [(0.3, 0.7), (0.1, 0.9), (1e-9, 0.5), (0.7, 0.3)])
def test_a_pivot_world_at_its_edges_is_a_distribution(eps, eps_prime):
    law = power_target(pivot_world(eps, eps_prime, 8), (), 2, 1.0)
    assert math.fsum(law.values()) == pytest.approx(1) and first_is(law, 0) == pytest.approx(eps)
