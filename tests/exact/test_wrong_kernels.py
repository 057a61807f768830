"""Each switch of the Tree page: what it does to a step, to the exact law of a run, and to running code alike."""

import math
from functools import cache

import numpy as np
import pytest
from error_rates import total_variation_of, total_variation_threshold
from worlds import Case

from sampler.core import kernel
from sampler.core.records import Law, PowerSettings
from sampler.exact import selftest
from sampler.exact.block_dial import RunLaws, block_dial
from sampler.exact.enumeration import Distribution, power_target, total_variation
from sampler.exact.wrong_kernels import WRONG_KERNELS, Anatomy
from sampler.methods.chain import whole_run
from sampler.models.lock_step import alone
from sampler.models.table import flat_world

NUM_RUNS, LENGTH, BLOCK_SIZE, STEPS = 300, 4, 2, 3
KERNELS = {"right": kernel.revise} | {name: wrong.revise for name, wrong in WRONG_KERNELS.items()}


def test_the_switches_are_those_of_the_page():
    assert list(WRONG_KERNELS) == [
        *("official-end-rules", "no-cut-term", "no-proposal-term"),
        *("truncated-comparison", "greedy", "length-averaged"),
    ]
    assert len({wrong.title for wrong in WRONG_KERNELS.values()}) == len(WRONG_KERNELS)
    for wrong in WRONG_KERNELS.values():
        assert wrong.sentence.endswith(".") and wrong.sentence.count(". ") == 0 and "\n" not in wrong.sentence


@cache
def exact_law(name: str, scope: str) -> Distribution:
    model = flat_world()
    laws = RunLaws(model, model.encode("b"), Law(2.0, 1.0), LENGTH, KERNELS[name])
    row = laws.after(scope, BLOCK_SIZE, STEPS)[STEPS]
    return {ids: mass for ids, mass in zip(laws.states(LENGTH), row.tolist(), strict=True) if mass > 0}


def run_ends(name: str, scope: str) -> list[tuple[int, ...]]:
    model = flat_world()
    ends = []
    for seed in range(NUM_RUNS):
        settings = PowerSettings(2.0, 1.0, LENGTH, BLOCK_SIZE, STEPS, scope, seed, alternatives=0)
        run = whole_run(model.encode("b"), model.eos_ids, settings, revise=KERNELS[name])
        ends.append(alone(model, run).state.segment.token_ids)
    return ends


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("scope", ["block", "completion"])
def test_whole_runs_have_the_exact_law_of_their_kernel(name, scope):
    """In a world with an end token, and with blocks that a text may leave half empty."""
    law = exact_law(name, scope)
    assert math.fsum(law.values()) == pytest.approx(1, abs=1e-12)
    drawn = run_ends(name, scope)
    assert set(drawn) <= law.keys()
    assert total_variation_of(drawn, law) <= total_variation_threshold(law.values(), NUM_RUNS)


def test_whole_runs_of_a_wrong_kernel_are_told_from_those_of_the_right_one():
    """The power of the test above: end rules and greed at its own number of runs."""
    law = exact_law("right", "completion")
    threshold = total_variation_threshold(law.values(), NUM_RUNS)
    for name in ("official-end-rules", "greedy"):
        assert total_variation_of(run_ends(name, "completion"), law) > threshold


@pytest.mark.parametrize("name", WRONG_KERNELS)
def test_the_exact_bias_of_a_run(name):
    """With one block and many steps the right kernel reaches p^alpha and the wrong one stays away from it."""
    model = flat_world()
    target = power_target(model, (1,), 3, 2.0)
    far = {}
    for which in ("right", name):
        laws = RunLaws(model, (1,), Law(2.0, 1.0), 3, KERNELS[which])
        row = laws.after("completion", 3, 400)[400]
        far[which] = total_variation(dict(zip(laws.states(3), row.tolist(), strict=True)), target)
    assert far["right"] <= 1e-12 and far[name] > 0.02


@pytest.mark.parametrize("name", KERNELS)
def test_only_the_official_end_rules_leave_unfinished_texts(name):
    law, (end,) = exact_law(name, "completion"), flat_world().eos_ids
    unfinished = math.fsum(mass for ids, mass in law.items() if len(ids) < LENGTH and ids[-1] != end)
    assert unfinished > 0.1 if name == "official-end-rules" else unfinished == 0


def test_mass_outside_of_the_completions_counts_in_full():
    model = flat_world()
    laws = RunLaws(model, (1,), Law(2.0, 1.0), 3, KERNELS["official-end-rules"])
    legal = list(laws.states(3))
    row = laws.after("completion", 3, 40)[40]
    assert laws.states(3)[: len(legal)] == legal and row.sum() == pytest.approx(1)
    outside = row[len(legal) :].sum()
    [point] = [
        p
        for p in block_dial(model, (1,), 2.0, 1.0, 3, 40, KERNELS["official-end-rules"])
        if (p.scope, p.block_size, p.steps_per_block) == ("completion", 3, 40)
    ]
    assert 0.1 < outside <= point.to_power + 1e-12


def test_the_parts_together_are_the_shipped_kernel_in_whole_runs():
    model = flat_world()
    for scope in ("block", "completion"):
        laws = [
            RunLaws(model, (1,), Law(2.0, 0.5), 3, revise).after(scope, 2, 5)
            for revise in (kernel.revise, Anatomy().revise)
        ]
        assert np.array_equal(*laws)


@pytest.mark.parametrize("name", WRONG_KERNELS)
def test_at_alpha_inf_a_wrong_kernel_still_gives_a_verdict(name):
    """Lengths differ and probabilities tie, where inf * 0 would be no number."""
    case = Case("flat", math.inf, 1.0, end=2)
    matrix = case.matrix(KERNELS[name])
    assert np.all(np.isfinite(matrix)) and matrix.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("name", WRONG_KERNELS)
def test_the_selftest_fails_with_a_wrong_kernel(name, monkeypatch):
    matrix = Case("flat", selftest.ALPHA, 1.0).matrix(KERNELS[name])[:-1, :-1]
    monkeypatch.setattr(selftest, "transition_matrix", lambda *_: matrix)
    failed = {check.law for check in selftest.kernel_laws(flat_world()) if not check.passed}
    assert any("invariant" in law for law in failed) and any("balance" in law for law in failed)
