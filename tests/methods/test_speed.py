"""Prefetching and early rejection cost less and change nothing: the same chain, state by state, for the same seed."""

from collections.abc import Iterator
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st
from test_run import lines_without_times, steps_of
from tiny_models import TOLERANCE, loaded
from worlds import dial_moves, little_worlds, power_settings, revised

from sampler.core import power
from sampler.core.history import TraceError
from sampler.core.records import Event, Law, PowerSettings, RunEnded, Segment, StepTaken
from sampler.methods import early_rejection, speed
from sampler.methods.early_rejection import holds_for
from sampler.methods.run import Steering, run_power, steady
from sampler.methods.speed import Speed
from sampler.models.contract import LanguageModel
from sampler.models.table import endless_world, flat_world, peaked_world
from sampler.trace.format import from_json, to_json
from sampler.trace.trace import Trace
from sampler.trace.verify import verify

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


def assert_same_chain(early: list[Event], serial: list[Event], tolerance: float = 0.0) -> int:
    """The same states, cuts, u and verdicts; proposals stopped early begin as the whole ones. Returns how many."""
    texts, whole_texts = ([m.after.token_ids for m in Trace(events).replay()] for events in (early, serial))
    assert texts == whole_texts
    for step, whole in zip(steps_of(early), steps_of(serial), strict=True):
        assert (step.revision.cut, step.revision.log_u) == (whole.revision.cut, whole.revision.log_u)
        assert step.is_accepted == whole.is_accepted
        assert step.revision.replaced.token_ids == whole.revision.replaced.token_ids
        length = len(step.revision.proposed)
        assert step.revision.proposed.token_ids == whole.revision.proposed.token_ids[:length]
        assert step.revision.stopped_early == (length < len(whole.revision.proposed))
        assert step.revision.proposed.log_p == pytest.approx(whole.revision.proposed.log_p[:length], abs=tolerance)
        if step.revision.stopped_early:
            assert whole.revision.log_accept_ratio <= step.revision.log_accept_ratio + 1e-9 <= step.revision.log_u
    return sum(step.revision.stopped_early for step in steps_of(early))


def check_early_rejection(model: LanguageModel, settings: PowerSettings, moves: dict[int, dict], prefetch: int) -> None:
    serial = list(moved(model, "a", settings, SERIAL, moves))
    early = list(moved(model, "a", settings, Speed(prefetch, early_rejection=True), moves))
    assert_same_chain(early, serial)
    Trace(early).check()
    assert verify(Trace(early), model).problems == []
    assert [from_json(to_json(event), 1) for event in early[1:]] == early[1:]


@hypothesis.settings(max_examples=200)
@given(*RUNS, st.sampled_from((1, 4)))
def test_early_rejection_gives_the_same_chain(model, settings, moves, prefetch):
    check_early_rejection(model, settings, moves, prefetch)


@pytest.mark.parametrize("kind", ["gpt2", "llama", "sliding-gemma2", "mamba"])
def test_a_transformer_gives_the_same_chain(kind):
    """The rows of a batch are those of single passes up to rounding; so are the numbers recorded, and no more."""
    model, stopped = loaded(kind), []

    @hypothesis.settings(max_examples=15)
    @given(power_settings(), dial_moves())
    def check(settings, moves):
        serial = list(moved(model, "the", settings, SERIAL, moves))
        ahead = list(moved(model, "the", settings, Speed(8), moves))
        early = list(moved(model, "the", settings, Speed(8, early_rejection=True), moves))
        assert assert_same_chain(ahead, serial, TOLERANCE) == 0
        stopped.append(assert_same_chain(early, serial, TOLERANCE))
        assert verify(Trace(early), model).problems == []

    check()
    assert sum(stopped) > 0


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
    settings, model = replace(SETTINGS, proposal_temperature=1.0, max_new_tokens=9, block_size=9), flat_world()
    events = list(run_power(model, "b", settings, speed=Speed(early_rejection=True)))
    assert verify(Trace(events), model).ok
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


@pytest.mark.parametrize("name", ["log_target_ratio", "log_proposal_ratio", "log_cut_ratio"])
def test_a_wrong_bound_shows(monkeypatch, name):
    """Each term left out of the bound turns a verdict or stops too early somewhere."""
    right = getattr(power, name)
    wrong = {
        "log_target_ratio": lambda alpha, p, r: right(alpha, p, r) - 0.5,
        "log_proposal_ratio": lambda p, r: right(p, r) - 0.5,
        "log_cut_ratio": lambda n, m: right(n, m) - 0.5,
    }

    class Wrong:
        def __getattr__(self, asked):
            return wrong[asked] if asked == name else getattr(power, asked)

    monkeypatch.setattr(early_rejection, "power", Wrong())
    with pytest.raises(AssertionError):
        FIRST_FAILURE(given(*RUNS, st.just(1))(check_early_rejection))()


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


def test_early_rejection_feeds_fewer_tokens():
    settings = replace(SETTINGS, max_new_tokens=12, block_size=12, steps_per_block=30, proposal_temperature=1.0)
    whole, early = (totals(endless_world(), settings, own) for own in (SERIAL, Speed(early_rejection=True)))
    assert early.tokens_fed < whole.tokens_fed
    assert early.tokens_drawn < whole.tokens_drawn
    assert (early.steps, early.accepted, early.changed) == (whole.steps, whole.accepted, whole.changed)


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


@pytest.mark.parametrize(
    ("alpha", "temperature", "allowed"),
    [(4, 0.25, True), (4, 1, True), (4, 0.2499, False), (4, 1.01, False), (1, 1, True), (float("inf"), 3, True)],
)
def test_where_early_rejection_is_exact(alpha, temperature, allowed):
    law, asked = Law(alpha, temperature), Speed(early_rejection=True)
    assert holds_for(law) == allowed
    if allowed:
        asked.check(law)
    else:
        with pytest.raises(ValueError, match="early_rejection must be off unless proposal_temperature is from 1/alpha"):
            asked.check(law)


def test_early_rejection_is_refused_before_the_run():
    with pytest.raises(ValueError, match=r"from 1/alpha = 0.5 to 1, not 2"):
        run_power(flat_world(), "b", replace(SETTINGS, proposal_temperature=2.0), speed=Speed(early_rejection=True))


def test_dials_moved_to_where_it_is_not_exact_switch_it_off():
    settings = replace(
        SETTINGS, alpha=4.0, proposal_temperature=1.0, steps_per_block=12, max_new_tokens=12, block_size=12, seed=0
    )
    run = moved(endless_world(), "b", settings, Speed(4, early_rejection=True), {5: {"proposal_temperature": 3.0}})
    steps = steps_of(list(run))
    assert any(step.revision.stopped_early for step in steps[:6])
    assert not any(step.revision.stopped_early for step in steps[6:])


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
