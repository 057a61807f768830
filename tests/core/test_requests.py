"""Requests: what rows answer, and a model without rows that every method runs on, with the laws that it must have."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from error_rates import total_variation_of, total_variation_threshold
from hypothesis import given
from hypothesis import strategies as st
from worlds import run_law

from sampler.core import power
from sampler.core.draws import SAMPLE, SeededDraws
from sampler.core.records import Law, PowerSettings, Segment, TemperatureSettings
from sampler.core.requests import Continue, NextRows, Score, by_rows, engine_segment
from sampler.exact.enumeration import temperature_law
from sampler.methods.chain import whole_run
from sampler.methods.run import run_power
from sampler.methods.temperature import run_temperature
from sampler.models.lock_step import alone, in_lock_step
from sampler.models.table import TableModel, peaked_world
from sampler.trace.trace import Trace

ALPHA, LENGTH, BLOCK, STEPS, RUNS = 3.0, 4, 2, 3, 2000
PROMPT = (0,)


class TestEngine:
    """A tiny world behind an engine: it draws by itself and says log p and log q of its tokens, and nothing else."""

    __test__ = False

    def __init__(self, world: TableModel, is_wrong: bool = False) -> None:
        self._world, self._is_wrong = world, is_wrong
        self.calls: list[Sequence[Continue | Score]] = []
        self._row = cache(lambda context: np.asarray(world.next_logprobs([context])[0]))
        for name in ("name", "revision", "vocab_size", "eos_ids", "max_length", "encode", "decode", "piece"):
            setattr(self, name, getattr(world, name))
        self.tokens_fed = self.forward_calls = 0

    def fresh(self, keep_rows: bool = False, guess: int = 0) -> "TestEngine":
        return TestEngine(self._world, self._is_wrong)

    def hold(self, text: Sequence[int], start: int) -> None:
        pass

    def answers(self, requests: Sequence[Continue | Score]) -> list[Segment]:
        self.calls.append(requests)
        self.forward_calls += 1
        return [self._drawn(r) if isinstance(r, Continue) else self._segment(r, r.token_ids) for r in requests]

    def _drawn(self, request: Continue) -> Segment:
        numbers, ids = np.random.default_rng(request.draws.seed(request.position)), ()
        while len(ids) < request.most and not (ids and ids[-1] in request.eos_ids):
            q = np.exp(power.temper(self._row(request.context + ids), request.law.temperature))
            ids = (*ids, int(numbers.choice(len(q), p=q / q.sum())))
        return self._segment(request, ids)

    def _segment(self, request: Continue | Score, ids: tuple[int, ...]) -> Segment:
        rows = [self._row(request.context + ids[:i]) for i in range(len(ids))]
        log_p = [float(row[v]) for row, v in zip(rows, ids, strict=True)]
        log_q = [float(power.temper(row, request.law.temperature)[v]) for row, v in zip(rows, ids, strict=True)]
        return engine_segment(ids, log_p, log_p if self._is_wrong else log_q, request.law)


@pytest.fixture(scope="module")
def world() -> TableModel:
    return peaked_world()


def settings(**changes: object) -> PowerSettings:
    own = PowerSettings(ALPHA, max_new_tokens=LENGTH, block_size=BLOCK, steps_per_block=STEPS, alternatives=0)
    return replace(own, **changes)


def ends(engine: TestEngine, scope: str) -> list[tuple[int, ...]]:
    """Where RUNS chains end, side by side."""
    runs = (whole_run(PROMPT, engine.eos_ids, settings(chain=chain, scope=scope)) for chain in range(RUNS))
    return [end.state.segment.token_ids for _, end in in_lock_step(engine, runs, RUNS)]


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_a_power_run_on_an_engine_has_the_law_of_the_kernel(world, scope):
    """At most one run in a million would exceed the threshold; an engine with the wrong log q must."""
    law = run_law(world, PROMPT, ALPHA, 1 / ALPHA, LENGTH, BLOCK, STEPS, scope)
    threshold = total_variation_threshold(law.values(), RUNS)
    assert total_variation_of(ends(TestEngine(world), scope), law) <= threshold
    assert total_variation_of(ends(TestEngine(world, is_wrong=True), scope), law) > threshold


def test_temperature_samples_of_an_engine_have_their_law(world):
    asked = TemperatureSettings(0.5, max_new_tokens=LENGTH, num_samples=RUNS)
    prompt = world.decode(PROMPT)
    drawn = [e.segment.token_ids for e in run_temperature(TestEngine(world), prompt, asked) if hasattr(e, "segment")]
    law = temperature_law(world, PROMPT, LENGTH, 0.5)
    assert total_variation_of(drawn, law) <= total_variation_threshold(law.values(), RUNS)


def test_a_run_on_an_engine_says_what_it_does_not_know(world):
    *_, ended = events = list(run_power(TestEngine(world), world.decode(PROMPT), settings()))
    extension = events[1].extension
    assert ended.reason == "completed" and math.isfinite(ended.log_p)
    assert set(extension.entropy) == {None} and set(extension.alternatives) == {()}
    rows = [np.asarray(world.next_logprobs([PROMPT + extension.token_ids[:i]])[0]) for i in range(len(extension))]
    assert extension.log_z == pytest.approx([power.log_z(row, ALPHA) for row in rows], abs=1e-9)


def test_an_engine_is_asked_for_many_texts_at_once(world):
    engine = TestEngine(world)
    runs = (whole_run(PROMPT, engine.eos_ids, settings(chain=chain)) for chain in range(8))
    list(in_lock_step(engine, runs, 8))
    assert len(engine.calls[0]) == 8
    assert len(engine.calls) <= (LENGTH // BLOCK) * (1 + STEPS)


def test_an_engine_refuses_a_temperature_at_which_it_does_not_know_log_z(world):
    with pytest.raises(ValueError, match=r"^proposal_temperature must be 1/alpha = 0.333333 for .* rows, not 1$"):
        list(run_power(TestEngine(world), world.decode(PROMPT), settings(proposal_temperature=1.0)))


def test_what_needs_rows_is_refused_in_one_sentence(world):
    def procedure():
        yield NextRows([PROMPT])

    with pytest.raises(ValueError, match=r"^model must give next-token rows for this"):
        alone(TestEngine(world), procedure())


@given(st.integers(0, 2**32), st.integers(1, 6), st.sampled_from([0.3, 1.0, 2.0]))
def test_rows_answer_the_other_two_requests(seed, most, temperature):
    """A text that is continued and then scored has the same segment; its draws are those of each position."""
    world, law = peaked_world(), Law(1.5, temperature)

    def procedure():
        written = yield Continue(PROMPT, most, world.eos_ids, law, 2, SeededDraws(seed, 0, 0, 0, SAMPLE), 3)
        scored = yield Score(PROMPT, written.token_ids, law, 2)
        return written, scored

    written, scored = alone(world, by_rows(procedure()))
    assert written == scored
    assert len(written) == most or written.token_ids[-1] in world.eos_ids
    draws = SeededDraws(seed, 0, 0, 0, SAMPLE)
    for i, token in enumerate(written.token_ids):
        [row] = world.next_logprobs([PROMPT + written.token_ids[:i]])
        assert draws.token(row.tempered(temperature), 3 + i) == token


def test_a_run_of_an_engine_is_verified_by_its_scores(world):
    trace = Trace(run_power(TestEngine(world), "a", settings()))
    found = trace.verify(TestEngine(world))
    assert found.ok and found.steps == len(trace.steps_taken) and found.tokens > LENGTH
    assert "log_q differs" in trace.verify(TestEngine(world, is_wrong=True)).problems[0]
    samples = Trace(run_temperature(TestEngine(world), "a", TemperatureSettings(0.7, LENGTH, 3)))
    assert samples.verify(TestEngine(world)).ok
    started, block, *rest = trace.events
    lied = replace(block.extension, log_p=(-9.0,) * len(block.extension))
    changed = Trace([started, replace(block, extension=lied), *rest])
    assert "log_p differs" in changed.verify(TestEngine(world)).problems[0]


def test_a_run_of_an_engine_is_saved_as_schema_2(world, tmp_path):
    trace = Trace(run_power(TestEngine(world), "a", settings()))
    trace.save(tmp_path / "run.jsonl")
    opened = Trace.load(tmp_path / "run.jsonl")
    assert opened.events == trace.events and opened.started.schema == 2
    assert opened.tokens()["entropy"].isna().all() and len(opened.steps()) == len(opened.steps_taken)
