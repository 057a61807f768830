"""A run as a stream of events: reproducible, steerable, stoppable, and frozen where it says so."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from worlds import wide_world

from sampler.core.kernel import Stage, remeasure
from sampler.core.records import (
    BlockFrozen,
    BlockStarted,
    ChainState,
    Event,
    Law,
    PowerSettings,
    RunEnded,
    RunStarted,
    SampleDrawn,
    SettingsChanged,
    StepTaken,
    TemperatureSettings,
)
from sampler.core.requests import NextRows
from sampler.methods import ledger
from sampler.methods.run import Steering, run_power, steady
from sampler.methods.temperature import run_temperature
from sampler.models import lock_step
from sampler.models.lock_step import alone, in_lock_step
from sampler.models.table import TableModel, endless_world, flat_world
from sampler.trace.format import to_json
from sampler.trace.trace import Trace, mentioned

SETTINGS = PowerSettings(2.0, max_new_tokens=6, block_size=2, steps_per_block=3, seed=5, alternatives=2)
SCOPES = pytest.mark.parametrize("scope", ["block", "completion"])


def lines_without_times(events: Iterable[Event]) -> list[str]:
    """The trace's lines without what may differ between two runs of the same settings."""
    lines = []
    for event in events:
        data = json.loads(to_json(event))
        for part in (data, data.get("totals", {})):
            part.pop("created_at", None)
            part.pop("seconds", None)
        lines.append(json.dumps(data))
    return lines


def power_events(model: TableModel | None = None, settings: PowerSettings = SETTINGS, **changes) -> list[Event]:
    return list(run_power(model or endless_world(), "b", replace(settings, **changes)))


def kinds(events: list[Event]) -> str:
    letters = {
        RunStarted: "(",
        BlockStarted: "B",
        StepTaken: "s",
        BlockFrozen: "F",
        SettingsChanged: "c",
        RunEnded: ")",
    }
    return "".join(letters[type(event)] for event in events)


def steps_of(events: list[Event]) -> list:
    return [event.step for event in events if isinstance(event, StepTaken)]


@SCOPES
def test_same_seed_same_lines(scope):
    first, second = (lines_without_times(power_events(scope=scope)) for _ in range(2))
    assert first == second


@SCOPES
def test_another_seed_another_run(scope):
    runs = {tuple(lines_without_times(power_events(scope=scope, seed=seed))[1:]) for seed in range(4)}
    assert len(runs) == 4


RUNS = {
    "power": lambda model: run_power(model, "b", SETTINGS),
    "temperature": lambda model: run_temperature(model, "b", TemperatureSettings(max_new_tokens=3)),
}


@pytest.mark.parametrize("start", RUNS.values(), ids=RUNS)
def test_a_used_model_gives_the_same_run(start):
    """And its own counters stay as they were."""
    model = endless_world()
    model.next_logprobs([(0, 1, 2)])
    assert lines_without_times(start(model)) == lines_without_times(start(endless_world()))
    assert (model.tokens_fed, model.forward_calls) == (3, 1)


@pytest.mark.parametrize(("scope", "shape"), [("block", "(BsssFBsssFBsssF)"), ("completion", "(BsssBsssBsssFFF)")])
def test_the_order_of_events(scope, shape):
    """Scope completion freezes nothing before its end."""
    assert kinds(power_events(scope=scope)) == shape


def test_blocks_end_where_their_settings_say():
    blocks = [event for event in power_events(max_new_tokens=5) if isinstance(event, BlockStarted)]
    assert [(b.start, b.end, len(b.extension)) for b in blocks] == [(0, 2, 2), (2, 4, 2), (4, 5, 1)]


def test_steps_are_numbered_in_their_block_and_over_the_run():
    steps = steps_of(power_events())
    assert [step.draw for step in steps] == list(range(9))
    assert [(step.block, step.step) for step in steps] == [(block, step) for block in range(3) for step in range(3)]


