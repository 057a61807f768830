"""The notebook that opens a saved trace: valid nbformat 4, and its cells run on every kind of run."""

import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from explorer.page.library import recorded
from explorer.page.shell import ASSETS
from sampler.core.records import PowerSettings
from sampler.methods.run import run_power
from sampler.models.table import endless_world
from sampler.trace.trace import Trace

NOTEBOOK = json.loads((ASSETS / "takeaway" / "trace.ipynb").read_text("utf-8"))
FIELDS = {"markdown": set(), "code": {"execution_count", "outputs"}}
SETTINGS = PowerSettings(alpha=2.0, max_new_tokens=6, block_size=3, steps_per_block=8, seed=4)
GOLDEN = Path(__file__).parents[1] / "golden"
GOLDEN_RUNS = ("block", "completion", "moved-dials", "one-block")


def executed(trace: Trace, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """The names that the code cells leave behind, run beside a trace that was saved as the page names it."""
    trace.save(folder / "power-seed-0.jsonl")
    monkeypatch.chdir(folder)
    names: dict = {}
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    return names


def world_run(**changes) -> Trace:
    settings = replace(SETTINGS, **changes)
    return Trace(run_power(endless_world(), "b", settings))


def test_it_is_a_notebook_of_format_4():
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert NOTEBOOK.keys() == {"nbformat", "nbformat_minor", "metadata", "cells"}
    ids = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in NOTEBOOK["cells"]:
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | FIELDS[cell["cell_type"]]
        assert all(isinstance(line, str) for line in cell["source"])
        assert all(line.endswith("\n") for line in cell["source"][:-1])


def test_it_needs_pandas_alone():
    source = "\n".join("".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code")
    wanted = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert wanted == {"gzip", "json", "math", "pandas"}


def test_its_tables_are_the_traces_own(tmp_path, monkeypatch, capsys):
    trace, _ = recorded("cups-1")
    names = executed(trace, tmp_path, monkeypatch)
    steps = trace.steps_taken
    assert list(names["steps"]["log_accept_ratio"]) == [step.revision.log_accept_ratio for step in steps]
    assert names["acceptance"]["size"].sum() == len(steps)
    assert names["acceptance"]["mean"].iloc[0] == sum(s.is_accepted for s in steps if s.block == 0) / sum(
        s.block == 0 for s in steps
    )
    assert names["what_if"][4] == 0
    assert capsys.readouterr().out.strip() == trace.ended.text.strip()


@pytest.mark.parametrize(
    "run",
    [
        lambda: world_run(),
        lambda: world_run(steps_per_block=0),
        lambda: world_run(alpha=math.inf, proposal_temperature=1.0),
        lambda: Trace.load(GOLDEN.parent / "trace" / "stopped-early.jsonl"),
        *(partial(Trace.load, GOLDEN / f"{name}.jsonl") for name in GOLDEN_RUNS),
    ],
    ids=["plain", "no steps", "infinite", "stopped early", *GOLDEN_RUNS],
)
def test_it_opens_every_kind_of_run(run, tmp_path, monkeypatch):
    trace = run()
    assert len(executed(trace, tmp_path, monkeypatch)["steps"]) == len(trace.steps_taken)


def test_a_trace_that_breaks_the_rule_is_seen(tmp_path, monkeypatch):
    lines = world_run().lines()
    turned = [line.replace('"is_accepted":true', '"is_accepted":false') for line in lines]
    (tmp_path / "power-seed-0.jsonl").write_text("\n".join(turned))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    with pytest.raises(AssertionError):
        for cell in NOTEBOOK["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
