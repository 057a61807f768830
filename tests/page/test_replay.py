"""Replays at other alphas: the very chains that the sampler runs, where paths part, and who is answered."""

import asyncio
import copy
import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from explorer.analysis.paths import parting, path
from explorer.page.explore.replay import MOST_KEPT, Replays, checked_alphas, settings_at, told
from explorer.page.explore.session import Session, opening
from explorer.page.library import Models
from sampler.core.records import PowerSettings
from sampler.methods.run import run_power
from sampler.models.table import endless_world
from sampler.trace.trace import Trace

SETTINGS = PowerSettings(alpha=4.0, max_new_tokens=8, block_size=4, steps_per_block=6, seed=3)
WORLD = endless_world()


def trace_at(alpha: float) -> Trace:
    return Trace(run_power(WORLD, "", settings_at(SETTINGS, alpha)))


def finished(settings: PowerSettings = SETTINGS) -> Session:
    session = Session()
    session.begin(WORLD, "", settings)
    while session.advance() is not None:
        pass
    return session


def answers(session: Session, replays: Replays, wish: dict, models: Models | None = None) -> list[dict]:
    async def collect() -> list[dict]:
        return [json.loads(news)["replay"] async for news in told(session, replays, models or Models([]), wish)]

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, collect()).result()


def test_the_own_alpha_never_parts():
    own = trace_at(4.0)
    row = path(own, own)
    assert row["parts_at"] is None and all(row["same"])
    assert row["accepted"] == sum(step.is_accepted for step in own.steps_taken)
    assert row["line"][-1]["total_log_p"] == pytest.approx(own.ended.log_p, abs=1e-12)


def test_paths_part_at_the_first_moment_whose_text_differs():
    own, other = trace_at(4.0), trace_at(1.0)
    first = parting(own, other)
    texts, twins = ([moment.after.token_ids for moment in trace.replay()] for trace in (own, other))
    assert texts[:first] == twins[:first] and texts[first] != twins[first]
    row = path(other, own)
    assert row["parts_at"] == first
    assert row["same"] == [v == w for v, w in zip(other.ended.token_ids, own.ended.token_ids, strict=True)]


def test_a_run_that_ends_first_parts_at_its_end():
    own = trace_at(4.0)
    short = Trace(own.events[:6])
    assert parting(own, short) == len(list(short.replay()))


@pytest.mark.parametrize("alpha", [1.0, 2.0, 3.7, 9.0])
def test_a_replay_is_the_run_that_the_sampler_would_make(alpha):
    session = finished()
    found = answers(session, Replays(), {"run_id": session.run_id, "alphas": [alpha]})
    assert found[-1]["done"]
    row = found[0]["row"]
    fresh = path(trace_at(alpha), session.trace)
    assert row["tokens"] == fresh["tokens"] and row["parts_at"] == fresh["parts_at"]
    assert row["accepted"] == fresh["accepted"]


def test_the_runs_own_rows_serve_its_replays():
    session = finished()
    session.model.forward_calls = 0
    answers(session, Replays(), {"run_id": session.run_id, "alphas": [4.0]})
    assert session.model is not None


def test_a_tied_temperature_follows_alpha_and_stays_at_infinity():
    assert settings_at(SETTINGS, 2.0).law.temperature == 0.5
    assert settings_at(SETTINGS, math.inf).law.temperature == 0.25
    free = replace(SETTINGS, proposal_temperature=0.7)
    assert settings_at(free, 9.0).law.temperature == 0.7


def test_another_run_is_not_answered():
    session = finished()
    assert answers(session, Replays(), {"run_id": "run-0", "alphas": [2.0]}) == []
    living = Session()
    living.begin(WORLD, "", SETTINGS)
    assert answers(living, Replays(), {"run_id": living.run_id, "alphas": [2.0]}) == []


@pytest.mark.parametrize(
    ("alphas", "sentence"),
    [
        ([], "alphas must be a list of 1 to 4 numbers"),
        ([1, 2, 3, 4, 5], "alphas must be a list of 1 to 4 numbers"),
        ("4", "alphas must be a list"),
        ([0.5], "alpha must be a number from 1 to inf, not 0.5"),
        ([math.nan], "alpha must be a number from 1 to inf, not nan"),
        (["x"], "alpha must be a number from 1 to inf, not 'x'"),
        ([None], "alpha must be a number"),
    ],
)
def test_bad_alphas_are_one_sentence(alphas, sentence):
    with pytest.raises(ValueError, match=sentence):
        checked_alphas(alphas)
    session = finished()
    found = answers(session, Replays(), {"run_id": session.run_id, "alphas": alphas})
    assert sentence in found[0]["sentence"] and found[-1]["done"]


def test_a_model_that_is_not_here_is_named():
    session = Session()
    opened = finished().trace
    session.open_recorded(opened, None, recorded=True)
    found = answers(session, Replays(), {"run_id": session.run_id, "alphas": [2.0]})
    assert "'endless-world', which is not on offer here" in found[0]["sentence"]


def test_replays_are_kept_within_bounds_and_forgotten_with_their_run():
    replays = Replays().of(trace_at(4.0), WORLD.fresh())
    for i in range(MOST_KEPT + 3):
        replays.at(1 + i / 64)
    assert len(replays.rows) == MOST_KEPT
    assert replays.of(trace_at(3.0), WORLD.fresh()).rows == {}
    assert copy.deepcopy(replays).own is None
    ticket = replays.ticket
    replays.leave()
    assert (replays.own, replays.model, replays.rows) == (None, None, {}) and replays.ticket > ticket


def test_the_run_that_the_page_opens_on_is_replayed_too():
    shown = opening()
    found = answers(Session(), Replays(), {"run_id": shown.run_id, "alphas": [2.0]}, Models(["classroom"]))
    assert found[0]["row"]["alpha"] == 2 and found[0]["row"]["steps"] == len(shown.trace.steps_taken)
