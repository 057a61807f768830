"""What a run costs, counted exactly: no row is computed twice, and no position is fed twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from test_speed import assert_same_chain, costless
from tiny_models import ALIGNED, TOLERANCE, WHOLE, loaded

from sampler.core.records import Event, PowerSettings, RunEnded
from sampler.core.rows import ArrayRow
from sampler.methods.run import run_power
from sampler.methods.speed import Speed
from sampler.models import row_memory
from sampler.models.causal_lm import CausalLM
from sampler.models.guesses import Guesses
from sampler.models.row_memory import RowMemory

SETTINGS = PowerSettings(3.0, max_new_tokens=24, block_size=8, steps_per_block=8, seed=1, alternatives=0)
SPEEDS = (Speed(), Speed(4), Speed(16), Speed(guess=8), Speed(8, guess=4), Speed(8, guess=8))
FULL = [kind for kind in ALIGNED if not kind.startswith("sliding")]
SCOPES = pytest.mark.parametrize("scope", ["block", "completion"])


@pytest.fixture
def asked(monkeypatch) -> Iterator[set[tuple[int, ...]]]:
    """Every context that any model is asked for, or guesses that it will be."""
    contexts, right, right_likely = set(), CausalLM.next_logprobs, Guesses.after

    def noting(self, asked):
        contexts.update(map(tuple, asked))
        return right(self, asked)

    def noting_likely(self, context):
        likely = right_likely(self, context)
        contexts.update(likely)
        return likely

    monkeypatch.setattr(CausalLM, "next_logprobs", noting)
    monkeypatch.setattr(Guesses, "after", noting_likely)
    yield contexts


def run(kind: str, settings: PowerSettings = SETTINGS, speed: Speed = SPEEDS[0]) -> list[Event]:
    return list(run_power(loaded(kind), "the", settings, speed=speed))


def totals(events: list[Event]):
    assert isinstance(events[-1], RunEnded)
    return events[-1].totals


@SCOPES
@pytest.mark.parametrize("speed", SPEEDS, ids=str)
@pytest.mark.parametrize("kind", FULL)
def test_every_position_is_fed_once(asked, kind, speed, scope):
    """The texts of a run are a tree of tokens; each of its nodes goes through the network once, prompt and all."""
    events = run(kind, replace(SETTINGS, scope=scope), speed)
    nodes = {context[:length] for context in asked for length in range(1, len(context) + 1)}
    assert totals(events).tokens_fed == len(nodes)


@pytest.mark.parametrize("kind", ALIGNED)
def test_a_proposal_costs_nothing_before_it_differs(asked, kind):
    """One pass a token in serial runs: for each context that was not asked before."""
    assert totals(run(kind)).forward_calls == len(asked)
    assert len(asked) < totals(run(kind)).tokens_drawn


@SCOPES
@pytest.mark.parametrize("kind", WHOLE)
def test_a_model_whose_cache_cannot_be_cut_is_fed_whole_contexts_once(asked, kind, scope):
    serial = run(kind, replace(SETTINGS, scope=scope))
    assert totals(serial).tokens_fed == sum(map(len, asked))
    assert_same_chain(run(kind, replace(SETTINGS, scope=scope), Speed(8)), serial, TOLERANCE)


# ---- within a bound


def bound_to(monkeypatch, rows: int) -> None:
    """Memory for so many rows of 300 numbers after contexts of at most 25 tokens."""
    monkeypatch.setattr(row_memory, "ROW_BYTES", rows * (3 * 300 * 8 + 8 * 26))


@pytest.fixture
def read_again(monkeypatch) -> Iterator[list[tuple[int, ...]]]:
    """The beginnings of the current text whose rows were computed more than once."""
    again, read, held = [], set(), []
    right_hold, right_read = CausalLM.hold, CausalLM._within_memory

    def holding(self, text, start):
        held[:] = [tuple(text)]
        right_hold(self, text, start)

    def reading(self, how, texts):
        again.extend(text for text in texts if text in read and held and held[0][: len(text)] == text)
        read.update(texts)
        return right_read(self, how, texts)

    monkeypatch.setattr(CausalLM, "hold", holding)
    monkeypatch.setattr(CausalLM, "_within_memory", reading)
    yield again


def test_memory_for_two_blocks_is_enough_for_the_current_text(monkeypatch, read_again):
    """The current block's rows and those of one proposal, in a serial run under scope block."""
    bound_to(monkeypatch, 2 * SETTINGS.block_size + 1)
    run("llama")
    assert read_again == []


def test_without_holding_the_text_it_is_not(monkeypatch, read_again):
    bound_to(monkeypatch, 2 * SETTINGS.block_size + 1)
    monkeypatch.setattr(RowMemory, "hold", lambda *_: None)
    run("llama")
    assert read_again != []


