"""python -m sampler as a program: streams, exit statuses, signals, and what it does not import."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from command_lines import ENVIRONMENT, ON_ENDLESS, SETTINGS, Answer, assert_refused, program, saved_run, told

from sampler import __main__ as command_line
from sampler.methods.run import steady
from sampler.trace.trace import Trace

PATIENCE = 60  # seconds for a program to start on a busy machine
LONG = ("--block-size", "6", "--blocks", "10", "--steps", "10000")  # minutes
IMPORTS = """
import sys
from sampler.__main__ import main
for line in {lines}:
    try:
        main(line)
    except SystemExit:
        pass
assert not {{"torch", "transformers", "pandas"}} & set(sys.modules)
"""


def answer(running: subprocess.Popen) -> Answer:
    """What a program leaves behind when it has ended."""
    out, err = running.communicate(timeout=PATIENCE)
    return Answer(running.returncode, out, err)


def test_a_program_without_a_network_does_not_import_torch(tmp_path):
    saved_run(tmp_path / "run.jsonl")
    lines = [["presets"], ["show", "run.jsonl"], ["verify", "run.jsonl"], list(ON_ENDLESS), ["run", "--help"], ["run"]]
    code = IMPORTS.format(lines=lines)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True)


def test_exit_statuses_and_streams(tmp_path):
    saved_run(tmp_path / "run.jsonl")
    for argv, status in ((("verify", "run.jsonl"), 0), (("verify", "run.jsonl", "--model", "flat-world"), 1)):
        done = answer(program(tmp_path, *argv))
        assert (done.status, done.err) == (status, "") and "problems" in done.out
    assert_refused(answer(program(tmp_path, "show", "no")), "No such file")


def test_a_narrow_terminal_and_a_reader_that_leaves(tmp_path):
    trace = saved_run(tmp_path / "run.jsonl")
    trace.events[0] = replace(trace.started, prompt="β\n" * 100_000)  # more than a pipe holds
    trace.save(tmp_path / "run.jsonl")
    with program(tmp_path, "show", "run.jsonl", PYTHONIOENCODING="ascii") as running:
        running.stdout.readline()
        assert running.stdout.readline() == "prompt: \\u03b2\n"
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 0


@pytest.fixture(params=["run.jsonl", "run.jsonl.gz"])
def run_on_its_way(request, tmp_path) -> Iterator[tuple[subprocess.Popen, Path]]:
    """A program that has written some steps and has minutes to go, and the trace that it writes."""
    out = tmp_path / request.param
    argv = ("run", "--model", "endless-world", "--prompt", "b", *LONG, "--json", "--out", out.name)
    running = program(tmp_path, *argv)
    deadline = time.monotonic() + PATIENCE
    while not out.exists() or out.stat().st_size < 20_000:
        assert time.monotonic() < deadline and running.poll() is None
        time.sleep(0.05)
    yield running, out
    running.kill()
    running.communicate()


def test_ctrl_c_ends_a_run_properly(run_on_its_way):
    running, out = run_on_its_way
    running.send_signal(signal.SIGINT)
    done = answer(running)
    data, trace = json.loads(done.out), Trace.load(out)
    assert done.status == 130 and "Traceback" not in done.err
    assert trace.note == "" and trace.ended.reason == data["reason"] == "stopped"
    assert trace.ended.totals.steps == data["totals"]["steps"] == len(trace.steps_taken) > 0
    assert told("verify", out).status == 0


def test_a_killed_run_leaves_what_it_had(run_on_its_way):
    running, out = run_on_its_way
    running.kill()
    running.communicate()
    trace = Trace.load(out)
    assert len(trace.steps_taken) > 5 and trace.note
    assert f"note: {trace.note}" in told("show", out).out
    assert told("verify", out).status == 0


def test_a_second_ctrl_c_does_not_wait():
    steering = steady(SETTINGS)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), command_line.stopping(steering):
        signal.raise_signal(signal.SIGINT)
        assert steering.stop_requested
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
