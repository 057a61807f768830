"""From a name to a network on its device: weights, tokenizer, what they say of themselves, and torch's threads."""

import hashlib
import inspect
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub import constants
from huggingface_hub.utils import get_session
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import cached_file

from sampler.models.lean import Lean, lean
from sampler.models.packing import with_packed_layers
from sampler.models.pieces import Pieces
from sampler.models.prefix_cache import can_align
from sampler.models.token_tree import can_branch

constants.HF_HUB_DISABLE_TELEMETRY = True  # or the hub is asked for a list of agents, to be told which one this is

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "models"
EMBEDDED = ("classroom", "classroom-tuned")  # the models that come with this project
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
PATIENCE = 10  # seconds for the hub to answer
UNSTATED_LENGTH = 2048  # longest text of a model that states no limit
GAIN = 1.2  # by which more threads must be faster than one
TRIALS = 4  # steps timed at each number of threads
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
    lean: Lean | None  # the module's pass written out, where it can be
    quick: PreTrainedModel  # the module, its large layers packed where no written-out pass stands in for it


def checked_device(device: str) -> str:
    """ "cpu" or "cuda"; ValueError for what is no device, or not here."""
    has_cuda = torch.cuda.is_available()
    if device not in ("auto", "cpu", "cuda") or (device == "cuda" and not has_cuda):
        raise ValueError(f"device must be auto, cpu or (where there is one) cuda, not {device!r}")
    return ("cuda" if has_cuda else "cpu") if device == "auto" else device


def loaded(name: str, device: str, dtype: torch.dtype) -> Loaded:
    """Weights, tokenizer and what is known of both; whatever a foreign repository lacks raises as it comes."""
    source = SHIPPED / name if name in EMBEDDED else name
    if Path(source).is_dir():
        origin, revision = {}, _fingerprint(Path(source))
    else:
        local = {"local_files_only": not hub_answers()}
        config = cached_file(name, "config.json", **local)
        revision = Path(config).parent.name  # the hub's cache names its folders by commit
        origin = {"revision": revision, **local}
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
    own_pass = lean(module)
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
        lean=own_pass,
        quick=module if own_pass else with_packed_layers(module),
    )


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
    """Torch's threads for this thread and those started later; a thread that has computed before keeps its own.

    On a CPU one thread, unless more are clearly faster for one step of this model now: the threads of a small model
    wait for each other, on a busy machine for long.
    """
    torch.set_num_threads(DEFAULT_THREADS)
    if (
        module.device.type == "cpu"
        and DEFAULT_THREADS > 1
        and _seconds(module, 1) < GAIN * _seconds(module, DEFAULT_THREADS)
    ):
        torch.set_num_threads(1)


@torch.inference_mode()
def _seconds(module: PreTrainedModel, threads: int) -> float:
    """The quickest of a few steps of one token with so many threads, which stay set."""
    torch.set_num_threads(threads)
    ids, times = torch.zeros((1, 1), dtype=torch.long), []
    for _ in range(TRIALS):
        start = time.perf_counter()
        module(input_ids=ids, use_cache=False)
        times.append(time.perf_counter() - start)
    return min(times)
