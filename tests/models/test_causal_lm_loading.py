"""CausalLM.load: what it reads from a folder or the hub, and what it says when it cannot."""

import json
import shutil
import socket
import sys

import huggingface_hub
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import MAX_LENGTH, SHARED, VOCAB_SIZE, folder_of, loaded, metaspace_tokenizer, save_model
from transformers import BertConfig, BertLMHeadModel

from sampler.models import loading
from sampler.models.causal_lm import CausalLM

TEXT = (*range(1, 21), *range(40, 52))
ALLOWED = (
    "^model must be classroom, classroom-tuned, a folder or a Hugging Face id, holding a causal language model .*{}"
)


def change_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(folder_of("gpt2"), tmp_path / "model")


def test_what_a_model_says_of_itself():
    llama = loaded("llama")
    assert llama.name == str(folder_of("llama"))
    assert (llama.vocab_size, llama.eos_ids, llama.max_length) == (VOCAB_SIZE, (0,), MAX_LENGTH)
    assert llama.decode(llama.encode("the 🙂")) == "the 🙂"
    assert llama.piece(VOCAB_SIZE - 1) == "<299>"


def test_bfloat16(folder):
    half, full = CausalLM.load(folder, dtype="bfloat16"), loaded("gpt2").fresh()
    assert half._loaded.module.dtype == torch.bfloat16
    assert half.revision != full.revision  # its rows are others
    rows = np.array(half.next_logprobs([TEXT, TEXT[:7]]))
    assert rows.dtype == np.float64 and np.allclose(np.exp(rows).sum(axis=1), 1, rtol=0, atol=1e-12)
    assert 0 < abs(rows - np.array(full.next_logprobs([TEXT, TEXT[:7]]))).max() < 1  # nats: bfloat16 has 3 digits


def test_the_revision_of_a_folder_is_that_of_its_weights(folder, tmp_path):
    first = CausalLM.load(folder).revision
    assert CausalLM.load(shutil.copytree(folder, tmp_path / "copy")).revision == first == loaded("gpt2").revision
    weights = load_file(folder / "model.safetensors")
    weights["transformer.wpe.weight"][0, 0] += 1
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert len({first, CausalLM.load(folder).revision}) == 2


def test_the_classroom_does_not_depend_on_the_working_folder(folder, tmp_path, monkeypatch):
    assert loading.SHIPPED.parts[-2:] == ("assets", "models") and loading.SHIPPED.is_absolute()
    monkeypatch.setattr(loading, "SHIPPED", shutil.copytree(folder, tmp_path / "models" / "classroom").parent)
    monkeypatch.chdir(tmp_path)
    assert CausalLM.load("classroom").name == "classroom"


@pytest.mark.parametrize(("stated", "eos_ids"), [(7, (7,)), ([7, 9], (7, 9)), (None, (0,)), (50256, (0,))])
def test_end_tokens(folder, stated, eos_ids):
    (folder / "generation_config.json").unlink()
    change_config(folder, eos_token_id=stated)
    assert CausalLM.load(folder).eos_ids == eos_ids


def test_the_shortest_limit_counts(folder):
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_max_length": 32}))
    assert CausalLM.load(folder).max_length == 32


def test_no_text_is_so_long_that_its_length_would_change_every_row(folder):
    rope = {"rope_type": "longrope", "rope_theta": 1e4, "original_max_position_embeddings": 16}
    factors = {"short_factor": [1.0] * 4, "long_factor": [2.0] * 4}
    assert CausalLM.load(save_model(folder, "llama", rope_parameters=rope | factors)).max_length == 16


def test_a_start_token_is_put_where_the_tokenizer_puts_it(folder):
    metaspace_tokenizer().save_pretrained(folder)
    model = CausalLM.load(folder)
    assert [model.piece(token) for token in model.encode("abc a")] == ["<s>", " abc", " a"]


def test_truncation_saved_with_a_tokenizer_is_not_applied(folder):
    path = folder / "tokenizer.json"
    truncation = {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"truncation": truncation}))
    assert len(CausalLM.load(folder).encode("a" * 9)) == 9