def test_no_steps_leaves_the_proposal_itself():
    events = power_events(steps_per_block=0)
    assert kinds(events) == "(BFBFBF)"


@pytest.mark.parametrize("seed", range(20))
def test_frozen_tokens_never_change_under_scope_block(seed):
    trace, frozen = Trace(power_events(seed=seed)), []
    texts = {id(moment.event): moment.after.token_ids for moment in trace.replay()}
    text = ()
    for event in trace.events:
        text = texts.get(id(event), text)
        if isinstance(event, BlockFrozen):
            frozen.extend(event.token_ids)
        assert list(text[: len(frozen)]) == frozen
    assert trace.ended.token_ids == tuple(frozen)


def test_scope_completion_does_change_earlier_blocks():
    """So the test above can fail: without freezing, some run of the same twenty rewrites its first block."""
    cuts = [
        min(step.revision.cut - 2 * step.block for step in steps_of(power_events(scope="completion", seed=s)))
        for s in range(20)
    ]
    assert min(cuts) < 0


@SCOPES
def test_an_end_token_ends_the_completion(scope):
    """Scope block stops there for good; scope completion may still rewrite it, and freezes the blocks it ends with."""
    ended = [power_events(flat_world(), scope=scope, seed=seed) for seed in range(12)]
    short = [events for events in ended if len(events[-1].token_ids) < 6]
    assert short
    for events in short:
        final = events[-1].token_ids
        frozen = [event.token_ids for event in events if isinstance(event, BlockFrozen)]
        assert final.index(2) == len(final) - 1
        assert tuple(token for block in frozen for token in block) == final
        assert all(frozen)


def test_an_end_token_in_the_prompt_ends_nothing():
    events = list(run_power(flat_world(), "b$a", SETTINGS))
    assert len(events[-1].token_ids) >= 1
    assert len(steps_of(events)) >= 3


@SCOPES
@pytest.mark.parametrize("seed", range(5))
def test_the_ending_sums_up_the_run(scope, seed):
    events = power_events(flat_world(), scope=scope, seed=seed)
    steps, ended = steps_of(events), events[-1]
    written = [event.extension for event in events if isinstance(event, BlockStarted)]
    *_, last = Trace(events).replay()
    assert ended.reason == "completed"
    assert ended.token_ids == last.after.token_ids
    assert ended.log_p == pytest.approx(math.fsum(last.after.log_p))
    assert ended.text == flat_world().decode(ended.token_ids)
    assert ended.totals.steps == len(steps)
    assert ended.totals.accepted == sum(step.is_accepted for step in steps)
    assert ended.totals.changed == sum(step.is_changed for step in steps)
    assert ended.totals.tokens_drawn == sum(map(len, written)) + sum(len(step.revision.proposed) for step in steps)
    assert ended.totals.forward_calls == ended.totals.tokens_drawn  # a TableModel is asked once a token


# ---- steering


def steered(steering: Steering, moves: dict[int, dict], settings: PowerSettings = SETTINGS) -> Iterator[Event]:
    """A run during which a person moves dials: `moves` says what they do when step number `draw` has been shown."""
    for event in run_power(endless_world(), "b", settings, steering):
        yield event
        if isinstance(event, StepTaken):
            for name, value in moves.get(event.step.draw, {}).items():
                setattr(steering, name, value)


def test_a_moved_dial_takes_effect_at_the_next_step():
    events = list(steered(steady(SETTINGS), {1: {"alpha": 4.0}}))
    steps = steps_of(events)
    assert kinds(events) == "(BsscsFBsssFBsssF)"
    assert events[4] == SettingsChanged(draw=2, alpha=4.0, proposal_temperature=None)
    assert [step.alpha for step in steps] == [2.0] * 2 + [4.0] * 7
    assert [step.temperature for step in steps] == [0.5] * 2 + [0.25] * 7


