"""Files that no run has written, opened as traces in the running app: refused in one sentence, whatever they hold."""

import gzip
import json
from pathlib import Path

import pytest
from attacker import ROOT, Attacker, check_clean, check_refused

from explorer.page.explore.uploads import MOST_CHARACTERS, MOST_LINES, MOST_PIECE, MOST_STEPS, MOST_TOKENS

pytestmark = pytest.mark.browser
RECORDED = (ROOT / "assets" / "traces" / "cups-1.jsonl.gz").read_bytes()
LINES = [json.loads(line) for line in gzip.decompress(RECORDED).splitlines()]
FIRST, BLOCK, STEP = (next(line for line in LINES if line["event"] == f"{e}") for e in
                      ("run_started", "block_started", "step_taken"))  # fmt: skip


@pytest.fixture
def attacker(address) -> Attacker:
    return Attacker(address)


def jsonl(*events: dict) -> bytes:
    return "\n".join(map(json.dumps, events)).encode()


def segment(tokens: int, log_p: object = -0.5) -> dict:
    """A segment of the first token of the recorded run, over and over."""
    told = {name: [log_p] * tokens for name in ("log_p", "log_q", "log_z", "entropy")}
    return {"token_ids": [BLOCK["extension"]["token_ids"][0]] * tokens, **told, "alternatives": [[]] * tokens}


def block(tokens: int, **of_segment: object) -> dict:
    return BLOCK | {"extension": segment(tokens, **of_segment)}


def step(**changed: object) -> dict:
    """A step that proposes the last token anew."""
    return STEP | {"cut": 0, "proposed": segment(1), "replaced": segment(1), "is_accepted": False} | changed


def test_the_recorded_run_opens(attacker):
    outcome = attacker.open_file("run.jsonl.gz", RECORDED)
    assert not outcome.failed, outcome.error
    [packet] = outcome.answers
    assert packet["run"]["prompt"] == FIRST["prompt"]
    check_clean(outcome.text)


def test_a_small_run_made_by_hand_opens(attacker):
    """So that those below are refused for what they say, not for how they are made."""
    outcome = attacker.open_file("run.jsonl", jsonl(FIRST, block(1), step()))
    assert not outcome.failed, outcome.error


