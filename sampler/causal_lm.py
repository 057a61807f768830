"""CausalLM: a Hugging Face causal language model behind the LanguageModel protocol, batched and cached."""

import hashlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import cached_file

from sampler.pieces import Pieces
from sampler.prefix_cache import PrefixCache, RowMemory, Text, aligned, can_align
from sampler.records import quoted
from sampler.token_tree import TokenTree, can_branch

SHIPPED = Path(__file__).resolve().parent.parent / "assets" / "models"
EMBEDDED = ("classroom", "classroom-tuned")  # the models that come with this project
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
PASS_ROWS = 64  # contexts put through the network at once
TREE_ROWS = 256  # the same, where they share their beginnings in a tree of tokens
BRANCH_FROM = 16  # calls of more contexts than this take the tree
TREE_TOKENS = 1024  # new tokens of a tree read in one pass
UNSTATED_LENGTH = 2048  # longest text of a model that states no limit
SMALL_MODEL = 20_000_000  # parameters; on a CPU a second thread slows a smaller model down
DEFAULT_THREADS = torch.get_num_threads()  # what torch chose before any model was loaded


@dataclass(frozen=True)
class Loaded:
    """What every `fresh` copy of a model shares. Nothing here changes after loading, so threads may share it."""

    name: str
    revision: str
    module: PreTrainedModel
    device: torch.device
    tokenizer: PreTrainedTokenizerBase
    pieces: Pieces
    vocab_size: int
    eos_ids: tuple[int, ...]
    max_length: int
    num_layers: int
    accepts: frozenset[str]  # arguments of the module's forward
    can_align: bool  # whether texts of different lengths may share a pass and a prefix cache
    can_branch: bool  # whether branches of one tree of tokens may share a pass


