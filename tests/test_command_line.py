"""python -m sampler run, temperature, verify and presets: what they print, write and return."""

import json
import re
from dataclasses import asdict, replace

import pytest
from command_lines import ON_ENDLESS, ON_FLAT, SAMPLES, SETTINGS, SHORT, assert_refused, saved_run, told
from tiny_models import folder_of
from worlds import revised

from sampler.classroom.presets import PRESETS
from sampler.core.records import RunEnded, SampleDrawn, StepTaken, TemperatureSettings
from sampler.methods.registry import METHODS
from sampler.methods.run import run_power
from sampler.methods.temperature import run_temperature
from sampler.models.table import endless_world, flat_world
from sampler.trace.format import to_json
from sampler.trace.trace import Trace


def untimed(trace: Trace) -> list:
    """The events of a run without its times."""
    events = [replace(trace.started, created_at="")]
    for event in trace.events[1:]:
        if isinstance(event, StepTaken):
            event = replace(event, seconds=0.0)
        if isinstance(event, RunEnded):
            event = replace(event, totals=replace(event.totals, seconds=0.0))
        events.append(event)
    return events


# ---- run and temperature


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz"])
def test_a_run_writes_the_trace_that_run_power_makes(tmp_path, name):
    status, out, err = told(*ON_ENDLESS, "--scope", "completion", "--seed", 3, "--out", tmp_path / name)
    trace = Trace.load(tmp_path / name)
    settings = replace(SETTINGS, scope="completion", seed=3)
    assert status == 0 and trace.note == ""
    assert untimed(trace) == untimed(Trace(run_power(endless_world(), "b", settings)))
    text, gap, result, cost = out.splitlines()
    assert (text, gap) == (trace.ended.text, "")
    assert result == f"log p {trace.ended.log_p:.6g} nats over 6 tokens; completed"
    counts, costs = r"8 steps, \d accepted \(\d+%\), \d changed the text", r"\d+ tokens drawn, \d+ fed in \d+ passes"
    assert re.match(f"{counts}; {costs}", cost)
    assert "8/8" in err and "acceptance=" in err and "log_p=" in err


def test_another_chain_of_a_run_verifies_as_what_it_says_it_is(tmp_path):
    texts = {told(*ON_ENDLESS, "--chain", chain, "--out", tmp_path / f"{chain}.jsonl")[1] for chain in range(3)}
    assert len(texts) == 3
    assert Trace.load(tmp_path / "2.jsonl").started.settings == replace(SETTINGS, chain=2)
    assert told("verify", tmp_path / "2.jsonl")[0] == 0


def test_a_run_as_json(tmp_path):
    status, out, _ = told(*ON_ENDLESS, "--alpha", "inf", "--temperature", "0.5", "--json", "--out", tmp_path / "run")
    data, trace = json.loads(out), Trace.load(tmp_path / "run")
    ended = json.loads(to_json(trace.ended))
    del ended["event"]
    assert status == 0 and ended.items() <= data.items()
    assert data["out"] == str(tmp_path / "run")
    assert data["settings"] == json.loads(to_json(trace.started))["settings"]
    assert (data["settings"]["alpha"], data["settings"]["proposal_temperature"]) == ("inf", 0.5)


def test_without_out_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert told(*ON_ENDLESS).status == told(*SAMPLES).status == 0
    assert not list(tmp_path.iterdir())


def test_no_steps_and_an_early_end():
    assert told(*ON_FLAT, "--block-size", 4, "--blocks", 1, "--steps", 0).status == 0
    status, out, err = told(*ON_FLAT, "--block-size", 10, "--blocks", 6, "--steps", 2, "--json")
    steps = json.loads(out)["totals"]["steps"]
    assert status == 0 and steps < 12 and f"{steps}/{steps}" in err


def test_temperature_samples(tmp_path):
    status, out, err = told(*SAMPLES, "--temperature", 2, "--seed", 5, "--out", tmp_path / "t.jsonl")
    trace = Trace.load(tmp_path / "t.jsonl")
    expected = Trace(run_temperature(flat_world(), "b", TemperatureSettings(2.0, 6, 3, 5)))
    assert status == 0 and untimed(trace) == untimed(expected) and "3/3" in err
    for sample in trace.samples_drawn:
        segment = sample.segment
        heading = f"sample {sample.sample}: log p {sum(segment.log_p):.6g} nats over {len(segment)} tokens"
        assert f"{heading}\n{flat_world().decode(segment.token_ids)}\n" in out
    rows = json.loads(told(*SAMPLES, "--temperature", 2, "--seed", 5, "--json").out)["samples"]
    assert [row["sample"] for row in rows] == [0, 1, 2]
    for drawn in trace.samples_drawn:
        assert rows[drawn.sample]["text"] == flat_world().decode(drawn.segment.token_ids)
        assert rows[drawn.sample]["finished"] == drawn.finished


