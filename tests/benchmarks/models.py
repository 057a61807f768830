"""The models that are measured: the embedded one, and ones of a hundred million parameters with random weights."""

import tempfile
from collections.abc import Callable
from copy import copy

import torch
from tiny_models import byte_level_tokenizer
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, PreTrainedConfig, PreTrainedModel, Qwen2Config

from sampler.classroom.presets import PRESETS
from sampler.models.causal_lm import CausalLM
from sampler.models.threads import settle_threads

SIZES = {
    "vocab_size": 16_000,
    "hidden_size": 768,
    "intermediate_size": 2048,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 1024,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": None,
}
GPT2 = {"vocab_size": 16_000, "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 0}
SHAPES: dict[str, Callable[[], PreTrainedConfig]] = {
    "llama-100m": lambda: LlamaConfig(**SIZES),
    "gpt2-100m": lambda: GPT2Config(**GPT2),
    "qwen2-100m": lambda: Qwen2Config(**SIZES, num_key_value_heads=4),
}
NAMES = ("classroom", *SHAPES)
PROMPT = next(preset.prompt for preset in PRESETS if preset.id == "pairs-1")  # its answers are longer than 64 tokens
ENTROPY = 1.0  # nats a token, about that of a trained model


def open_model(name: str, device: str = "cpu") -> CausalLM:
    """A model on a device, without end tokens: the horizon is fixed, for ours and for the reference.

    Both run with the threads that the page and the command line give the model.

    Room for T = 512 in every model; the embedded one was trained for shorter texts, which changes no cost.
    """
    if name == "classroom":
        model = CausalLM.load(name, device)
    else:
        with tempfile.TemporaryDirectory() as folder:
            save(name, folder)
            model = CausalLM.load(folder, device)
    shared = copy(model._loaded)
    shared.name, shared.eos_ids, shared.max_length = name, (), 1024
    settle_threads(model)
    return CausalLM(shared)


def save(name: str, folder: str) -> None:
    """A model of a shape with random weights, its output layer scaled to the entropy of a trained model."""
    torch.manual_seed(0)
    module = AutoModelForCausalLM.from_config(SHAPES[name]()).eval()
    scale_output(module)
    module.save_pretrained(folder)
    byte_level_tokenizer().save_pretrained(folder)


@torch.inference_mode()
def scale_output(module: PreTrainedModel) -> float:
    """Scale the output layer by bisection until the mean entropy after random texts is ENTROPY; returns the factor."""
    texts = torch.randint(0, module.config.vocab_size, (16, 32), generator=torch.Generator().manual_seed(1))
    logits = module(texts).logits[:, -1].double()
    low, high = 1e-3, 1e5
    while high / low > 1.0001:
        middle = (low * high) ** 0.5
        rows = torch.log_softmax(middle * logits, -1)
        entropy = float(-(rows.exp() * rows).sum(-1).mean())
        low, high = (middle, high) if entropy > ENTROPY else (low, middle)
    module.get_output_embeddings().weight.mul_(low)
    return low
