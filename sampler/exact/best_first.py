"""Best-first enumeration of the completions of a prompt, until what is left matters little enough."""

import math
import time
from dataclasses import dataclass

import numpy as np

from sampler.core.power import log_sum_exp
from sampler.core.records import checked_alpha, checked_int, checked_number
from sampler.models.contract import LanguageModel

BATCH = 256  # rows a call of the model
LEEWAY = 1.0  # nats; a call is rather narrower than reach for sets that the search may never need
STRIDE = math.log(100)  # nats; an expansion looks at the children down to a hundredth of the likeliest one's share

Text = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Frontier:
    """Sets of completions not yet enumerated, n of them, disjoint, and what is known of each.

    Set i holds what extends `texts[i]`: all of it where `below[i]` is inf, else only what goes on with a token of
    log-probability under `below[i]`. `log_mass` is the base log-probability of the whole set, `log_max` that of the
    likeliest prefix it consists of, so that the set's sum of p(x)^alpha is at most
    exp((alpha-1) log_max + log_mass), at most exp(alpha log_mass), for every alpha >= 1 (METHOD.md, section 6).
    """

    texts: np.ndarray  # (n,) of tuples
    log_p: np.ndarray  # (n,), of each text
    below: np.ndarray  # (n,)
    log_max: np.ndarray  # (n,)
    log_mass: np.ndarray  # (n,)

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, part: np.ndarray) -> "Frontier":
        return Frontier(*(column[part] for column in self._columns()))

    def __add__(self, other: "Frontier") -> "Frontier":
        return Frontier(*map(np.concatenate, zip(self._columns(), other._columns(), strict=True)))

    def urgency(self, alpha: float) -> np.ndarray:
        """[n], that bound's logarithm over alpha, finite at alpha = inf too: log p for a prefix, whatever alpha is."""
        return self.log_max + (self.log_mass - self.log_max) / alpha

    def _columns(self) -> tuple[np.ndarray, ...]:
        return self.texts, self.log_p, self.below, self.log_max, self.log_mass


@dataclass(frozen=True, eq=False)
class Found:
    """Completions with their log p [n]."""

    texts: list[Text]
    log_p: np.ndarray

    def __add__(self, other: "Found") -> "Found":
        return Found(self.texts + other.texts, np.concatenate([self.log_p, other.log_p]))


@dataclass(frozen=True, eq=False)
class Enumeration:
    """The completions found, the frontier of those that were not, and why and at what cost the search ended.

    Completions are at most `length` tokens long or end with an end token; each stands once, or in exactly one
    set of the frontier. `log_p` [n] is theirs under the base model. `reason`: "width", "nodes", "seconds" or
    "exhausted". `nodes` counts the model's rows asked for.
    """

    completions: list[Text]
    log_p: np.ndarray  # (n,)
    frontier: Frontier
    expanded: frozenset[Text]
    length: int
    reason: str
    nodes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search stops: at a missing share of p^alpha of at most `width`, after `nodes` rows or `seconds`.

    `width` is from 0 (stop only when everything is enumerated) to 1. `nodes` is never exceeded, `seconds` by no more
    than one batch.
    """

    width: float = 1e-3
    nodes: int = 50_000
    seconds: float = 10.0

    def __post_init__(self) -> None:
        checked_number("width", self.width, 0, 1)
        checked_int("nodes", self.nodes, 1, 10_000_000)
        checked_number("seconds", self.seconds, 1e-3, 3600)


def enumerate_best_first(
    model: LanguageModel, prompt_ids: Text, length: int, alpha: float, budget: Budget
) -> Enumeration:
    """Completions of at most `length` tokens, those first whose sets may hold most of p^alpha, 1 <= alpha <= inf.

    For a single prefix that is the order of p, whatever alpha is: no other order lowers the bound on what is missing
    faster without knowing the future. Costs at most `budget.nodes` rows of the model, up to BATCH a call. ValueError
    names what is out of range.
    """
    alpha = checked_alpha(alpha)
    checked_int("length", length, 1, model.max_length - len(prompt_ids))
    started, nodes = time.perf_counter(), 0
    found, frontier = Found([], np.empty(0)), whole()
    expanded: set[Text] = set()
    while not (reason := _reason(found.log_p, frontier, length, alpha, budget, nodes, time.perf_counter() - started)):
        chosen, frontier = _most_urgent(frontier, alpha, min(BATCH, budget.nodes - nodes))
        rows = np.array(model.next_logprobs([(*prompt_ids, *text) for text in chosen.texts]))  # (n, V)
        ended, children = _children(chosen, rows, length, model.eos_ids)
        found, frontier = found + ended, frontier + children
        expanded.update(chosen.texts)
        nodes += len(chosen)
    seconds = time.perf_counter() - started
    return Enumeration(found.texts, found.log_p, frontier, frozenset(expanded), length, reason, nodes, seconds)


def whole() -> Frontier:
    """The frontier before anything is expanded: the empty text, of probability 1."""
    return _prefixes([()], np.zeros(1))


def rounding(log_p: np.ndarray, frontier: Frontier, length: int) -> float:
    """How far the log p of any text of a search may be from the exact sum of its rows, nats.

    Each of up to `length` additions is off by at most 2^-53 of the sum; a row's own logarithms, and the sum of its
    probabilities, were taken to be within 2^-48 of exact (they are for float64 log-softmax over any vocabulary).
    """
    largest = max(np.abs(log_p).max(initial=0.0), np.abs(frontier.log_mass).max(initial=0.0))
    return length * (2.0**-48 + 2.0**-52 * float(largest))


def missing_share(log_p: np.ndarray, frontier: Frontier, length: int, alpha: float) -> float:
    """The most that the frontier's share of the normaliser sum_x p(x)^alpha can be, from 0 to 1."""
    if not len(frontier):
        return 0.0
    off = rounding(log_p, frontier, length)
    if math.isinf(alpha):  # the modes are known, or nothing is
        return float(frontier.log_max.max() >= log_p.max(initial=-math.inf) - 2 * off)
    top = max(log_p.max(initial=-math.inf), frontier.log_max.max())
    found = log_sum_exp(alpha * (log_p - top)) if len(log_p) else -math.inf
    left = log_sum_exp(alpha * (frontier.urgency(alpha) - top))
    return float(np.exp(-np.logaddexp(0.0, found - left - 2 * alpha * off)))


