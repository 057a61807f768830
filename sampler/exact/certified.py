"""Certified targets: intervals that surely contain quantities of p^alpha, for a real model, from a best-first search.

Let E be the sum of p^alpha over the enumerated completions, and F the sum of the frontier's upper bounds. The
normaliser lies in [E, E + F]. An event whose enumerated completions sum to A has a share in [A / (E + F),
(A + F) / (E + F)]. Example: E = 0.8, F = 0.1, A = 0.4 gives a share from 0.44 to 0.56. F is at most
p_max^(alpha-1) * r (METHOD.md, section 6). Each weight is widened by its possible rounding error
(`best_first.rounding`), so the intervals hold in floating point too. They are about the rows that the model gave during
the search: a transformer's rows differ in float32's last digits between batches, which an interval does not cover.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np

from sampler.core.power import log_sum_exp
from sampler.core.records import checked_alpha
from sampler.exact.best_first import Budget, Enumeration, Text, enumerate_best_first, missing_share, rounding
from sampler.models import contract

ULP = 2.0**-50  # what the last operations on an interval's end may cost it, as a share
TIED = 1e9  # nats; how uncertain the shares of modes are that rounding cannot tell apart
LEAST = -1e300  # nats, below every log p
Key = TypeVar("Key", bound=Hashable)

OTHERS = -1  # not a token: stands for those that were not searched


class Interval(NamedTuple):
    """A closed interval that surely contains a number."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


class View(NamedTuple):
    """What is known after one prefix: n completions and m frontier sets, with log weights relative to exp(shift)."""

    texts: list[Text]
    weights: np.ndarray  # (n,), log p^alpha
    left: list[Text]
    bounds: np.ndarray  # (m,), log upper bound of the sum of p^alpha over each set
    off: float  # the most that rounding may have moved a weight or a sum of weights, nats
    shift: float


class NextTokenShares(NamedTuple):
    """Power conditionals after a prefix: of each token that was searched, and of all others together."""

    tokens: dict[int, Interval]
    others: Interval


def certify(
    model: contract.NextToken, prompt_ids: Text, length: int, alpha: float = 4.0, budget: Budget | None = None
) -> "CertifiedTarget":
    """The certified target of a prompt, for completions of at most `length` tokens, searched for this alpha.

    Its intervals hold at every alpha; they are narrow at this one and above it. The cost is that of
    `enumerate_best_first`; ValueError names what is out of range.
    """
    return CertifiedTarget(enumerate_best_first(model, tuple(prompt_ids), length, alpha, budget or Budget()))


