"""What a vocabulary of 151,936 costs: a whole step of the sampler against the network's own pass on the same tokens."""

import tempfile
import time
from collections.abc import Iterator

import torch
from tiny_models import byte_level_tokenizer
from transformers import AutoModelForCausalLM, LlamaConfig

from sampler.core import kernel
from sampler.core.draws import PROPOSE, SeededDraws
from sampler.core.kernel import Stage
from sampler.core.records import Law
from sampler.models.causal_lm import CausalLM
from sampler.models.lock_step import in_lock_step
from sampler.models.threads import settle_threads

VOCABULARY = 151_936
SHAPES = {"hidden 256, 4 layers": (256, 4), "hidden 512, 8 layers": (512, 8)}
PROMPT, ROUNDS = 32, 12


def steps(seed: int = 0) -> Iterator[dict[str, object]]:
    """For each shape and number of texts the quickest of some rounds, the two ways in turn."""
    for shape, (hidden, layers) in SHAPES.items():
        model = saved_and_loaded(hidden, layers)
        for count in (1, 4, 16):
            texts = [(seed + row, *range(1, PROMPT)) for row in range(count)]
            bare, ours = Bare(model.module, texts), Ours(model.fresh(), texts)
            seconds = [(bare.step(), ours.step()) for _ in range(ROUNDS)][2:]
            own, whole = (min(column) for column in zip(*seconds, strict=True))
            yield {"shape": shape, "texts": count, "pass, ms": 1e3 * own, "step, ms": 1e3 * whole, "ratio": whole / own}


def saved_and_loaded(hidden: int, layers: int) -> CausalLM:
    """A small Llama with random weights and the vocabulary of a large one."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        intermediate_size=3 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        tie_word_embeddings=True,
        initializer_range=0.1,
    )
    with tempfile.TemporaryDirectory() as folder:
        AutoModelForCausalLM.from_config(config).save_pretrained(folder)
        byte_level_tokenizer().save_pretrained(folder)
        model = CausalLM.load(folder)
    settle_threads(model)
    return model


class Bare:
    """The network alone: one token more for each of some texts, by its own cache."""

    @torch.inference_mode()
    def __init__(self, module: torch.nn.Module, texts: list[tuple[int, ...]]) -> None:
        self._module = module
        self._cache = module(torch.tensor(texts), use_cache=True, logits_to_keep=1).past_key_values
        self._token = torch.ones((len(texts), 1), dtype=torch.long)

    @torch.inference_mode()
    def step(self) -> float:
        start = time.perf_counter()
        self._module(self._token, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
        return time.perf_counter() - start


class Ours:
    """The same by the sampler: rows, and from each a token drawn, with all that a trace holds of it."""

    def __init__(self, model: CausalLM, texts: list[tuple[int, ...]]) -> None:
        self._model, self._texts = model, texts
        model.next_logprobs(texts)

    def step(self) -> float:
        start = time.perf_counter()
        self._texts = [(*text, 1) for text in self._texts]
        writers = (
            kernel.write(Stage(text, (), 0, 1, Law(4.0, 0.25), 5), (), SeededDraws(i, 0, 0, 0, PROPOSE))
            for i, text in enumerate(self._texts)
        )
        list(in_lock_step(self._model, writers, len(self._texts)))
        return time.perf_counter() - start
