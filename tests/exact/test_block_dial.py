"""Exact distances of whole runs: those of run_law, with the two ends of the dial where they must be."""

import math

import numpy as np
import pytest
from worlds import run_law

from sampler.core.records import Law
from sampler.exact.block_dial import RunLaws, block_dial
from sampler.exact.enumeration import power_target, temperature_law, total_variation
from sampler.models.table import TableModel, endless_world, flat_world

TOLERANCE = 1e-12


@pytest.mark.parametrize("model", [flat_world(), endless_world()], ids=lambda model: model.name)
@pytest.mark.parametrize("scope", ["block", "completion"])
@pytest.mark.parametrize("block_size", [1, 2, 3])
def test_laws_are_those_of_run_law(model, scope, block_size):
    laws = RunLaws(model, (1,), Law(2.0, 1.0), 3)
    rows = laws.after(scope, block_size, 5)
    for steps in (0, 1, 5):
        expected = run_law(model, (1,), 2.0, 1.0, 3, block_size, steps, scope)
        assert total_variation(dict(zip(laws.states(3), rows[steps], strict=True)), expected) <= TOLERANCE
    assert rows.sum(axis=1) == pytest.approx(1, abs=TOLERANCE)


def test_the_dial_goes_from_temperature_to_power():
    model = flat_world()
    points = {(p.scope, p.block_size, p.steps_per_block): p for p in block_dial(model, (1,), 2.0, 0.5, 3, 40)}
    assert len(points) == 2 * 3 * 41
    apart = total_variation(power_target(model, (1,), 3, 2.0), temperature_law(model, (1,), 3, 0.5))
    for steps in range(41):
        one = points["block", 1, steps]
        assert one.to_temperature <= TOLERANCE and one.to_power == pytest.approx(apart, abs=TOLERANCE)
    last = [points["block", size, 40].to_power for size in (1, 2, 3)]
    assert last[0] > last[1] > last[2] and last[2] < 0.01 < apart
    for size in (1, 2, 3):
        falling = [points["completion", size, steps].to_power for steps in range(41)]
        assert falling[40] < 0.01 < falling[0] and np.all(np.diff(falling[5:]) <= TOLERANCE)


def test_at_alpha_inf_the_run_ends_with_a_likeliest_text():
    last = block_dial(flat_world(), (1,), math.inf, 1.0, 2, 1000)[-1]
    assert last.block_size == 2 and last.to_power <= TOLERANCE < last.to_temperature


def test_a_matrix_of_a_wrong_kernel_shows(monkeypatch):
    """Without the cut term, B = T does not tend to p^alpha."""
    monkeypatch.setattr("sampler.core.power.log_cut_ratio", lambda *_: 0.0)
    points = block_dial(flat_world(), (1,), 2.0, 0.5, 2, 400)
    assert points[-1].block_size == 2 and points[-1].steps_per_block == 400 and points[-1].to_power > 0.02


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alpha": 0.5}, "alpha must be a number from 1 to inf, not 0.5"),
        ({"alpha": math.nan}, "alpha must be a number from 1 to inf, not nan"),
        ({"temperature": 0}, "temperature must be a number above 0 and at most 100, not 0"),
        ({"length": 0}, "length must be a whole number from 1 to 12, not 0"),
        ({"max_steps": -1}, "max_steps must be a whole number from 0 to 10000, not -1"),
        ({"length": 7}, "completions must be at most 1000 to be enumerated, not 2187"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(changes, words):
    settings = {"alpha": 2.0, "temperature": 0.5, "length": 2, "max_steps": 1} | changes
    model: TableModel = endless_world()
    with pytest.raises(ValueError) as refusal:
        block_dial(model, (1,), **settings)
    assert str(refusal.value) == words
