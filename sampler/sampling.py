"""One call from a model and a prompt to a trace."""

from inspect import signature

from sampler.methods.registry import method_named
from sampler.models.contract import LanguageModel
from sampler.trace.trace import Trace


def sample(model: LanguageModel, prompt: str, method: str = "power", **options: object) -> Trace:
    """Run a method to its end.

    `options` are those of the method: for power alpha, proposal_temperature, block_size, blocks, steps, scope, seed,
    chain and alternatives; for temperature temperature, max_new_tokens, samples, seed and alternatives. ValueError
    names what is unknown or out of range.
    """
    chosen = method_named(method)
    try:
        settings = chosen.settings_of(**options)
    except TypeError as error:
        named = [*signature(chosen.settings_of).parameters, *signature(chosen.settings).parameters]
        known = [name for name in dict.fromkeys(named) if name != "others"]
        raise ValueError(f"{method} must have options of {', '.join(known)}: {error}") from error
    return Trace(chosen.run(model, prompt, settings))


def temperature_sample(model: LanguageModel, prompt: str, **options: object) -> Trace:
    """Independent samples, token by token from p^(1/temperature)."""
    return sample(model, prompt, "temperature", **options)
