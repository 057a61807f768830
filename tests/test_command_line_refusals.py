"""python -m sampler: whatever is wrong is told in one sentence, before a file is touched or a model opened in vain."""

import gzip
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from command_lines import ON_ENDLESS, SETTINGS, SHORT, assert_refused, told
from tiny_models import MAX_LENGTH, folder_of

from sampler import __main__ as command_line
from sampler.methods.run import run_power
from sampler.models.table import endless_world
from sampler.trace.format import to_json
from sampler.trace.trace import Trace


@pytest.fixture
def no_model(monkeypatch):
    """Opening a model fails the test."""
    monkeypatch.setattr(command_line, "open_model", lambda *_, **__: pytest.fail("a model was opened"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "one of the arguments --prompt --preset is required"),
        (("--prompt", ""), "prompt must be 1 to 10000 characters long, not 0"),
        (("--prompt", "b" * 10_001), "prompt must be 1 to 10000 characters long, not 10001"),
        (("--prompt", "b", "--preset", "cups-1"), "argument --preset: not allowed with argument --prompt"),
        (("--preset", "cups-0"), "argument --preset: invalid choice: 'cups-0' (choose from 'cups-1', "),
        (
            ("--prompt", "b", "--out", "{folder}"),
            "out must be a file that can be written, not '{folder}': Is a directory",
        ),
        (("--prompt", "b", "--out", "{folder}/no/run"), "No such file or directory"),
        (("--prompt", "b", "--out", "{folder}/file/run"), "Not a directory"),
        (("--prompt", "b", "--out", ""), "out must be a file that can be written, not ''"),
        (("--prompt", "b", "--device", "tpu"), "argument --device: invalid choice: 'tpu' (choose from 'auto', "),
        (("--prompt", "b", "--dtype", "int8"), "argument --dtype: invalid choice: 'int8' (choose from 'float32', "),
        (("--prompt", "b", "--seed", "-1"), "seed must be a whole number from 0 to 9007199254740991, not -1"),
        (("--prompt", "b", "--colour", "red"), "unrecognized arguments: --colour red"),
        (("--prompt", "b", "two\nlines"), "unrecognized arguments: two lines"),
    ],
)
@pytest.mark.parametrize("command", ["run", "temperature"])
def test_what_both_kinds_of_run_refuse(tmp_path, no_model, command, options, words):
    (tmp_path / "file").touch()
    options = [option.format(folder=tmp_path) for option in options]
    assert_refused(told(command, *options), words.format(folder=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--alpha", "0.99"), "alpha must be a number from 1 to inf, not 0.99"),
        (("--alpha", "nan"), "alpha must be a number from 1 to inf, not nan"),
        (("--alpha", "four"), "alpha must be a number from 1 to inf, not 'four'"),
        (("--alpha", "inf"), "proposal_temperature must be given when alpha is inf"),
        (("--temperature", "0"), "proposal_temperature must be a number above 0 and at most 100, not 0.0"),
        (("--temperature", "-1"), "proposal_temperature must be a number above 0 and at most 100, not -1.0"),
        (("--block-size", "0"), "block_size must be a whole number from 1 to 32768, not 0"),
        (("--blocks", "0"), "blocks must be a whole number from 1 to 2048, not 0"),
        (("--blocks", "2049"), "blocks must be a whole number from 1 to 2048, not 2049"),
        (("--steps", "-1"), "steps_per_block must be a whole number from 0 to 10000, not -1"),
        (("--steps", "1000000"), "steps_per_block must be a whole number from 0 to 10000, not 1000000"),
        (("--steps", "2.5"), "steps_per_block must be a whole number from 0 to 10000, not '2.5'"),
        (("--scope", "all"), "argument --scope: invalid choice: 'all' (choose from 'block', 'completion')"),
    ],
)
def test_what_a_run_refuses(no_model, options, words):
    assert_refused(told("run", "--prompt", "b", *options), words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--temperature", "0"), "temperature must be a number above 0 and at most 100, not 0.0"),
        (("--samples", "0"), "num_samples must be a whole number from 1 to 10000, not 0"),
        (("--max-new-tokens", "no"), "max_new_tokens must be a whole number from 1 to 32768, not 'no'"),
    ],
)
def test_what_temperature_refuses(no_model, options, words):
    assert_refused(told("temperature", "--prompt", "b", *options), words)


@pytest.mark.parametrize(("words", "argv"), [("required: COMMAND", ()), ("invalid choice: 'walk'", ("walk",))])
def test_no_command(words, argv):
    assert_refused(told(*argv), words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--model", "/no/such/folder"), "'/no/such/folder' could not be loaded"),
        (("--model", "flat-world", "--block-size", "60"), "(the model's context is 64), not 1"),
        (("--model", "flat-world", "--prompt", "é", *SHORT), "prompt must use only the characters 'ab$', not 'é'"),
    ],
)
def test_a_file_is_not_touched_until_the_run_is_valid(tmp_path, options, words):
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    old.write_text("kept")
    for path in (old, new):
        assert_refused(told("run", "--prompt", "b", *options, "--out", path), words)
    assert old.read_text() == "kept" and not new.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk():
    status, out, err = told(*ON_ENDLESS, "--out", "/dev/full")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == (
        "python -m sampler: error: the results can no longer be written: No space left on device"
    )


def first_line(**changes: object) -> bytes:
    """A trace's first line with some fields changed."""
    trace = Trace(run_power(endless_world(), "b", SETTINGS))
    return json.dumps(json.loads(to_json(trace.started)) | changes).encode()


FOREIGN = {
    "empty.jsonl": (b"", "a trace starts with a run_started event"),
    "text.jsonl": (b"once upon a time\n", "line 1 is not JSON"),
    "list.jsonl": (b"[]\n", "line 1 is no event of a trace"),
    "nested.jsonl": (b"[" * 100_000, ""),
    "odd.jsonl": (b'{"event":["run_started"]}\n', ""),
    "binary.jsonl": (bytes(range(128, 256)), "no text of JSON lines"),
    "schema.jsonl": (first_line(schema=3), "schema must be 1 or 2, not 3"),
    "settings.jsonl": (first_line(settings={"alpha": "x"}), ""),
    "huge.jsonl": (first_line(settings=asdict(SETTINGS) | {"alpha": 10**400}), ""),
    "pieces.jsonl": (first_line(pieces=[]), ""),
    "plain.jsonl.gz": (b"not packed", "no text of JSON lines"),
    "damaged.jsonl.gz": (gzip.compress(b"")[:10] + b"\x07", ""),  # a deflate block of the type that there is not
}


@pytest.mark.parametrize("command", ["show", "verify"])
@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file(tmp_path, no_model, command, name):
    content, words = FOREIGN[name]
    (tmp_path / name).write_bytes(content)
    assert_refused(told(command, tmp_path / name), words)


@pytest.mark.parametrize("command", ["show", "verify"])
def test_no_file(tmp_path, no_model, command):
    assert_refused(told(command, tmp_path), f"FILE must be a trace of schema 1 or 2, not '{tmp_path}': Is a directory")
    assert_refused(told(command, tmp_path / "no.jsonl.gz"), "No such file or directory")
    assert_refused(told(command), "the following arguments are required: FILE")


def test_a_prompt_longer_than_the_context(tmp_path):
    words = f"(the model's context is {MAX_LENGTH})"
    prompt = "x" * MAX_LENGTH
    status, out, err = told("run", "--model", folder_of("gpt2"), "--prompt", prompt, *SHORT, "--out", tmp_path / "run")
    assert (status, out) == (2, "") and words in err.splitlines()[-1]
    assert not list(tmp_path.iterdir())
