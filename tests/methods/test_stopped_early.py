"""A step that an earlier edition stopped early must say so; and what may differ between two runs of one chain."""

from dataclasses import replace
from pathlib import Path

import pytest
from test_run import lines_without_times, steps_of
from worlds import revised

from sampler.core.history import TraceError
from sampler.core.records import Event, PowerSettings, RunEnded, Segment, StepTaken
from sampler.methods.run import Speed, run_power
from sampler.models.table import endless_world, flat_world
from sampler.trace.trace import Trace, verify

SETTINGS = PowerSettings(2.0, max_new_tokens=6, block_size=3, steps_per_block=6, seed=5, alternatives=2)


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


@pytest.mark.parametrize("value", [-1, 17, 1.5, True])
def test_guess_has_a_range(value):
    with pytest.raises(ValueError, match=f"guess must be a whole number from 0 to 16, not {value!r}"):
        Speed(value)
