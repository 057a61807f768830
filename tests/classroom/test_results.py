"""Results files: round trip, growth, and what a damaged or foreign file says."""

import json

import pytest

from sampler.classroom.report import lines, text
from sampler.classroom.results import Answered, Method, Results, Started, append, run_seed

METHODS = [Method("base", "temperature", {"temperature": 1.0}), Method("exact p^4", "target", {"alpha": 4.0})]
ROWS = [
    Answered("cups", 0, "base", 4, 1, 20.0, 30.0, "a", True, 20, -10.0, -0.2, 0.5),
    Answered("cups", 1, "base", 4, 3, 40.0, 50.0, None, False, 10, -20.0, -0.4, 0.25),
    Answered("cups", 0, "exact p^4", 1, 0.75, 80.0, 100.0),
]


@pytest.fixture
def results() -> Results:
    started = Started("a command", ["cups"], 2, 7, METHODS, {"name": "m", "revision": "r"}, None, {}, "now")
    return Results(started, list(ROWS))


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_round_trip(results, tmp_path, name):
    results.save(tmp_path / name)
    assert Results.load(tmp_path / name) == results


def test_the_same_results_are_the_same_bytes(results, tmp_path):
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        results.save(tmp_path / name)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_a_file_grows(results, tmp_path, name):
    Results(results.started, []).save(tmp_path / name)
    append(tmp_path / name, ROWS[:1])
    append(tmp_path / name, ROWS[1:])
    assert Results.load(tmp_path / name) == results


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_a_file_cut_short_shows_what_it_holds(results, tmp_path, name):
    path = tmp_path / name
    results.save(path)
    path.write_bytes(path.read_bytes()[:-14])
    opened = Results.load(path)
    assert opened.started == results.started
    assert opened.answered == ROWS[: len(opened.answered)] and len(opened.answered) < 3
    assert opened.note


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must start with a line evaluation_started"),
        (b"[1]\n", "must start with a line evaluation_started"),
        (b'{"event":"run_started","schema":1}\n', "must be of schema 1"),
        (b'{"event":"evaluation_started","schema":2}\n', "must be of schema 1, not 2"),
        (b'{"event":"evaluation_started","schema":1,"methods":[]}\n', "have another header"),
        (b"\xff\xfe\x00", "must start with a line evaluation_started"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content, words):
    (tmp_path / "r.jsonl").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        Results.load(tmp_path / "r.jsonl")


def test_no_gzip_is_refused(tmp_path):
    (tmp_path / "r.jsonl.gz").write_bytes(b"plain text")
    with pytest.raises(ValueError, match="no gzip file"):
        Results.load(tmp_path / "r.jsonl.gz")


def test_a_damaged_line_ends_the_reading(results, tmp_path):
    results.save(tmp_path / "r.jsonl")
    content = (tmp_path / "r.jsonl").read_text().splitlines()
    content[2] = json.dumps({"task": "cups", "surprise": 1})
    (tmp_path / "r.jsonl").write_text("\n".join(content))
    opened = Results.load(tmp_path / "r.jsonl")
    assert opened.answered == ROWS[:1] and "line 3 of 4 is damaged" in opened.note


def test_seeds_of_problems_never_meet():
    seeds = {run_seed(seed, problem) for seed in range(4) for problem in range(2000)}
    assert len(seeds) == 4 * 2000


def test_a_report_by_hand(results):
    base, target = lines(results, [1, 2, 4])
    expected = {"accuracy": 0.5, "problems": 2, "tokens_drawn": 30.0, "tokens_fed": 40.0, "length": 15}
    expected |= {"log_p_per_token": (-0.5 - 2.0) / 2, "confidence": pytest.approx(-0.3)}
    expected |= {"pass_at": {1: 0.5, 2: pytest.approx((0.5 + 1.0) / 2), 4: 1.0}}
    assert {name: base[name] for name in expected} == expected
    assert (target["accuracy"], target["length"], target["pass_at"]) == (0.75, None, {})
    head, first = text([base])
    assert "0.500" in first and [len(head), first.split()[:2]] == [len(first.partition("  pass@")[0]), ["cups", "base"]]
