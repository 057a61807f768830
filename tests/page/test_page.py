"""The page's Python side: what widget values mean, sessions, streams. The browser tests press the real thing."""

import json
import math

import pytest
from asking import answers_to, asked_of, in_own_loop, refusal
from plotly.offline import get_plotlyjs_version

from explorer.page.controls import dials_of, settings_of, whole
from explorer.page.explore.session import Session
from explorer.page.explore.streaming import stream
from explorer.page.library import DEFAULTS, Models, checker, preset, recorded
from explorer.page.shell import ASSETS
from explorer.page.wire.contract import Dials, Pause, Play, Recorded, Resync, Save, Speed, Stop, Uploaded
from sampler.classroom.presets import PRESETS
from sampler.core.records import PowerSettings, checked_text
from sampler.models.table import endless_world, flat_world
from sampler.trace.trace import Trace

GOOD = {
    "alpha": 4, "is_infinite": False, "is_tied": True, "temperature": 0.25, "block_size": 16, "blocks": 5, "steps": 10,
    "scope": "block", "seed": 0,
}  # fmt: skip


def settings_with(**changes) -> PowerSettings:
    return settings_of(GOOD | changes)


def test_defaults():
    assert settings_with() == DEFAULTS


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"alpha": 0}, "alpha must be a number from 1 to inf, not 0"),
        ({"alpha": math.nan}, "alpha must be a number from 1 to inf, not nan"),
        ({"alpha": "4"}, "alpha must be a number from 1 to inf, not '4'"),
        ({"alpha": None}, "alpha must be a number from 1 to inf, not None"),
        ({"is_infinite": True}, "proposal_temperature must be given when alpha is inf"),
        ({"is_tied": False, "temperature": 0}, "proposal_temperature must be a number above 0"),
        ({"is_tied": False, "temperature": math.nan}, "proposal_temperature must be a number above 0"),
        ({"block_size": 0}, "block size must be a whole number from 1 to 64, not 0"),
        ({"block_size": 1e9}, "block size must be a whole number from 1 to 64"),
        ({"block_size": 2.5}, "block size must be a whole number from 1 to 64, not 2.5"),
        ({"blocks": 1000}, "blocks must be a whole number from 1 to 16"),
        ({"steps": -1}, "steps per block must be a whole number from 0 to 100, not -1"),
        ({"steps": 1_000_000}, "steps per block must be a whole number from 0 to 100, not 1000000"),
        ({"steps": math.inf}, "steps per block must be a whole number"),
        ({"scope": "everything"}, "scope must be 'block' or 'completion', not 'everything'"),
        ({"blocks": 16, "block_size": 64, "steps": 49}, "steps per block must be at most 48 for 16 blocks and"),
        ({"blocks": 16, "scope": "completion", "steps": 13}, "steps per block must be at most 12 for 16 blocks and"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": None}, "seed must be a whole number from 0"),
    ],
)
def test_bad_values_are_one_sentence(changes, sentence):
    with pytest.raises(ValueError) as error:
        settings_with(**changes)
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_dials():
    assert dials_of(4, False, True, 0.3) == (4.0, None)
    assert dials_of(4, True, False, 0.5) == (math.inf, 0.5)


@pytest.mark.parametrize("prompt", ["", "   ", None, 7, "x" * 10_001])
def test_bad_prompts(prompt):
    with pytest.raises(ValueError, match="prompt must be 1 to 10000 characters long, not"):
        checked_text(prompt)


def test_whole_takes_what_widgets_send():
    assert whole("blocks", 4.0, 1, 16) == 4
    with pytest.raises(ValueError):
        whole("blocks", True, 1, 16)


def test_models_are_only_those_on_offer():
    with pytest.raises(ValueError, match="model must be one of classroom, classroom-tuned, not '/etc'"):
        Models(["classroom"]).get("/etc")


def test_presets_have_checkers_and_recorded_runs():
    for known in PRESETS:
        assert checker(known.prompt).answer == known.answer
        trace, samples = recorded(known.id)
        assert trace.started.prompt == samples.started.prompt == known.prompt
        assert trace.ended.reason == "completed"
    assert checker("anything else").answer is None
    with pytest.raises(ValueError, match="preset must be one of"):
        preset("../../etc/passwd")


def test_the_browser_draws_with_the_plotly_that_declares():
    script = ASSETS / "vendor" / "plotly-cartesian.min.js"
    assert f"(cartesian - minified) v{get_plotlyjs_version()}" in script.read_text("utf-8")[:200]