@pytest.mark.parametrize(
    "dials", [{"alpha": 4.0}, {"proposal_temperature": 1.0}, {"alpha": math.inf, "proposal_temperature": 1.0}]
)
def test_after_a_move_the_replaced_text_is_measured_again(dials):
    events = list(steered(steady(SETTINGS), {4: dials}))
    texts = {id(moment.event): moment.before.token_ids for moment in Trace(events).replay()}
    law = Law.of(**{"alpha": 2.0, "proposal_temperature": None, **dials})
    for event in events:
        if isinstance(event, StepTaken) and event.step.draw > 4:
            ids, start = texts[id(event)], 2 * event.step.block
            stage = Stage((1,), (), start, len(ids), law, 2)
            blank = Trace(events).events[1].extension[:0]
            known = replace(blank, token_ids=ids, log_p=ids, log_q=ids, log_z=ids, entropy=ids, alternatives=ids)
            again = alone(endless_world(), remeasure(stage, ChainState(known)))
            assert event.step.revision.replaced == again.segment[event.step.revision.cut :]


def test_a_dial_moved_back_before_the_next_step_changes_nothing():
    steering = steady(SETTINGS)
    events = []
    for event in run_power(endless_world(), "b", SETTINGS, steering):
        events.append(event)
        steering.alpha = 7.0
        steering.alpha = 2.0
    assert lines_without_times(events) == lines_without_times(power_events())


def test_a_dial_moved_before_the_start_counts_from_the_first_block():
    events = list(run_power(endless_world(), "b", SETTINGS, Steering(4.0, None)))
    assert kinds(events).startswith("(cBsss")
    assert {step.alpha for step in steps_of(events)} == {4.0}


def test_naming_the_tied_temperature_is_no_move():
    events = list(steered(steady(SETTINGS), {1: {"proposal_temperature": 0.5}}))
    assert "c" not in kinds(events)


def test_a_moved_dial_reaches_the_next_block():
    """After the last step of a block, the next block is already written at the new temperature."""
    events = list(steered(steady(SETTINGS), {2: {"proposal_temperature": 1.0}}))
    assert kinds(events) == "(BsssFcBsssFBsssF)"
    written = events[7].extension
    assert written.log_q == pytest.approx(written.log_p)


@SCOPES
@pytest.mark.parametrize("draw", [0, 2, 3, 8])
def test_stop_keeps_every_event_so_far(scope, draw):
    whole = power_events(scope=scope)
    settings = replace(SETTINGS, scope=scope)
    stopped = list(steered(steady(settings), {draw: {"stop_requested": True}}, settings))
    assert lines_without_times(stopped[:-1]) == lines_without_times(whole[: len(stopped) - 1])
    assert len(steps_of(stopped)) == draw + 1
    assert kinds(stopped).endswith("s)")
    assert stopped[-1].reason == "stopped"
    *_, last = Trace(stopped).replay()
    assert stopped[-1].token_ids == last.after.token_ids


def test_stop_before_the_start():
    events = list(run_power(endless_world(), "b", SETTINGS, Steering(2.0, None, stop_requested=True)))
    assert kinds(events) == "()"
    assert (events[-1].reason, events[-1].token_ids, events[-1].log_p) == ("stopped", (), 0.0)


def test_an_abandoned_run_is_a_prefix():
    run = run_power(endless_world(), "b", SETTINGS)
    assert lines_without_times([next(run) for _ in range(5)]) == lines_without_times(power_events()[:5])


# ---- prompts, pieces, neighbours


@pytest.mark.parametrize(
    "start",
    [
        lambda p: run_power(endless_world(), p, SETTINGS),
        lambda p: run_temperature(endless_world(), p, TemperatureSettings(max_new_tokens=6)),
    ],
    ids=["power", "temperature"],
)
def test_a_prompt_must_leave_room(start):
    with pytest.raises(ValueError) as refusal:
        start("a" * 59)
    assert str(refusal.value) == (
        "prompt must be at most 58 tokens long for 6 new ones (the model's context is 64), not 59"
    )
    assert len(list(start("a" * 58))) > 2


