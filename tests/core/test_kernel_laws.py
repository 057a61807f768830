"""Exact laws: the shipped kernel, every one of its random decisions enumerated, on worlds small enough to write down.

No number here is random. TOLERANCE is room for rounding alone; wrong kernels are off by 2e-2 and more
(test_kernel_mutants.py).
"""

import math
from itertools import pairwise

import numpy as np
import pytest
from worlds import WORLDS, Case, run_law, uniform_world, violations

from sampler.core import kernel
from sampler.core.draws import enumerate_outcomes
from sampler.exact.enumeration import (
    Distribution,
    completions,
    power_target,
    state_of,
    temperature_law,
    total_variation,
)
from sampler.models.lock_step import alone
from sampler.models.table import TableModel, endless_world, flat_world, paper_example, pivot_world

TOLERANCE = 1e-12
LAWS = [(1, 1.0), (2, 0.5), (2, 1.0), (4, 0.25), (4, 1.0)]  # alpha and tau in {1/alpha, 1}
CASES = [Case(world, alpha, tau) for world in WORLDS if world != "endless" for alpha, tau in LAWS]
CASES += [Case("endless", alpha, tau, end=2) for alpha, tau in LAWS]
CASES += [Case(world, alpha, tau, frozen="ab", end=4) for world in WORLDS for alpha, tau in LAWS]
CASES += [Case("flat", 2, 0.7, prompt="$"), Case("flat", 2, 0.5, prompt=""), Case("endless", 3, 0.4)]
CLIMBING = [Case(world, math.inf, tau, end=2) for world in WORLDS for tau in (0.5, 1.0)]


@pytest.mark.parametrize("world", WORLDS)
def test_a_revision_keeps_the_power_distribution(subtests, world):
    """Rows of K sum to 1, pi K = pi, diag(pi) K is symmetric, and every text leads to every other."""
    for case in (case for case in CASES if case.world == world):
        with subtests.test(str(case)):
            assert max(violations(case).values()) <= TOLERANCE


@pytest.mark.parametrize("case", CLIMBING, ids=str)
def test_at_alpha_inf_a_text_only_moves_uphill(case):
    matrix, log_p = case.matrix()[:-1, :-1], np.array(list(case.log_p.values()))
    start, end = np.nonzero(matrix * ~np.eye(len(log_p), dtype=bool))
    assert len(start) > 0
    assert np.all(log_p[end] > log_p[start])
    assert matrix.sum(axis=1) == pytest.approx(1, abs=TOLERANCE)


@pytest.mark.parametrize("case", CLIMBING, ids=str)
def test_at_alpha_inf_only_the_modes_are_absorbing(case):
    """Any cut may be drawn and any text proposed, so every text but the likeliest has a way up."""
    stay, log_p = np.diag(case.matrix()[:-1, :-1]), np.array(list(case.log_p.values()))
    is_mode = log_p > log_p.max() - TOLERANCE
    assert stay[is_mode] == pytest.approx(1, abs=TOLERANCE)
    assert np.all(stay[~is_mode] < 1 - 1e-6)


def test_at_alpha_inf_nothing_moves_between_equally_likely_texts(monkeypatch):
    monkeypatch.setitem(WORLDS, "uniform", uniform_world)
    assert np.array_equal(Case("uniform", math.inf, 1.0).matrix(), np.eye(9))


@pytest.mark.parametrize("world", ["endless", "flat"])
def test_at_alpha_1_and_tau_1_every_proposal_of_equal_length_is_accepted(world):
    case = Case(world, alpha=1, temperature=1, end=2)
    for ids in case.states:
        state = state_of(case.model, case.stage, ids)
        for (revision, _), prob in enumerate_outcomes(
            lambda draws, s=state: alone(case.model, kernel.revise(case.stage, s, draws))
        ):
            if len(revision.proposed) == len(revision.replaced):
                assert abs(revision.log_accept_ratio) <= TOLERANCE
                assert revision.is_accepted or prob <= TOLERANCE


def segments(case: Case):
    return [state_of(case.model, case.stage, ids).segment for ids in case.states]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("alpha", [1.0, 2.0, 4.0])
