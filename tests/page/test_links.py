"""What a browser knows about links."""

import copy
import json
from dataclasses import fields

import pytest

from explorer.page.controls import settings_of
from explorer.page.layout import links_json
from explorer.page.library import DEFAULTS, RECORDED_MODEL, Models, recorded
from explorer.page.links import known, space_address
from explorer.page.wire.contract import Run
from sampler.classroom.presets import PRESETS

MODELS = Models(["classroom"])


def test_the_browser_knows_the_defaults_of_every_recorded_run():
    told = json.loads(links_json(MODELS))
    for preset in PRESETS:
        started = recorded(preset.id)[0].started
        assert started.model_name == told["recorded"] == RECORDED_MODEL
        assert started.settings == DEFAULTS
    own = {each["parameter"]: each["default"] for each in told["panel"] if each["setting"]}
    assert own == {"alpha": 4.0, "tau": None, "B": 16, "blocks": 5, "N": 10, "scope": "block", "seed": 0}


def test_the_ranges_that_the_browser_checks_are_the_servers():
    small = {"alpha": 2, "is_infinite": False, "is_tied": False, "temperature": 0.5, "block_size": 1, "blocks": 1}
    small |= {"steps": 0, "scope": "block", "seed": 0}
    for control in json.loads(links_json(MODELS))["panel"]:
        for value in [*(control["range"] or ()), *control["choices"]]:
            settings_of(small | {control["name"]: value})
        if control["range"] and control["step"] == 1:
            for value in (control["range"][0] - 1, control["range"][1] + 1):
                with pytest.raises(ValueError, match="must be a whole number from"):
                    settings_of(small | {control["name"]: value})


def test_a_run_asks_with_the_panels_values_in_their_order():
    panel = json.loads(links_json(MODELS))["panel"]
    assert [each["name"] for each in panel] == [field.name for field in fields(Run)]


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
