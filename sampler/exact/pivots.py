"""Pivotal positions of a completion: where sharpening whole texts and sharpening tokens part.

Each measure is exact where the certified target is narrow enough, and estimated from rollouts elsewhere; it says which,
with its error.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from sampler.core.records import checked_alpha, checked_int
from sampler.core.rows import Row
from sampler.exact.certified import CertifiedTarget, Interval
from sampler.exact.rollouts import STRATA, Measure, Rollouts, Text, roll_out
from sampler.models.contract import LanguageModel

TOLERANCE = 0.01  # the widest certified interval that counts as exact
FUTURES = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a model, a prompt, alpha from 1 to below inf, the longest completion, and what is known.

    `target` was searched for this very prompt and length. `is_right` is asked about a completion's text, where a
    checker exists. `rollouts` futures a token stand in where the target is not narrow enough.
    """

    model: LanguageModel
    prompt_ids: Text
    alpha: float
    length: int
    target: CertifiedTarget | None = None
    is_right: Callable[[str], bool] | None = None
    rollouts: int = 64
    _known: dict[Text, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if math.isinf(checked_alpha(self.alpha)):
            raise ValueError("alpha must be a number from 1 to below inf for pivots, not inf")
        checked_int("length", self.length, 1, self.model.max_length - len(self.prompt_ids))
        checked_int("rollouts", self.rollouts, 2, 100_000)
        if self.target is not None and self.target.enumeration.length != self.length:
            raise ValueError(f"length must be the target's {self.target.enumeration.length}, not {self.length}")

    def rightness(self, token_ids: Text) -> bool:
        """Whether a whole completion is right, False without a checker; each is checked once."""
        if token_ids not in self._known:
            self._known[token_ids] = bool(self.is_right and self.is_right(self.model.decode(token_ids)))
        return self._known[token_ids]


@dataclass(frozen=True, slots=True)
class Pivot:
    """The measures of one position, for the token that stands there.

    power_gain: KL(p_alpha(. | prefix) || temperature 1/alpha (. | prefix)) in nats, what the futures add to the choice.
    success_delta: P_alpha(right | prefix and token) - P_alpha(right | prefix), -1 to 1; None without a checker.
    entropy: of the base row, nats, exact.
    Measures of `exact_pivots` are None where the target's intervals are too wide.
    """

    position: int
    token: int
    entropy: float
    power_gain: Measure | None
    success_delta: Measure | None


@dataclass(frozen=True, slots=True)
class Future:
    """A way on after a token: log p of it given the token, and its share of the token's power mass that was found."""

    token_ids: Text
    log_p: float
    share: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that could stand at a position: its three probabilities there, and its likeliest known futures."""

    token: int
    base: float
    temperature: float
    power: Measure
    futures: tuple[Future, ...]


def exact_pivots(question: Question, token_ids: Text) -> list[Pivot]:
    """The measures that the target certifies at each position of a completion; costs no more than its rows."""
    ids = _checked(question, token_ids, 1)
    rows = question.model.next_logprobs([question.prompt_ids + ids[:i] for i in range(len(ids))])
    log_p = np.concatenate([[0.0], np.cumsum([row[v] for row, v in zip(rows, ids, strict=True)])])
    return [_exact_pivot(question, ids[:i], ids[i], rows[i], float(log_p[i])) for i in range(len(ids))]


def completed(question: Question, token_ids: Text, pivot: Pivot) -> Pivot:
    """A pivot whose missing measures are estimated from rollouts."""
    needs_delta = question.is_right is not None and pivot.success_delta is None
    if pivot.power_gain and not needs_delta:
        return pivot
    prefix = tuple(token_ids[: pivot.position])
    found = _rolled(question, prefix, pivot.token)
    gain, delta = pivot.power_gain or found.power_gain(), pivot.success_delta
    if needs_delta:
        delta = found.success_delta(pivot.token, lambda future: question.rightness(prefix + future))
    return replace(pivot, power_gain=gain, success_delta=delta)


def alternatives(question: Question, prefix: Text) -> list[Alternative]:
    """The likeliest STRATA tokens after a prefix, under the base model, with what power makes of them."""
    prefix, alpha = _checked(question, prefix, 0), question.alpha
    *rows, row = question.model.next_logprobs([question.prompt_ids + prefix[:i] for i in range(len(prefix) + 1)])
    log_p = math.fsum(before[v] for before, v in zip(rows, prefix, strict=True))
    tokens, log_t = [v for v, _ in row.top_tokens(STRATA)], row.tempered(1 / alpha)
    target = question.target
    if target and (shares := _exact_shares(target, prefix, alpha, tokens)):
        found = {v: target.futures((*prefix, v)) for v in tokens}
        futures = {v: [(ids[len(prefix) + 1 :], log - log_p - row[v]) for ids, log in found[v]] for v in tokens}
    else:
        rolled = _rolled(question, prefix, tokens[0])
        shares, drawn = rolled.power(), dict(zip(rolled.tokens, rolled.futures, strict=True))
        futures = {v: list(dict.fromkeys((future.token_ids[1:], future.log_p) for future in drawn[v])) for v in tokens}
    return [Alternative(v, math.exp(row[v]), math.exp(log_t[v]), shares[v], _best(futures[v], alpha)) for v in tokens]


def exact_power_gain(target: CertifiedTarget, prefix: Text, row: Row, log_p: float, alpha: float) -> Interval:
    """An interval that surely holds the power gain after a prefix with this base row and log-probability log_p.

    Term by term P log(P/T) over the interval of P. The tokens that were not looked at add at least their log-sum
    bound, and at most their share times log 1/zeta-bar: P/T = zeta / zeta-bar, zeta <= 1, zeta-bar the mean of zeta
    under temperature.
    """
    known, log_t = target.next_token(prefix, alpha), row.tempered(1 / alpha)
    terms = [_term(interval, log_t[v]) for v, interval in known.tokens.items()]
    low, high = math.fsum(term.low for term in terms), math.fsum(term.high for term in terms)
    if known.others.high > 0:
        left = max(0.0, 1.0 - math.fsum(math.exp(log_t[v]) for v in known.tokens))
        log_mean = target.log_normaliser(alpha, prefix).low - alpha * log_p - row.log_z(alpha)
        low += _term(known.others, math.log(left)).low if left > 0 else 0.0
        high += known.others.high * max(0.0, -log_mean)
    return Interval(max(0.0, low), high)


def exact_success_delta(question: Question, target: CertifiedTarget, prefix: Text, token: int) -> Interval:
    """An interval that surely contains the change of the probability of a right answer when the token is fixed."""
    whole = (*prefix, token)
    before = target.event(question.rightness, question.alpha, prefix)
    if len(whole) == question.length or token in question.model.eos_ids:
        after = Interval(*[float(question.rightness(whole))] * 2)
    else:
        after = target.event(question.rightness, question.alpha, whole)
    return Interval(after.low - before.high, after.high - before.low)


def _exact_pivot(question: Question, prefix: Text, token: int, row: Row, log_p: float) -> Pivot:
    gain = delta = None
    if question.target:
        gain = _narrow(exact_power_gain(question.target, prefix, row, log_p, question.alpha))
        delta = _narrow(exact_success_delta(question, question.target, prefix, token)) if question.is_right else None
    return Pivot(len(prefix), token, row.entropy(), gain, delta)


def _exact_shares(target: CertifiedTarget, prefix: Text, alpha: float, tokens: list[int]) -> dict[int, Measure] | None:
    """The share of each token; None unless all are known well enough."""
    known = target.next_token(prefix, alpha)
    measures = {v: _narrow(known.tokens.get(v, known.others)) for v in tokens}
    shares = {v: measure for v, measure in measures.items() if measure}
    return shares if len(shares) == len(tokens) else None


def _best(futures: list[tuple[Text, float]], alpha: float) -> tuple[Future, ...]:
    """The likeliest few of some futures (tokens, log p)."""
    if not futures:
        return ()
    ordered = sorted(futures, key=lambda item: -item[1])
    weights = np.exp(alpha * np.array([log_p - ordered[0][1] for _, log_p in ordered]))
    shares = (weights / weights.sum()).tolist()
    return tuple(Future(ids, log_p, share) for (ids, log_p), share in zip(ordered[:FUTURES], shares, strict=False))


def _rolled(question: Question, prefix: Text, token: int) -> Rollouts:
    q = question
    return roll_out(q.model, q.prompt_ids, prefix, token, q.alpha, q.length, q.rollouts)


def _checked(question: Question, token_ids: Text, least: int) -> Text:
    """A text that a completion may start with, after which it goes on if `least` is 0."""
    ids, most = tuple(token_ids), question.length - (least == 0)
    if not least <= len(ids) <= most or any(v in question.model.eos_ids for v in ids[: len(ids) - least]):
        raise ValueError(f"token_ids must be {least} to {most} tokens without an end before their last, not {ids}")
    return ids


def _narrow(interval: Interval) -> Measure | None:
    """An exact measure, where the interval is narrow enough to be called so."""
    return Measure(interval.middle, interval.width / 2, True) if interval.width <= TOLERANCE else None


def _term(share: Interval, log_t: float) -> Interval:
    """Where x (log x - log t) lies for x in an interval; it falls until x = t/e and rises after."""
    ends = [x * (math.log(x) - log_t) if x > 0 else 0.0 for x in share]
    turn = math.exp(log_t - 1)
    return Interval(-turn if share.low < turn < share.high else min(ends), max(ends))
