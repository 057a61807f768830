"""What the page says of p^alpha under a run: rows against enumeration, and who is answered."""

import math
import re
from dataclasses import replace

import pytest
from asking import answers_to, refusal

from explorer.analysis import target as rows
from explorer.page.explore import target as page_target
from explorer.page.explore.session import Session
from explorer.page.explore.target import finished_run, target_of
from explorer.page.library import Checker, Models
from explorer.page.wire.contract import Alternatives, Target
from sampler.core.records import PowerSettings
from sampler.exact.best_first import Budget
from sampler.exact.certified import Interval, certify
from sampler.exact.enumeration import completions
from sampler.exact.pivots import alternatives
from sampler.exact.rollouts import roll_out
from sampler.models.table import endless_world, flat_world, peaked_world

ALPHA = 2.0
LENGTH = 4
WORLDS = [flat_world(), peaked_world(), endless_world()]
every_world = pytest.mark.parametrize("model", WORLDS, ids=lambda model: model.name)


class OneModel(Models):
    """A page that offers one little world."""

    def __init__(self, model) -> None:
        self.names, self._model = [model.name], model

    def get(self, name: str):
        return self._model


def count_of_a(model):
    return rows.Reading(lambda ids: model.decode(ids).count("a"), str, 2)


def truth(model, alpha: float, answer) -> dict:
    found: dict = {}
    for ids, log_p in completions(model, (0,), LENGTH):
        found[answer(ids)] = found.get(answer(ids), 0.0) + math.exp(alpha * log_p)
    total = math.fsum(found.values())
    return {key: mass / total for key, mass in found.items()}


@every_world
@pytest.mark.parametrize("nodes", [1, 6, 1000])
def test_every_share_lies_in_its_interval_and_all_are_there(model, nodes):
    reading = count_of_a(model)
    target = certify(model, (0,), LENGTH, ALPHA, Budget(width=0, nodes=nodes))
    final, samples = next(iter(completions(model, (0,), LENGTH)))[0], [(0, 0), (1, 0), (0, 0, 0)]
    found = rows.answer_rows(target, ALPHA, reading, final, samples)
    true, base = truth(model, ALPHA, reading.answer), truth(model, 1.0, reading.answer)
    for row in found[:-1]:
        key = int(row["answer"])
        assert row["low"] - 1e-12 <= true.pop(key, 0.0) <= row["high"] + 1e-12
        assert row["base_low"] - 1e-12 <= base.pop(key, 0.0) <= row["base_high"] + 1e-12
    others = found[-1]
    assert others["is_others"] and others["low"] - 1e-12 <= math.fsum(true.values()) <= others["high"] + 1e-12
    assert sum(row["sampled"] for row in found) == len(samples)
    assert [row["answer"] for row in found if row["is_final"]] == [str(reading.answer(final))]
    assert [row["answer"] for row in found if row["is_right"]] == ["2"]


@every_world
def test_estimates_stand_only_where_they_say_more(model):
    reading = count_of_a(model)
    rolled = roll_out(model, (0,), (), 0, ALPHA, LENGTH, 400, 0)
    for nodes, is_wide in ((1, True), (100_000, False)):
        target = certify(model, (0,), LENGTH, ALPHA, Budget(width=0, nodes=nodes))
        found = rows.answer_rows(target, ALPHA, reading, (0, 0), [], rolled)
        assert all(
            (row["estimate"] is not None) <= (2 * (row["error"] or 0) < row["high"] - row["low"]) for row in found
        )
        assert any(row["estimate"] is not None for row in found) is is_wide
        if is_wide:
            assert math.fsum(row["estimate"] for row in found) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.98, 0.9804, "0.9802, certified within 2e-4"),
        (0.37677, 1.0, "between 0.376 and 1"),
        (1e-18, 0.9991, "between 0 and 1"),
    ],
)
def test_an_interval_in_words_never_claims_too_much(low, high, words):
    assert rows.certified_words(Interval(low, high)) == words


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([], "no future found"),
        ([1.0], "1 future holds over 99.9 %"),
        ([0.5, 0.25, 0.2], "3 futures hold 95 %"),
        ([0.2] * 4, "the best 4 hold 80 %"),
        ([0.1] * 4, "many weak: the best 4 hold 40 %"),
    ],
)
def test_few_strong_and_many_weak_futures_in_words(shares, words):
    assert rows.futures_words(shares) == words


