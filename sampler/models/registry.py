"""Every kind of model by the text or object that names it. A new kind is a file that opens it, and a line here.

Each file has `OPENS`, the names that it knows, as a sentence lists them; `opens(source)`, whether a source names one of
its models; and `opened(source, tokenizer, **settings)`, that model; ValueError, one sentence, if it cannot be opened.
"""

from importlib import import_module
from typing import Any

from sampler.core.records import quoted
from sampler.models.contract import LanguageModel

BACKENDS = ("sampler.models.table", "sampler.models.causal_lm")  # asked in this order, imported when asked


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
        backend: Any = import_module(name)
        if backend.opens(source):
            model: LanguageModel = backend.opened(source, tokenizer, device=device, dtype=dtype, kept_bytes=kept_bytes)
            return model
        known.append(backend.OPENS)
    raise ValueError(f"model must be {', or '.join(known)}, not {quoted(source)}")
