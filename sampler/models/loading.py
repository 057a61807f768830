"""From a name to a network on its device: weights, tokenizer, and what they say of themselves."""

import hashlib
import inspect
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import constants
from huggingface_hub.utils import get_session  # type: ignore[attr-defined]
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import cached_file  # type: ignore[attr-defined]

from sampler.models.lean import lean
from sampler.models.pieces import Pieces
from sampler.models.token_tree import can_align, can_branch

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "models"
EMBEDDED = ("classroom", "classroom-tuned")  # the models that come with this project
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
PATIENCE = 10  # seconds for the hub to answer
UNSTATED_LENGTH = 2048  # longest text of a model that states no limit


class Loaded:
    """A network and its tokenizer with what they say of themselves; ValueError without a fast tokenizer.

    Every `fresh` copy of a model shares it. Nothing here changes after loading, so threads may share it.
    """

    def __init__(self, name: str, revision: str, module: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        if not tokenizer.is_fast or len(tokenizer) == len(tokenizer.added_tokens_decoder):  # transformers made it up
            raise ValueError("it has no fast tokenizer")
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()
        module.eval()  # type: ignore[no-untyped-call]
        config = module.config.get_text_config(decoder=True)
        self.name, self.module, self.tokenizer = name, module, tokenizer
        self.revision = revision
        if module.dtype is not torch.float32:
            self.revision += str(module.dtype).replace("torch.", "-")
        self.device = module.device
        self.vocab_size: int = config.vocab_size
        self.eos_ids = _eos_ids(module, tokenizer)
        self.pieces = Pieces(tokenizer, self.eos_ids)
        self.max_length = _max_length(config, tokenizer)
        self.num_layers: int = config.num_hidden_layers
        self.accepts = frozenset(inspect.signature(module.forward).parameters)  # arguments of the module's forward
        self.can_align = can_align(module, self.accepts)  # texts of different lengths in one pass and prefix cache
        self.can_branch = can_branch(module, self.accepts)  # branches of one tree of tokens in one pass
        self.lean = lean(module) if self.can_branch else None  # that pass written out, where it can be


def checked_device(device: str) -> str:
    """ "cpu" or "cuda"; ValueError for what is no device, or not here."""
    has_cuda = torch.cuda.is_available()
    if device not in ("auto", "cpu", "cuda") or (device == "cuda" and not has_cuda):
        raise ValueError(f"device must be auto, cpu or (where there is one) cuda, not {device!r}")
    return ("cuda" if has_cuda else "cpu") if device == "auto" else device


def loaded(name: str, device: str, dtype: torch.dtype) -> Loaded:
    """Weights, tokenizer and what is known of both; whatever a foreign repository lacks raises as it comes."""
    source = SHIPPED / name if name in EMBEDDED else name
    if name in EMBEDDED and not Path(source).is_dir():
        raise ValueError("it comes with the whole repository, not with the package that pip installs from sampler/")
    if Path(source).is_dir():
        origin: dict[str, Any] = {}
        revision = _fingerprint(Path(source))
    else:
        local = {"local_files_only": not hub_answers()}
        config: Any = cached_file(name, "config.json", **local)
        revision = Path(config).parent.name  # the hub's cache names its folders by commit
        origin = {"revision": revision, **local}
    tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, **origin)
    read: Any = AutoModelForCausalLM.from_pretrained(
        source, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True, **origin
    )
    module, report = read
    if report["missing_keys"]:
        raise ValueError(f"it has no weights for {min(report['missing_keys'])}")
    return Loaded(name, revision, module.to(device), tokenizer)


def hub_answers() -> bool:
    """Whether the hub can be reached now; where it cannot, its own client would try for a minute and a half."""
    try:
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
    except Exception:  # of whatever client the hub's package brings, or that it is told to stay offline
        return False
    return True


def _fingerprint(folder: Path) -> str:
    """A short hash of a folder's weights and configuration."""
    digest = hashlib.sha256()
    for path in sorted([folder / "config.json", *folder.glob("*.safetensors")]):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def fingerprint(module: PreTrainedModel) -> str:
    """A short hash of a network in memory: its configuration and the sum of each weight."""
    sums = [(name, tuple(weight.shape), float(weight.double().sum())) for name, weight in module.state_dict().items()]
    return hashlib.sha256(f"{module.config.to_json_string()}{sums}".encode()).hexdigest()[:12]


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