def _reason(
    log_p: np.ndarray, frontier: Frontier, length: int, alpha: float, budget: Budget, nodes: int, seconds: float
) -> str:
    """Why to stop now, "" to go on."""
    if not len(frontier):
        return "exhausted"
    if nodes and budget.width and missing_share(log_p, frontier, length, alpha) <= budget.width:
        return "width"
    if nodes >= budget.nodes:
        return "nodes"
    return "seconds" if seconds >= budget.seconds else ""


def _most_urgent(frontier: Frontier, alpha: float, count: int) -> tuple[Frontier, Frontier]:
    """Up to `count` sets that may hold most of p^alpha, none LEEWAY behind the first; and the others."""
    urgency = frontier.urgency(alpha)
    is_chosen = urgency >= urgency.max() - LEEWAY
    if np.count_nonzero(is_chosen) > count:
        is_chosen = np.zeros(len(frontier), dtype=bool)
        is_chosen[np.argpartition(-urgency, count)[:count]] = True
    return frontier[is_chosen], frontier[~is_chosen]


def _children(chosen: Frontier, rows: np.ndarray, length: int, eos_ids: Text) -> tuple[Found, Frontier]:
    """What the rows [n, V] make of n sets: completions, and the sets of what remains of them."""
    open_rows = np.where(rows < chosen.below[:, None], rows, -np.inf)
    floor = open_rows.max(axis=1) - STRIDE
    is_child = open_rows >= floor[:, None]
    parents, tokens = np.nonzero(is_child)
    log_p = chosen.log_p[parents] + rows[parents, tokens]
    texts = [(*chosen.texts[i], v) for i, v in zip(parents.tolist(), tokens.tolist(), strict=True)]
    is_end = np.isin(tokens, eos_ids) | (np.array([len(text) for text in texts]) == length)
    ended = Found([text for text, end in zip(texts, is_end, strict=True) if end], log_p[is_end])
    going = [text for text, end in zip(texts, is_end, strict=True) if not end]
    rest = np.where(is_child, -np.inf, open_rows)
    top = rest.max(axis=1)
    has_rest = np.isfinite(top)
    mass = top[has_rest] + np.log(np.exp(rest[has_rest] - top[has_rest, None]).sum(axis=1))
    left = chosen[has_rest]
    rests = Frontier(left.texts, left.log_p, floor[has_rest], left.log_p + top[has_rest], left.log_p + mass)
    return ended, _prefixes(going, log_p[~is_end]) + rests


def _prefixes(texts: list[Text], log_p: np.ndarray) -> Frontier:
    """The sets of all that extends each of some texts."""
    column = np.fromiter(texts, dtype=object, count=len(texts))
    return Frontier(column, log_p, np.full(len(texts), np.inf), log_p, log_p)
