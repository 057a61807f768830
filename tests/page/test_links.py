"""What a browser is told about links, and what a server makes of the wish that a link names."""

import copy
import json
import math

import pytest

from explorer.page.layout import links_json
from explorer.page.library import DEFAULTS, RECORDED_MODEL, Models, recorded
from explorer.page.links import answer, asked_for, known, space_address
from sampler.classroom.presets import PRESETS
from sampler.core.records import PowerSettings

MODELS = Models(["classroom"])
WISH = {"model": "classroom", "prompt": "Add it.", "alpha": 4, "tau": None, "B": 16, "blocks": 5, "N": 10}
WISH |= {"scope": "block", "seed": 0}


def test_the_browser_knows_the_defaults_of_every_recorded_run():
    told = json.loads(links_json(MODELS))
    for preset in PRESETS:
        started = recorded(preset.id)[0].started
        assert started.model_name == told["recorded"] == RECORDED_MODEL
        assert asked_for(WISH | told["defaults"] | {"prompt": preset.prompt}, MODELS)[2] == started.settings == DEFAULTS


@pytest.mark.parametrize("name", ["alpha", "tau", "B", "blocks", "N", "seed"])
def test_the_ranges_that_the_browser_checks_are_the_servers(name):
    small = WISH | {"blocks": 1, "B": 1, "N": 0, "alpha": 2, "tau": 0.5}
    low, high = json.loads(links_json(MODELS))["ranges"][name]
    for value in (low, high):
        asked_for(small | {name: value}, MODELS)


def test_a_wish_becomes_settings():
    assert asked_for(WISH, MODELS) == ("classroom", "Add it.", DEFAULTS)
    other = WISH | {"alpha": "inf", "tau": 0.5, "B": 8, "blocks": 2, "N": 3, "scope": "completion", "seed": 7}
    expected = PowerSettings(math.inf, 0.5, 16, 8, 3, "completion", 7)
    assert asked_for(other, MODELS)[2] == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "gpt"}, "model must be one of classroom, classroom-tuned, not 'gpt'"),
        ({"model": ["classroom"]}, "model must be one of"),
        ({"prompt": ""}, "prompt must be 1 to 10000 characters long"),
        ({"prompt": "x" * 10_001}, "prompt must be 1 to 10000 characters long, not 10001"),
        ({"prompt": {"a": 1}}, "prompt must be 1 to 10000 characters long"),
        ({"alpha": "inf"}, "proposal_temperature must be given when alpha is inf"),
        ({"alpha": None}, "alpha must be a number from 1 to inf, not None"),
        ({"alpha": "4"}, "alpha must be a number from 1 to inf, not '4'"),
        ({"tau": -1}, "proposal_temperature must be a number above 0"),
        ({"B": 0}, "block size must be a whole number from 1 to 64"),
        ({"blocks": 17}, "blocks must be a whole number from 1 to 16"),
        ({"N": 1e9}, "steps per block must be a whole number from 0 to 100"),
        ({"N": 100, "blocks": 16, "scope": "completion"}, "steps per block must be at most 12 for 16 blocks"),
        ({"scope": ["block"]}, "scope must be 'block' or 'completion'"),
        ({"seed": -1}, "seed must be a whole number from 0 to"),
        ({"seed": None}, "seed must be a whole number from 0 to"),
    ],
)
def test_a_bad_wish_is_one_sentence(changes, words):
    with pytest.raises(ValueError) as error:
        asked_for(WISH | changes, MODELS)
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)


def test_an_answer_names_its_ask_and_nothing_else_of_it():
    assert json.loads(answer({"number": 7})) == {"answers": 7}
    for number in (True, "7", [7], {"a": 7}, None):
        assert json.loads(answer({"number": number})) == {"answers": 0}
    assert json.loads(answer({"number": 1}, ValueError("seed must be 1"))) == {
        "answers": 1,
        "sentence": "Seed must be 1.",
    }


@pytest.mark.parametrize(
    ("space_id", "address"),
    [
        ("ann/power-sampling", "https://huggingface.co/spaces/ann/power-sampling"),
        ("", ""),
        ("ann", ""),
        ("ann/x?y", ""),
        ("javascript:alert(1)//x", ""),
        ("a/b/c", ""),
    ],
)
def test_in_a_space_links_lead_to_its_public_page(space_id, address, monkeypatch):
    assert space_address(space_id) == address
    monkeypatch.setenv("SPACE_ID", space_id)
    assert known(MODELS)["address"] == address


def test_what_the_browser_is_told_is_plain_data():
    told = known(MODELS)
    assert json.loads(links_json(MODELS))["worlds"] == json.loads(json.dumps(copy.deepcopy(told["worlds"])))
    assert [each["id"] for each in told["presets"]] == [preset.id for preset in PRESETS]
