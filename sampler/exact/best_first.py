"""Best-first enumeration of the completions of a prompt, until what is left matters little enough.

The search holds disjoint sets of completions that it has not enumerated (the frontier). It takes the set that may hold
most of p^alpha, asks the model for the row after that set's prefix, and splits the set: each likely next token gives a
longer prefix or a completion, and all unlikely tokens together stay one set. Example: after "a", with next tokens
b (0.9), c (0.0999) and d (0.0001), the set "a…" becomes "ab…", "ac…" and "a, then something below a hundredth of b".
"""

import math
import time
from dataclasses import dataclass

import numpy as np

from sampler.core.power import log_sum_exp
from sampler.core.records import checked_alpha, checked_int, checked_number
from sampler.models.contract import NextToken

BATCH = 256  # rows a call of the model
LEEWAY = 1.0  # nats; keeps the batch small, so that the search does not compute rows it may never use
STRIDE = math.log(100)  # nats; tokens below a hundredth of the likeliest one's probability stay together as one set

Text = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Frontier:
    """Disjoint sets of completions that are not enumerated yet, n of them.

    Set i contains what extends `texts[i]`: all of it where `below[i]` is inf, else only what continues with a token of
    log-probability under `below[i]`. `log_mass` is the base log-probability of the whole set and `log_max` that of its
    likeliest prefix. So the set's sum of p(x)^alpha is at most exp((alpha-1) log_max + log_mass), and at most
    exp(alpha log_mass), for every alpha >= 1 (METHOD.md, section 6).
    """

    texts: np.ndarray  # (n,) of tuples
    log_p: np.ndarray  # (n,), of each text
    below: np.ndarray  # (n,)
    log_max: np.ndarray  # (n,)
    log_mass: np.ndarray  # (n,)

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, part: np.ndarray | slice) -> "Frontier":
        return Frontier(*(column[part] for column in self._columns()))

    def __add__(self, other: "Frontier") -> "Frontier":
        return Frontier(*map(np.concatenate, zip(self._columns(), other._columns(), strict=True)))

    def urgency(self, alpha: float) -> np.ndarray:
        """[n], the bound's logarithm divided by alpha; finite at alpha = inf, and log p for a whole prefix."""
        bound: np.ndarray = self.log_max + (self.log_mass - self.log_max) / alpha
        return bound

    def _columns(self) -> tuple[np.ndarray, ...]:
        return self.texts, self.log_p, self.below, self.log_max, self.log_mass


