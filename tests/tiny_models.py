"""Tiny models with random weights, built from configurations and saved to disk as the hub would hand them out."""

import atexit
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    Gemma2Config,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    PhiConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from sampler.models.causal_lm import CausalLM

VOCAB_SIZE = 300  # a few more than the tokenizer knows, as in real models
MAX_LENGTH = 64
END = "<|end|>"
TOLERANCE = 5e-5  # nats; float32 passes in another order were seen to differ by up to 8e-6 on these models

SHARED = {
    "vocab_size": VOCAB_SIZE,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": MAX_LENGTH,
    "initializer_range": 0.3,  # rows far from uniform, so that a wrong cache shows
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": None,
}
GROUPED = {**SHARED, "num_key_value_heads": 2}
GPT2_SIZES = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": MAX_LENGTH}
GPT2_SHARED = {name: SHARED[name] for name in ("vocab_size", "initializer_range", "bos_token_id", "eos_token_id")}

CONFIGS: dict[str, Callable[[], PreTrainedConfig]] = {
    "gpt2": lambda: GPT2Config(**GPT2_SIZES, **GPT2_SHARED),
    "llama": lambda: LlamaConfig(**GROUPED),
    "qwen2": lambda: Qwen2Config(**GROUPED),
    "phi": lambda: PhiConfig(**SHARED),
    "gemma": lambda: GemmaConfig(**GROUPED, head_dim=8),
    "sliding-mistral": lambda: MistralConfig(**GROUPED, sliding_window=8),
    "sliding-gemma2": lambda: Gemma2Config(**GROUPED, head_dim=8, sliding_window=8),
    "bloom": lambda: BloomConfig(hidden_size=32, n_layer=2, n_head=4, **GPT2_SHARED),  # takes no position ids
    "mamba": lambda: MambaConfig(
        state_size=4, **{n: SHARED[n] for n in ("vocab_size", "hidden_size")}, num_hidden_layers=2
    ),
}
ALIGNED = ("gpt2", "llama", "qwen2", "phi", "gemma", "sliding-mistral", "sliding-gemma2")
WHOLE = ("bloom", "mamba")


def save_model(folder: Path, kind: str, seed: int = 0, **changes: object) -> Path:
    """A tiny model of a kind in CONFIGS with random weights, and its tokenizer, in `folder`."""
    torch.manual_seed(seed)
    config = CONFIGS[kind]()
    for name, value in changes.items():
        setattr(config, name, value)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    byte_level_tokenizer().save_pretrained(folder)
    return folder


SAVED = Path(tempfile.mkdtemp(prefix="tiny-models-"))
atexit.register(shutil.rmtree, SAVED)


@cache
def folder_of(kind: str) -> Path:
    """A saved model of each kind, made once."""
    return save_model(SAVED / kind, kind)


@cache
def loaded(kind: str) -> CausalLM:
    """The model of `folder_of`, loaded once; tests take `fresh` ones."""
    return CausalLM.load(str(folder_of(kind)), device="cpu")


@cache
def _module(kind: str) -> torch.nn.Module:
    return AutoModelForCausalLM.from_pretrained(folder_of(kind)).eval()


@cache
def plain_row(kind: str, context: tuple[int, ...]) -> np.ndarray:
    """The row [V] after one context by transformers alone: no batch, no padding, no cache."""
    with torch.no_grad():
        logits = _module(kind)(torch.tensor([context]), use_cache=False).logits[0, -1].double()
    return (logits - logits.logsumexp(0)).numpy()


def largest_error(model: CausalLM, kind: str, calls: Sequence[Sequence[tuple[int, ...]]]) -> float:
    """The largest difference, in nats, between the rows that a series of calls gives and plain ones."""
    return max(
        float(abs(np.array(model.next_logprobs(contexts)) - [plain_row(kind, context) for context in contexts]).max())
        for contexts in calls
    )


def wandering_calls(seed: int, count: int) -> list[list[tuple[int, ...]]]:
    """Random calls of 1 to 5 contexts that fork, return to, repeat and extend texts of earlier calls."""
    rng = random.Random(seed)
    texts, calls = [tuple(range(1, 31))], []
    for _ in range(count):
        contexts = []
        for _ in range(rng.randint(1, 5)):
            text = rng.choice(texts[-12:])
            kept = rng.choice((len(text), len(text), rng.randint(len(text) // 2, len(text)), rng.randint(1, len(text))))
            new = tuple(rng.randrange(VOCAB_SIZE) for _ in range(rng.choice((0, 1, 1, 2, 9))))
            contexts.append((text[: max(1, kept)] + new)[: MAX_LENGTH - 1])
        texts.extend(contexts)
        calls.append(contexts)
    return calls


def byte_level_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE as in GPT-2: an end token, the 256 bytes, and a few merges."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("Ġ", "a"), ("t", "h"), ("th", "e"), ("Ġ", "the")]
    tokens = [END, *alphabet, *(left + right for left, right in merges)]
    backend = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END)


def metaspace_tokenizer() -> PreTrainedTokenizerFast:
    """As in Llama 2: a start token put before every text, spaces as "▁", and bytes for what has no token."""
    special = ["<unk>", "<s>", "</s>"]
    tokens = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "b", "c", "▁a", "▁b", "bc", "▁abc"]
    merges = [("▁", "a"), ("▁", "b"), ("b", "c"), ("▁a", "bc")]
    vocab = {token: i for i, token in enumerate(tokens)}
    backend = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    backend.decoder = decoders.Sequence(steps)
    backend.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
