"""open_model: whatever names a model opens it, and what names none hears which there are."""

import numpy as np
import pytest
from tiny_models import SHARED, TOLERANCE, byte_level_tokenizer, folder_of, loaded
from transformers import AutoModelForCausalLM, BertConfig, BertLMHeadModel

from sampler.models import registry
from sampler.models.causal_lm import CausalLM
from sampler.models.registry import open_model
from sampler.models.table import WORLDS


@pytest.mark.parametrize("name", WORLDS)
def test_a_tiny_world_by_its_name(name):
    assert open_model(name) is WORLDS[name]


def test_a_folder():
    model = open_model(folder_of("gpt2"), device="cpu")
    assert (model.name, model.revision) == (str(folder_of("gpt2")), loaded("gpt2").revision)


def test_a_network_in_memory_with_its_tokenizer():
    module = AutoModelForCausalLM.from_pretrained(folder_of("llama"))
    model, other = open_model(module, byte_level_tokenizer()), loaded("llama")
    assert (model.eos_ids, model.max_length, model.encode("the")) == (
        other.eos_ids,
        other.max_length,
        other.encode("the"),
    )
    texts = [(1, 2, 3), (4, 5)]
    assert np.allclose(model.next_logprobs(texts), other.next_logprobs(texts), rtol=0, atol=TOLERANCE)
    again = open_model(module, byte_level_tokenizer())
    assert model.revision == again.revision
    module.lm_head.weight.data[0] += 1
    assert model.revision != open_model(module, byte_level_tokenizer()).revision


def test_a_network_that_is_no_model_of_ours_is_refused():
    module = AutoModelForCausalLM.from_pretrained(folder_of("gpt2"))
    with pytest.raises(ValueError, match=r"^tokenizer must be the network's fast tokenizer, not None$"):
        open_model(module)
    two_ways = BertLMHeadModel(BertConfig(**SHARED))
    with pytest.raises(ValueError, match=r"^model must be a causal .*its rows depend on the tokens that they predict$"):
        open_model(two_ways, byte_level_tokenizer())


@pytest.mark.parametrize("source", [None, 7, object])
def test_what_names_no_model_hears_which_there_are(source):
    with pytest.raises(
        ValueError, match=r"^model must be a tiny world: paper-example-1, .* or classroom, .*, not "
    ) as raised:
        open_model(source)
    assert "\n" not in str(raised.value)


def test_a_new_kind_of_model_is_one_file_and_one_line(tmp_path, monkeypatch):
    (tmp_path / "served.py").write_text(
        "from sampler.models.table import flat_world\n"
        "OPENS = 'an address'\n"
        "def opens(source): return str(source).startswith('http')\n"
        "def opened(source, tokenizer, **settings): return flat_world()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "BACKENDS", ("served", *registry.BACKENDS))
    assert open_model("http://here:8000#model").name == "flat-world"
    assert isinstance(open_model(str(folder_of("gpt2"))), CausalLM)
