"""What the page says of a method: its group, label and settings, and which of many stands for its group.

All is read off kind and settings; a method's name is only a key.
"""

from collections.abc import Iterable, Mapping
from math import isclose

from sampler.classroom.methods import registered
from sampler.classroom.results import Method
from sampler.methods.registry import METHODS

OTHERS = {method.kind: METHODS[method.kind].label for method in registered()}
GROUPS = (
    *("base", "temperature", "greedy", "best_of"),
    *("power_block", "power_completion", "target", "tuned"),
    *OTHERS,
)
DIALS = ("alpha", "block_size", "steps_per_block")  # of a power method, its scope apart


def group_of(method: Method) -> str:
    """One of GROUPS: the kind, but base apart from other temperatures, and a group for each scope of the chain."""
    if method.kind == "temperature":
        return "base" if method.settings["temperature"] == 1 else "temperature"
    return f"power_{method.settings['scope']}" if method.kind == "power" else method.kind


def label_of(method: Method) -> str:
    """A method in a few words."""
    s = method.settings
    match group_of(method):
        case "base":
            return "base, τ 1"
        case "temperature":
            return f"temperature, τ {s['temperature']:g}"
        case "greedy":
            return "greedy"
        case "best_of":
            return f"best of {s['n']}"
        case "power_block" | "power_completion":
            scope = "block" if s["scope"] == "block" else "whole"
            return f"power, α {s['alpha']:g} B {s['block_size']} N {s['steps_per_block']}, {scope}"
        case "target":
            return f"p^{s['alpha']:g} itself"
        case "tuned":
            return "RL-tuned"
    return METHODS[method.kind].label


def short_of(method: Method) -> str:
    """A method in two words or so, without its dials where they are the usual ones."""
    group = group_of(method)
    names = {"base": "base", "power_block": "power, block", "power_completion": "power, whole"}
    return f"τ {method.settings['temperature']:g}" if group == "temperature" else names.get(group, label_of(method))


def words_of(method: Method) -> str:
    """A method's settings in full, and whether its accuracy is counted or estimated."""
    s = method.settings
    match method.kind:
        case "temperature":
            return f"base model, token by token from p^(1/τ), τ {s['temperature']:g}; answers counted"
        case "greedy":
            return "base model, the likeliest token each time; answers counted"
        case "best_of":
            return f"the likeliest of {s['n']} base samples by log p; answers counted"
        case "power":
            cuts = "the current block" if s["scope"] == "block" else "the whole completion"
            return (
                f"base model, chain for p^{s['alpha']:g}, blocks of {s['block_size']} tokens, "
                f"{s['steps_per_block']} steps a block, cuts in {cuts}; answers counted"
            )
        case "target":
            return f"p^{s['alpha']:g} over whole completions: an estimate, base samples weighted by p^(α−1), no chain"
        case "tuned":
            return f"weights tuned by reinforcement learning, τ {s.get('temperature', 1):g}; answers counted"
    return f"{METHODS[method.kind].label} of the base model, default settings; answers counted"


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