class CausalLM:
    """A LanguageModel (the contract is in language_model.py) made of a Hugging Face model and its tokenizer.

    Remembers the rows that it has computed, by their whole context, and the keys and values of recent texts, so that
    a chain that returns to an earlier prefix pays only for tokens not read before. One copy serves one thread at a
    time; `fresh` makes more.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.name = loaded.name
        self.revision = loaded.revision
        self.vocab_size = loaded.vocab_size
        self.eos_ids = loaded.eos_ids
        self.max_length = loaded.max_length
        self.tokens_fed = 0
        self.forward_calls = 0
        self._loaded = loaded
        self._memory = RowMemory()
        self._prefixes = PrefixCache()
        self._tree = TokenTree(loaded.num_layers)

    @classmethod
    def load(cls, name_or_path: str, device: str = "auto", dtype: str = "float32") -> "CausalLM":
        """The model in a local folder or of a Hugging Face id; the EMBEDDED ones come with this project.

        `device` is "cpu", "cuda" or "auto" (cuda where there is one), `dtype` "float32" or "bfloat16". Weights must
        be safetensors and the tokenizer a fast one; code that comes with a model is never run. Sets torch's number of
        threads. Raises ValueError, one sentence that names the model and what is allowed.
        """
        if dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}")
        device = _checked_device(device)
        try:
            model = cls(_load(str(name_or_path), device, DTYPES[dtype]))
            if model._reads_ahead():
                raise ValueError("its rows depend on the tokens that they predict")
            return model.fresh()
        except Exception as error:  # a foreign repository may fail in any way
            reason = str(error).strip().partition("\n")[0]
            raise ValueError(
                f"model must be {', '.join(EMBEDDED)}, a folder or a Hugging Face id, holding a causal language model "
                f"with safetensors weights and a fast tokenizer; {str(name_or_path)!r} could not be loaded: {reason}"
            ) from error

    def fresh(self) -> "CausalLM":
        return CausalLM(self._loaded)

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

    def next_logprobs(self, contexts: Sequence[Sequence[int]]) -> np.ndarray:
        """Next-token rows, [R, V] float64, for R contexts of 1..max_length-1 tokens; ValueError for any other.

        A context asked for before, or twice at once, costs nothing and gives the same bits. Rows agree with those of
        `logprobs` up to the rounding of the network's own dtype.
        """
        asked = [self._checked(context, self.max_length - 1) for context in contexts]
        rows = {context: self._memory.get(context) for context in asked}
        missing = sorted(context for context, row in rows.items() if row is None)
        is_wide = self._loaded.can_branch and len(missing) > BRANCH_FROM
        pass_rows, read = (TREE_ROWS, self._read_tree) if is_wide else (PASS_ROWS, self._read)
        for first in range(0, len(missing), pass_rows):
            for context, row in read(missing[first : first + pass_rows]).items():
                rows[context] = self._memory.put(context, row)
        return np.array([rows[context] for context in asked]).reshape(-1, self.vocab_size)  # (R, V)

    def logprobs(self, token_ids: Sequence[int], start: int) -> np.ndarray:
        """Rows [len(token_ids)-start+1, V], float64, in one plain pass that neither reads nor writes any memory."""
        text = self._checked(token_ids, self.max_length)
        if not 1 <= start <= len(text):
            raise ValueError(f"start must be from 1 to the number of tokens, {len(text)}, not {start}")
        self.tokens_fed += len(text)
        return self._forward(np.array([text]), len(text) - start + 1, use_cache=False)[0]

    def _reads_ahead(self) -> bool:
        """Whether the row after the first token changes with the second, as in BERT: no causal model then."""
        row, other = self.logprobs((0, 0), 1)[0], self.logprobs((0, 1), 1)[0]
        return bool(np.abs(row - other).max() > 0.25)  # nats; rounding is far below, reading ahead far above

    def _checked(self, context: Sequence[int], longest: int) -> Text:
        context = tuple(context)
        if not 1 <= len(context) <= longest:
            raise ValueError(f"a context of {self.name} must be 1 to {longest} tokens long, not {len(context)}")
        if min(context) < 0 or max(context) >= self.vocab_size:
            outside = next(token for token in context if not 0 <= token < self.vocab_size)
            raise ValueError(f"token ids of {self.name} must be from 0 to {self.vocab_size - 1}, not {outside}")
        return context

    def _read(self, texts: Sequence[Text]) -> dict[Text, np.ndarray]:
        """The row [V] after each of some distinct texts, from one pass; one for each length if rows cannot align."""
        if self._loaded.can_align:
            return dict(zip(texts, self._read_on(texts), strict=True))
        rows = {}
        for length, group in groupby(sorted(texts, key=len), key=len):
            alike = list(group)
            self.tokens_fed += length * len(alike)
            rows |= zip(alike, self._forward(np.array(alike), 1, use_cache=False)[:, 0], strict=True)
        return rows

    def _read_on(self, texts: Sequence[Text]) -> np.ndarray:
        """Rows [R, V], feeding only what the prefix cache does not hold."""
        cache, width = self._prefixes.start(texts)
        ids, mask, positions = aligned(texts, width)
        rows = self._forward(
            ids,
            1,
            attention_mask=None if mask.all() else self._tensor(mask),
            position_ids=self._tensor(positions),
            past_key_values=cache,
            use_cache=True,
        )
        self._prefixes.keep(texts, cache)
        self.tokens_fed += int(mask[:, -width:].sum())
        return rows[:, 0]

    def _read_tree(self, texts: Sequence[Text]) -> dict[Text, np.ndarray]:
        """The row [V] after each of some distinct texts, feeding only what the tree of tokens does not hold."""
        new = self._tree.missing(texts)
        if len(new) > TREE_TOKENS:
            return self._read(texts)
        read = self._tree.start(new)
        rows = self._forward(
            read.ids,
            read.ids.shape[1],
            attention_mask=self._tensor(read.mask),
            position_ids=self._tensor(read.positions),
            past_key_values=read.cache,
            use_cache=True,
        )
        self._tree.keep(read)
        self.tokens_fed += len(new)
        last = dict(zip(new, rows.reshape(-1, self.vocab_size), strict=False))  # the last row's end may be repeated
        return {text: last[text] for text in texts}

    @torch.inference_mode()
    def _forward(self, ids: np.ndarray, depth: int, **arguments: object) -> np.ndarray:
        """Log-probabilities [R, depth, V] after the last `depth` columns of `ids` [R, W]."""
        self.forward_calls += 1
        if "logits_to_keep" in self._loaded.accepts:
            arguments["logits_to_keep"] = depth
        logits = self._loaded.module(input_ids=self._tensor(ids), **arguments).logits[:, -depth:]
        return torch.log_softmax(logits.double(), dim=-1).cpu().numpy()

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self._loaded.device)


def _checked_device(device: str) -> str:
    has_cuda = torch.cuda.is_available()
    if device not in ("auto", "cpu", "cuda") or (device == "cuda" and not has_cuda):
        raise ValueError(f"device must be auto, cpu or (where there is one) cuda, not {device!r}")
    return ("cuda" if has_cuda else "cpu") if device == "auto" else device


def _load(name: str, device: str, dtype: torch.dtype) -> Loaded:
    source = SHIPPED / name if name in EMBEDDED else name
    if Path(source).is_dir():
        origin, revision = {}, _fingerprint(Path(source))
    else:
        revision = Path(cached_file(name, "config.json")).parent.name  # the hub's cache names its folders by commit
        origin = {"revision": revision}
    tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, **origin)
    if not tokenizer.is_fast or len(tokenizer) == len(tokenizer.added_tokens_decoder):  # empty: transformers made it up
        raise ValueError("it has no fast tokenizer")
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    module, report = AutoModelForCausalLM.from_pretrained(
        source, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True, **origin
    )
    if report["missing_keys"]:
        raise ValueError(f"it has no weights for {min(report['missing_keys'])}")
    module.to(device).eval()
    _settle_threads(module)
    config = module.config.get_text_config(decoder=True)
    eos_ids = _eos_ids(module, tokenizer)
    accepts = frozenset(inspect.signature(module.forward).parameters)
    return Loaded(
        name=name,
        revision=revision if dtype is torch.float32 else f"{revision}-bfloat16",
        module=module,
        device=module.device,
        tokenizer=tokenizer,
        pieces=Pieces(tokenizer, eos_ids),
        vocab_size=config.vocab_size,
        eos_ids=eos_ids,
        max_length=_max_length(config, tokenizer),
        num_layers=config.num_hidden_layers,
        accepts=accepts,
        can_align=can_align(module, accepts),
        can_branch=can_branch(module, accepts),
    )


def _fingerprint(folder: Path) -> str:
    """A short hash of a folder's weights and configuration."""
    digest = hashlib.sha256()
    for path in sorted([folder / "config.json", *folder.glob("*.safetensors")]):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _eos_ids(module: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """The first that is stated; a configuration may name by default an id that the vocabulary does not have."""
    vocab_size = module.config.get_text_config(decoder=True).vocab_size
    for holder in (module.generation_config, module.config, tokenizer):
        stated = getattr(holder, "eos_token_id", None)
        ids = [stated] if isinstance(stated, int) else stated or []
        if known := tuple(token for token in ids if 0 <= token < vocab_size):
            return known
    return ()


def _max_length(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    stated = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
    longest = min(stated or UNSTATED_LENGTH, tokenizer.model_max_length)
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type") == "longrope":  # past its first range every row would change with the text's length
        longest = min(longest, rope["original_max_position_embeddings"])
    return longest


def _settle_threads(module: PreTrainedModel) -> None:
    """Torch's threads for this thread and those started later; a thread that has computed before keeps its own."""
    is_small = module.device.type == "cpu" and module.num_parameters() < SMALL_MODEL
    torch.set_num_threads(1 if is_small else DEFAULT_THREADS)
