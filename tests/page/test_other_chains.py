"""The diagnostics drawer's Python side: other chains of the run on screen, progress, cancelling, refusals."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from explorer.page.explore import diagnostics
from explorer.page.explore.session import Session
from explorer.page.library import PRESETS, Models, recorded
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
    session.open_recorded(trace, None, recorded=True)
    return session


def finished(world: TableModel | None = None, **changes) -> Session:
    return showing(Trace(run_power(world or flat_world(), "b", replace(SMALL, **changes))))


def in_own_loop(coroutine):
    """Run a coroutine in a thread of its own, since a browser test may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def told(
    session: Session, chains: object, models: Models | None = None, between: Callable[[int], object] = lambda i: None
) -> list[dict]:
    """The packets of one wish; `between` is called after each."""
    wish = {"chains": chains, "run_id": getattr(session, "run_id", "opening"), "request": 7}

    async def collect() -> list[dict]:
        packets = []
        async for news in diagnostics.stream(session, models or offering(flat_world(), endless_world()), wish):
            packets.append(json.loads(news)["diagnostics"])
            between(len(packets))
        return packets

    packets = in_own_loop(collect())
    assert all(p["run_id"] == wish["run_id"] and p["request"] == 7 for p in packets)
    return packets


def refusal(session: Session, chains: object, models: Models | None = None) -> str:
    return told(session, chains, models)[-1]["refusal"]


def test_the_run_alone_needs_no_model():
    [packet] = told(finished(), 1, Models(["nowhere"]))
    assert packet["rows"]["chains"] == [0]
    assert packet["rows"]["blocks"][0]["rhat"]["reason"] == "R-hat needs 4 chains, this run has 1"
    assert packet["rows"]["target"]["reason"] == "the certified target is searched for when other chains run"


def test_the_page_s_opening_run_has_diagnostics_too():
    [packet] = told(Session(), 1)
    steps = len(recorded(PRESETS[0].id)[0].steps_taken)
    assert packet["rows"]["overall"]["steps"] == steps


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_other_chains_stand_beside_the_run_and_the_certified_target(scope):
    session = finished(scope=scope)
    *progress, early, last = told(session, 4)
    assert all(packet["progress"] for packet in progress)
    assert early["progress"] == "Searching for the certified target …" and "reason" in early["rows"]["target"]
    rows = last["rows"]
    assert rows["blocks"] == early["rows"]["blocks"]
    assert rows["chains"] == [0, 1, 2, 3]
    own = [row["log_p"] for row in rows["draws"] if row["chain"] == 0]
    assert own == pytest.approx([row["total_log_p"] for row in session.moments], rel=1e-5)  # digits on the wire
    assert rows["target"]["value"] <= diagnostics.SEARCH.width
    assert rows["distances"][0]["expected"] == rows["distances"][-1]["expected"] > 0
    assert sum(row["count"] for row in rows["answers"]) == 4


def test_a_run_of_another_chain_is_one_among_its_siblings():
    *_, last = told(finished(chain=5), 3)
    assert last["rows"]["chains"] == [0, 1, 5]
    *_, last = told(finished(chain=1), 3)
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
    assert "rows" in told(moved, 1, dialled)[-1]

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


def test_an_answer_for_another_run_is_dropped():
    session, other = finished(), Trace(run_power(flat_world(), "b", replace(SMALL, seed=4)))
    packets = told(session, 4, between=lambda i: session.open_recorded(other, None, recorded=True))
    assert len(packets) == 1 and "progress" in packets[0]


def test_a_wish_for_a_run_that_is_gone_is_not_answered():
    session, models = finished(), offering(flat_world())

    async def ask() -> list[str]:
        wish = {"chains": 1, "run_id": "run-0", "request": 1}
        return [news async for news in diagnostics.stream(session, models, wish)]

    assert in_own_loop(ask()) == []


def test_another_wish_ends_the_one_before_and_so_does_cancelling():
    session = finished()
    packets = told(session, 4, between=lambda i: session.take_diagnosis())
    assert len(packets) == 1 and "progress" in packets[0]


def test_chains_that_take_too_long_are_given_up(monkeypatch):
    monkeypatch.setattr(diagnostics, "LONGEST", -1)
    monkeypatch.setattr(diagnostics, "BURST", 0)
    assert refusal(finished(), 2).startswith("the other chains were not done after -1 seconds")


def test_a_model_that_fails_leaves_one_sentence(monkeypatch, caplog):
    def failing(*args):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(diagnostics, "run_chains", failing)
    assert refusal(finished(), 2) == "the model failed (RuntimeError)"
    assert "other chains failed" in caplog.text


def test_progress_counts_up_to_what_was_planned(monkeypatch):
    monkeypatch.setattr(diagnostics, "BURST", 0)
    counts = [
        p["progress"].split()[4] for p in told(finished(endless_world()), 3) if "moments" in p.get("progress", "")
    ]
    assert list(map(int, counts)) == list(range(1, 2 * 2 * 25 + 1))


def test_answers_without_a_checker_are_the_texts_themselves():
    *_, last = told(finished(endless_world(), max_new_tokens=2, block_size=2), 2)
    assert all(len(row["answer"]) == 2 for row in last["rows"]["answers"])
