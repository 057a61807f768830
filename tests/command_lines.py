"""Command lines run in this process or as programs, and traces to try them on."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from sampler.__main__ import main
from sampler.core.records import PowerSettings
from sampler.methods.run import run_power
from sampler.models.table import endless_world
from sampler.trace.trace import Trace

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
SETTINGS = PowerSettings(max_new_tokens=6, block_size=3, steps_per_block=4)
SHORT = ("--block-size", "3", "--blocks", "2", "--steps", "4")  # the same on a command line
ON_ENDLESS = ("run", "--model", "endless-world", "--prompt", "b", *SHORT)
ON_FLAT = ("run", "--model", "flat-world", "--prompt", "b")
SAMPLES = ("temperature", "--model", "flat-world", "--prompt", "b", "--max-new-tokens", "6", "--samples", "3")


class Answer(NamedTuple):
    """What a command line leaves behind."""

    status: int
    out: str
    err: str


def told(*argv: object) -> Answer:
    """A command line run in this process."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            status = main([str(word) for word in argv])
        except SystemExit as end:
            status = end.code
    return Answer(status, out.getvalue(), err.getvalue())


def program(folder: Path, *argv: str, **environment: str) -> subprocess.Popen:
    """A command line running as a program of its own in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "sampler", *argv],
        cwd=folder,
        env=ENVIRONMENT | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def saved_run(path: Path, settings: PowerSettings = SETTINGS) -> Trace:
    """A run in the endless world, saved."""
    trace = Trace(run_power(endless_world(), "b", settings))
    trace.save(path)
    return trace


def assert_refused(answer: Answer, words: str) -> None:
    """Exit status 2, nothing on stdout, and one sentence on stderr with some words in it."""
    assert answer.status == 2 and answer.out == ""
    assert answer.err.startswith("python -m sampler: error: ") and answer.err.count("\n") == 1
    assert words in answer.err