@dataclass(frozen=True, eq=False)
class Enumeration:
    """The enumerated completions, the frontier of all others, and why and at what cost the search ended.

    A completion has `length` tokens or ends with an end token; it is enumerated once or lies in exactly one set of the
    frontier. `log_p` [n] is under the base model. `reason`: "width", "nodes", "seconds" or "exhausted". `nodes` counts
    the rows requested from the model.
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
    """When a search stops: when at most the share `width` of p^alpha is missing, after `nodes` rows or `seconds`.

    `width` is from 0 (stop only when everything is enumerated) to 1. `nodes` is never exceeded, `seconds` by at most
    one batch.
    """

    width: float = 1e-3
    nodes: int = 50_000
    seconds: float = 10.0

    def __post_init__(self) -> None:
        checked_number("width", self.width, 0, 1)
        checked_int("nodes", self.nodes, 1, 10_000_000)
        checked_number("seconds", self.seconds, 1e-3, 3600)


def enumerate_best_first(model: NextToken, prompt_ids: Text, length: int, alpha: float, budget: Budget) -> Enumeration:
    """Enumerate completions of at most `length` tokens, sets that may hold most of p^alpha first; alpha from 1 to inf.

    Among whole prefixes that is the order of p at every alpha: without knowing the future, no other order lowers the
    bound on the missing share faster. Costs at most `budget.nodes` rows, up to BATCH a call. Raises ValueError for an
    argument out of range.
    """
    alpha = checked_alpha(alpha)
    checked_int("length", length, 1, model.max_length - len(prompt_ids))
    started, nodes = time.perf_counter(), 0
    completions: list[Text] = []
    log_p, frontier = np.empty(0), _prefixes([()], np.zeros(1))  # the empty text, of probability 1
    expanded: set[Text] = set()
    while not (reason := _reason(log_p, frontier, length, alpha, budget, nodes, time.perf_counter() - started)):
        chosen, frontier = _most_urgent(frontier, alpha, min(BATCH, budget.nodes - nodes))
        rows = np.array(model.next_logprobs([(*prompt_ids, *text) for text in chosen.texts]))  # (n, V)
        ended, ended_log_p, children = _children(chosen, rows, length, model.eos_ids)
        completions += ended
        log_p, frontier = np.append(log_p, ended_log_p), frontier + children
        expanded.update(chosen.texts)
        nodes += len(chosen)
    seconds = time.perf_counter() - started
    return Enumeration(completions, log_p, frontier, frozenset(expanded), length, reason, nodes, seconds)


def rounding(log_p: np.ndarray, frontier: Frontier, length: int) -> float:
    """How far the log p of any text of a search may be from the exact sum of its rows, nats.

    Each of up to `length` additions is off by at most 2^-53 of the sum. A row's logarithms, and the sum of its
    probabilities, are assumed to be within 2^-48 of exact (true for float64 log-softmax over any vocabulary).
    """
    largest = max(np.abs(log_p).max(initial=0.0), np.abs(frontier.log_mass).max(initial=0.0))
    return length * (2.0**-48 + 2.0**-52 * float(largest))


def missing_share(log_p: np.ndarray, frontier: Frontier, length: int, alpha: float) -> float:
    """The most that the frontier's share of the normaliser sum_x p(x)^alpha can be, from 0 to 1."""
    if not len(frontier):
        return 0.0
    off = rounding(log_p, frontier, length)
    if math.isinf(alpha):  # either the likeliest completions are enumerated for certain, or nothing is known
        return float(frontier.log_max.max() >= log_p.max(initial=-math.inf) - 2 * off)
    top = max(log_p.max(initial=-math.inf), frontier.log_max.max())
    found = log_sum_exp(alpha * (log_p - top))
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
    """Up to `count` sets that may hold most of p^alpha, all within LEEWAY of the first; and the remaining sets."""
    urgency = frontier.urgency(alpha)
    is_chosen = urgency >= urgency.max() - LEEWAY
    if np.count_nonzero(is_chosen) > count:
        is_chosen = np.zeros(len(frontier), dtype=bool)
        is_chosen[np.argpartition(-urgency, count)[:count]] = True
    return frontier[is_chosen], frontier[~is_chosen]


def _children(
    chosen: Frontier, rows: np.ndarray, length: int, eos_ids: Text
) -> tuple[list[Text], np.ndarray, Frontier]:
    """Split n sets by their rows [n, V]: completions that end here with their log p, and smaller sets."""
    open_rows = np.where(rows < chosen.below[:, None], rows, -np.inf)
    floor = open_rows.max(axis=1) - STRIDE
    is_child = open_rows >= floor[:, None]
    parents, tokens = np.nonzero(is_child)
    log_p = chosen.log_p[parents] + rows[parents, tokens]
    texts = [(*chosen.texts[i], v) for i, v in zip(parents.tolist(), tokens.tolist(), strict=True)]
    is_end = np.isin(tokens, eos_ids) | (np.array([len(text) for text in texts]) == length)
    ended = [text for text, end in zip(texts, is_end, strict=True) if end]
    going = [text for text, end in zip(texts, is_end, strict=True) if not end]
    rest = np.where(is_child, -np.inf, open_rows)
    top = rest.max(axis=1)
    has_rest = np.isfinite(top)
    mass = top[has_rest] + np.log(np.exp(rest[has_rest] - top[has_rest, None]).sum(axis=1))
    left = chosen[has_rest]
    rests = Frontier(left.texts, left.log_p, floor[has_rest], left.log_p + top[has_rest], left.log_p + mass)
    return ended, log_p[is_end], _prefixes(going, log_p[~is_end]) + rests


def _prefixes(texts: list[Text], log_p: np.ndarray) -> Frontier:
    """The sets of all that extends each of some texts."""
    column = np.fromiter(texts, dtype=object, count=len(texts))
    return Frontier(column, log_p, np.full(len(texts), np.inf), log_p, log_p)
