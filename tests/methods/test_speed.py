"""Prefetching costs less and changes nothing: the same chain, state by state, for the same seed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import Phase, given
from test_run import lines_without_times, steps_of
from tiny_models import TOLERANCE, loaded
from worlds import dial_moves, little_worlds, power_settings, revised

from sampler.core.history import TraceError
from sampler.core.records import Event, PowerSettings, RunEnded, Segment, StepTaken
from sampler.methods import speed
from sampler.methods.run import Steering, run_power, steady
from sampler.methods.speed import Speed
from sampler.models.contract import LanguageModel
from sampler.models.table import endless_world, flat_world, peaked_world
from sampler.trace.trace import Trace, verify

SERIAL = Speed()
RUNS = (little_worlds(), power_settings(), dial_moves())
FIRST_FAILURE = hypothesis.settings(max_examples=400, phases=[Phase.generate], report_multiple_bugs=False)
SETTINGS = PowerSettings(2.0, max_new_tokens=6, block_size=3, steps_per_block=6, seed=5, alternatives=2)


def moved(
    model: LanguageModel, prompt: str, settings: PowerSettings, own: Speed, moves: dict[int, dict]
) -> Iterator[Event]:
    """A run during which a person moves dials after the steps that `moves` names."""
    steering = steady(settings)
    for event in run_power(model, prompt, settings, steering, own):
        yield event
        if isinstance(event, StepTaken):
            for name, value in moves.get(event.step.draw, {}).items():
                setattr(steering, name, value)


def costless(events: list[Event]) -> list[str]:
    """The lines of a trace without times and costs."""
    free = []
    for event in events:
        if isinstance(event, StepTaken):
            event = replace(event, tokens_fed=0, forward_calls=0)
        if isinstance(event, RunEnded):
            event = replace(event, totals=replace(event.totals, tokens_fed=0, forward_calls=0))
        free.append(event)
    return lines_without_times(free)


def check_prefetching(model: LanguageModel, settings: PowerSettings, moves: dict[int, dict]) -> None:
    serial = costless(list(moved(model, "a", settings, SERIAL, moves)))
    for prefetch in (2, 3, 8, 16):
        assert costless(list(moved(model, "a", settings, Speed(prefetch), moves))) == serial


@hypothesis.settings(max_examples=100)
@given(*RUNS)
def test_prefetching_gives_the_same_trace(model, settings, moves):
    check_prefetching(model, settings, moves)


def assert_same_chain(early: list[Event], serial: list[Event], tolerance: float = 0.0) -> None:
    """The same texts, cuts, proposals, u and verdicts; log p up to a tolerance."""
    texts, whole_texts = ([m.after.token_ids for m in Trace(events).replay()] for events in (early, serial))
    assert texts == whole_texts
    for step, whole in zip(steps_of(early), steps_of(serial), strict=True):
        assert (step.revision.cut, step.revision.log_u) == (whole.revision.cut, whole.revision.log_u)
        assert step.is_accepted == whole.is_accepted
        assert step.revision.replaced.token_ids == whole.revision.replaced.token_ids
        assert step.revision.proposed.token_ids == whole.revision.proposed.token_ids
        assert step.revision.proposed.log_p == pytest.approx(whole.revision.proposed.log_p, abs=tolerance)


@pytest.mark.parametrize("kind", ["gpt2", "llama", "sliding-gemma2", "mamba"])
def test_a_transformer_gives_the_same_chain(kind):
    """The rows of a batch are those of single passes up to rounding; so are the numbers recorded, and no more."""
    model = loaded(kind)

    @hypothesis.settings(max_examples=15)
    @given(power_settings(), dial_moves())
    def check(settings, moves):
        serial = list(moved(model, "the", settings, SERIAL, moves))
        assert_same_chain(list(moved(model, "the", settings, Speed(8), moves)), serial, TOLERANCE)

    check()


STOPPED_EARLY = Path(__file__).parents[1] / "trace" / "stopped-early.jsonl"  # recorded by an earlier edition


def test_a_trace_with_proposals_that_were_stopped_early_is_read_and_verified():
    trace = Trace.load(STOPPED_EARLY)
    assert sum(step.revision.stopped_early for step in trace.steps_taken) == 5
    assert list(trace.lines()) == STOPPED_EARLY.read_text().splitlines()
    assert verify(trace, flat_world()).problems == []


@pytest.mark.parametrize(
    "lie",
    [
        {"stopped_early": False},
        {"log_cut_ratio": 0.01},
        {"log_accept_ratio": -0.001},
        {"log_target_ratio": -0.001},
        {"is_accepted": True},
        {"proposed": Segment()},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_a_lie_about_a_step_that_was_stopped_is_found(lie):
    events, model = Trace.load(STOPPED_EARLY).events, flat_world()
    at = next(i for i, e in enumerate(events) if isinstance(e, StepTaken) and e.step.revision.stopped_early)
    events[at] = replace(events[at], step=revised(events[at].step, **lie))
    try:
        assert not verify(Trace(events), model).ok
    except TraceError:
        assert "is_accepted" in lie


def test_a_whole_trace_may_not_pretend_to_be_stopped():
    """A proposal cut short by hand is refused where log A is no bound."""
    settings = replace(SETTINGS, proposal_temperature=3.0)
    events = list(run_power(endless_world(), "b", settings))
    at = next(i for i, e in enumerate(events) if isinstance(e, StepTaken) and not e.step.is_accepted)
    step = revised(events[at].step, stopped_early=True, proposed=events[at].step.revision.proposed[:1])
    events[at] = replace(events[at], step=step)
    assert any("where log A is no bound" in problem for problem in verify(Trace(events), endless_world()).problems)


# ---- wrong ones are caught


def stale(model, stage, state, draws, own, behind) -> Iterator:
    """Prefetching that goes on behind the first revision that changes the text."""
    for some in [draws] if own.prefetch == 1 else [[one] for one in draws]:
        yield from RIGHT(model, stage, state, some, own, [])


RIGHT = speed.revisions


def test_a_stale_proposal_shows(monkeypatch):
    monkeypatch.setattr("sampler.methods.run.revisions", stale)
    with pytest.raises(AssertionError):
        FIRST_FAILURE(given(*RUNS)(check_prefetching))()


# ---- what they cost


def totals(model: LanguageModel, settings: PowerSettings, own: Speed):
    return list(run_power(model, "b", settings, speed=own))[-1].totals


def test_prefetching_needs_fewer_passes():
    settings = replace(SETTINGS, max_new_tokens=12, block_size=12, steps_per_block=30, alpha=4.0)
    serial, ahead = (totals(peaked_world(), settings, own) for own in (SERIAL, Speed(8)))
    assert ahead.forward_calls < serial.forward_calls / 2
    assert replace(ahead, forward_calls=0, tokens_fed=0, seconds=0) == replace(
        serial, forward_calls=0, tokens_fed=0, seconds=0
    )


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_more_proposals_than_steps_left_are_cut_down(scope):
    settings = replace(SETTINGS, scope=scope, steps_per_block=3)
    serial, ahead = (list(run_power(endless_world(), "b", settings, speed=Speed(k))) for k in (1, 16))
    assert costless(serial) == costless(ahead)


def test_nothing_is_written_behind_a_proposal_that_changed_the_text():
    """Where every proposal changes the text, prefetching is dropped work: no step is taken from it."""
    settings = replace(SETTINGS, alpha=1.0, proposal_temperature=1.0)
    serial, ahead = (list(run_power(endless_world(), "b", settings, speed=Speed(k))) for k in (1, 6))
    assert costless(serial) == costless(ahead)
    assert ahead[-1].totals.tokens_fed > serial[-1].totals.tokens_fed


# ---- what is refused


def test_stop_in_the_middle_of_prefetched_steps():
    steering = Steering(2.0, None)
    events = []
    for event in run_power(endless_world(), "b", SETTINGS, steering, Speed(6)):
        events.append(event)
        steering.stop_requested |= isinstance(event, StepTaken) and event.step.draw == 2
    assert events[-1].reason == "stopped"
    assert len(steps_of(events)) == 3


@pytest.mark.parametrize("value", [0, 17, 1.5, True])
def test_prefetch_has_a_range(value):
    with pytest.raises(ValueError, match=f"prefetch must be a whole number from 1 to 16, not {value!r}"):
        Speed(value)