# ---- asking


@pytest.fixture
def over() -> tuple[Session, Models]:
    """A finished run on a little world, and a page that offers it."""
    session = Session()
    model = flat_world()
    session.begin(model, "a", PowerSettings(alpha=ALPHA, max_new_tokens=LENGTH, block_size=2, steps_per_block=3))
    session.checker = Checker(lambda text: str(text.count("a")), "2")
    while session.advance() is not None:
        pass
    return session, OneModel(model)


def test_a_finished_run_is_answered_with_shares_then_measures(over):
    session, models = over
    last = answers_to(models, Target(session.run_id), session)[-1]["target"]
    assert re.search("narrow enough|nothing left to search", last["search"]["sentence"])
    assert last["samples"] == len(session.samples)
    assert [pivot["position"] for pivot in last["pivots"]] == list(range(len(session.trace.ended.token_ids)))
    assert all(pivot["power_gain"]["is_exact"] and pivot["success_delta"]["is_exact"] for pivot in last["pivots"])
    low, high = (math.fsum(row[end] for row in last["answers"]) for end in ("low", "high"))
    assert low - 1e-5 <= 1 <= high + 1e-5  # six digits travel


def test_no_other_run_is_answered(over):
    session, models = over
    assert refusal(models, Target("run-0"), session) == "The run asked about is not the finished run on screen."


def test_a_living_chain_is_not_answered():
    session, model = Session(), flat_world()
    session.begin(model, "a", PowerSettings(alpha=ALPHA, max_new_tokens=4, block_size=2, steps_per_block=3))
    assert "not the finished run" in refusal(OneModel(model), Target(session.run_id), session)


def test_a_target_is_searched_for_once(over, monkeypatch):
    session, models = over
    answers_to(models, Target(session.run_id), session)
    monkeypatch.setattr(page_target, "certify", None)
    assert answers_to(models, Target(session.run_id), session)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alpha": math.inf}, "The exact target is searched for at a finite α; this run's is ∞."),
        ({"model_name": "another"}, "needs the model that made the run, another, which is not on offer here"),
        ({"model_revision": "another"}, "the run was made by another revision of flat"),
        ({"token_ids": (0, 99)}, "the run was made by another revision of flat"),
    ],
)
def test_what_cannot_be_certified_is_said_in_one_sentence(over, changes, words):
    session, models = over
    run = finished_run(session, session.run_id)
    own = {name: value for name, value in changes.items() if name in run._fields}
    run = run._replace(started=replace(run.started, **{k: v for k, v in changes.items() if k not in own}), **own)
    with pytest.raises(ValueError) as refusal:
        target_of(run, models)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_large_vocabulary_is_told_why(over, monkeypatch):
    session, models = over
    monkeypatch.setattr(page_target, "LARGEST_VOCABULARY", 2)
    assert "up to 2 can be searched here" in refusal(models, Target(session.run_id), session)


def test_alternatives_are_those_of_the_sampler(over):
    session, models = over
    [answer] = answers_to(models, Alternatives(session.run_id, 1), session)
    run = finished_run(session, session.run_id)
    expected = alternatives(target_of(run, models).question, run.token_ids[:1])
    assert [row["power"]["value"] for row in answer["rows"]] == pytest.approx(
        [a.power.value for a in expected], abs=1e-5
    )
    assert [len(row["futures"]) for row in answer["rows"]] == [len(a.futures) for a in expected]


@pytest.mark.parametrize("position", [-1, 99])
def test_a_position_that_is_none_is_refused(over, position):
    session, models = over
    words = f"Position must be one of the run's {len(session.trace.ended.token_ids)} tokens, not {position}."
    assert refusal(models, Alternatives(session.run_id, position), session) == words