class CertifiedTarget:
    """What an enumeration proves about p^alpha over completions. Every `alpha` is from 1 to inf.

    At alpha = inf the target is uniform on the likeliest completions. It is known where one completion is certainly
    the likeliest, or where an event contains all completions that may be.
    """

    def __init__(self, enumeration: Enumeration) -> None:
        order = sorted(range(len(enumeration.completions)), key=enumeration.completions.__getitem__)
        self.enumeration = enumeration
        self.completions = [enumeration.completions[i] for i in order]  # n, sorted, so that prefixes are ranges
        self.log_p = enumeration.log_p[order]  # (n,), base log-probability
        texts = enumeration.frontier.texts
        self._frontier = enumeration.frontier[np.array(sorted(range(len(texts)), key=texts.__getitem__), dtype=int)]
        self._left = list(self._frontier.texts)

    @cached_property
    def base_mass_left(self) -> Interval:
        """r, the base model's probability of everything that is not enumerated."""
        off = math.expm1(self._rounding)
        left = math.fsum(np.exp(self._frontier.log_mass))
        return Interval(max(0.0, left * (1 - off)), min(1.0, left * (1 + off)))

    def missing(self, alpha: float) -> float:
        """The largest possible share of p^alpha that is not enumerated, 0 to 1; no answer's share is wider."""
        return missing_share(self.log_p, self._frontier, self.enumeration.length, checked_alpha(alpha))

    def log_normaliser(self, alpha: float, prefix: Text = ()) -> Interval:
        """log sum p(x)^alpha, nats, over all completions or those that start with a prefix.

        ValueError at alpha = inf, where the sum counts the certain completions: one or none.
        """
        if math.isinf(checked_alpha(alpha)):
            raise ValueError("alpha must be a number from 1 to below inf for a normaliser, not inf")
        view = self._view(prefix, alpha)
        low, high = log_sum_exp(view.weights), log_sum_exp(np.append(view.weights, view.bounds))
        return Interval(low + view.shift - view.off, min(0.0, high + view.shift + view.off))

    def event(self, holds: Callable[[Text], bool], alpha: float, prefix: Text = ()) -> Interval:
        """The power probability of an event given a prefix, such as accuracy: that the answer is right.

        `holds` is called with each enumerated completion, its end token included.
        """
        view = self._view(prefix, alpha)
        known = {True: -math.inf} | _grouped((bool(holds(text)) for text in view.texts), view.weights)
        return _intervals(known, {}, log_sum_exp(view.bounds), view.off)[True]

    def shares(self, answer: Callable[[Text], Hashable], alpha: float, prefix: Text = ()) -> dict[Hashable, Interval]:
        """The power probability, given a prefix, of each answer that an enumerated completion gives.

        For answers in the text: `lambda ids: task.answer(model.decode(ids))`. Without a prefix, an answer that is not
        among the keys has a share of at most `missing(alpha)`.
        """
        view = self._view(prefix, alpha)
        known = _grouped(map(answer, view.texts), view.weights)
        return _intervals(known, {}, log_sum_exp(view.bounds), view.off)

    def next_token(self, prefix: Text, alpha: float) -> NextTokenShares:
        """p_alpha(next token | prefix) of each token that was searched, and of all others together.

        Where the prefix was not expanded nothing is known: no token, and others in [0, 1]. ValueError for a prefix that
        is a completion.
        """
        view, prefix = self._view(prefix, alpha), tuple(prefix)
        if len(prefix) >= self.enumeration.length or view.texts[:1] == [prefix]:
            raise ValueError(f"prefix must be one that goes on, not the completion {prefix}")
        if prefix not in self.enumeration.expanded:
            return NextTokenShares({}, Interval(0.0, 1.0))
        depth = len(prefix)
        known = _grouped((text[depth] for text in view.texts), view.weights)
        left = _grouped((text[depth] if len(text) > depth else OTHERS for text in view.left), view.bounds)
        shares = _intervals(known, {OTHERS: -math.inf} | left, -math.inf, view.off)
        return NextTokenShares(shares, shares.pop(OTHERS))

    def futures(self, prefix: Text) -> list[tuple[Text, float]]:
        """The enumerated completions that start with a prefix, with their log p, likeliest first."""
        where = self._range(self.completions, tuple(prefix))
        found = zip(self.completions[where], self.log_p[where].tolist(), strict=True)
        return sorted(found, key=lambda item: (-item[1], item[0]))

    @cached_property
    def _seen(self) -> frozenset[Text]:
        """Prefixes whose unenumerated extensions lie in frontier sets that start with the prefix."""
        return self.enumeration.expanded | frozenset(self.completions) | frozenset(self._left)

    @cached_property
    def _rounding(self) -> float:
        return rounding(self.log_p, self._frontier, self.enumeration.length)

    def _range(self, texts: list[Text], prefix: Text) -> slice:
        """The range of sorted texts that start with a prefix."""
        return slice(bisect_left(texts, prefix), bisect_left(texts, (*prefix, math.inf)))

    def _view(self, prefix: Text, alpha: float) -> View:
        """What is known of p^alpha after a prefix; if it was not searched, the whole frontier may lie there."""
        alpha, prefix = checked_alpha(alpha), tuple(prefix)
        where = self._range(self.completions, prefix)
        part = self._range(self._left, prefix) if prefix in self._seen else slice(None)
        log_p, frontier = self.log_p[where], self._frontier[part]
        texts, left = self.completions[where], self._left[part]
        if not math.isinf(alpha):
            top = float(max(log_p.max(initial=LEAST), frontier.log_max.max(initial=LEAST)))
            weights, bounds = alpha * (log_p - top), alpha * (frontier.urgency(alpha) - top)
            return View(texts, weights, left, bounds, 2 * alpha * self._rounding + 2.0**-46, alpha * top)
        least = log_p.max(initial=-math.inf) - 2 * self._rounding  # what may be likeliest, as far as rounding can tell
        weights = np.where(log_p >= least, 0.0, -np.inf)
        bounds = np.where(frontier.log_max >= least, np.inf, -np.inf)  # any number of completions as likely
        return View(texts, weights, left, bounds, TIED if np.count_nonzero(log_p >= least) > 1 else 0.0, 0.0)


def _grouped(keys: Iterable[Key], values: np.ndarray) -> dict[Key, float]:
    """The log of the sum of exp(values) of each key."""
    groups: dict[Key, list[float]] = {}
    for key, value in zip(keys, values, strict=True):
        groups.setdefault(key, []).append(value)
    return {key: log_sum_exp(np.array(own)) for key, own in groups.items()}


def _intervals(known: dict[Key, float], left: dict[Key, float], anywhere: float, off: float) -> dict[Key, Interval]:
    """The share of each key, by the log weights that are known of it, may be left of it, or may be left of any key."""
    keys = [*known, *(key for key in left if key not in known)]
    least = np.array([known.get(key, -math.inf) for key in keys])
    most = np.logaddexp(least, [left.get(key, -math.inf) for key in keys])
    least_others, most_others = _sums_of_others(least), np.logaddexp(_sums_of_others(most), anywhere)
    most = np.logaddexp(most, anywhere)
    off += len(keys) * 2.0**-51
    return {
        key: Interval(_low(least[i], most_others[i], off), _high(most[i], least_others[i], off))
        for i, key in enumerate(keys)
    }


def _sums_of_others(values: np.ndarray) -> np.ndarray:
    """[n], log of the sum of all exp(values) but the own one."""
    before = np.logaddexp.accumulate(np.append(-np.inf, values))[:-1]
    after = np.logaddexp.accumulate(np.append(-np.inf, values[::-1]))[:-1][::-1]
    return np.logaddexp(before, after)


def _low(inside: float, outside: float, off: float) -> float:
    """The least that inside / (inside + outside) can be for two log weights that may each be off by `off`."""
    if inside == -math.inf:
        return 0.0
    return float(np.exp(-np.logaddexp(0.0, outside - inside + 2 * off))) * (1 - ULP)


def _high(inside: float, outside: float, off: float) -> float:
    """The most that it can be; 1 where nothing is known to lie outside."""
    if outside == -math.inf or inside == math.inf:
        return 1.0
    return min(1.0, float(np.exp(-np.logaddexp(0.0, outside - inside - 2 * off))) * (1 + ULP))
