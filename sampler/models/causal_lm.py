"""CausalLM: a Hugging Face causal language model behind the LanguageModel protocol, batched and cached."""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from sampler.core.records import quoted
from sampler.core.rows import Row
from sampler.models.guesses import Guesses
from sampler.models.loading import DTYPES, EMBEDDED, Loaded, checked_device, fingerprint, loaded
from sampler.models.network_row import rows_of
from sampler.models.row_memory import RowMemory, Text
from sampler.models.table import OPENS as TINY_WORLDS
from sampler.models.token_tree import Pass, TokenTree

PASS_ROWS = 64  # contexts put through the network at once
TREE_ROWS = 256  # the same, where they share their beginnings in a tree of tokens
OPENS = (
    f"{', '.join(EMBEDDED)}, a folder or a Hugging Face id, holding a causal language model with safetensors weights "
    "and a fast tokenizer"
)
TREE_TOKENS = 1024  # new tokens of a tree read in one pass


class CausalLM:
    """A LanguageModel made of a Hugging Face model and its tokenizer.

    Remembers the rows that it has computed, by their whole context, and the keys and values of recent texts, so that
    a chain that returns to an earlier prefix pays only for tokens not read before. One copy serves one thread at a
    time; `fresh` makes more.
    """

    def __init__(
        self, shared: Loaded, rows: RowMemory | None = None, kept_bytes: int | None = None, guess: int = 0
    ) -> None:
        self.name = shared.name
        self.revision = shared.revision
        self.vocab_size = shared.vocab_size
        self.eos_ids = shared.eos_ids
        self.max_length = shared.max_length
        self.tokens_fed = 0
        self.forward_calls = 0
        self._loaded = shared
        self.rows = RowMemory() if rows is None else rows
        self._kept_bytes = kept_bytes
        self._tree = TokenTree(shared.num_layers, kept_bytes)
        self._guesses = Guesses(guess)

    @classmethod
    def load(
        cls, name_or_path: str, device: str = "auto", dtype: str = "float32", kept_bytes: int | None = None
    ) -> "CausalLM":
        """The model in a local folder or of a Hugging Face id; the EMBEDDED ones come with this project.

        `device` is "cpu", "cuda" or "auto" (cuda where there is one), `dtype` "float32" or "bfloat16". Weights must
        be safetensors and the tokenizer a fast one; code that comes with a model is never run. `kept_bytes` of keys
        and values are kept by each copy, 256 MB by default.
        Raises ValueError, one sentence that names the model and what is allowed.
        """
        if dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}")
        device = checked_device(device)
        try:
            return cls(loaded(str(name_or_path), device, DTYPES[dtype]), kept_bytes=kept_bytes)._checked_causal()
        except Exception as error:  # a foreign repository may fail in any way
            reason = str(error).strip().partition("\n")[0]
            raise ValueError(
                f"model must be {OPENS}, or {TINY_WORLDS}; {str(name_or_path)!r} could not be loaded: {reason}"
            ) from error

    @classmethod
    def of(
        cls, module: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, kept_bytes: int | None = None
    ) -> "CausalLM":
        """A network that is in memory, where it is and as it is, with its fast tokenizer; ValueError for any other."""
        if not isinstance(tokenizer, PreTrainedTokenizerBase):
            raise ValueError(f"tokenizer must be the network's fast tokenizer, not {quoted(tokenizer)}")
        name = getattr(module.config, "_name_or_path", "") or type(module).__name__
        try:
            return cls(Loaded(name, fingerprint(module), module, tokenizer), kept_bytes=kept_bytes)._checked_causal()
        except ValueError as error:
            raise ValueError(f"model must be a causal language model with a fast tokenizer; {name}: {error}") from error

    def fresh(self, keep_rows: bool = False, guess: int = 0) -> "CausalLM":
        return CausalLM(self._loaded, self.rows if keep_rows else None, self._kept_bytes, guess)

    def hold(self, text: Sequence[int], start: int) -> None:
        self.rows.hold(tuple(text), start)
        self._tree.hold(tuple(text))

    @property
    def module(self) -> PreTrainedModel:
        """The network itself, for work in bulk."""
        return self._loaded.module

    def encode(self, text: str) -> tuple[int, ...]:
        try:
            ids = tuple(self._loaded.tokenizer.backend_tokenizer.encode(text).ids)
        except TypeError as error:
            raise ValueError(f"text must be a string without lone surrogates, not {quoted(text)}") from error
        if not ids:
            raise ValueError(f"text must be at least one token of {self.name} long, not {quoted(text)}")
        return ids

    def decode(self, token_ids: Sequence[int]) -> str:
        return self._loaded.pieces.decode(token_ids)

    def piece(self, token_id: int) -> str:
        return self._loaded.pieces.piece(token_id)

    def next_logprobs(self, contexts: Sequence[Sequence[int]]) -> list[Row]:
        """Next-token rows for contexts of 1..max_length-1 tokens; ValueError for any other.

        A context asked for before, or twice at once, costs nothing and gives the same bits. Rows agree with those of
        `logprobs` up to the rounding of the network's own dtype.
        """
        asked = list(map(tuple, contexts))
        known = [self.rows.get(context) for context in asked]
        unknown = {context for context, row in zip(asked, known, strict=True) if row is None}
        missing = sorted(self._checked(context, self.max_length - 1) for context in unknown)
        pass_rows, read = PASS_ROWS, self._read
        if self._loaded.can_branch:
            pass_rows, read = TREE_ROWS, self._read_tree
            self._guesses.learn(asked)
            guessed = (later for context in missing for later in self._guesses.after(context))  # read along with them
            likely = {later for later in guessed if len(later) < self.max_length}
            missing = sorted({*missing, *(later for later in likely if self.rows.get(later) is None)})
        rows: dict[Text, Row] = {}
        for first in range(0, len(missing), pass_rows):
            for context, row in self._within_memory(read, missing[first : first + pass_rows]).items():
                rows[context] = self.rows.put(context, row)
        return [row or rows[context] for context, row in zip(asked, known, strict=True)]

    def logprobs(self, token_ids: Sequence[int], start: int) -> np.ndarray:
        """Rows [len(token_ids)-start+1, V], float64, in one plain pass that neither reads nor writes any memory."""
        text = self._checked(token_ids, self.max_length)
        if not 1 <= start <= len(text):
            raise ValueError(f"start must be from 1 to the number of tokens, {len(text)}, not {start}")
        self.tokens_fed += len(text)
        logits = self._forward(np.array([text]), len(text) - start + 1, use_cache=False)[0]
        return torch.log_softmax(logits.double(), dim=-1).cpu().numpy()

    def _checked_causal(self) -> "CausalLM":
        """The model, if the row after a token does not change with the next one; ValueError if it does, as in BERT."""
        row, other = self.logprobs((0, 0), 1)[0], self.logprobs((0, 1), 1)[0]
        if np.abs(row - other).max() > 0.25:  # nats; rounding is far below, reading ahead far above
            raise ValueError("its rows depend on the tokens that they predict")
        return self.fresh()

    def _checked(self, context: Sequence[int], longest: int) -> Text:
        context = tuple(context)
        if not 1 <= len(context) <= longest:
            raise ValueError(f"a context of {self.name} must be 1 to {longest} tokens long, not {len(context)}")
        if min(context) < 0 or max(context) >= self.vocab_size:
            outside = next(token for token in context if not 0 <= token < self.vocab_size)
            raise ValueError(f"token ids of {self.name} must be from 0 to {self.vocab_size - 1}, not {outside}")
        return context

    def _within_memory(
        self, read: Callable[[Sequence[Text]], dict[Text, Row]], texts: Sequence[Text]
    ) -> dict[Text, Row]:
        """Read texts at once, or half of them at a time where memory runs out, the last resort being without caches."""
        try:
            return read(texts)
        except (MemoryError, RuntimeError) as error:
            is_known = isinstance(error, MemoryError | torch.OutOfMemoryError)
            if not is_known and "can't allocate memory" not in str(error):  # of a CPU torch has no class
                raise
            if len(texts) == 1 and self._tree:
                self._tree = TokenTree(self._loaded.num_layers, self._kept_bytes)
                return self._within_memory(read, texts)
            if len(texts) == 1:
                raise MemoryError(
                    f"a text of {len(texts[0])} tokens must fit into memory beside {self.name}, and does not: take "
                    f"fewer new tokens, a shorter prompt or a smaller model"
                ) from error
        half = len(texts) // 2
        return self._within_memory(read, texts[:half]) | self._within_memory(read, texts[half:])

    def _read(self, texts: Sequence[Text]) -> dict[Text, Row]:
        """The row [V] after each of some distinct texts, from one pass; one for each length if rows cannot align."""
        if self._loaded.can_align:
            read = self._tree.rows(texts)  # only what the tree does not hold is fed, each text in a row of its own
            logits = self._pass(read, 1)
            self.tokens_fed += int(read.mask[:, -read.ids.shape[1] :].sum())
            return dict(zip(texts, rows_of(logits[:, 0]), strict=True))
        rows: dict[Text, Row] = {}
        for length, group in groupby(sorted(texts, key=len), key=len):
            alike = list(group)
            self.tokens_fed += length * len(alike)
            rows |= zip(alike, rows_of(self._forward(np.array(alike), 1, use_cache=False)[:, 0]), strict=True)
        return rows

    def _read_tree(self, texts: Sequence[Text]) -> dict[Text, Row]:
        """The row [V] after each of some distinct texts, feeding each token that the tree does not hold once."""
        new, rows, wanted = self._tree.missing(texts), dict[Text, Row](), set(texts)
        for first in range(0, len(new), TREE_TOKENS):
            read = self._tree.start(new[first : first + TREE_TOKENS])
            asked = list(read.new)  # in several rows every new token is asked for
            kept: int | np.ndarray = read.ids.shape[1]
            if len(read.ids) == 1:
                kept = np.flatnonzero([text in wanted for text in asked])
                asked = [asked[place] for place in kept]
            logits = self._pass(read, kept).flatten(0, 1)
            self.tokens_fed += len(read.new)
            rows |= zip(asked, rows_of(logits[: len(asked)]), strict=True)  # the last row's end may be repeated
        return rows

    def _pass(self, read: Pass, kept: int | np.ndarray) -> torch.Tensor:
        """Logits [G, K, V] of a pass of the tree, which holds its tokens then."""
        if self._loaded.lean is not None:
            self.forward_calls += 1
            logits = torch.from_numpy(self._loaded.lean(read, None if isinstance(kept, int) else kept))[None]
        else:
            logits = self._forward(
                read.ids,
                kept,
                attention_mask=None if read.mask.all() else self._tensor(read.mask),
                position_ids=self._tensor(read.positions),
                past_key_values=read.cache,
                use_cache=True,
            )
        self._tree.keep(read)
        return logits

    @torch.inference_mode()
    def _forward(self, ids: np.ndarray, kept: int | np.ndarray, use_cache: bool, **arguments: object) -> torch.Tensor:
        """Logits [R, K, V] after some columns of `ids` [R, W]: the last K, or K chosen ones."""
        self.forward_calls += 1
        columns = slice(-kept, None) if isinstance(kept, int) else self._tensor(kept)
        if "logits_to_keep" in self._loaded.accepts:
            arguments["logits_to_keep"] = kept if isinstance(kept, int) else columns
            columns = slice(None)
        output = self._loaded.module(input_ids=self._tensor(ids), use_cache=use_cache, **arguments)
        logits: torch.Tensor = output.logits[:, columns]
        return logits

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self._loaded.device)


def opens(source: object) -> bool:
    """A name or path of a model, or a network."""
    return isinstance(source, str | Path | PreTrainedModel)


def opened(
    source: str | Path | PreTrainedModel, tokenizer: Any, *, device: str, dtype: str, kept_bytes: int | None
) -> CausalLM:
    """The model of a name, or the network itself."""
    if isinstance(source, PreTrainedModel):
        return CausalLM.of(source, tokenizer, kept_bytes)
    return CausalLM.load(str(source), device=device, dtype=dtype, kept_bytes=kept_bytes)
