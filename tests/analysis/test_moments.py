"""The rows that views draw, against the trace they come from."""

import math
from itertools import pairwise, zip_longest

import pytest

from explorer.analysis.moments import History
from sampler.core.records import PowerSettings
from sampler.methods.run import Steering, run_power
from sampler.models.table import flat_world, peaked_world
from sampler.trace.trace import Trace


def trace_of(world=None, steering=None, **settings) -> Trace:
    settings = PowerSettings(**{"max_new_tokens": 12, "block_size": 4, "steps_per_block": 8, "alpha": 2.0} | settings)
    return Trace(run_power(world or flat_world(), "", settings, steering))


SCOPES = pytest.mark.parametrize("scope", ["block", "completion"])


@SCOPES
@pytest.mark.parametrize("seed", range(6))
def test_rows_follow_the_replay(scope, seed):
    trace = trace_of(scope=scope, seed=seed)
    rows = History().extend(trace.events)
    moments = list(trace.replay())
    assert len(rows) == len(moments)
    for row, moment in zip(rows, moments, strict=True):
        assert row["length"] == len(moment.after)
        assert row["total_log_p"] == pytest.approx(math.fsum(moment.after.log_p), abs=1e-12)
        assert all(len(row[name]) == row["length"] for name in ("tokens", "age", "survived", "share", "cuts", "source"))


def test_draws_count_from_one_and_an_extension_stands_midway():
    rows = History().extend(trace_of().events)
    steps = [row for row in rows if row["kind"] == "step"]
    assert [(row["number"], row["x"], row["when"]) for row in steps][:2] == [
        (1, 1, "after draw 1"),
        (2, 2, "after draw 2"),
    ]
    for row, following in pairwise(rows):
        if row["kind"] == "extension":
            assert following["x"] - row["x"] == 0.5 and row["when"] == f"as block {row['block'] + 1} was written"


def test_hovers_count_what_a_step_changed_or_would_have():
    for row, step in zip(*steps_of(trace_of(seed=3)), strict=True):
        old, new = step.revision.replaced.token_ids, step.revision.proposed.token_ids
        differing = sum(a != b for a, b in zip_longest(old, new))
        verb = "changed" if step.is_accepted else "would have changed"
        said = f"{differing} token{'s' * (differing != 1)} {verb}" if differing else "the same tokens drawn again"
        assert row["changed_text"] == said
        assert row["tokens_changed"] == (differing if step.is_accepted else 0)
        assert row["last"] == row["cut"] + len(new) - 1 and row["differs"] == (old != new)


def steps_of(trace: Trace) -> tuple[list, list]:
    rows = [row for row in History().extend(trace.events) if row["kind"] == "step"]
    return rows, trace.steps_taken


@SCOPES
def test_increments_say_which_tokens_and_end_at_log_a(scope):
    for row, step in zip(*steps_of(trace_of(scope=scope, seed=2)), strict=True):
        table = row["increments"]
        assert table["proposed_token"][: len(step.revision.proposed)] == row["written"]["tokens"]
        assert table["is_gain"] == [value >= 0 for value in table["increment"]]
        assert set(table["log_u"]) == {step.revision.log_u}
        assert table["position"] == list(range(row["cut"], row["cut"] + len(table["position"])))


@SCOPES
def test_running_sum_ends_at_log_a(scope):
    for row in History().extend(trace_of(scope=scope, proposal_temperature=1.0).events):
        if row["kind"] == "step":
            assert row["increments"]["running"][-1] == pytest.approx(row["log_accept_ratio"], abs=1e-9)


def test_the_decision_turns_at_its_flip_point():
    for row in History().extend(trace_of(seed=3).events):
        if row["kind"] == "step" and row["flip_alpha"] is not None:
            at = row["flip_alpha"] * row["delta_log_p"] + row["log_proposal_ratio"] + row["log_cut_ratio"]
            assert at == pytest.approx(row["log_u"], abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_age_restarts_exactly_where_a_token_changed(seed):
    rows = History().extend(trace_of(peaked_world(), scope="completion", seed=seed).events)
    for before, after in pairwise(rows):
        for i, age in enumerate(after["age"]):
            stays = i < before["length"] and age == before["age"][i] + 1
            assert stays or age == 0
            if i < before["length"] and after["tokens"][: i + 1] == before["tokens"][: i + 1]:
                assert stays


def test_alternatives_carry_the_proposals_own_probabilities():
    for row in History().extend(trace_of(flat_world()).events):
        for i, top in enumerate(row["written"]["top"]):
            assert math.fsum(math.exp(log_q) for _, _, log_q in top) == pytest.approx(1, abs=1e-9)
            drawn = next(entry for entry in top if entry[0] == row["written"]["tokens"][i])
            assert drawn[2] == pytest.approx(row["written"]["log_q"][i], abs=1e-9)


def test_alternatives_follow_a_moved_dial():
    steering = Steering(2.0, None)
    events = []
    settings = PowerSettings(max_new_tokens=12, block_size=4, steps_per_block=8, alpha=2.0)
    for event in run_power(flat_world(), "", settings, steering):
        events.append(event)
        steering.alpha, steering.proposal_temperature = 4.0, 0.7
    for row in History().extend(events)[2:]:
        for top in row["written"]["top"]:
            assert math.fsum(math.exp(log_q) for _, _, log_q in top) == pytest.approx(1, abs=1e-9)


def test_cut_counts_add_up():
    trace = trace_of(seed=2, scope="completion")
    row = History().extend(trace.events)[-1]
    inside = [step for step in trace.steps_taken if step.revision.cut < row["length"]]
    assert sum(row["cuts"]) == len(inside)
    assert sum(row["changed_cuts"]) == sum(step.is_changed for step in inside)
    assert sum(row["rejected_cuts"]) == sum(not step.is_accepted for step in inside)


def test_infinite_alpha_has_no_increments():
    rows = History().extend(trace_of(alpha=math.inf, proposal_temperature=1.0).events)
    assert all(row["increments"]["position"] == [] for row in rows if row["kind"] == "step")


def test_sentences_read_well():
    rows = History().extend(trace_of(seed=1).events)
    assert rows[0]["sentence"].startswith("Block 1: ")
    assert all(row["sentence"].startswith("Step ") for row in rows if row["kind"] == "step")
    assert not any("1 tokens" in row["sentence"] for row in rows)
