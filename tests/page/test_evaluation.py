"""Live evaluations for a browser: values of the panel, streams, cancelling, and answers opened."""

import json
import math
from dataclasses import replace

import pytest
from asking import asked_of
from made_up_results import BASE, GREEDY, METHODS, made_up, power

from explorer.page.compare import evaluation
from explorer.page.compare.evaluation import Attempt, Evaluation, asked_for, recorded_json
from explorer.page.compare.panel import opened, panel_values, settings_for
from explorer.page.library import Models
from explorer.page.wire.contract import Answer, Evaluate, Halt
from explorer.page.wire.tab import Setup, Tab
from sampler.classroom.results import Method, run_seed
from sampler.core.records import PowerSettings
from sampler.methods.registry import METHODS as REGISTERED


def begin(tasks: tuple[str, ...], problems: int, seed: int) -> Attempt:
    results = made_up(tasks, problems, seed=seed)
    return Attempt(results.started, iter(results.answered), len(results.answered))


def failing(tasks: tuple[str, ...], problems: int, seed: int) -> Attempt:
    results = made_up(tasks, problems, seed=seed)

    def rows():
        yield from results.answered[:3]
        raise RuntimeError("out of memory")

    return Attempt(results.started, rows(), len(results.answered))


def packets_of(own: Evaluation, begin=begin, halt_after: int = 0) -> list[dict]:
    """What is heard of an evaluation, which is halted after so many answers."""
    setup = Setup(Models([]), begin)

    def between(tab: Tab, number: int) -> None:
        if number == halt_after:
            tab.ask(2, Halt())

    heard = asked_of(setup, Evaluate(["cups"], 2, 7), own, between)
    assert heard[-1]["end"] == "done"
    return [each["answer"] for each in heard if "answer" in each]


def test_a_run_ends_with_all_its_results():
    own = Evaluation()
    packets = packets_of(own)
    assert packets[0] == {"notice": "Loading the models …"}
    last = packets[-1]
    assert last["progress"]["done"] == last["progress"]["planned"] == len(own.results.answered)
    assert last["progress"]["sentence"].startswith("your run: 2 problems a task (cups), seed 7; finished, ")
    assert not last["progress"]["running"] and len(last["live"]["answers"]["problems"]) == 2
    assert last["live"]["answers"]["problems"][0]["prompt"]


def test_cancel_keeps_what_was_answered():
    own = Evaluation()
    told = packets_of(own, halt_after=2)[-1]  # after the first rows
    assert "; cancelled, " in told["progress"]["sentence"]
    assert 0 < told["progress"]["done"] < told["progress"]["planned"]


def test_a_failure_keeps_what_was_answered(caplog):
    last = packets_of(Evaluation(), failing)[-1]
    assert last["progress"]["done"] == 3 and "failed (RuntimeError)" in last["progress"]["sentence"]


def test_a_run_stops_when_its_time_is_over(monkeypatch):
    monkeypatch.setattr(evaluation, "LONGEST", 0)
    assert "; stopped after 0 seconds, 1 of " in packets_of(Evaluation())[-1]["progress"]["sentence"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((["cups"], 0, 7), "problems must be a whole number from 1 to 50, not 0"),
        ((["cups"], 51, 7), "problems must be a whole number from 1 to 50, not 51"),
        ((["cups"], math.nan, 7), "problems must be a whole number from 1 to 50, not nan"),
        ((["cups"], None, 7), "problems must be a whole number from 1 to 50, not None"),
        ((["cups"], 10, -1), "seed must be a whole number from 0 to 1000000000, not -1"),
        ((["cups"], 10, 1.5), "seed must be a whole number from 0 to 1000000000, not 1.5"),
        (([], 10, 7), "tasks must be one or more of cups, sums"),
        ((["chess"], 10, 7), "tasks must be one or more of cups, sums"),
        (("cups", 10, 7), "tasks must be one or more of cups, sums"),
    ],
)
def test_bad_values_are_one_sentence(values, sentence):
    with pytest.raises(ValueError) as error:
        asked_for(*values)
    assert str(error.value).startswith(sentence) and "\n" not in str(error.value)


