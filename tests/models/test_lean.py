"""The written-out pass is the module's own: every answer through it is held to plain transformers elsewhere, too."""

import numpy as np
import pytest
import torch
from tiny_models import CONFIGS, folder_of, loaded, save_model
from transformers import AutoModelForCausalLM

from sampler.models import lean as module_under_test
from sampler.models.causal_lm import CausalLM
from sampler.models.lean import lean


@pytest.mark.parametrize("kind", CONFIGS)
def test_which_models_have_one(kind):
    assert (loaded(kind)._loaded.lean is not None) == (kind in ("llama", "qwen2"))


def test_the_embedded_model_has_one():
    assert CausalLM.load("classroom", "cpu")._loaded.lean is not None


@pytest.mark.parametrize(
    "change", [{"rms_norm_eps": 1e-2}, {"rope_parameters": {"rope_theta": 50.0, "rope_type": "default"}}]
)
def test_what_a_configuration_says_is_heard(tmp_path, change):
    model = CausalLM.load(save_model(tmp_path, "llama", **change), "cpu")
    text = tuple(range(1, 31))
    assert model._loaded.lean is not None
    assert abs(np.array(model.next_logprobs([text])) - model.logprobs(text, 30)).max() < 5e-5


def test_a_network_that_differs_is_left_alone(monkeypatch):
    """Whatever the reason: both are asked, and only equals are taken for each other."""
    module = AutoModelForCausalLM.from_pretrained(folder_of("llama"))
    assert lean(module) is not None
    monkeypatch.setattr(module_under_test.Layer, "transformed", lambda layer, x: 0 * x)
    assert lean(module) is None


def test_bfloat16_keeps_its_own_pass():
    assert lean(AutoModelForCausalLM.from_pretrained(folder_of("llama"), dtype=torch.bfloat16)) is None


def test_verification_does_not_go_through_it(monkeypatch):
    model = loaded("llama").fresh()
    monkeypatch.setattr(module_under_test.Lean, "__call__", None)
    model.logprobs((1, 2, 3), 1)
    with pytest.raises(TypeError):
        model.next_logprobs([(1, 2, 3)])
