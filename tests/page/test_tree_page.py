"""The Tree page's Python side: worlds, their values, whole runs, the dial, the self-test's rows."""

import json
import math
from dataclasses import replace

import pytest
from asking import asked_of

from explorer.page.layout import tree_json
from explorer.page.library import Models
from explorer.page.tree.answers import dial_rows, planted_tree
from explorer.page.tree.whole_runs import KERNELS, MOST_EXACT, RIGHT, Batch
from explorer.page.tree.worlds import WORLDS, own_fields, planted
from explorer.page.wire.contract import Chains
from sampler.core.records import PowerSettings
from sampler.exact.enumeration import power_target, total_variation
from sampler.exact.wrong_kernels import WRONG_KERNELS
from sampler.methods.chain import whole_run
from sampler.models.lock_step import alone
from sampler.models.table import flat_world

MODELS = Models(["classroom"])
RUNS = {
    "world": {"world": "endings"}, "alpha": 2.0, "temperature": None, "block_size": 3, "steps": 20, "scope": "block",
    "kernel": RIGHT, "runs": 40, "seed": 0,
}  # fmt: skip


def defaults(world) -> dict:
    return {"world": world.id, **{each.name: each.value for each in world.fields}}


def of(**changes) -> Batch:
    """Runs that differ from RUNS by some settings."""
    return Batch(Chains(**RUNS | changes), MODELS)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.id)
def test_every_world_opens_with_what_it_offers(world):
    packet = planted_tree(defaults(world), 4, MODELS)
    tree = packet["tree"]
    assert len(tree["parents"]) == len(tree["log_p"]) == len(tree["rest_log_p"]) > 2
    assert set(map(str, tree["tokens"][1:])) == set(tree["pieces"])
    assert packet["world"] == own_fields(defaults(world))
    json.dumps(packet, allow_nan=False)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "world must be one of paper, pivot, blocks, endings, network, own, not None"),
        ({"world": "../etc"}, "world must be one of"),
        ({"world": "pivot", "eps": 0.7, "eps_prime": 0.4, "futures": 4}, "eps"),
        ({"world": "pivot", "eps": math.nan, "eps_prime": 0.4, "futures": 4}, "eps must be a number from 0.01 to 0.98"),
        ({"world": "pivot", "eps": 0.3, "eps_prime": 0.4, "futures": 9}, "futures must be a whole number from 1 to 8"),
        ({"world": "pivot", "eps": "1", "eps_prime": 0.4, "futures": 4}, "eps must be a number"),
        ({"world": "network", "model": "classroom", "prompt": ""}, "prompt must be 1 to 10000 characters long, not 0"),
        ({"world": "network", "model": "classroom", "prompt": "a" * 10_001}, "prompt must be 1 to 10000"),
        ({"world": "network", "model": "classroom", "prompt": "ball " * 900}, "prompt must be at most"),
        ({"world": "network", "model": "/etc/passwd", "prompt": "a"}, "model must be one of classroom"),
        ({"world": "own", "text": None}, "tree must be"),
        ({"world": "own", "text": "prefix,token,probability\n,a,0.5\n"}, "probabilities"),
    ],
)
def test_bad_values_are_one_sentence(values, sentence):
    with pytest.raises(ValueError) as error:
        planted(values, MODELS)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("alpha", [0, 0.5, math.nan, None, "4"])
def test_bad_alphas_are_named(alpha):
    for answer in (planted_tree, dial_rows):
        with pytest.raises(ValueError, match="alpha must be a number from 1 to inf"):
            answer({"world": "paper"}, alpha, MODELS)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kernel": "mine"}, "kernel must be one of right, official-end-rules"),
        ({"runs": 2001}, "runs must be a whole number from 1 to 2000, not 2001"),
        ({"runs": True}, "runs must be"),
        ({"steps": 101}, "steps per block must be a whole number from 0 to 100, not 101"),
        ({"block_size": 4}, "block_size must be a whole number from 1 to 3, not 4"),
        ({"scope": "all"}, "scope must be 'block' or 'completion'"),
        ({"alpha": 0}, "alpha must be"),
        ({"seed": -1}, "seed must be"),
        ({"temperature": 0}, "proposal_temperature must be"),
    ],
)
def test_bad_runs_are_one_sentence(changes, sentence):
    with pytest.raises(ValueError) as error:
        of(**changes)
    assert str(error.value).startswith(sentence)


