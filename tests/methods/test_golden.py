"""Golden traces: a change of what the sampler draws, measures or writes shows here first.

They are rewritten, after a change that is meant, by REWRITE_GOLDEN=1 python -m pytest tests/test_golden.py
"""

import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sampler.core.records import Event, PowerSettings, RunEnded, RunStarted, StepTaken, TemperatureSettings
from sampler.methods.run import run_power, steady
from sampler.methods.temperature import run_temperature
from sampler.models.table import endless_world, flat_world, pivot_world
from sampler.trace.trace import Trace

FOLDER = Path(__file__).parents[1] / "golden"
COMMAND = "REWRITE_GOLDEN=1 python -m pytest tests/test_golden.py"
TOLERANCE = 1e-9  # relative: another processor may round the last digits of a logarithm otherwise
POWER = PowerSettings(4.0, max_new_tokens=8, block_size=3, steps_per_block=4, seed=11, alternatives=3)


def moved_dials() -> Iterator[Event]:
    """Alpha to 2 after the third step, to inf after the eighth."""
    steering = steady(POWER)
    for event in run_power(endless_world(), "ab", POWER, steering):
        yield event
        if isinstance(event, StepTaken) and event.step.draw == 2:
            steering.alpha = 2.0
        if isinstance(event, StepTaken) and event.step.draw == 7:
            steering.alpha, steering.proposal_temperature = math.inf, 0.7


MAKERS: dict[str, Callable[[], Iterator[Event]]] = {
    "block": lambda: run_power(endless_world(), "ab", replace(POWER, proposal_temperature=1.0)),
    "completion": lambda: run_power(flat_world(), "ab", replace(POWER, alpha=2.0, scope="completion", seed=5)),
    "one-block": lambda: run_power(pivot_world(), "", replace(POWER, alpha=2.0, max_new_tokens=2, block_size=2)),
    "moved-dials": moved_dials,
    "temperature": lambda: run_temperature(flat_world(), "ab", TemperatureSettings(0.5, 6, 5, seed=2, alternatives=2)),
}


def timeless(events: Iterator[Event]) -> Trace:
    """The trace without what differs from run to run and from machine to machine."""
    trace = Trace()
    for event in events:
        if isinstance(event, RunStarted):
            event = replace(event, versions={}, created_at="")
        elif isinstance(event, StepTaken):
            event = replace(event, seconds=0.0)
        elif isinstance(event, RunEnded):
            event = replace(event, totals=replace(event.totals, seconds=0.0))
        trace.events.append(event)
    return trace


def differences(golden: object, fresh: object, where: str) -> Iterator[str]:
    """What differs between two JSON values, each difference as a sentence that names its place."""
    if isinstance(golden, dict) and isinstance(fresh, dict) and list(golden) == list(fresh):
        for name in golden:
            yield from differences(golden[name], fresh[name], f"{where}.{name}")
    elif isinstance(golden, list) and isinstance(fresh, list) and len(golden) == len(fresh):
        for i, (old, new) in enumerate(zip(golden, fresh, strict=True)):
            yield from differences(old, new, f"{where}[{i}]")
    elif isinstance(golden, float) and isinstance(fresh, float):
        if not math.isclose(golden, fresh, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            yield f"{where} was {golden!r}, is {fresh!r}"
    elif golden != fresh or type(golden) is not type(fresh):
        yield f"{where} was {golden!r}, is {fresh!r}"


def parsed(lines: Iterator[str]) -> list[dict]:
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", MAKERS)
def test_the_sampler_still_gives_this_trace(name):
    path, fresh = FOLDER / f"{name}.jsonl", timeless(MAKERS[name]())
    if os.environ.get("REWRITE_GOLDEN"):
        fresh.save(path)
    assert path.exists(), f"{path.name} is missing; {COMMAND} writes it"
    found = list(differences(parsed(path.read_text().splitlines()), parsed(fresh.lines()), name))
    assert not found, "\n".join([*found[:5], f"{len(found)} differences; if they are meant, {COMMAND}"])


def test_there_is_no_golden_trace_without_a_run():
    assert {path.stem for path in FOLDER.iterdir()} == MAKERS.keys()


@pytest.mark.parametrize("name", MAKERS)
def test_golden_traces_open(name):
    """With this reader: a new schema must say what becomes of old files."""
    trace = Trace.load(FOLDER / f"{name}.jsonl")
    assert (trace.note, trace.ended.reason) == ("", "completed")


@pytest.mark.parametrize(
    ("fresh", "found"),
    [
        ({"a": [1.0, 2]}, []),
        ({"a": [1.0 + 1e-12, 2]}, []),
        ({"a": [1.0001, 2]}, ["x.a[0] was 1.0, is 1.0001"]),
        ({"a": [1.0, 2.0]}, ["x.a[1] was 2, is 2.0"]),
        ({"a": [1.0]}, ["x.a was [1.0, 2], is [1.0]"]),
        ({"b": [1.0, 2]}, ["x was {'a': [1.0, 2]}, is {'b': [1.0, 2]}"]),
    ],
)
def test_differences_are_named(fresh, found):
    assert list(differences({"a": [1.0, 2]}, fresh, "x")) == found
