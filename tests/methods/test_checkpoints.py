"""A run is left after any event and gone on with from its checkpoint: the same events as without a pause."""

import pickle

import hypothesis
from hypothesis import given
from hypothesis import strategies as st
from test_speed import costless
from tiny_models import loaded
from worlds import WORLDS, dial_moves, little_worlds, power_settings, wide_world

from sampler.core.records import BlockFrozen, Event, PowerSettings, StepTaken
from sampler.methods.run import Checkpoint, PowerRun, Steering, run_power, steady
from sampler.methods.speed import Speed
from sampler.models.contract import LanguageModel


def told(
    model: LanguageModel, start: Checkpoint, steering: Steering, own: Speed, moves: dict[int, dict]
) -> list[tuple[Event, bytes, Steering]]:
    """The events from a checkpoint on, with the checkpoint after each, as bytes, and the dials as they stand then."""
    run, found = PowerRun(model.fresh(), start, steering, own), []
    for event in run.events():
        if isinstance(event, StepTaken):
            for name, value in moves.get(event.step.draw, {}).items():
                setattr(steering, name, value)
        found.append((event, pickle.dumps(run.checkpoint()), Steering(steering.alpha, steering.proposal_temperature)))
    return found


@hypothesis.settings(max_examples=30)
@given(little_worlds(), power_settings(), dial_moves(), st.sampled_from((1, 3)))
def test_a_run_goes_on_from_any_event(model, settings, moves, prefetch):
    own = Speed(prefetch)
    whole = told(model, Checkpoint.start("a", settings), steady(settings), own, moves)
    events = [event for event, _, _ in whole]
    for i, (event, checkpoint, steering) in enumerate(whole[:-1]):
        if isinstance(event, BlockFrozen) and settings.scope == "completion":
            continue  # the last ones, told in one go
        rest = [event for event, _, _ in told(model, pickle.loads(checkpoint), steering, own, moves)]
        assert costless(rest) == costless(events[i + 1 :])


def test_it_is_the_run_of_run_power():
    settings = PowerSettings(2.0, max_new_tokens=6, block_size=3, steps_per_block=4, seed=5)
    model = WORLDS["endless"]()
    events = [event for event, _, _ in told(model, Checkpoint.start("b", settings), steady(settings), Speed(), {})]
    assert costless(events) == costless(list(run_power(model, "b", settings)))


def test_pieces_are_told_once_across_checkpoints(monkeypatch):
    monkeypatch.setattr("sampler.methods.ledger.SMALL_VOCABULARY", 0)
    settings = PowerSettings(2.0, max_new_tokens=8, block_size=4, steps_per_block=4, alternatives=2)
    start, pieces = Checkpoint.start("b", settings), []
    for _ in range(12):
        event, checkpoint, _ = told(wide_world(), start, steady(settings), Speed(), {})[0]
        start = pickle.loads(checkpoint)
        pieces += getattr(event, "pieces", ())
    assert len(pieces) == len(set(pieces)) > 3


def test_a_network_goes_on_too():
    settings = PowerSettings(2.0, max_new_tokens=8, block_size=4, steps_per_block=3, seed=1, alternatives=0)
    whole = told(loaded("llama"), Checkpoint.start("the", settings), steady(settings), Speed(), {})
    _, checkpoint, steering = whole[5]
    rest = told(loaded("llama"), pickle.loads(checkpoint), steering, Speed(), {})
    assert [e.step.revision.proposed.token_ids for e, _, _ in rest if isinstance(e, StepTaken)] == [
        e.step.revision.proposed.token_ids for e, _, _ in whole[6:] if isinstance(e, StepTaken)
    ]