def test_a_large_vocabulary_is_told_piece_by_piece(monkeypatch):
    monkeypatch.setattr(ledger, "SMALL_VOCABULARY", 19)
    events = list(run_power(wide_world(), "b", replace(SETTINGS, alternatives=3)))
    told: dict[int, str] = {}
    for event in events:
        pieces = getattr(event, "pieces", {})
        assert not told.keys() & pieces.keys()
        told |= pieces
    Trace(events).check()
    assert events[0].pieces == {1: "b"}
    assert told.keys() == mentioned(events) | {1}
    assert 3 < len(told) < 20
    assert all(text == wide_world().piece(token) for token, text in told.items())


def test_a_small_vocabulary_is_told_at_the_start(monkeypatch):
    monkeypatch.setattr(ledger, "SMALL_VOCABULARY", 3)
    events = power_events()
    assert events[0].pieces == {0: "a", 1: "b", 2: "c"}
    assert not any(getattr(event, "pieces", {}) for event in events[1:])


def test_runs_at_two_alphas_share_their_random_numbers():
    """Neighbours: the same cuts and verdict numbers under scope block, where lengths agree."""
    low, high = (steps_of(power_events(alpha=alpha)) for alpha in (2.0, 2.001))
    assert [step.revision.log_u for step in low] == [step.revision.log_u for step in high]
    assert [step.revision.cut for step in low] == [step.revision.cut for step in high]
    assert [step.revision.proposed.token_ids for step in low] == [step.revision.proposed.token_ids for step in high]
    assert [step.revision.log_accept_ratio for step in low] != [step.revision.log_accept_ratio for step in high]


# ---- temperature sampling beside it


def temperature_events(**changes) -> list[Event]:
    settings = TemperatureSettings(**{"temperature": 0.7, "max_new_tokens": 5, "num_samples": 23, "seed": 3} | changes)
    return list(run_temperature(flat_world(), "b", settings))


@pytest.mark.parametrize("rows", [1, 2, 5, 64])
def test_temperature_samples_do_not_depend_on_the_batch(rows, monkeypatch):
    expected = {event.sample: event for event in temperature_events()[1:-1]}
    monkeypatch.setattr(lock_step, "LOCK_STEP_ROWS", rows)
    found = temperature_events()[1:-1]
    assert {event.sample: event for event in found} == expected
    assert (rows > 1) or [event.sample for event in found] == list(range(23))


def test_a_larger_batch_needs_fewer_calls(monkeypatch):
    calls = []
    for rows in (1, 64):
        monkeypatch.setattr(lock_step, "LOCK_STEP_ROWS", rows)
        calls.append(temperature_events()[-1].totals.forward_calls)
    assert calls[1] == 5 < calls[0]


def test_more_samples_begin_with_the_same_ones():
    few, many = ({e.sample: e.segment for e in temperature_events(num_samples=n)[1:-1]} for n in (5, 23))
    assert many.items() >= few.items()


def test_every_sample_is_told_once_and_ends_rightly():
    samples = temperature_events()[1:-1]
    assert all(isinstance(event, SampleDrawn) for event in samples)
    assert sorted(event.sample for event in samples) == list(range(23))
    for event in samples:
        assert event.finished == (event.segment.token_ids[-1] == 2)
        assert event.finished or len(event.segment) == 5
    assert {event.finished for event in samples} == {True, False}


def test_lock_step_needs_no_writers():
    assert list(in_lock_step(flat_world(), [])) == []


def test_a_procedure_that_is_not_wanted_any_more_asks_nothing_further():
    asked, unwanted = [], set()

    def asking(index: int):
        for length in range(1, 4):
            asked.append((index, length))
            yield NextRows([(0,) * length])
        return index

    ended = []
    for index, _ in in_lock_step(flat_world(), map(asking, range(5)), 3, lambda one: one not in unwanted):
        ended.append(index)
        unwanted.add(4)  # it began with 3 when the first three had ended
    assert ended == [0, 1, 2, 3]
    assert (3, 3) in asked and (4, 1) in asked and (4, 2) not in asked
