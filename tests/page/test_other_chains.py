"""The diagnostics drawer's Python side: other chains of the run on screen, progress, cancelling, refusals."""

from dataclasses import replace

import pytest
from anyio import from_thread
from asking import asked_of

from explorer.page.explore import diagnostics
from explorer.page.explore.commands import forget_questions
from explorer.page.explore.session import Session
from explorer.page.library import PRESETS, Models, recorded
from explorer.page.wire.contract import Diagnostics
from sampler.core.records import PowerSettings
from sampler.methods.run import run_power
from sampler.models.table import TableModel, endless_world, flat_world
from sampler.trace.trace import Trace

SMALL = PowerSettings(2.0, max_new_tokens=6, block_size=3, steps_per_block=24, seed=3)


def offering(*worlds: TableModel) -> Models:
    """Tiny worlds in place of networks, as if they had been loaded."""
    models = Models([world.name for world in worlds])
    models._loaded.update({world.name: world for world in worlds})
    return models


def showing(trace: Trace) -> Session:
    session = Session()
    session.open_recorded(trace, None)
    return session


def finished(world: TableModel | None = None, **changes) -> Session:
    return showing(Trace(run_power(world or flat_world(), "b", replace(SMALL, **changes))))


def drawer(session: Session, chains: int, models: Models | None = None, cancel_after: int = 0) -> list[dict]:
    """What the drawer of diagnostics hears."""
    *heard, end = heard_all(session, chains, models, lambda tab, number: number == cancel_after and tab.cancel())
    assert end["end"] == ("gone" if cancel_after else "done")
    return [each["answer"] for each in heard]


def heard_all(session: Session, chains: int, models: Models | None, between=lambda tab, number: None) -> list[dict]:
    question = Diagnostics(session.run_id, chains)
    return asked_of(models or offering(flat_world(), endless_world()), question, session, between)


def refusal(session: Session, chains: int, models: Models | None = None) -> str:
    """The sentence of a refusal without its capital and its stop."""
    text = heard_all(session, chains, models)[-1]["sentence"]
    return text[:1].lower() + text[1:].removesuffix(".")


def test_the_run_alone_needs_no_model():
    [packet] = drawer(finished(), 1, Models(["nowhere"]))
    assert packet["rows"]["chains"] == [0]
    assert packet["rows"]["blocks"][0]["rhat"] == "R-hat needs 4 chains, this run has 1"
    assert packet["rows"]["target"]["reason"] == "the certified target is searched for when other chains run"


def test_the_page_s_opening_run_has_diagnostics_too():
    [packet] = drawer(Session(), 1)
    steps = len(recorded(PRESETS[0].id)[0].steps_taken)
    assert packet["rows"]["overall"]["steps"] == steps


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_other_chains_stand_beside_the_run_and_the_certified_target(scope):
    session = finished(scope=scope)
    *progress, early, last = drawer(session, 4)
    assert all(packet["progress"] for packet in progress)
    assert early["progress"] == "Searching for the certified target …" and "reason" in early["rows"]["target"]
    rows = last["rows"]
    assert rows["blocks"] == early["rows"]["blocks"]
    assert rows["chains"] == [0, 1, 2, 3]
    own = [row["log_p"] for row in rows["draws"] if row["chain"] == 0]
    assert own == pytest.approx([row["total_log_p"] for row in session.history.rows], rel=1e-5)  # digits on the wire
    assert rows["target"]["value"] <= diagnostics.SEARCH.width
    assert rows["distances"][0]["expected"] == rows["distances"][-1]["expected"] > 0
    assert sum(row["count"] for row in rows["answers"]) == 4


def test_a_run_of_another_chain_is_one_among_its_siblings():
    *_, last = drawer(finished(chain=5), 3)
    assert last["rows"]["chains"] == [0, 1, 5]
    *_, last = drawer(finished(chain=1), 3)
    assert last["rows"]["chains"] == [0, 1, 2]


@pytest.mark.parametrize("chains", [0, 9, 2.5, "4", None, True])
def test_the_number_of_chains_is_checked(chains):
    assert refusal(finished(), chains) == f"chains must be a whole number from 1 to 8, not {chains!r}"


def test_runs_that_have_no_siblings_are_refused_with_the_reason():
    unfinished = finished()
    unfinished.trace.events.pop()
    assert refusal(unfinished, 1) == "diagnostics are of a whole run, and this one has not come to its end"

    moved, dialled = Session(), offering(flat_world())
    moved.begin(flat_world(), "b", SMALL)
    moved.turn(3.0, None)
    while moved.advance() is not None:
        pass
    assert refusal(moved, 4, dialled).startswith("α or τ moved during this run")
    assert "rows" in drawer(moved, 1, dialled)[-1]

    stopped = Session()
    stopped.begin(flat_world(), "b", SMALL)
    stopped.advance()
    stopped.stop()
    assert refusal(stopped, 2).startswith("this run was stopped before its end")


def test_the_model_must_be_the_run_s_own():
    session = finished()
    assert refusal(session, 4, offering(endless_world())) == (
        "this run's model is 'flat-world', which is not on offer here"
    )
    session.trace.events[0] = replace(session.trace.started, model_revision="older")
    assert "of revision older, not" in refusal(session, 4)


def test_another_run_on_screen_ends_the_computing():
    session = finished()
    *heard, end = heard_all(session, 4, None, lambda tab, number: number == 1 and forget_questions(tab))
    assert end["end"] == "gone" and len(heard) == 1


def test_a_question_about_a_run_that_is_gone_is_refused():
    session = finished()
    [end] = asked_of(offering(flat_world()), Diagnostics("run-0", 1), session)
    assert end["sentence"] == "The run asked about is not on screen."


def test_cancelling_ends_the_computing():
    assert len(drawer(finished(), 4, cancel_after=1)) == 1


def test_a_search_ends_when_it_is_cancelled(monkeypatch):
    tabs = []

    def search(model, *_):
        from_thread.run_sync(tabs[0].cancel)
        for _ in range(1000):
            model.next_logprobs([(0,)])
        raise AssertionError("the search goes on")

    monkeypatch.setattr(diagnostics, "certified_shares", search)
    *_, last, end = heard_all(finished(), 2, None, lambda tab, number: tabs.append(tab))
    assert last["answer"]["progress"] == "Searching for the certified target …" and end["end"] == "gone"


def test_chains_that_take_too_long_are_given_up(monkeypatch):
    monkeypatch.setattr(diagnostics, "LONGEST", -1)
    monkeypatch.setattr(diagnostics, "BURST", 0)
    assert refusal(finished(), 2).startswith("the other chains were not done after -1 seconds")


def test_a_model_that_fails_leaves_one_sentence(monkeypatch, caplog):
    def failing(*args):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(diagnostics, "run_chains", failing)
    assert refusal(finished(), 2) == "the model failed (RuntimeError)"
    assert "an ask failed" in caplog.text


def test_progress_counts_up_to_what_was_planned(monkeypatch):
    monkeypatch.setattr(diagnostics, "BURST", 0)
    counts = [
        p["progress"].split()[4] for p in drawer(finished(endless_world()), 3) if "moments" in p.get("progress", "")
    ]
    assert list(map(int, counts)) == list(range(1, 2 * 2 * 25 + 1))


def test_answers_without_a_checker_are_the_texts_themselves():
    *_, last = drawer(finished(endless_world(), max_new_tokens=2, block_size=2), 2)
    assert all(len(row["answer"]) == 2 for row in last["rows"]["answers"])
