"""A trace as pandas frames and in a notebook: the numbers are those of its events, and the texts follow from them."""

import math
import re

import pytest

from sampler.core.records import PowerSettings, TemperatureSettings
from sampler.methods.run import run_power
from sampler.methods.temperature import run_temperature
from sampler.models.table import endless_world, flat_world, peaked_world
from sampler.trace.trace import Trace

SETTINGS = PowerSettings(2.0, 0.9, max_new_tokens=12, block_size=4, steps_per_block=12, seed=3, chain=5)
WORLDS = {"flat": flat_world, "peaked": peaked_world, "endless": endless_world}


@pytest.fixture(params=WORLDS.values(), ids=WORLDS)
def trace(request):
    return Trace(run_power(request.param(), "b", SETTINGS))


def samples_trace() -> Trace:
    return Trace(run_temperature(flat_world(), "b", TemperatureSettings(0.7, 3, num_samples=4)))


def test_frames_start_with_chain_and_draw(trace):
    for frame in (trace.steps(), trace.tokens(), trace.samples()):
        assert list(frame.columns[:2]) == ["chain", "draw"] and set(frame["chain"]) == {5}
        assert not any(isinstance(value, list | dict | tuple) for value in frame.iloc[0])


def test_steps_hold_the_terms_and_verdicts_of_the_events(trace):
    frame = trace.steps()
    assert frame["draw"].tolist() == [step.draw for step in trace.steps_taken]
    assert frame["is_accepted"].mean() == trace.acceptance_rate
    assert (frame["log_u"] < frame["log_accept_ratio"]).equals(frame["is_accepted"])
    total = frame["log_target_ratio"] + frame["log_proposal_ratio"] + frame["log_cut_ratio"]
    assert total.to_numpy() == pytest.approx(frame["log_accept_ratio"].to_numpy())
    assert frame["accept_prob"].tolist() == [math.exp(min(0, value)) for value in frame["log_accept_ratio"]]
    after = [moment.after for moment in trace.replay() if hasattr(moment.event, "step")]
    assert frame["log_p"].tolist() == [math.fsum(text.log_p) for text in after]
    assert frame["tokens_proposed"].tolist() == [len(step.revision.proposed) for step in trace.steps_taken]
    assert frame["tokens_replaced"].tolist() == [len(step.revision.replaced) for step in trace.steps_taken]
    assert frame["log_p"].iloc[-1] == trace.ended.log_p and frame["length"].iloc[-1] == len(trace.ended.token_ids)
    assert frame["tokens_fed"].sum() <= trace.ended.totals.tokens_fed
    assert ((frame["tokens_changed"] > 0) == [step.is_changed for step in trace.steps_taken]).all()


def test_tokens_are_those_of_the_completion_and_name_the_step_that_wrote_them(trace):
    frame = trace.tokens()
    assert tuple(frame["token_id"]) == trace.ended.token_ids
    assert math.fsum(frame["log_p"]) == trace.ended.log_p
    for position, draw in zip(frame["position"], frame["draw"], strict=True):
        cuts = [step.draw for step in trace.steps_taken if step.is_accepted and step.revision.cut <= position]
        block = position // SETTINGS.block_size
        later = [draw for draw in cuts if trace.steps_taken[draw].block >= block]
        assert draw == max(later, default=-1)


def test_a_token_that_no_step_wrote_has_draw_minus_1():
    trace = Trace(run_power(flat_world(), "b", PowerSettings(max_new_tokens=4, block_size=2, steps_per_block=0)))
    assert set(trace.tokens()["draw"]) == {-1}


def test_samples_are_the_texts_after_each_step(trace):
    frame = trace.samples()
    texts = [moment.after for moment in trace.replay() if hasattr(moment.event, "step")]
    pieces = trace.pieces()
    assert frame["text"].tolist() == ["".join(pieces[v] for v in text.token_ids) for text in texts]
    assert frame["log_p"].tolist() == [math.fsum(text.log_p) for text in texts]


def test_independent_samples_have_frames_too():
    trace = samples_trace()
    assert len(trace.steps()) == 0 and math.isnan(trace.acceptance_rate)
    assert trace.samples()["draw"].tolist() == [0, 1, 2, 3] and trace.samples()["chain"].eq(0).all()
    assert trace.tokens().groupby("draw").size().tolist() == trace.samples()["length"].tolist()
    first = next(drawn for drawn in trace.samples_drawn if drawn.sample == 0)
    ids = first.segment.token_ids[:-1] if first.finished else first.segment.token_ids
    assert trace.text == flat_world().decode(ids)


def test_an_unfinished_run_has_the_text_of_its_last_event(trace):
    cut = Trace(trace.events[:-1])
    assert cut.ended is None and cut.text.startswith(trace.text)


def test_a_trace_is_short_in_a_console_and_drawn_in_a_notebook(trace):
    assert len(repr(trace)) < 160 and f"{trace.acceptance_rate:.0%} accepted" in repr(trace)
    assert all(len(repr(event)) < 700 for event in trace.events)
    html = trace._repr_html_()
    assert html.count("<span") == sum(hasattr(event, "extension") for event in trace.events)
    assert "".join(re.findall(r"<span[^>]*>([^<]*)</span>", html)).removesuffix("$") == trace.text
    assert repr(Trace()) == "Trace()" and Trace()._repr_html_() == "Trace()"
    assert samples_trace()._repr_html_().count("<span") == 4


def test_a_foreign_text_is_no_markup_in_a_notebook():
    trace = Trace(run_power(flat_world(), "b", SETTINGS))
    pieces = {token: "<script>" for token in trace.pieces()}
    trace.events[0] = type(trace.started)(
        **{name: getattr(trace.started, name) for name in trace.started.__slots__} | {"pieces": pieces}
    )
    assert "<script>" not in trace._repr_html_()


def test_a_trace_verifies_itself(trace):
    world = next(make() for make in WORLDS.values() if make().name == trace.started.model_name)
    assert trace.verify(world).ok
