"""Every kind of model by the text or object that names it. A new kind is a file that opens it, and a line here."""

from importlib import import_module
from typing import Any, Protocol, cast

from sampler.core.records import quoted
from sampler.models.contract import LanguageModel

BACKENDS = ("sampler.models.table", "sampler.models.causal_lm")  # asked in this order, imported when asked


class Backend(Protocol):
    """What each of these modules has."""

    OPENS: str  # the names that it knows, as a sentence lists them

    def opens(self, source: object) -> bool:
        """Whether this source names one of its models."""
        ...

    def opened(self, source: Any, tokenizer: Any, **settings: Any) -> LanguageModel:
        """That model; ValueError, one sentence, if it cannot be opened."""
        ...


def open_model(
    source: Any, tokenizer: Any = None, *, device: str = "auto", dtype: str = "float32", kept_bytes: int | None = None
) -> LanguageModel:
    """The model that `source` names: a tiny world, an embedded model, a folder, a Hugging Face id, or a network itself.

    A network in memory comes with its fast `tokenizer`, and stays where and as it is. `device` is "cpu", "cuda" or
    "auto" (cuda where there is one), `dtype` "float32" or "bfloat16". Each copy of a network caches `kept_bytes` of
    keys and values, 256 MB by default. ValueError, one sentence, names the source and what is allowed.
    """
    known = []
    for name in BACKENDS:
        backend = cast(Backend, import_module(name))
        if backend.opens(source):
            return backend.opened(source, tokenizer, device=device, dtype=dtype, kept_bytes=kept_bytes)
        known.append(backend.OPENS)
    raise ValueError(f"model must be {', or '.join(known)}, not {quoted(source)}")
