"""Replays at other alphas: the very chains that the sampler runs, where paths part, and who is answered."""

import math
from dataclasses import replace

import pytest
from asking import answers_to, refusal

from explorer.analysis.paths import parting, path
from explorer.page.explore.replay import MOST_KEPT, Replays, checked_alphas, settings_at
from explorer.page.explore.session import Session, opening
from explorer.page.library import Models
from explorer.page.wire.contract import Replay
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


def rows(session: Session, *alphas: float, models: Models | None = None, run_id: str = "") -> list[dict]:
    """The rows of replays at some alphas."""
    question = Replay(run_id or session.run_id, list(alphas))
    return [each["row"] for each in answers_to(models or Models([]), question, session)]


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
    [row] = rows(session, alpha)
    fresh = path(trace_at(alpha), session.trace)
    assert row["tokens"] == fresh["tokens"] and row["parts_at"] == fresh["parts_at"]
    assert row["accepted"] == fresh["accepted"]


def test_the_runs_own_rows_serve_its_replays():
    session = finished()
    session.model.forward_calls = 0
    rows(session, 4.0)
    assert session.model is not None


def test_a_tied_temperature_follows_alpha_and_stays_at_infinity():
    assert settings_at(SETTINGS, 2.0).law.temperature == 0.5
    assert settings_at(SETTINGS, math.inf).law.temperature == 0.25
    free = replace(SETTINGS, proposal_temperature=0.7)
    assert settings_at(free, 9.0).law.temperature == 0.7


def test_another_run_is_not_answered():
    session = finished()
    assert "not the finished run" in refusal(Models([]), Replay("run-0", [2.0]), session)
    living = Session()
    living.begin(WORLD, "", SETTINGS)
    assert "not the finished run" in refusal(Models([]), Replay(living.run_id, [2.0]), living)


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
    assert sentence in refusal(Models([]), Replay(session.run_id, alphas), session).replace("Alpha", "alpha", 1)


def test_a_model_that_is_not_here_is_named():
    session = Session()
    opened = finished().trace
    session.open_recorded(opened, None)
    said = refusal(Models([]), Replay(session.run_id, [2.0]), session)
    assert "'endless-world', which is not on offer here" in said


def test_replays_are_kept_within_bounds_and_forgotten_with_their_run():
    replays = Replays().of(trace_at(4.0), WORLD.fresh())
    for i in range(MOST_KEPT + 3):
        replays.at(1 + i / 64)
    assert replays.at.cache_info().currsize == MOST_KEPT
    assert replays.of(trace_at(3.0), WORLD.fresh()).at.cache_info().currsize == 0


def test_the_run_that_the_page_opens_on_is_replayed_too():
    shown = opening()
    [row] = rows(Session(), 2.0, models=Models(["classroom"]), run_id=shown.run_id)
    assert row["alpha"] == 2 and row["steps"] == len(shown.trace.steps_taken)