def test_good_values():
    assert asked_for(["sums", "cups"], 10.0, 7) == (("cups", "sums"), 10, 7)


RESULTS = made_up(problems=3, few=2)


def test_an_answer_of_the_chain_opens_with_its_own_settings_and_seed():
    model, prompt, settings = opened(RESULTS, Answer(False, "sums", 2, power().name), ["classroom"])
    assert (model, settings.seed) == ("classroom", run_seed(1, 2))
    assert prompt == evaluation.questions("sums", 3, 1)[2][0]
    assert (settings.alpha, settings.block_size, settings.steps_per_block, settings.scope) == (4, 16, 10, "block")


@pytest.mark.parametrize("method", METHODS)
def test_every_kind_of_answer_has_settings(method):
    if method.kind != "target":
        settings = settings_for(method, 5)
        assert settings.seed == 5 and len(values := panel_values(settings)) == 9
        assert values["blocks"] <= 16 and values["block_size"] <= 64


def test_any_registered_chain_opens_with_its_own_settings(monkeypatch):
    monkeypatch.setitem(REGISTERED, "again", replace(REGISTERED["power"], name="again"))
    assert settings_for(Method("again", "again", {"alpha": 2.0}), 5) == PowerSettings(alpha=2.0, seed=5)


def test_temperatures_reach_the_explore_page():
    assert settings_for(BASE, 0).law.temperature == 1
    assert 0 < settings_for(GREEDY, 0).law.temperature <= 0.05


@pytest.mark.parametrize(
    ("named", "models", "sentence"),
    [
        (("cups", 99, "t1"), ["classroom"], "the answer must be one of the table's"),
        (("", 0, ""), ["classroom"], "the answer must be one of the table's"),
        (("cups", 0, "rl"), ["classroom"], "model must be one of classroom"),
    ],
)
def test_an_answer_that_cannot_be_opened_is_one_sentence(named, models, sentence):
    with pytest.raises(ValueError, match=sentence):
        opened(RESULTS, Answer(False, *named), models)


def test_no_results_and_damaged_results_are_said(tmp_path):
    missing = json.loads(recorded_json(tmp_path / "none.jsonl.gz"))
    assert missing["recorded"] is None and missing["sentence"].startswith("No recorded results: none.jsonl.gz")
    (tmp_path / "foreign.jsonl").write_text('{"event":"evaluation_started","schema":9}\n')
    foreign = json.loads(recorded_json(tmp_path / "foreign.jsonl"))
    assert foreign["recorded"] is None and "results must be of schema 1, not 9" in foreign["sentence"]


def test_recorded_results_say_where_they_come_from(tmp_path):
    RESULTS.save(tmp_path / "made.jsonl.gz")
    told = json.loads(recorded_json(tmp_path / "made.jsonl.gz"))
    assert told["sentence"] == ("recorded results: 3 held-out problems a task, seed 1, made up for a test, 2026-01-01")
    whole = (tmp_path / "made.jsonl.gz").read_bytes()
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    cut = json.loads(recorded_json(tmp_path / "cut.jsonl.gz"))
    assert "cut short" in cut["sentence"] and cut["recorded"]["choices"]


def test_the_sibling_is_on_offer_where_its_folder_is(monkeypatch, tmp_path):
    monkeypatch.setattr("explorer.page.library.TRACES", tmp_path / "traces")
    assert Models(["classroom"]).names == ["classroom"]
    (tmp_path / "models" / "classroom-tuned").mkdir(parents=True)
    assert Models(["classroom"]).names == ["classroom", "classroom-tuned"]
    assert Models(["elsewhere"]).names == ["elsewhere"]
