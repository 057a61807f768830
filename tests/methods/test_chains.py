"""Several chains of one run side by side: each is the chain that `run_power` makes alone, whatever shares its batch."""

from dataclasses import replace

import numpy as np
import pytest
from error_rates import total_variation_of, total_variation_threshold
from tiny_models import loaded
from worlds import run_law

from sampler.core.records import BlockStarted, PowerSettings, StepTaken
from sampler.methods import ledger
from sampler.methods.run import run_chains, run_power, steady
from sampler.models import lock_step
from sampler.models.table import endless_world, flat_world
from sampler.trace.trace import Trace, verify

SETTINGS = PowerSettings(2.0, max_new_tokens=6, block_size=2, steps_per_block=3, seed=5, alternatives=2)
SCOPES = pytest.mark.parametrize("scope", ["block", "completion"])


def alone(model, settings: PowerSettings) -> list[BlockStarted | StepTaken]:
    """What `run_power` tells of one chain, without pieces and costs."""
    moments = (event for event in run_power(model, "b", settings) if isinstance(event, BlockStarted | StepTaken))
    free = {"tokens_fed": 0, "forward_calls": 0, "seconds": 0.0}
    return [replace(event, pieces={}, **(free if isinstance(event, StepTaken) else {})) for event in moments]


def beside(model, settings: PowerSettings, chains) -> dict[int, list[BlockStarted | StepTaken]]:
    told = {chain: [] for chain in chains}
    for chain, event in run_chains(model, "b", settings, chains):
        told[chain].append(event)
    return told


@SCOPES
@pytest.mark.parametrize("make", [flat_world, endless_world])
@pytest.mark.parametrize("rows", [1, 3, 16])
def test_a_chain_is_the_same_alone_and_beside_others(make, scope, rows, monkeypatch):
    monkeypatch.setattr(lock_step, "LOCK_STEP_ROWS", rows)
    settings = replace(SETTINGS, scope=scope)
    told = beside(make(), settings, range(8))
    assert told == {chain: alone(make(), replace(settings, chain=chain)) for chain in range(8)}
    assert len({str(events) for events in told.values()}) > 4


def test_a_network_decides_the_same_alone_and_beside_others():
    """Its rows differ in the last digits of float32 from batch to batch; tokens and verdicts do not."""
    model = loaded("llama")
    settings = replace(SETTINGS, max_new_tokens=12, block_size=6, alternatives=0)

    def decisions(events) -> list:
        steps = [event.step for event in events if isinstance(event, StepTaken)]
        return [
            (
                s.revision.cut,
                s.revision.proposed.token_ids,
                s.revision.replaced.token_ids,
                s.revision.log_u,
                s.is_accepted,
            )
            for s in steps
        ]

    told = beside(model, settings, range(4))
    for chain, events in told.items():
        assert decisions(events) == decisions(alone(model, replace(settings, chain=chain)))


def test_more_chains_ask_the_model_no_more_often_than_the_longest_alone():
    calls = {}
    for chains in [(0,), (1,), (2,), (3,), (0, 1, 2, 3)]:
        model = CountingCalls(flat_world())
        list(run_chains(model, "b", SETTINGS, chains))
        calls[chains] = model.calls
    *single, together = calls.values()
    assert together == max(single)


class CountingCalls:
    """A model that counts the calls of its batch."""

    def __init__(self, model) -> None:
        self._model, self.calls = model, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._model, name)

    def fresh(self) -> "CountingCalls":
        return self

    def next_logprobs(self, contexts) -> np.ndarray:
        self.calls += 1
        return self._model.next_logprobs(contexts)


@SCOPES
def test_every_chain_is_a_file_that_verifies(scope, tmp_path):
    trace = Trace(run_power(endless_world(), "b", replace(SETTINGS, scope=scope, chain=3)))
    trace.save(tmp_path / "chain.jsonl")
    loaded = Trace.load(tmp_path / "chain.jsonl")
    assert loaded.events == trace.events
    assert verify(loaded, endless_world()).ok
    claimed = replace(loaded.started, settings=replace(loaded.started.settings, chain=2))
    assert not verify(Trace([claimed, *loaded.events[1:]]), endless_world()).ok


def test_a_file_of_chain_0_does_not_say_so():
    lines = list(Trace(run_power(flat_world(), "b", SETTINGS)).lines())
    assert '"chain"' not in lines[0]
    assert Trace.parse(lines).started.settings == SETTINGS


@pytest.mark.parametrize("chain", [-1, 10_000, 1.0, True, None])
def test_a_chain_is_a_small_whole_number(chain):
    with pytest.raises(ValueError, match="chain must be a whole number from 0 to 9999, not"):
        replace(SETTINGS, chain=chain)


def test_a_prompt_that_does_not_fit_is_refused_before_anything_is_computed():
    with pytest.raises(ValueError, match="prompt must be at most"):
        run_chains(flat_world(), "b" * 64, SETTINGS, [1])


def test_dials_steer_one_chain_and_not_its_siblings():
    steering = steady(SETTINGS)
    steering.alpha = 4.0
    moved = [e.step for e in run_power(endless_world(), "b", SETTINGS, steering) if isinstance(e, StepTaken)]
    [told] = beside(endless_world(), SETTINGS, [0]).values()
    assert {step.alpha for step in moved} == {4.0}
    assert {event.step.alpha for event in told if isinstance(event, StepTaken)} == {2.0}


@SCOPES
def test_chains_are_independent_samples_of_the_run_s_exact_law(scope, monkeypatch):
    """False alarm 1e-6 (total_variation_threshold)."""
    monkeypatch.setattr(ledger, "version", lambda package: "0")
    model, number = flat_world(), 4000
    settings = PowerSettings(2.0, 1.0, max_new_tokens=3, block_size=2, steps_per_block=2, scope=scope, alternatives=0)
    law = run_law(model, model.encode("b"), 2.0, 1.0, 3, 2, 2, scope)
    texts: dict[int, tuple[int, ...]] = {}
    for chain, event in run_chains(model, "b", settings, range(number)):
        texts[chain] = following_ids(texts.get(chain, ()), event)
    assert total_variation_of(list(texts.values()), law) <= total_variation_threshold(law.values(), number)


def following_ids(text: tuple[int, ...], event: BlockStarted | StepTaken) -> tuple[int, ...]:
    if isinstance(event, BlockStarted):
        return text + event.extension.token_ids
    return text[: event.step.revision.cut] + event.step.revision.proposed.token_ids if event.step.is_accepted else text