def whole(batch: Batch) -> Batch:
    while not batch.is_over:
        batch.advance()
    return batch


def test_runs_are_those_of_the_sampler():
    batch = whole(of())
    model = flat_world()
    settings = PowerSettings(2.0, None, 3, 3, 20, "block", 0, alternatives=0)
    runs = (whole_run(model.encode("b"), model.eos_ids, replace(settings, chain=chain)) for chain in range(40))
    ends = [alone(model, run) for run in runs]
    assert sum(batch.counts.values()) == 40
    assert set(batch.counts.elements()) == {end.state.segment.token_ids for end in ends}
    assert batch.exact.target == power_target(model, model.encode("b"), 3, 2.0)


@pytest.mark.parametrize("name", WRONG_KERNELS)
def test_the_exact_bias_of_every_wrong_kernel_shows(name):
    batch = of(kernel=name, temperature=1, steps=60)
    assert batch.exact.bias["own_limit"] > 0.03
    assert batch.exact.bias["right_limit"] < 1e-9
    assert batch.exact.bias["own"] == total_variation(batch.exact.law, batch.exact.target)
    assert "right kernel" in whole(batch).finding()


def test_the_right_kernel_is_the_shipped_one():
    from sampler.core import kernel

    assert KERNELS[RIGHT][2] is kernel.revise


def test_a_world_too_large_has_no_dial_and_says_so():
    lines = [f",t{i},{1 / (MOST_EXACT + 1)!r}" for i in range(MOST_EXACT + 1)]
    values = {"world": "own", "text": "\n".join(["prefix,token,probability", *lines]), "normalise": True}
    assert f"at most {MOST_EXACT} completions" in dial_rows(values, 2, MODELS)["sentence"]


def test_the_dials_ends_are_temperature_and_power():
    found = dial_rows({"world": "blocks"}, 4, MODELS)["rows"]
    rows = [row for row in found if row["scope"] == "block" and row["steps"] == 40]
    assert rows[0]["to_temperature"] < 1e-12 < 0.5 < rows[0]["to_power"]
    assert rows[-1]["block_size"] == 4 and rows[-1]["to_power"] < 0.05


def test_runs_are_answered_until_all_have_ended():
    *counts, end = asked_of(MODELS, Chains(**RUNS))
    assert counts[-1]["answer"]["sampled"]["n"] == 40 and end["end"] == "done"


def test_cancelled_runs_keep_what_has_ended():
    many = Chains(**RUNS | {"world": {"world": "blocks"}, "block_size": 1, "runs": 2000, "steps": 100})
    *counts, end = asked_of(MODELS, many, between=lambda tab, number: number == 1 and tab.cancel())
    assert end["end"] == "gone" and 0 < counts[-1]["answer"]["sampled"]["n"] < 2000


def test_a_bad_setting_is_refused_and_nothing_runs():
    [end] = asked_of(MODELS, Chains(**RUNS | {"runs": 0}))
    assert end["sentence"] == "Runs must be a whole number from 1 to 2000, not 0."


def test_what_the_page_opens_on():
    opening = json.loads(tree_json(MODELS))
    assert [world["id"] for world in opening["worlds"]] == [world.id for world in WORLDS]
    assert [kernel["id"] for kernel in opening["kernels"]] == list(KERNELS)
    assert opening["packet"]["world"] == {"world": "paper"}
    assert set(opening["views"]["figures"]) == {"completions", "by_block", "by_steps_of_dial"}