def living(world=None, **settings) -> Session:
    session = Session()
    small = {"max_new_tokens": 8, "block_size": 4, "steps_per_block": 3, "alpha": 2.0} | settings
    session.begin(world or endless_world(), "", PowerSettings(**small))
    session.speed = 0
    return session


def packets_of(session: Session, goal: str) -> list[dict]:
    async def collect() -> list[dict]:
        return [packet async for packet in stream(session, goal)]

    return in_own_loop(collect())


def test_a_stream_brings_every_moment_once():
    session = living()
    packets = packets_of(session, "end")
    moments = [m["index"] for packet in packets for m in packet["moments"]]
    assert moments == list(range(2 * (3 + 1)))
    assert packets[-1]["idle"] and not packets[-1]["can_continue"] and packets[-1]["ended"]["reason"] == "completed"
    assert sum(len(packet["samples"]) for packet in packets) == len(session.samples) > 0


@pytest.mark.parametrize(("goal", "moments"), [("step", 1), ("block", 4)])
def test_goals_stop_where_they_say(goal, moments):
    session = living()
    assert sum(len(packet["moments"]) for packet in packets_of(session, goal)) == moments
    assert session.can_continue


def test_pause_ends_the_stream_and_keeps_the_chain():
    session = living()
    session.speed = 1000.0
    heard = asked_of(Models([]), Play("end"), session, lambda tab, number: number == 1 and tab.ask(2, Pause()))
    ends = [(each["id"], each["end"]) for each in heard if "end" in each]
    assert ends == [(1, "gone"), (2, "done")]
    assert session.can_continue and heard[-2]["answer"]["idle"]
    answers = [each["answer"] for each in heard if "answer" in each]
    assert [m["index"] for answer in answers for m in answer["moments"]] == list(range(len(session.history.rows)))


def test_stop_and_speed_and_dials_are_answered():
    session = living()
    assert answers_to(Models([]), Speed(4), session) == [{}] and session.speed == 4.0
    assert "Speed must be" in refusal(Models([]), Speed(-1), session)
    assert answers_to(Models([]), Dials(3.0, False, True, None), session) == [{}] and session.steering.alpha == 3.0
    assert refusal(Models([]), Dials(3.0, True, True, None), session).startswith("Proposal_temperature must be given")
    [stopped] = answers_to(Models([]), Stop(), session)
    assert stopped["status"] == "The run was stopped; its steps are kept." and stopped["idle"]
    [whole] = answers_to(Models([]), Resync(), session)
    assert whole["run"]["id"] == session.run_id and len(whole["moments"]) == len(session.history.rows)


def test_a_recorded_run_and_its_file():
    session = Session()
    [shown] = answers_to(Models([]), Recorded(PRESETS[1].id), session)
    assert shown["run"]["prompt"] == PRESETS[1].prompt and shown["ended"]
    [saved] = answers_to(Models([]), Save(), session)
    assert json.loads(saved["download"]["text"].splitlines()[0])["prompt"] == PRESETS[1].prompt
    assert "Preset must be one of" in refusal(Models([]), Recorded("../etc"), session)
    assert refusal(Models([]), Uploaded(), session) == "There is no uploaded trace to show."


def test_stop_keeps_the_steps_and_ends_the_trace(tmp_path):
    session = living()
    packets_of(session, "step")
    packets_of(session, "step")
    session.stop()
    assert session.trace.ended.reason == "stopped"
    assert len(session.history.rows) == 2 and not session.can_continue
    session.trace.save(tmp_path / "stopped.jsonl")
    assert Trace.load(tmp_path / "stopped.jsonl").events == session.trace.events


def test_dials_act_on_the_next_step():
    session = living()
    packets_of(session, "step")
    session.turn(4.0, 0.5)
    packets_of(session, "end")
    assert {(step.alpha, step.temperature) for step in session.trace.steps_taken} == {(4.0, 0.5)}


def test_a_run_that_cannot_start_leaves_the_old_one():
    session = living()
    packets_of(session, "end")
    before = session.run_id, len(session.history.rows)
    with pytest.raises(ValueError, match="prompt must be at most"):
        session.begin(flat_world(), "ab" * 40, PowerSettings())
    assert (session.run_id, len(session.history.rows)) == before


def test_a_snapshot_is_the_sum_of_its_deltas():
    session = living()
    streamed = [m for packet in packets_of(session, "end") for m in packet["moments"]]
    assert session.snapshot()["moments"] == streamed
