"""Estimates of what comes after a prefix under p^alpha, from futures drawn at temperature 1/alpha and weighed.

A future drawn token by token from q, the base model at temperature 1/alpha, has p^alpha / q = product of Z_t over its
rows (METHOD.md, section 3), so the mean of that product after a token v is zeta(v) = sum over futures of p^alpha (Ji et
al. 2026, theorem 3.1), without bias. Tokens are strata: each of the likeliest has rollouts of its own, however rarely q
would draw it, and the others share one. Standard errors by the delta method.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sampler.core import kernel
from sampler.core.draws import ROLLOUT, SeededDraws, uniform
from sampler.core.kernel import Stage
from sampler.core.power import log_sum_exp
from sampler.core.records import Law, Segment
from sampler.core.requests import Asks
from sampler.core.rows import inverse_cdf
from sampler.models.contract import NextToken
from sampler.models.lock_step import in_lock_step

STRATA = 8  # tokens with rollouts of their own, beside the token asked about
TOGETHER = 64
REST = -1  # no token: the stratum of all the others

Text = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that is exact, surely within `error` of the truth, or estimated from M rollouts.

    The error of an estimate is its standard error (delta method), joined with 1/M for what was too rare to be drawn.
    """

    value: float
    error: float
    is_exact: bool


class Rollout(NamedTuple):
    """One future after a token: its tokens, what it adds to log p, and its weight p^alpha / q in (0, 1]."""

    token_ids: Text
    log_p: float
    weight: float


@dataclass(frozen=True)
class Rollouts:
    """M futures after each of S strata of next tokens; `log_t` [S] is q's log-probability of each stratum."""

    tokens: list[int]
    log_t: np.ndarray
    futures: list[list[Rollout]]

    @property
    def weights(self) -> np.ndarray:
        """[S, M]."""
        return np.array([[rollout.weight for rollout in row] for row in self.futures])

    @property
    def masses(self) -> np.ndarray:
        """[S, M], each weight times its stratum's probability under q."""
        masses: np.ndarray = np.exp(self.log_t)[:, None] * self.weights
        return masses

    def power(self) -> dict[int, Measure]:
        """p_alpha of each stratum's tokens: P_s = t_s zeta_s / sum_r t_r zeta_r."""
        strata = np.eye(len(self.tokens))[:, :, None]
        return {v: self._share(own) for v, own in zip(self.tokens, strata, strict=True)}

    def power_gain(self) -> Measure:
        """KL(power || temperature) of the next stratum, nats: sum_s P_s log(P_s / t_s)."""
        masses = self.masses.mean(axis=1)
        logs = np.log(self.weights.mean(axis=1)) - math.log(masses.sum())
        gain = float((masses / masses.sum() * logs).sum())
        return _estimate(gain, self.masses * (logs - gain)[:, None] / masses.sum())

    def success_delta(self, token: int, is_right: Callable[[Text], bool]) -> Measure:
        """P_alpha(right | token fixed) - P_alpha(right), for a test of a future whose first token is the stratum's."""
        right = np.array([[is_right(rollout.token_ids) for rollout in row] for row in self.futures], dtype=float)
        masses, place = self.masses, self.tokens.index(token)
        own = self.weights[place]
        before = (masses * right).sum() / masses.sum()
        after = (own * right[place]).sum() / own.sum()
        pull = -masses * (right - before) / masses.mean(axis=1).sum()
        pull[place] += own * (right[place] - after) / own.mean()
        return _estimate(after - before, pull)

    def shares(self, answer: Callable[[Text], Hashable]) -> dict[Hashable, Measure]:
        """p_alpha of each answer that a future gives, asked about its tokens, the stratum's own included."""
        answers = [[answer(rollout.token_ids) for rollout in row] for row in self.futures]
        keys = dict.fromkeys(a for row in answers for a in row)
        return {key: self._share(np.array([[a == key for a in row] for row in answers], dtype=float)) for key in keys}

    def _share(self, holds: np.ndarray) -> Measure:
        """p_alpha of what holds for some futures, 1 or 0 for each [S, M] or for all of a stratum [S, 1]."""
        masses = self.masses
        share = (masses * holds).sum() / masses.sum()
        return _estimate(share, masses * (holds - share) / masses.mean(axis=1).sum())


def _estimate(value: float, pulls: np.ndarray) -> Measure:
    """A figure that moves by pulls [S, M] over M for each future drawn once more (the delta method)."""
    count = pulls.shape[1]
    variance = (pulls.var(axis=1, ddof=1) / count).sum()
    return Measure(float(value), math.hypot(math.sqrt(variance), 1 / count), False)


def roll_out(
    model: NextToken, prompt_ids: Text, prefix: Text, token: int, alpha: float, length: int, count: int, seed: int = 0
) -> Rollouts:
    """`count` >= 2 futures, up to `length` tokens of completion, after each likely token, `token`, and the others."""
    [row] = model.next_logprobs([prompt_ids + prefix])
    log_q = np.asarray(row.tempered(1 / alpha))
    own = sorted({token, *(v for v, _ in row.top_tokens(STRATA))})
    rest = log_q.copy()
    rest[own] = -np.inf
    strata = [*own, REST] if np.isfinite(rest).any() else own
    firsts = [
        v if v != REST else inverse_cdf(rest, uniform(seed, m, len(prefix), 0, ROLLOUT, len(prefix)))
        for v in strata
        for m in range(count)
    ]
    stage = Stage(prompt_ids, model.eos_ids, 0, length, Law(alpha, 1 / alpha), alternatives=0)
    writers = (
        _future(stage, (*prefix, first), SeededDraws(seed, i % count, len(prefix), 1 + i // count, ROLLOUT))
        for i, first in enumerate(firsts)
    )
    written = dict(in_lock_step(model, writers, TOGETHER))
    found = [
        Rollout((first, *written[i].token_ids), math.fsum(written[i].log_p), math.exp(math.fsum(written[i].log_z)))
        for i, first in enumerate(firsts)
    ]
    log_t = np.array([log_sum_exp(rest) if v == REST else log_q[v] for v in strata])
    return Rollouts(strata, log_t, [found[s * count : (s + 1) * count] for s in range(len(strata))])


def _future(stage: Stage, kept: Text, draws: SeededDraws) -> Asks[Segment]:
    """What is written after a text; nothing after one that has ended."""
    if kept[-1] in stage.eos_ids:
        return Segment()
    return (yield from kernel.write(stage, kept, draws))