def test_the_newest_rows_of_the_held_text_are_forgotten_last(monkeypatch):
    row, text = ArrayRow(np.zeros(10)), tuple(range(30))
    monkeypatch.setattr(row_memory, "ROW_BYTES", 5 * (240 + 8 * 30))
    memory = RowMemory()
    for length in (10, 11, 12):
        memory.put(text[:length], row)
    memory.put((5,), row)
    memory.put((6,), row)
    memory.put((7,), row)
    memory.hold(text, 10)
    for other in range(40, 80):
        memory.put((other,) * 29, row)
        assert memory.nbytes <= 5 * (240 + 8 * 30)
    assert [memory.get(text[:length]) is not None for length in (10, 11, 12)] == [True] * 3
    monkeypatch.setattr(row_memory, "ROW_BYTES", 400)
    memory.put((3,), row)
    assert [memory.get(text[:length]) is not None for length in (10, 11, 12)] == [False, False, True]


# ---- shared by runs


def test_the_same_run_once_more_calls_nothing():
    model, keeping = loaded("llama").fresh(), Speed(8, keep_rows=True)
    first, again = (list(run_power(model, "the", SETTINGS, speed=keeping)) for _ in range(2))
    assert totals(first).forward_calls > 0
    assert (totals(again).forward_calls, totals(again).tokens_fed) == (0, 0)
    assert costless(first) == costless(again)
    assert (model.forward_calls, model.tokens_fed) == (0, 0)


def test_a_run_nearby_calls_little_and_is_the_run_that_it_would_be():
    model, keeping, nearby = loaded("llama").fresh(), Speed(8, keep_rows=True), replace(SETTINGS, alpha=2.9)
    list(run_power(model, "the", SETTINGS, speed=keeping))
    alone, after = (list(run_power(m, "the", nearby, speed=keeping)) for m in (loaded("llama").fresh(), model))
    assert totals(after).forward_calls < totals(alone).forward_calls
    assert_same_chain(after, alone, TOLERANCE)


def test_runs_keep_nothing_unless_they_are_asked_to():
    model = loaded("llama").fresh()
    first, again = (totals(list(run_power(model, "the", SETTINGS))) for _ in range(2))
    assert (first.forward_calls, first.tokens_fed) == (again.forward_calls, again.tokens_fed)
    assert len(model.rows) == 0


def test_runs_in_several_threads_may_share_a_memory(monkeypatch):
    bound_to(monkeypatch, 40)
    model, keeping = loaded("llama").fresh(), Speed(4, keep_rows=True)

    def one(seed):
        return list(run_power(model, "the", replace(SETTINGS, seed=seed), speed=keeping))

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(one, range(4)))
    for seed, events in enumerate(together):
        assert_same_chain(events, run("llama", replace(SETTINGS, seed=seed)), TOLERANCE)
    rows = [*model.rows._rows.items(), *model.rows._held.items()]
    assert model.rows.nbytes == sum(row.nbytes + 8 * len(text) for text, row in rows) <= row_memory.ROW_BYTES


# ---- where memory runs out


def short_of_memory(monkeypatch, most: int, words: str = "DefaultCPUAllocator: can't allocate memory") -> None:
    """Passes that read more new texts than this fail."""
    right, right_pass = CausalLM._forward, CausalLM._pass

    def failing(self, ids, kept, **arguments):
        if len(ids) * (kept if isinstance(kept, int) else len(kept)) > most:
            raise RuntimeError(words)
        return right(self, ids, kept, **arguments)

    def failing_pass(self, read, kept):
        if self._loaded.lean and len(read.new if isinstance(kept, int) else kept) > most:
            raise RuntimeError(words)
        return right_pass(self, read, kept)

    monkeypatch.setattr(CausalLM, "_forward", failing)
    monkeypatch.setattr(CausalLM, "_pass", failing_pass)


@pytest.mark.parametrize("most", [1, 3])
@pytest.mark.parametrize("kind", ["llama", "gpt2", "sliding-mistral", "mamba"])
def test_a_batch_too_large_for_memory_is_halved(monkeypatch, kind, most):
    serial = run(kind)
    short_of_memory(monkeypatch, most)
    assert_same_chain(run(kind, speed=Speed(8)), serial, TOLERANCE)


def test_one_text_too_large_for_memory_is_told_in_a_sentence(monkeypatch):
    short_of_memory(monkeypatch, 0)
    with pytest.raises(MemoryError, match=r"^a text of 1 tokens must fit into memory beside .*, and does not: take "):
        loaded("llama").fresh().next_logprobs([(1,)])


def test_other_failures_are_not_taken_for_it(monkeypatch):
    short_of_memory(monkeypatch, 0, "shapes do not match")
    with pytest.raises(RuntimeError, match="shapes do not match"):
        loaded("llama").fresh().next_logprobs([(1,)])
