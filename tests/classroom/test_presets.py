"""The embedded model on every preset: runs verify, repeat byte for byte, and keep what is frozen."""

import json
from itertools import pairwise

import pytest

from sampler.classroom.presets import PRESETS
from sampler.core.records import BlockFrozen, PowerSettings, TemperatureSettings
from sampler.methods.run import run_power
from sampler.methods.temperature import run_temperature
from sampler.models.causal_lm import CausalLM
from sampler.trace.trace import Trace, verify

every_preset = pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)


@pytest.fixture(scope="module")
def model() -> CausalLM:
    return CausalLM.load("classroom")


def timeless(trace: Trace) -> list[str]:
    """The trace's lines without the times in them."""
    lines = []
    for line in trace.lines():
        event = json.loads(line)
        event.get("totals", {}).pop("seconds", None)
        lines.append(json.dumps({k: v for k, v in event.items() if k not in ("seconds", "created_at")}))
    return lines


@every_preset
@pytest.mark.parametrize("scope", ["block", "completion"])
def test_a_run_verifies(model, preset, scope):
    trace = Trace(run_power(model, preset.prompt, PowerSettings(scope=scope, steps_per_block=4)))
    found = verify(trace, model)
    assert found.ok, found.problems
    assert found.largest_log_p_error < 1e-4 and found.largest_ratio_error < 1e-3


@every_preset
def test_the_same_seed_gives_the_same_trace(model, preset):
    settings = PowerSettings(steps_per_block=4, seed=5)
    first, second = (Trace(run_power(model, preset.prompt, settings)) for _ in range(2))
    assert timeless(first) == timeless(second)
    assert timeless(first) != timeless(Trace(run_power(model, preset.prompt, PowerSettings(steps_per_block=4, seed=6))))


def test_temperature_samples_verify(model):
    for temperature in (0.25, 1.0, 1.5):
        settings = TemperatureSettings(temperature, max_new_tokens=48, num_samples=6)
        found = verify(Trace(run_temperature(model, PRESETS[0].prompt, settings)), model)
        assert found.ok, found.problems


@every_preset
def test_frozen_tokens_never_change_under_scope_block(model, preset):
    trace = Trace(run_power(model, preset.prompt, PowerSettings(steps_per_block=4)))
    final = trace.ended.token_ids
    frozen = [event for event in trace.events if isinstance(event, BlockFrozen)]
    assert tuple(token for event in frozen for token in event.token_ids) == final
    for before, after in pairwise(trace.replay()):
        start = before.event.block * 16 if hasattr(before.event, "block") else before.event.step.block * 16
        assert before.after.token_ids[:start] == after.after.token_ids[:start]


def test_infinite_alpha_only_climbs(model):
    settings = PowerSettings(alpha=float("inf"), proposal_temperature=1.0, scope="completion", steps_per_block=4)
    trace = Trace(run_power(model, PRESETS[0].prompt, settings))
    assert verify(trace, model).ok
    for step in trace.steps_taken:
        assert step.is_accepted == (sum(step.revision.proposed.log_p) > sum(step.revision.replaced.log_p))
