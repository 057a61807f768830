"""Bursts in a forked process make the very chain of one process, dials that move included; none left is said."""

import itertools
import os
from pathlib import Path

import pytest
from asking import in_own_loop
from tiny_models import TOLERANCE, folder_of

from explorer.page import library
from explorer.page.explore import streaming
from explorer.page.explore.session import Session
from explorer.page.serving import zero_gpu
from explorer.page.serving.sharing import BURSTS, TURNS
from sampler.core.records import (
    BlockStarted,
    Event,
    PowerSettings,
    RunEnded,
    RunStarted,
    SettingsChanged,
    StepTaken,
    TemperatureSettings,
)
from sampler.methods import run
from sampler.methods.run import Steering, steady
from sampler.methods.speed import Speed
from sampler.methods.temperature import run_temperature
from sampler.models.causal_lm import CausalLM
from sampler.trace.trace import Trace, verify

SETTINGS = PowerSettings(2.0, max_new_tokens=12, block_size=4, steps_per_block=4, seed=3, alternatives=2)
PROMPT = "the"
MOVES = {2: {"alpha": 3.0}, 3: {"alpha": 2.0}, 7: {"alpha": 1.5, "proposal_temperature": 1.0}}


@pytest.fixture
def forks(monkeypatch) -> list[int]:
    """Bursts of one step or so in a forked process; the steps that each has brought."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "zero_gpu"))
    monkeypatch.setattr(zero_gpu, "IN_ZERO_GPU", True)
    brought, burst = [], zero_gpu.lent(zero_gpu.burst)

    def counted(*arguments):
        told = burst(*arguments)
        brought.append(sum(isinstance(event, StepTaken) for event, _ in told))
        return told

    monkeypatch.setattr(zero_gpu, "burst", counted)
    monkeypatch.setattr(zero_gpu, "drawn", zero_gpu.lent(zero_gpu.drawn))
    return brought


def model() -> CausalLM:
    return CausalLM.load(folder_of("gpt2"), "cpu")


def steered(events, steering: Steering, moves: dict[int, dict]) -> list[Event]:
    """The events of a run whose dials are moved after some steps."""
    told = []
    for event in events:
        told.append(event)
        if isinstance(event, StepTaken):
            for name, value in moves.get(event.step.draw, {}).items():
                setattr(steering, name, value)
    return told


def assert_same(told: list[Event], alone: list[Event]) -> None:
    """The same events apart from costs and what another batch rounds otherwise."""
    assert list(map(type, told)) == list(map(type, alone))
    for event, own in zip(told, alone, strict=True):
        if isinstance(event, StepTaken):
            for name in ("draw", "alpha", "temperature", "is_accepted"):
                assert getattr(event.step, name) == getattr(own.step, name)
            for name in ("cut", "log_u"):
                assert getattr(event.step.revision, name) == getattr(own.step.revision, name)
            assert event.step.revision.proposed.token_ids == own.step.revision.proposed.token_ids
            assert event.step.revision.replaced.log_q == pytest.approx(own.step.revision.replaced.log_q, abs=TOLERANCE)
            assert event.step.revision.log_accept_ratio == pytest.approx(
                own.step.revision.log_accept_ratio, abs=20 * TOLERANCE
            )
        elif not isinstance(event, RunEnded | RunStarted | BlockStarted):
            assert event == own


@pytest.mark.parametrize("seconds", [0.0, 100.0])
@pytest.mark.parametrize("moves", [{}, MOVES])
@pytest.mark.parametrize("scope", ["block", "completion"])
def test_bursts_make_the_same_chain(forks, monkeypatch, scope, moves, seconds):
    monkeypatch.setattr(zero_gpu, "SECONDS", seconds)
    settings = PowerSettings(2.0, max_new_tokens=12, block_size=4, steps_per_block=4, seed=3, scope=scope)
    here, there = steady(settings), steady(settings)
    alone = steered(run.run_power(model(), PROMPT, settings, here), here, moves)
    bursts = steered(zero_gpu.run_power(model(), PROMPT, settings, there, Speed()), there, moves)
    assert_same(bursts, alone)
    assert bursts[-1].text == alone[-1].text
    assert len(forks) == (12 if not seconds else 1 + len(moves))
    changed = [event.draw for event in bursts if isinstance(event, SettingsChanged)]
    assert changed == [draw + 1 for draw in moves]
    verify(Trace(bursts), model())


def test_this_process_asks_its_model_for_nothing(forks):
    own = model()
    list(zero_gpu.run_power(own, PROMPT, SETTINGS, steady(SETTINGS), Speed()))
    list(zero_gpu.run_temperature(own, PROMPT, TemperatureSettings(max_new_tokens=4, num_samples=2)))
    assert (own.forward_calls, own.tokens_fed, len(own.rows)) == (0, 0, 0)
    assert sum(forks) == 12


def test_stop_in_mid_burst(forks):
    steering = steady(SETTINGS)
    told = steered(
        zero_gpu.run_power(model(), PROMPT, SETTINGS, steering, Speed()), steering, {5: {"stop_requested": True}}
    )
    assert told[-1].reason == "stopped"
    assert sum(isinstance(event, StepTaken) for event in told) == 6
    verify(Trace(told), model())


def test_temperature_samples_are_those_of_one_process(forks):
    settings = TemperatureSettings(0.7, max_new_tokens=8, num_samples=5, seed=2)
    there, here = (list(way(model(), PROMPT, settings)) for way in (zero_gpu.run_temperature, run_temperature))
    assert [event.segment.token_ids for event in there[1:-1]] == [event.segment.token_ids for event in here[1:-1]]
    assert len(there) == 7


def test_a_prompt_that_does_not_fit_is_refused_before_anything_is_asked(forks):
    with pytest.raises(ValueError, match="prompt must be at most"):
        zero_gpu.run_power(model(), "the " * 1000, SETTINGS, steady(SETTINGS), Speed())
    with pytest.raises(ValueError, match="prompt must be at most"):
        zero_gpu.run_temperature(model(), "the " * 1000, TemperatureSettings(max_new_tokens=8))
    assert not forks


def test_the_embedded_models_stay_here(forks):
    own = CausalLM.load("classroom", "cpu")
    assert not zero_gpu.serves(own)
    next(itertools.islice(zero_gpu.run_power(own, PROMPT, SETTINGS, steady(SETTINGS), Speed()), 2, None))
    assert not forks


def test_elsewhere_everything_stays_here(monkeypatch):
    assert not zero_gpu.serves(model())
    assert zero_gpu.lent(len) is len


def streamed(session: Session) -> list[dict]:
    async def to_the_end():
        return [packet async for packet in streaming.stream(session, "end")]

    return in_own_loop(to_the_end())


def test_a_session_on_zero_gpu(forks):
    session = Session()
    session.begin(model(), PROMPT, SETTINGS)
    session.speed = 0
    assert session.limiter is BURSTS
    streamed(session)
    assert session.is_over
    assert len(session.trace.steps_taken) == sum(forks) == 12
    assert session.samples
    session.begin(CausalLM.load("classroom", "cpu"), PROMPT, SETTINGS)
    assert session.limiter is TURNS


def test_no_quota_left_is_one_sentence_and_the_steps_stay(forks, monkeypatch):
    monkeypatch.setattr(zero_gpu, "SECONDS", 0.0)
    session = Session()
    session.begin(model(), PROMPT, SETTINGS)
    session.speed = 0
    for _ in range(4):
        session.advance()
    steps = len(session.trace.steps_taken)
    monkeypatch.setitem(os.environ, "NO_QUOTA_LEFT", "1")
    last = streamed(session)[-1]
    assert "ZeroGPU computes no more: You have exceeded your GPU quota. The steps so far are kept." in last["status"]
    assert 0 < steps <= len(session.trace.steps_taken) < 12
    assert not session.can_continue


def test_models_are_loaded_without_the_gpu_that_this_process_never_has(monkeypatch):
    asked = []
    monkeypatch.setattr(library, "IN_ZERO_GPU", True)
    monkeypatch.setattr(CausalLM, "load", lambda name, device="auto", **rest: asked.append(device))
    library.Models(["classroom-tuned"]).get("classroom-tuned")
    assert asked == ["cpu"]
