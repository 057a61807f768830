"""Packed layers change what a pass costs, never what it says; verification goes past them."""

import numpy as np
import pytest
import torch
from tiny_models import ALIGNED, TOLERANCE, folder_of, largest_error, save_model, wandering_calls
from transformers import AutoModelForCausalLM

from sampler.models import packing
from sampler.models.causal_lm import CausalLM
from sampler.models.packing import with_packed_layers


@pytest.fixture
def no_cache(monkeypatch):
    """Every layer is large."""
    monkeypatch.setattr(packing, "IN_CACHE", 0)


def packed_layers(module) -> int:
    return sum("forward" in vars(layer) for layer in module.modules())


@pytest.mark.usefixtures("no_cache")
@pytest.mark.parametrize("kind", ALIGNED)
def test_rows_equal_plain_forwards(kind):
    model = CausalLM.load(folder_of(kind), "cpu")
    assert model._loaded.lean or packed_layers(model._loaded.quick) > 4
    assert largest_error(model, kind, wandering_calls(seed=6, count=40)) < TOLERANCE


@pytest.mark.usefixtures("no_cache")
def test_verification_goes_past_them(tmp_path):
    model = CausalLM.load(save_model(tmp_path, "gpt2"), "cpu")
    text, row = (1, 2, 3), model.next_logprobs([(1, 2, 3)])[0]
    for layer in model._loaded.quick.modules():
        if "forward" in vars(layer):
            layer.forward = lambda x, own=layer.forward: 2 * own(x)
    assert np.array_equal(model.logprobs(text, 3)[0], CausalLM.load(tmp_path, "cpu").logprobs(text, 3)[0])
    assert np.abs(np.subtract(model.fresh().next_logprobs([text])[0], row)).max() > 0.01


@pytest.mark.usefixtures("no_cache")
def test_all_else_is_shared():
    module = AutoModelForCausalLM.from_pretrained(folder_of("gpt2"))
    quick = with_packed_layers(module)
    assert quick is not module
    assert packed_layers(module) == 0
    pairs = zip(module.state_dict().values(), quick.state_dict().values(), strict=True)
    assert all(own.data_ptr() == other.data_ptr() for own, other in pairs)


def test_what_is_left_alone(monkeypatch):
    module = AutoModelForCausalLM.from_pretrained(folder_of("gpt2"))
    assert packed_layers(with_packed_layers(module)) == 0  # a cache holds them
    monkeypatch.setattr(packing, "IN_CACHE", 0)
    monkeypatch.setattr(packing, "HAS_ONEDNN", False)
    assert packed_layers(with_packed_layers(module)) == 0
    monkeypatch.setattr(packing, "HAS_ONEDNN", True)
    assert packed_layers(with_packed_layers(module)) > 0
    monkeypatch.setattr(packing, "LARGEST", 100)
    assert with_packed_layers(module) is module
    monkeypatch.undo()
    monkeypatch.setattr(packing, "IN_CACHE", 0)
    half = AutoModelForCausalLM.from_pretrained(folder_of("gpt2"), dtype=torch.bfloat16)
    assert with_packed_layers(half) is half
