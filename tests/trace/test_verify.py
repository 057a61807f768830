"""Verification passes every true trace, and fails when any one significant digit of what it vouches for is changed."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from worlds import forbidding_world

from sampler.core import kernel
from sampler.core.draws import EXTEND, PROPOSE
from sampler.core.history import TraceError
from sampler.core.records import PowerSettings, SettingsChanged, StepTaken, TemperatureSettings
from sampler.methods.recomputation import largest_difference
from sampler.methods.run import run_power, steady
from sampler.methods.temperature import run_temperature
from sampler.models.table import TableModel, endless_world, flat_world, peaked_world
from sampler.trace.trace import MAX_PROBLEMS, Trace, verify

SETTINGS = PowerSettings(2.0, max_new_tokens=5, block_size=2, steps_per_block=2, seed=1, alternatives=2)
MODELS = [flat_world(), peaked_world(), endless_world(), forbidding_world()]
SCOPES = pytest.mark.parametrize("scope", ["block", "completion"])


def power_trace(model: TableModel | None = None, moves: dict[int, dict] | None = None, **changes) -> Trace:
    """A run; `moves` says which dials are moved once step number `draw` has been shown."""
    settings = replace(SETTINGS, **changes)
    steering, trace = steady(settings), Trace()
    for event in run_power(model or endless_world(), "b", settings, steering):
        trace.events.append(event)
        if isinstance(event, StepTaken):
            for name, value in (moves or {}).get(event.step.draw, {}).items():
                setattr(steering, name, value)
    return trace


def temperature_trace(model: TableModel | None = None, temperature: float = 0.7) -> Trace:
    settings = TemperatureSettings(temperature, 3, num_samples=3, seed=2, alternatives=2)
    return Trace(run_temperature(model or flat_world(), "b", settings))


def assert_verified(trace: Trace, model: TableModel) -> None:
    found = verify(trace, model)
    assert found.problems == []
    assert found.ok
    assert found.steps == len(trace.steps_taken)
    assert found.samples == len(trace.samples_drawn)
    assert max(found.largest_log_p_error, found.largest_ratio_error) <= 1e-12  # a table is exact


@SCOPES
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("temperature", [None, 1.0])
def test_a_true_trace_passes(scope, model, temperature):
    for seed in range(3):
        assert_verified(power_trace(model, scope=scope, seed=seed, proposal_temperature=temperature), model)


@SCOPES
def test_alpha_inf_passes(scope):
    dials = {"alpha": math.inf, "proposal_temperature": 0.8, "scope": scope, "steps_per_block": 4}
    traces = [power_trace(flat_world(), seed=seed, **dials) for seed in range(5)]
    assert {step.is_accepted for trace in traces for step in trace.steps_taken} == {True, False}
    for trace in traces:
        assert_verified(trace, flat_world())


@SCOPES
@pytest.mark.parametrize(
    "moves",
    [
        {0: {"alpha": 4.0}},
        {1: {"proposal_temperature": 1.0}},
        {2: {"alpha": math.inf, "proposal_temperature": 0.5}, 3: {"alpha": 1.0}},
        {0: {"alpha": 3.0}, 1: {"alpha": 2.0}, 4: {"alpha": 8.0}},
    ],
    ids=["alpha", "temperature", "to-inf-and-back", "often"],
)
def test_moved_dials_pass(scope, moves):
    for model in (flat_world(), endless_world()):
        trace = power_trace(model, moves, scope=scope, seed=6)
        assert_verified(trace, model)
    assert any(isinstance(event, SettingsChanged) for event in trace.events)


@SCOPES
@pytest.mark.parametrize("draw", range(6))
def test_a_stopped_run_passes(scope, draw):
    trace = power_trace(moves={draw: {"stop_requested": True}}, scope=scope)
    assert trace.ended.reason == "stopped"
    assert_verified(trace, endless_world())


@SCOPES
def test_a_truncated_trace_passes_as_far_as_it_goes(scope):
    lines = list(power_trace(flat_world(), scope=scope).lines())
    for kept in range(1, len(lines)):
        assert_verified(Trace.parse(lines[:kept]), flat_world())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.5])
def test_temperature_samples_pass(model, temperature):
    assert_verified(temperature_trace(model, temperature), model)


# ---- one digit

COSTS = {"tokens_fed", "forward_calls", "seconds", "versions", "created_at"}
SHORT = {"max_new_tokens": 3, "alternatives": 1}
DIALS = {1: {"alpha": 3.0, "proposal_temperature": 0.6}}
TRACES = {
    "block": (power_trace(**SHORT), endless_world()),
    "completion-with-ends": (power_trace(flat_world(), scope="completion", seed=0, **SHORT), flat_world()),
    "moved-dials": (power_trace(moves=DIALS, proposal_temperature=0.7, **SHORT), endless_world()),
    "alpha-inf": (power_trace(alpha=math.inf, proposal_temperature=0.8, **SHORT), endless_world()),
    "temperature": (temperature_trace(), flat_world()),
}
MARK = "\u0000"


def numbers(value: object, path: tuple = ()) -> Iterator[tuple[tuple, int | float]]:
    """Every number of an event with the way to it, costs and times left out."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in COSTS:
                yield from numbers(item, (*path, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from numbers(item, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def alterations(number: int | float) -> Iterator[str]:
    """The number with its first or its second significant digit changed, and with its sign changed."""
    text = repr(number)
    mantissa = text.split("e")[0]
    places = [match.start() for match in re.finditer(r"\d", mantissa)]
    first = next((i for i, place in enumerate(places) if mantissa[place] != "0"), 0)
    for place in places[first : first + 2]:
        yield f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"
    if number:
        yield text[1:] if number < 0 else f"-{text}"


def altered_lines(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The trace with one number altered, for every number and alteration, each with a name for the report."""
    for at, line in enumerate(lines):
        for path, number in numbers(json.loads(line)):
            for text in alterations(number):
                data = json.loads(line)
                place = data
                for part in path[:-1]:
                    place = place[part]
                place[path[-1]] = MARK
                changed = json.dumps(data).replace(json.dumps(MARK), text)
                name = f"line {at + 1} {data['event']} {'.'.join(map(str, path))}: {number!r} -> {text}"
                yield name, [*lines[:at], changed, *lines[at + 1 :]]


def is_refuted(lines: list[str], model: TableModel) -> bool:
    try:
        return not verify(Trace.parse(lines), model).ok
    except TraceError:
        return True


@pytest.mark.parametrize("name", TRACES)
def test_one_changed_digit_is_found(name):
    trace, model = TRACES[name]
    believed = [what for what, lines in altered_lines(list(trace.lines())) if not is_refuted(lines, model)]
    assert believed == []


@pytest.mark.parametrize(
    ("number", "texts"),
    [
        (12, ["22", "13", "-12"]),
        (0, ["1"]),
        (-0.0395, ["-0.0495", "-0.0305", "0.0395"]),
        (9e-05, ["0e-05", "-9e-05"]),
        (2.0, ["3.0", "2.1", "-2.0"]),
    ],
)
def test_what_counts_as_a_changed_digit(number, texts):
    assert list(alterations(number)) == texts


# ---- other lies


def lie(lines: list[str], event: str, **values) -> list[str]:
    """The lines with some fields of the first such event replaced."""
    at = next(i for i, line in enumerate(lines) if json.loads(line)["event"] == event)
    return [*lines[:at], json.dumps(json.loads(lines[at]) | values), *lines[at + 1 :]]


def without(lines: list[str], event: str) -> list[str]:
    at = next(i for i, line in enumerate(lines) if json.loads(line)["event"] == event)
    return lines[:at] + lines[at + 1 :]


def swapped_verdict(lines: list[str]) -> list[str]:
    """The verdict of the last step turned round."""
    at = max(i for i, line in enumerate(lines) if json.loads(line)["event"] == "step_taken")
    data = json.loads(lines[at])
    return [*lines[:at], json.dumps(data | {"is_accepted": not data["is_accepted"]}), *lines[at + 1 :]]


BLOCK = list(TRACES["block"][0].lines())
SAMPLES = list(TRACES["temperature"][0].lines())
LIES = {
    "verdict": swapped_verdict(BLOCK),
    "prompt": lie(BLOCK, "run_started", prompt="a"),
    "revision": lie(BLOCK, "run_started", model={"name": "endless-world", "revision": "0"}),
    "scope": lie(BLOCK, "run_started", settings=json.loads(BLOCK[0])["settings"] | {"scope": "completion"}),
    "piece": lie(BLOCK, "run_started", pieces={"0": "b", "1": "a", "2": "c"}),
    "final text": lie(BLOCK, "run_ended", text="bbbbb"),
    "a block left out": without(BLOCK, "block_frozen"),
    "a step left out": without(BLOCK, "step_taken"),
    "a sample left out": without(SAMPLES, "sample_drawn"),
    "a sample told as unfinished": lie(SAMPLES, "sample_drawn", finished=not json.loads(SAMPLES[1])["finished"]),
    "stopped early": lie(BLOCK, "step_taken", stopped_early=True),
    "no known reason": lie(BLOCK, "run_ended", reason="tired"),
    "ended after its end": [*BLOCK, BLOCK[-1]],
    "steps after its end": [*BLOCK[:-2], BLOCK[-1], BLOCK[-2]],
    "completed too soon": [*BLOCK[:4], BLOCK[-1]],
}


@pytest.mark.parametrize("lines", LIES.values(), ids=LIES)
def test_a_lie_is_found(lines):
    assert is_refuted(lines, flat_world() if lines[0] == SAMPLES[0] else endless_world())


def stopping_short(stage, kept_ids):
    return replace(stage, end=max(len(kept_ids) + 1, stage.end - 1))


def going_on_after_the_end(stage, kept_ids):
    return replace(stage, eos_ids=())


@pytest.mark.parametrize("purpose", [EXTEND, PROPOSE])
@pytest.mark.parametrize(
    ("change", "model"), [(stopping_short, endless_world()), (going_on_after_the_end, flat_world())]
)
def test_a_run_whose_texts_stop_at_the_wrong_place_is_found(change, model, purpose, monkeypatch):
    """Every number of it is right but for where its extensions, or its proposals, end."""
    write = kernel.write

    def wrong(stage, kept_ids, draws):
        return write(change(stage, kept_ids) if draws._purpose == purpose else stage, kept_ids, draws)

    monkeypatch.setattr(kernel, "write", wrong)
    problems = verify(power_trace(model, seed=0, max_new_tokens=4, block_size=4), model).problems
    assert problems
    assert all(problem.endswith("its text stops at the wrong place") for problem in problems)


class Renamed(TableModel):
    """Another world under the name and revision of the one that a trace names."""

    def __init__(self, world: TableModel, pretended: TableModel) -> None:
        super().__init__(pretended.name, world.alphabet, world._row)
        self.revision = pretended.revision

    def fresh(self, keep_rows: bool = False, guess: int = 0) -> "Renamed":
        return self


def test_another_model_fails():
    trace = power_trace(flat_world())
    assert verify(trace, peaked_world()).problems == ["the model is not the one of the trace"]
    found = verify(trace, Renamed(peaked_world(), flat_world()))
    assert MAX_PROBLEMS <= len(found.problems) < 3 * MAX_PROBLEMS
    assert found.largest_log_p_error > 0.1


def test_a_model_without_some_tokens_fails():
    trace = power_trace(flat_world())
    small = TableModel("flat-world", "ab", lambda text: {"a": 1.0, "b": 1.0})
    small.revision = trace.started.model_revision
    assert not verify(trace, Renamed(small, flat_world())).ok


def test_verification_asks_for_no_more_rows_than_it_needs():
    """One fresh pass over the text for each written, proposed and replaced segment."""
    trace, model = power_trace(), endless_world()
    passes = []
    counting = Renamed(model, model)
    counting.logprobs = lambda ids, start: passes.append(len(ids) - start) or model.logprobs(ids, start)
    assert verify(trace, counting).tokens == sum(passes)
    assert counting.forward_calls == 0  # never `next_logprobs`, the sampler's own way


@pytest.mark.parametrize(
    ("a", "b", "largest"),
    [
        ([], [], 0),
        ([1.0, 2.0], [1.5, 2.0], 0.5),
        ([-math.inf], [-math.inf], 0),
        ([1.0], [math.inf], math.inf),
        ([1.0], [], math.inf),
    ],
)
def test_largest_difference(a, b, largest):
    assert largest_difference(a, b) == largest