def test_text_that_is_no_unicode_is_refused():
    with pytest.raises(ValueError, match="without lone surrogates"):
        loaded("llama").encode("\ud83d")


def test_text_without_any_token_is_refused():
    with pytest.raises(ValueError, match="at least one token"):
        loaded("llama").encode("")


@pytest.fixture(params=["told to stay offline", "a dead line"])
def hub(tmp_path, monkeypatch, request):
    """An empty hub cache, and no network; who is not told so asks the hub once, and never again."""
    asked = []

    def ask(*_, **__):
        asked.append(1)
        raise ConnectionError("a dead line")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", request.param == "told to stay offline")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)  # as in our programs
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.utils._detect_agent, "_registry", None)  # as in a new process
    monkeypatch.setattr(socket, "getaddrinfo", ask)
    monkeypatch.setattr(socket.socket, "connect", ask)
    yield tmp_path / "hub"
    assert len(asked) <= (request.param == "a dead line")


def test_the_revision_of_a_hub_model_is_its_commit(hub):
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = hub / "models--someone--tiny"
    shutil.copytree(folder_of("gpt2"), repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    model = CausalLM.load("someone/tiny")
    assert (model.name, model.revision) == ("someone/tiny", commit)


@pytest.mark.parametrize("name", ["someone/tiny", "gpt2", "/no/such/folder", "not a name", "", "../.."])
def test_a_model_that_cannot_be_reached(hub, name):
    with pytest.raises(ValueError, match=ALLOWED.format(f"{name!r} could not be loaded: ")):
        CausalLM.load(name)


def without_weights(folder):
    (folder / "model.safetensors").unlink()


def with_pickled_weights(folder):
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    without_weights(folder)


def with_weights_missing(folder):
    weights = load_file(folder / "model.safetensors")
    del weights["transformer.h.1.ln_1.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def with_broken_weights(folder):
    (folder / "model.safetensors").write_bytes(b"nothing")


def without_tokenizer(folder):
    for path in folder.glob("tokenizer*"):
        path.unlink()


def without_config(folder):
    (folder / "config.json").unlink()


def of_unknown_kind(folder):
    change_config(folder, model_type="unheard-of")


def with_code_of_its_own(folder):
    change_config(folder, model_type="own", auto_map={"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.OwnModel"})
    (folder / "own.py").write_text("import sys\nsys.modules['code_was_run'] = sys\n")


def that_reads_ahead(folder):
    BertLMHeadModel(BertConfig(**SHARED)).save_pretrained(folder)


FAULTS = [
    (without_weights, "no file named model.safetensors"),
    (with_pickled_weights, "no file named model.safetensors"),
    (with_weights_missing, "no weights for transformer.h.1.ln_1.weight"),
    (with_broken_weights, ""),
    (without_tokenizer, "it has no fast tokenizer"),
    (without_config, ""),
    (of_unknown_kind, "unheard-of"),
    (with_code_of_its_own, ""),
    (that_reads_ahead, "its rows depend on the tokens that they predict"),
]


@pytest.mark.parametrize(("fault", "words"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
def test_a_faulty_folder(hub, folder, fault, words):
    fault(folder)
    with pytest.raises(ValueError, match=ALLOWED.format(words)) as raised:
        CausalLM.load(str(folder))
    assert "\n" not in str(raised.value) and str(folder) in str(raised.value)
    assert "code_was_run" not in sys.modules


def test_a_name_that_is_none_hears_of_the_tiny_worlds_too(hub):
    with pytest.raises(ValueError, match=r"or a tiny world: paper-example-1, .*; 'flat' could not be loaded: "):
        CausalLM.load("flat")


def test_unknown_choices_are_refused(folder):
    with pytest.raises(ValueError, match="dtype must be one of float32, bfloat16, not 'int8'"):
        CausalLM.load(folder, dtype="int8")
    with pytest.raises(ValueError, match=r"device must be auto, cpu or .* cuda, not 'tpu'"):
        CausalLM.load(folder, device="tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a cuda device")
def test_cuda_is_refused_where_there_is_none(folder):
    with pytest.raises(ValueError, match="not 'cuda'"):
        CausalLM.load(folder, device="cuda")
