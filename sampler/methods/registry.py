"""Every method by its name: command line, trace files, verification and page read this table."""

from typing import Any

from sampler.core.records import quoted
from sampler.methods import power, temperature
from sampler.methods.method import Method

METHODS: dict[str, Method[Any]] = {method.name: method for method in (power.METHOD, temperature.METHOD)}


def method_named(name: object) -> Method[Any]:
    """The method of a name; ValueError that lists them if there is none."""
    if not isinstance(name, str) or name not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {quoted(name)}")
    return METHODS[name]
