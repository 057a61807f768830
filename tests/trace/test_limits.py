"""What the README says of limits and of the environment is what the code does."""

import re
from pathlib import Path

import pytest

import app
from explorer.page.compare.evaluation import MOST_PROBLEMS
from explorer.page.controls import MAX_BLOCK_SIZE, MAX_BLOCKS, MAX_STEPS
from explorer.page.explore.diagnostics import MOST_CHAINS
from explorer.page.explore.session import MAX_SAMPLES
from explorer.page.explore.uploads import MOST_CHARACTERS
from explorer.page.serving.gate import MOST_UPLOAD
from explorer.page.serving.sharing import recorded_elsewhere
from explorer.page.tree.whole_runs import MOST_NETWORK_RUNS, MOST_RUNS
from sampler.core.records import MAX_PROMPT

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
LIMITS = [
    f"{MAX_PROMPT} characters",
    f"{MAX_BLOCK_SIZE} tokens x {MAX_BLOCKS} blocks, {MAX_STEPS} steps a block",
    f"{MOST_CHAINS} chains, {MAX_SAMPLES} temperature samples",
    f"{MOST_RUNS} runs, {MOST_NETWORK_RUNS} on a network",
    f"{MOST_PROBLEMS} problems a task",
    f"{MOST_UPLOAD // 2**20} MB, {MOST_CHARACTERS // 10**6} million characters unpacked",
]


def test_the_fixed_limits_are_as_the_readme_tells():
    assert re.findall(r"^\| fixed \| \| (.*?) \|", README, flags=re.MULTILINE) == LIMITS


def test_every_variable_of_the_app_is_in_the_readme():
    read = set(re.findall(r'env\("(\w+)"', (ROOT / "app.py").read_text()))
    assert read == {"EXPLORER_HOST", "EXPLORER_PORT", "EXPLORER_MODELS", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"}
    assert all(f"`{name}`" in README for name in read)


def test_options_and_variables_do_what_the_readme_says(monkeypatch):
    for name, value in {"EXPLORER_HOST": "0.0.0.0", "EXPLORER_PORT": "81", "EXPLORER_MODELS": "a,b"}.items():
        monkeypatch.setenv(name, value)
    told = app.arguments([])
    assert (told.host, told.port, told.model) == ("0.0.0.0", 81, ["a", "b"])
    told = app.arguments(["--host", "::1", "--port", "82", "--model", "c", "--model", "d"])
    assert (told.host, told.port, told.model) == ("::1", 82, ["c", "d"])


def test_where_recorded_runs_are_is_an_address_or_nothing(monkeypatch, capsys):
    monkeypatch.delenv("EXPLORER_STATIC_URL", raising=False)
    assert recorded_elsewhere() == ""
    monkeypatch.setenv("EXPLORER_STATIC_URL", "https://example.org/a/?b=1")
    assert recorded_elsewhere() == "https://example.org/a/?b=1"
    for bad in ("javascript:alert(1)", "example.org", 'https://a"onclick=1', "https://a b"):
        monkeypatch.setenv("EXPLORER_STATIC_URL", bad)
        with pytest.raises(SystemExit) as end:
            app.arguments([])
        assert end.value.code == 2
        assert "EXPLORER_STATIC_URL must begin with http:// or https://, not" in capsys.readouterr().err
