"""python -m sampler show: a trace as text and as JSON."""

import gzip
import json
import re
from dataclasses import replace

import pytest
from command_lines import SAMPLES, SETTINGS, saved_run, told
from worlds import revised

from sampler.core.history import tokens_changed
from sampler.core.records import PowerSettings, Segment
from sampler.methods.run import run_power, steady
from sampler.models.table import endless_world
from sampler.trace.trace import Trace


def test_show_tells_every_verdict(tmp_path):
    trace = saved_run(tmp_path / "run.jsonl.gz", replace(SETTINGS, proposal_temperature=1.0, steps_per_block=8))
    status, out, err = told("show", tmp_path / "run.jsonl.gz")
    lines = [line.split() for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert {step.is_accepted for step in trace.steps_taken} == {True, False}
    for step in trace.steps_taken:
        verdict = "accepted" if step.is_accepted else "rejected"
        changed = sum(
            a != b for a, b in zip(step.revision.proposed.token_ids, step.revision.replaced.token_ids, strict=True)
        )
        cells = [
            step.draw,
            step.block,
            step.revision.cut,
            f"{step.revision.log_accept_ratio:.6g}",
            f"{step.revision.log_u:.6g}",
            verdict,
        ]
        assert [*map(str, cells), str(changed * step.is_accepted)] in lines
    for words in ("endless-world", "prompt: b", "alpha 4, proposal_temperature 1,", f"\n{trace.ended.text}\n"):
        assert words in out


def test_show_as_json_counts_as_the_run_did(tmp_path):
    trace = saved_run(tmp_path / "run.jsonl")
    data = json.loads(told("show", tmp_path / "run.jsonl", "--json").out)
    for name in ("steps", "accepted", "changed"):
        assert sum(block[name] for block in data["blocks"]) == getattr(trace.ended.totals, name)
    assert [step["log_accept_ratio"] for step in data["steps"]] == [
        step.revision.log_accept_ratio for step in trace.steps_taken
    ]
    assert data["token_ids"] == list(trace.ended.token_ids) and data["log_p"] == trace.ended.log_p


def test_show_of_infinities_is_still_json(tmp_path):
    settings = PowerSettings(alpha=float("inf"), proposal_temperature=1.0, max_new_tokens=4, block_size=4)
    trace = saved_run(tmp_path / "run.jsonl", settings)
    assert any(step.revision.log_accept_ratio == float("-inf") for step in trace.steps_taken)
    data = json.loads(told("show", tmp_path / "run.jsonl", "--json").out, parse_constant=pytest.fail)
    assert "-inf" in {step["log_accept_ratio"] for step in data["steps"]}
    assert "alpha inf, proposal_temperature 1," in told("show", tmp_path / "run.jsonl").out


def test_show_tells_of_turned_dials(tmp_path):
    steering, trace = steady(SETTINGS), Trace()
    for event in run_power(endless_world(), "b", SETTINGS, steering):
        trace.events.append(event)
        if len(trace.steps_taken) == 2:
            steering.alpha = 2.0
    trace.save(tmp_path / "run.jsonl")
    assert "\nfrom draw 2 on: alpha 2, proposal_temperature 0.5\n" in told("show", tmp_path / "run.jsonl").out


def test_show_of_temperature_samples(tmp_path):
    out = told(*SAMPLES, "--out", tmp_path / "t.jsonl").out
    shown = told("show", tmp_path / "t.jsonl").out
    assert shown.startswith("temperature run of flat-world") and shown.endswith(out)


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz"])
def test_show_and_verify_open_a_truncated_trace_and_say_so(tmp_path, name):
    trace = saved_run(tmp_path / name)
    text = "".join(f"{line}\n" for line in trace.lines())
    cut = text[: text.index('"event":"step_taken"', text.index('"step":2')) + 9]
    packed = gzip.compress(cut.encode())[:-12] if name.endswith(".gz") else cut.encode()
    (tmp_path / name).write_bytes(packed)
    for command in ("show", "verify"):
        status, out, _ = told(command, tmp_path / name)
        assert status == 0 and "note: the file is cut short" in out
    data = json.loads(told("show", tmp_path / name, "--json").out)
    assert data["reason"] is data["totals"] is None and data["note"] == "the file is cut short"
    moments = list(Trace.load(tmp_path / name).replay())
    assert data["text"] == endless_world().decode(moments[-1].after.token_ids)


def test_a_trace_cannot_steer_the_terminal(tmp_path):
    trace = saved_run(tmp_path / "run.jsonl")
    trace.events[0] = replace(trace.started, prompt="\x1b[2J\u202eb", model_name="\x07")
    trace.save(tmp_path / "run.jsonl")
    out = told("show", tmp_path / "run.jsonl").out
    assert "prompt: \\x1b[2J\\u202eb\n" in out and not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", out)


def test_tokens_changed_counts_lengths_too():
    step = next(iter(Trace(run_power(endless_world(), "b", SETTINGS)).steps_taken))
    longer, shorter = (Segment(token_ids=ids) for ids in ((0, 1, 2), (0, 2)))
    for old, new in ((longer, shorter), (shorter, longer)):
        step = revised(step, replaced=old, proposed=new, is_accepted=True)
        assert tokens_changed(step) == 2
        assert tokens_changed(revised(step, is_accepted=False)) == 0