FILES = {
    "empty": (b"", "trace starts with a run_started event"),
    "blank": (b"\n\n\n", "not JSON"),
    "NUL bytes": (bytes(10_000), "not JSON"),
    "binary": (bytes(range(256)) * 40, "no text of JSON lines"),
    "UTF-16": (jsonl(FIRST).decode().encode("utf-16"), "no text of JSON lines"),
    "a web page": (b"<!doctype html><script>alert(1)</script>", "not JSON"),
    "deep nesting": (b"[" * 100_000 + b"]" * 100_000, ""),
    "deep nesting in a field": (jsonl(FIRST)[:-1] + b',"x":' + b"[" * 90_000 + b"]" * 90_000 + b"}", ""),
    "a huge whole number": (jsonl(FIRST, BLOCK | {"block": 10**400}), "whole number"),
    "NaN": (jsonl(FIRST, block(1, log_p=float("nan"))), "NaN is not a number"),
    "Infinity": (jsonl(FIRST, block(1, log_p=float("inf"))), "Infinity is not a number"),
    "infinities that cancel": (
        jsonl(FIRST, block(1), step(proposed=segment(1, "-inf"))),
        "numbers that no run can have",
    ),
    "sums too large": (jsonl(FIRST, block(3, log_p=-1.7e308)), "numbers that no run can have"),
    "a negative cut": (jsonl(FIRST, block(1), step(cut=-1)), "must not be negative"),
    "a cut beyond the text": (jsonl(FIRST, block(1), step(cut=9)), "not the text's own"),
    "a foreign schema": (jsonl(FIRST | {"schema": 3}), "schema must be 1 or 2"),
    "a schema that is a list": (jsonl(FIRST | {"schema": [1] * 5000}), "schema must be 1 or 2"),
    "a method that is an object": (jsonl(FIRST | {"method": {}}), "method must be"),
    "settings of text": (jsonl(FIRST | {"settings": "x"}), "settings is not an object"),
    "a scope that is a list": (jsonl(FIRST | {"settings": FIRST["settings"] | {"scope": []}}), "scope"),
    "a prompt of another type": (jsonl(FIRST | {"prompt": 5}, block(1)), "prompt must be of type str"),
    "a model of another type": (jsonl(FIRST | {"model": []}, block(1)), "model_name must be of type str"),
    "pieces of another type": (jsonl(FIRST | {"pieces": ["a"]}, block(1)), "pieces is not an object"),
    "a piece without a number": (jsonl(FIRST | {"pieces": {"__proto__": "a"}}, block(1)), "no token id"),
    "a token without a piece": (jsonl(FIRST | {"pieces": {}}, block(1)), "no piece"),
    "no block": (jsonl(FIRST), "at least one block"),
    "two runs": (jsonl(FIRST, FIRST), "holds one run_started"),
    "a long prompt": (jsonl(FIRST | {"prompt": "a" * 10_001}, block(1)), "at most 10000 characters of prompt"),
    "long tokens": (
        jsonl(FIRST | {"pieces": FIRST["pieces"] | {"0": "a" * (MOST_PIECE + 1)}}, block(1)),
        f"at most {MOST_PIECE} characters a token",
    ),
    "a long text": (jsonl(FIRST, block(MOST_TOKENS + 1)), f"at most {MOST_TOKENS} tokens of text"),
    "a long end": (
        jsonl(FIRST, block(1), LINES[-1] | {"token_ids": [1] * (MOST_TOKENS + 1)}),
        f"at most {MOST_TOKENS} tokens at its end",
    ),
    "many steps": (
        jsonl(FIRST, block(1), *[step()] * (MOST_STEPS + 1)),
        f"at most {MOST_STEPS} steps",
    ),
    "a million lines": (jsonl(FIRST, block(1)) + b"\n{}" * 10**6, f"at most {MOST_LINES} lines"),
    "temperature samples": (
        (ROOT / "assets" / "traces" / "cups-1.temperature.jsonl.gz").read_bytes(),
        "holds a run of Temperature sampling",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_run_is_refused(attacker, kind):
    content, words = FILES[kind]
    name = "hostile.jsonl.gz" if content[:2] == b"\x1f\x8b" else "hostile.jsonl"
    outcome = attacker.open_file(name, content)
    assert outcome.failed
    check_refused(outcome, words)


@pytest.mark.parametrize("unit", [b"\0", b"{}\n"], ids=["one endless line", "endless lines"])
def test_a_bomb_is_not_unpacked(attacker, unit):
    bomb = gzip.compress(unit * (2 * MOST_CHARACTERS // len(unit)), compresslevel=1)
    outcome = attacker.open_file("bomb.jsonl.gz", bomb)
    check_refused(outcome, f"at most {MOST_LINES} lines and {MOST_CHARACTERS} characters")


def test_text_under_the_name_of_a_gzip_file_is_refused(attacker):
    check_refused(attacker.open_file("plain.jsonl.gz", jsonl(FIRST, block(1))), "no text of JSON lines")


def test_a_damaged_gzip_file_opens_with_what_it_holds_or_is_refused(attacker):
    for end in (10, 100, 5000, len(RECORDED) - 9):
        outcome = attacker.open_file("cut.jsonl.gz", RECORDED[:end])
        check_clean(outcome.text)
        assert outcome.sentence if outcome.failed else outcome.answers[0]["run"]["note"]


def test_markup_and_controls_in_a_run_come_back_as_text(attacker):
    strange = "</script><img src=x onerror=alert(1)>\u202e\x00🎲"
    pieces = dict.fromkeys(FIRST["pieces"], strange)
    outcome = attacker.open_file("<img src=x>.jsonl", jsonl(FIRST | {"prompt": strange, "pieces": pieces}, block(1)))
    assert not outcome.failed, outcome.error
    assert outcome.answers[0]["run"]["prompt"] == strange
    assert "\\u202e" in outcome.answers[0]["moments"][0]["tokens"][0]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../etc/passwd",
        str(ROOT / "assets" / "traces" / "cups-1.jsonl.gz"),
        "/proc/self/environ",
        "/tmp/gradio/../../etc/passwd",
        "/tmp/gradio/" + "0" * 64 + "/run.jsonl",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "https://example.com/run.jsonl",
        "\x00",
        "",
        None,
        [],
        5,
    ],
    ids=str,
)
def test_a_path_that_was_not_uploaded_is_not_opened(attacker, path):
    outcome = attacker.open_path(path)
    check_refused(outcome)
    assert not outcome.answers


@pytest.mark.parametrize("data", [None, "x", 5, [], {}, [{}], {"url": "https://example.com/run.jsonl"}], ids=str)
def test_an_upload_event_without_a_file_is_refused(attacker, data):
    check_refused(attacker.call("open", "upload", [attacker.tab, data]))


def test_another_visitors_upload_is_not_found_by_its_name(attacker, address):
    [path] = attacker.uploaded("secret.jsonl.gz", RECORDED).json()
    guessed = Path(path).parent.parent / ("0" * 64) / "secret.jsonl.gz"
    check_refused(Attacker(address).open_path(str(guessed)))


def test_foreign_models_of_an_opened_run_are_not_loaded(attacker):
    for name in ("gpt2", "../../etc", "https://example.com/model", "<b>"):
        foreign = FIRST | {"model": {"name": name, "revision": "x"}}
        ended = LINES[-1] | {"token_ids": block(1)["extension"]["token_ids"]}
        opened = attacker.open_file("run.jsonl", jsonl(foreign, block(1), ended))
        run_id = opened.answers[0]["run"]["id"]
        outcome = attacker.put("diagnostics", {"chains": 2, "run_id": run_id})
        check_refused(outcome, "is not on offer here")