def test_an_interrupted_command_keeps_what_it_wrote(tmp_path, monkeypatch):
    def interrupted(*arguments):
        for event in run_temperature(*arguments):
            yield event
            if isinstance(event, SampleDrawn):
                raise KeyboardInterrupt

    monkeypatch.setitem(METHODS, "temperature", replace(METHODS["temperature"], run=interrupted))
    status, out, err = told(*SAMPLES, "--out", tmp_path / "t.jsonl.gz")
    trace = Trace.load(tmp_path / "t.jsonl.gz")
    assert (status, out) == (130, "") and err.endswith("python -m sampler: stopped\n")
    assert len(trace.samples_drawn) == 1 and trace.note == "the run did not end"


# ---- verify


def test_verify_agrees_with_an_honest_trace(tmp_path):
    trace = saved_run(tmp_path / "run.jsonl")
    status, out, err = told("verify", tmp_path / "run.jsonl")
    assert (status, err) == (0, "")
    assert re.search(r"^steps recomputed +8$", out, re.M) and re.search(r"^problems +0$", out, re.M)
    tokens = len(trace.ended.token_ids) + sum(
        len(step.revision.proposed) + len(step.revision.replaced) for step in trace.steps_taken
    )
    assert re.search(rf"^tokens recomputed +{tokens}$", out, re.M)


def test_verify_names_what_differs(tmp_path):
    trace = saved_run(tmp_path / "run.jsonl")
    at = next(i for i, event in enumerate(trace.events) if isinstance(event, StepTaken))
    step = trace.events[at].step
    trace.events[at] = replace(trace.events[at], step=revised(step, log_u=step.revision.log_u - 0.01))
    trace.save(tmp_path / "run.jsonl")
    status, out, _ = told("verify", tmp_path / "run.jsonl")
    assert status == 1 and "\nstep 0: its log u\n" in out and re.search(r"^problems +1$", out, re.M)


def test_verify_by_another_model(tmp_path):
    saved_run(tmp_path / "run.jsonl")
    status, out, _ = told("verify", tmp_path / "run.jsonl", "--model", "flat-world")
    assert status == 1 and "the model is not the one of the trace" in out


def test_a_renamed_model_is_found_by_option(tmp_path):
    trace = saved_run(tmp_path / "run.jsonl")
    trace.events[0] = replace(trace.started, model_name="/moved/away")
    trace.save(tmp_path / "run.jsonl")
    assert_refused(told("verify", tmp_path / "run.jsonl"), "'/moved/away' could not be loaded")
    assert told("verify", tmp_path / "run.jsonl", "--model", "endless-world").status == 0


# ---- networks


@pytest.mark.parametrize("command", [("run", *SHORT), ("temperature", "--samples", 3, "--max-new-tokens", 8)])
def test_a_network_in_a_folder_runs_and_verifies(tmp_path, command):
    out = tmp_path / "trace.jsonl.gz"
    status, _, _ = told(*command, "--model", folder_of("gpt2"), "--prompt", "the end", "--device", "cpu", "--out", out)
    assert status == 0
    status, told_of, _ = told("verify", out, "--device", "cpu")
    assert status == 0, told_of


@pytest.mark.parametrize("preset", PRESETS[::4], ids=lambda preset: preset.id)
def test_a_preset_runs_and_verifies(tmp_path, preset):
    out = tmp_path / "run.jsonl.gz"
    status, text, _ = told("run", "--preset", preset.id, "--steps", 2, "--out", out)
    assert status == 0 and Trace.load(out).started.prompt == preset.prompt and text
    status, told_of, _ = told("verify", out)
    assert status == 0, told_of


# ---- presets


def test_presets():
    rows = [asdict(preset) for preset in PRESETS]
    assert [line.split("\t") for line in told("presets").out.splitlines()] == [list(row.values()) for row in rows]
    assert json.loads(told("presets", "--json").out) == rows
