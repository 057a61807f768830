"""Exact, instrumented sampling from the power distribution p^alpha of a causal language model.

The names below are imported when they are first used, so that a saved trace opens without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sampler.core.records import PowerSettings as PowerSettings
    from sampler.core.records import TemperatureSettings as TemperatureSettings
    from sampler.methods.registry import METHODS as METHODS
    from sampler.models.registry import open_model as open_model
    from sampler.sampling import sample as sample
    from sampler.sampling import temperature_sample as temperature_sample
    from sampler.trace.trace import Trace as Trace
    from sampler.trace.trace import verify as verify

MODULES = {
    "METHODS": "sampler.methods.registry",
    "PowerSettings": "sampler.core.records",
    "TemperatureSettings": "sampler.core.records",
    "Trace": "sampler.trace.trace",
    "open_model": "sampler.models.registry",
    "sample": "sampler.sampling",
    "temperature_sample": "sampler.sampling",
    "verify": "sampler.trace.trace",
}
__all__ = list(MODULES)


def __getattr__(name: str) -> object:
    if name not in MODULES:
        raise AttributeError(f"sampler has {', '.join(MODULES)}, and no {name}")
    return getattr(import_module(MODULES[name]), name)
