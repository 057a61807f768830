"""What the page says of a method: its group, label and settings, and which of many stands for its group.

All is read off kind and settings; a method's name is only a key.
"""

from collections.abc import Iterable, Mapping
from math import isclose
from typing import NamedTuple

from sampler.classroom.methods import registered
from sampler.classroom.results import Method
from sampler.methods.registry import METHODS


class Said(NamedTuple):
    """What is said of a method; in a table of groups, with its settings in braces."""

    label: str  # in a few words
    short: str  # in two words or so, without its dials where they are the usual ones
    words: str  # settings in full, and whether its accuracy is counted or estimated


TOKENWISE = "base model, token by token from p^(1/τ), τ {temperature:g}; answers counted"
DIALLED = "power, α {alpha:g} B {block_size} N {steps_per_block}"
CHAIN = "base model, chain for p^{alpha:g}, blocks of {block_size} tokens, {steps_per_block} steps a block, cuts in "
WEIGHTED = "p^{alpha:g} over whole completions: an estimate, base samples weighted by p^(α−1), no chain"
RL = "weights tuned by reinforcement learning, τ {temperature:g}; answers counted"
SAID = {
    "base": Said("base, τ 1", "base", TOKENWISE),
    "temperature": Said("temperature, τ {temperature:g}", "τ {temperature:g}", TOKENWISE),
    "greedy": Said("greedy", "greedy", "base model, the likeliest token each time; answers counted"),
    "best_of": Said("best of {n}", "best of {n}", "the likeliest of {n} base samples by log p; answers counted"),
    "power_block": Said(f"{DIALLED}, block", "power, block", f"{CHAIN}the current block; answers counted"),
    "power_completion": Said(f"{DIALLED}, whole", "power, whole", f"{CHAIN}the whole completion; answers counted"),
    "target": Said("p^{alpha:g} itself", "p^{alpha:g} itself", WEIGHTED),
    "tuned": Said("RL-tuned", "RL-tuned", RL),
}
OTHERS = {method.kind: METHODS[method.kind].label for method in registered()}
SAID |= {
    kind: Said(label, label, f"{label} of the base model, default settings; answers counted")
    for kind, label in OTHERS.items()
}
GROUPS = tuple(SAID)
DRAWN = ("base", "temperature", "power_block", "power_completion", "tuned")  # those with samples of their own
FIGURE_4 = ("base", "temperature", "power_block", "tuned")  # of Karan & Du 2025
DIALS = ("alpha", "block_size", "steps_per_block")  # of a power method, its scope apart


def group_of(method: Method) -> str:
    """One of GROUPS: the kind, but base apart from other temperatures, and a group for each scope of the chain."""
    if method.kind == "temperature":
        return "base" if method.settings["temperature"] == 1 else "temperature"
    return f"power_{method.settings['scope']}" if method.kind == "power" else method.kind


def said_of(method: Method) -> Said:
    return Said(*(form.format(**{"temperature": 1} | method.settings) for form in SAID[group_of(method)]))


def leading_power(methods: Iterable[Method], coverage: Mapping[str, int]) -> Method | None:
    """The power method that answered most problems, the first of them under scope block: the page's own settings."""
    own = [m for m in methods if m.kind == "power" and coverage.get(m.name)]
    return max(own, key=lambda m: (coverage[m.name], m.settings["scope"] == "block"), default=None)


def representatives(methods: Iterable[Method], coverage: Mapping[str, int]) -> dict[str, Method]:
    """One method for each group that answered anything, by group.

    The widest where there are several; of temperatures the one nearest to 1/alpha of the leading power method, of
    targets its alpha, of best-of-n the largest n.
    """
    leading = leading_power(methods, coverage)
    alpha = leading.settings["alpha"] if leading else 4.0
    found: dict[str, Method] = {}
    for group in GROUPS:
        own = [m for m in methods if group_of(m) == group and coverage.get(m.name)]
        if own:
            found[group] = max(own, key=lambda m: fitness(m, alpha, leading, coverage[m.name]))
    return found


def fitness(method: Method, alpha: float, leading: Method | None, problems: int) -> tuple[float, float]:
    """How well a method stands for its group: larger is better."""
    s = method.settings
    match method.kind:
        case "temperature":
            return -abs(s["temperature"] - 1 / alpha), problems
        case "target":
            return -abs(s["alpha"] - alpha), problems
        case "best_of":
            return s["n"], problems
        case "power":
            return problems, sum(isclose(s[dial], leading.settings[dial]) for dial in DIALS)
    return problems, 0.0


def neighbours(methods: Iterable[Method], leading: Method, dial: str) -> list[Method]:
    """The power methods, of both scopes, that differ from the leading one in this dial at most."""
    others = [name for name in DIALS if name != dial]
    return [m for m in methods if m.kind == "power" and all(m.settings[o] == leading.settings[o] for o in others)]
