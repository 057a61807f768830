"""The public names and the table of methods: what a library user calls, and what a new method needs to be known."""

from dataclasses import replace

import pytest
from command_lines import assert_refused, told

import sampler
from sampler.classroom.answering import ANSWERERS
from sampler.classroom.methods import recorded
from sampler.core.records import PowerSettings, TemperatureSettings
from sampler.methods import power
from sampler.methods.registry import METHODS, method_named
from sampler.methods.run import run_power
from sampler.models.table import flat_world
from sampler.trace.trace import Trace


def decisions(trace: Trace) -> list:
    return [(step.revision, step.alpha, step.temperature) for step in trace.steps_taken]


def test_the_public_names_are_there():
    assert sampler.Trace is Trace and sampler.PowerSettings is PowerSettings
    for name in sampler.__all__:
        assert getattr(sampler, name) is not None
    with pytest.raises(AttributeError, match=r"sampler has .*Trace.*, and no Tracer"):
        _ = sampler.Tracer


def test_no_method_takes_a_name_that_the_evaluation_gives_another_meaning():
    """The evaluation has answers of its own by kind; its table of words has groups of its own (Compare)."""
    taken = {*ANSWERERS, *(ask.method.kind for ask in recorded(1)), "base"}
    assert taken & METHODS.keys() == {"power", "temperature"}


def test_sample_is_the_run_of_its_settings():
    trace = sampler.sample(flat_world(), "b", alpha=2.0, block_size=2, blocks=3, steps=4, seed=7, scope="completion")
    settings = PowerSettings(2.0, None, 6, 2, 4, "completion", seed=7)
    assert trace.started.settings == settings
    assert decisions(trace) == decisions(Trace(run_power(flat_world(), "b", settings)))
    assert trace.verify(flat_world()).ok


def test_temperature_sample_draws_independent_samples():
    trace = sampler.temperature_sample(flat_world(), "b", temperature=0.5, max_new_tokens=3, samples=4, seed=2)
    assert trace.started.settings == TemperatureSettings(0.5, 3, 4, 2)
    assert len(trace.samples()) == 4 and trace.verify(flat_world()).ok


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"method": "gibbs"}, f"method must be one of {', '.join(METHODS)}, not 'gibbs'"),
        ({"alhpa": 4}, "power must have options of block_size, blocks, steps, alpha, .*'alhpa'"),
        ({"alpha": 0.5}, "alpha must be a number from 1 to inf, not 0.5"),
        ({"blocks": 0}, "blocks must be a whole number from 1 to 2048, not 0"),
        ({"method": "temperature", "samples": 0}, "num_samples must be a whole number from 1 to 10000, not 0"),
    ],
)
def test_what_cannot_be_sampled_is_refused_in_one_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        sampler.sample(flat_world(), "b", **options)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_called_by_its_name_everywhere(name, tmp_path):
    """Command line, trace file and verification, with nothing but the registry's entry."""
    path = tmp_path / "run.jsonl"
    typed = ("run", "--method", name, "--model", "flat-world", "--prompt", "b")
    short = {"--blocks": "1", "--block-size": "4", "--max-new-tokens": "4"}
    length = [word for option in short.keys() & METHODS[name].options for word in (option, short[option])]
    assert told(*typed, *length, "--out", path).status == 0
    trace = Trace.load(path)
    assert trace.started.method == name == method_named(name).name
    assert type(trace.started.settings) is METHODS[name].settings
    assert told("verify", path).status == 0
    assert METHODS[name].label in told("methods").out


def test_a_new_method_needs_one_entry(monkeypatch, tmp_path):
    """A method of another name that runs like power sampling is run, saved, read, summed up and verified."""

    def run(*arguments):
        for event in run_power(*arguments):
            yield replace(event, method="copy") if hasattr(event, "method") else event

    monkeypatch.setitem(METHODS, "copy", replace(power.METHOD, name="copy", label="A copy", run=run))
    path = tmp_path / "run.jsonl"
    short = ("--blocks", "1", "--block-size", "4")
    assert told("run", "--method", "copy", "--model", "flat-world", "--prompt", "b", *short, "--out", path).status == 0
    assert told("verify", path).status == 0 and "copy run of flat-world" in told("show", path).out
    assert sampler.sample(flat_world(), "b", "copy", blocks=1, block_size=4).started.method == "copy"


def test_an_option_of_another_method_is_refused():
    assert_refused(told("run", "--method", "temperature", "--prompt", "b", "--alpha", "2"), "--alpha")