def test_at_the_tied_temperature_every_increment_is_log_z(world, alpha):
    """alpha log p - log q = log Z whatever token is drawn: only how sure the model was decides."""
    for segment in segments(Case(world, alpha, 1 / alpha)):
        increments = alpha * np.array(segment.log_p) - np.array(segment.log_q)
        assert increments == pytest.approx(np.array(segment.log_z), abs=TOLERANCE)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("alpha", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_no_increment_is_positive_from_tau_1_over_alpha_to_1(world, alpha, share):
    tau = 1 / alpha + share * (1 - 1 / alpha)
    for segment in segments(Case(world, alpha, tau)):
        assert np.all(alpha * np.array(segment.log_p) - np.array(segment.log_q) <= TOLERANCE)


def law_of_run(model: TableModel, length: int, block_size: int, steps: int, scope: str, alpha=2.0, tau=0.5):
    return run_law(model, model.encode("b"), alpha, tau, length, block_size, steps, scope)


def blockwise_target(model: TableModel, length: int, block_size: int, alpha: float) -> Distribution:
    """Each block from p(block | frozen text)^alpha, by enumeration alone."""
    law: Distribution = {(): 1.0}
    for start in range(0, length, block_size):
        longer: Distribution = {}
        for ids, mass in law.items():
            if ids and ids[-1] in model.eos_ids:
                longer[ids] = mass
                continue
            size = min(block_size, length - start)
            block = power_target(model, model.encode("b") + ids, size, alpha)
            longer |= {ids + tail: mass * prob for tail, prob in block.items()}
        law = longer
    return law


@pytest.mark.parametrize("world", ["flat", "endless", "forbidding"])
@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("alpha", [2.0, 4.0])
def test_blocks_of_one_token_are_token_level_temperature(world, steps, alpha):
    model = WORLDS[world]()
    expected = temperature_law(model, model.encode("b"), 3, 1 / alpha)
    found = law_of_run(model, 3, 1, steps, "block", alpha, 1 / alpha)
    assert total_variation(found, expected) <= TOLERANCE


def test_blocks_of_one_token_tend_to_temperature_from_any_proposal():
    model = flat_world()
    expected = temperature_law(model, model.encode("b"), 3, 0.5)
    assert total_variation(law_of_run(model, 3, 1, 0, "block", 2.0, 1.0), expected) > 0.1
    assert total_variation(law_of_run(model, 3, 1, 500, "block", 2.0, 1.0), expected) <= TOLERANCE


@pytest.mark.parametrize("scope", ["block", "completion"])
@pytest.mark.parametrize("model", [flat_world(), endless_world()], ids=lambda model: model.name)
def test_one_block_tends_to_the_power_distribution(model, scope):
    target = power_target(model, model.encode("b"), 2, 2.0)
    runs = (law_of_run(model, 2, 2, steps, scope, tau=1.0) for steps in (0, 1, 2, 4, 8, 16, 32, 500))
    distances = [total_variation(run, target) for run in runs]
    assert distances[0] > 0.1
    assert all(later <= earlier + TOLERANCE for earlier, later in pairwise(distances))
    assert distances[-1] <= TOLERANCE


@pytest.mark.parametrize("block_size", [1, 2, 3])
def test_scope_completion_tends_to_the_power_distribution_at_any_block_size(block_size):
    model = flat_world()
    target = power_target(model, model.encode("b"), 3, 2.0)
    distances = [total_variation(law_of_run(model, 3, block_size, n, "completion"), target) for n in (0, 4, 500)]
    assert distances[0] > distances[1] > distances[2]
    assert distances[-1] <= TOLERANCE


@pytest.mark.parametrize("world", ["flat", "endless", "forbidding"])
@pytest.mark.parametrize("block_size", [1, 2, 3])
def test_scope_block_tends_to_each_block_given_the_frozen_ones(world, block_size):
    """Three positions, so that blocks of two leave a last one of a single position."""
    model = WORLDS[world]()
    found = law_of_run(model, 3, block_size, 500, "block")
    assert found.keys() == dict(completions(model, model.encode("b"), 3)).keys()
    assert total_variation(found, blockwise_target(model, 3, block_size, 2.0)) <= TOLERANCE


def test_the_block_size_is_a_dial_between_temperature_and_power():
    model = flat_world()
    laws = [blockwise_target(model, 3, block_size, 2.0) for block_size in (1, 2, 3)]
    assert total_variation(laws[0], temperature_law(model, model.encode("b"), 3, 0.5)) <= TOLERANCE
    assert total_variation(laws[2], power_target(model, model.encode("b"), 3, 2.0)) <= TOLERANCE
    assert total_variation(laws[0], laws[2]) > total_variation(laws[1], laws[2]) > 0.02


# ---- the paper's own numbers


def first_token_mass(law: Distribution, token: int) -> float:
    return math.fsum(mass for ids, mass in law.items() if ids[0] == token)


@pytest.mark.parametrize(("alpha", "power", "temperature"), [(2.0, 0.5614, 0.3902), (4.0, 0.7662, 0.2906)])
def test_example_1_of_the_paper(alpha, power, temperature):
    model = paper_example()
    assert first_token_mass(power_target(model, (), 2, alpha), 0) == pytest.approx(power, abs=5e-5)
    assert first_token_mass(temperature_law(model, (), 2, 1 / alpha), 0) == pytest.approx(temperature, abs=5e-5)
    assert sum(mass for ids, mass in power_target(model, (), 2, 1.0).items() if ids == (0, 1)) == pytest.approx(4 / 9)


@pytest.mark.parametrize("alpha", [2.0, 4.0])
@pytest.mark.parametrize("num_futures", [2, 4, 8])
def test_pivotal_tokens_of_proposition_3(alpha, num_futures):
    """Within eps'/N^(1-1/alpha) < eps < eps' power and temperature disagree, just outside of it they agree."""
    bound = 0.4 / num_futures ** (1 - 1 / alpha)
    for eps, disagree in ((bound * 0.98, False), (bound * 1.02, True), (0.4 * 0.98, True), (0.4 * 1.02, False)):
        model = pivot_world(eps, 0.4, num_futures)
        power, temperature = power_target(model, (), 2, alpha), temperature_law(model, (), 2, 1 / alpha)
        prefers_plus = [first_token_mass(law, 0) > first_token_mass(law, 1) for law in (power, temperature)]
        assert (prefers_plus == [True, False]) == disagree
