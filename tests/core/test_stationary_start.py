"""What cannot be enumerated, tested by sampling: seeded chains started exactly from p^alpha, and whole runs.

Seeded, so the same on every run. Each distance is held against a threshold that a right sampler exceeds with
probability at most 1e-6 (error_rates.py), and wrong samplers must exceed it: that is the test's power. The world is
flat because wrong kernels show most there.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from error_rates import total_variation_of, total_variation_threshold
from mutants import BY_NAME, FLAT, FLAT_UNTIED
from worlds import Case, run_law

from sampler.core import kernel
from sampler.core.draws import PROPOSE, SAMPLE, SeededDraws, uniform
from sampler.core.records import PowerSettings, TemperatureSettings
from sampler.core.rows import ArrayRow, Row
from sampler.exact.enumeration import Completion, Distribution, state_of, temperature_law
from sampler.methods import chain as chain_module
from sampler.methods.run import run_power
from sampler.methods.temperature import run_temperature
from sampler.models.lock_step import alone
from sampler.models.table import flat_world

NUM_CHAINS, NUM_STEPS = 2000, 3
NUM_RUNS = 600


def chain_ends(case: Case, revise: Callable, draws_at: Callable = SeededDraws) -> list[Completion]:
    """The texts of NUM_CHAINS chains after NUM_STEPS revisions, each started from an exact draw of the target."""
    states = [state_of(case.model, case.stage, ids) for ids in case.states]
    log_pi = np.log(case.target)
    ends = []
    for seed in range(NUM_CHAINS):
        state = states[ArrayRow(log_pi).draw(uniform(seed, 1, 0, 0, SAMPLE, 0))]
        for step in range(NUM_STEPS):
            draws = draws_at(seed, 0, 0, step, PROPOSE)
            _, state = alone(case.model, revise(case.stage, state, draws))
        ends.append(state.segment.token_ids)
    return ends


class OneNumber(SeededDraws):
    """Cut, first token and verdict of a step all from one number: addresses without their purpose."""

    def cut(self, n: int) -> int:
        return int(self._u() * n)

    def token(self, log_q: Row, position: int) -> int:
        return log_q.draw(uniform(*self._where, 0, position))

    def accept(self, log_ratio: float) -> tuple[bool, float]:
        return math.log(self._u()) < log_ratio, math.log(self._u())

    def _u(self) -> float:
        return uniform(*self._where, 0, 0)


def excess(drawn: list[Completion], law: Distribution) -> float:
    """Total variation between draws and law, in units of the threshold: above 1 fails."""
    return total_variation_of(drawn, law) / total_variation_threshold(law.values(), len(drawn))


def target_of(case: Case) -> Distribution:
    return dict(zip(case.states, case.target.tolist(), strict=True))


@pytest.mark.parametrize("case", [FLAT, FLAT_UNTIED], ids=str)
def test_a_chain_started_from_the_target_stays_there(case):
    assert excess(chain_ends(case, kernel.revise), target_of(case)) <= 1


@pytest.mark.parametrize("name", ["sign-reversed", "cache-cropped-by-one"])
def test_a_chain_of_a_wrong_kernel_is_seen_to_leave(name):
    assert excess(chain_ends(FLAT, BY_NAME[name].revise), target_of(FLAT)) > 1


def test_a_chain_of_wrong_draws_is_seen_to_leave():
    assert excess(chain_ends(FLAT_UNTIED, kernel.revise, OneNumber), target_of(FLAT_UNTIED)) > 1


def run_ends(scope: str) -> tuple[list[Completion], Distribution]:
    """The texts that NUM_RUNS seeded runs end with, and the exact law of one run's."""
    model = flat_world()
    settings = PowerSettings(2.0, 1.0, max_new_tokens=3, block_size=2, steps_per_block=2, scope=scope, alternatives=0)
    law = run_law(model, model.encode("b"), 2.0, 1.0, 3, 2, 2, scope)
    runs = (run_power(model, "b", replace(settings, seed=seed)) for seed in range(NUM_RUNS))
    return [list(run)[-1].token_ids for run in runs], law


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_whole_runs_have_the_exact_law(scope):
    assert excess(*run_ends(scope)) <= 1


def test_whole_runs_of_a_wrong_kernel_do_not(monkeypatch):
    monkeypatch.setattr(kernel, "revise", BY_NAME["greedy"].revise)
    assert excess(*run_ends("block")) > 1


def test_whole_runs_whose_steps_share_their_random_numbers_do_not(monkeypatch):
    monkeypatch.setattr(chain_module, "SeededDraws", lambda seed, *address: SeededDraws(seed, 0, 0, 0, PROPOSE))
    assert excess(*run_ends("completion")) > 1


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_temperature_samples_have_the_exact_law(temperature):
    model = flat_world()
    samples = run_temperature(model, "b", TemperatureSettings(temperature, 3, num_samples=4000))
    drawn = [event.segment.token_ids for event in list(samples)[1:-1]]
    assert excess(drawn, temperature_law(model, model.encode("b"), 3, temperature)) <= 1
    assert excess(drawn, temperature_law(model, model.encode("b"), 3, 0.7 * temperature)) > 1
