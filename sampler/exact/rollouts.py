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


class Estimate(NamedTuple):
    """An estimate and its error: the standard error, joined with 1/M for what M rollouts may have missed."""

    value: float
    error: float


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

    def power(self) -> dict[int, Estimate]:
        """p_alpha of each stratum's tokens: P_s = t_s zeta_s / sum_r t_r zeta_r."""
        masses = np.exp(self.log_t) * self.weights.mean(axis=1)
        shares = masses / masses.sum()
        own = np.eye(len(shares))
        return {v: Estimate(float(shares[s]), self._error(own[s] - shares[s])) for s, v in enumerate(self.tokens)}

    def power_gain(self) -> Estimate:
        """KL(power || temperature) of the next stratum, nats: sum_s P_s log(P_s / t_s)."""
        zeta = self.weights.mean(axis=1)
        masses = np.exp(self.log_t) * zeta
        logs = np.log(zeta) - math.log(masses.sum())
        gain = float((masses / masses.sum() * logs).sum())
        return Estimate(gain, self._error(logs - gain))

    def success_delta(self, token: int, is_right: Callable[[Text], bool]) -> Estimate:
        """P_alpha(right | token fixed) - P_alpha(right), for a test of a future whose first token is the stratum's."""
        right = np.array([[is_right(rollout.token_ids) for rollout in row] for row in self.futures], dtype=float)
        weights, place = self.weights, self.tokens.index(token)
        masses = np.exp(self.log_t)[:, None] * weights
        before = float((masses * right).sum() / masses.sum())
        after = float((weights[place] * right[place]).sum() / weights[place].sum())
        pull = -masses * (right - before) / masses.mean(axis=1).sum()
        pull[place] += weights[place] * (right[place] - after) / weights[place].mean()
        return Estimate(after - before, _joined((pull.var(axis=1, ddof=1) / pull.shape[1]).sum(), pull.shape[1]))

    def shares(self, answer: Callable[[Text], Hashable]) -> dict[Hashable, Estimate]:
        """p_alpha of each answer that a future gives, asked about its tokens, the stratum's own included."""
        answers = [[answer(rollout.token_ids) for rollout in row] for row in self.futures]
        masses = np.exp(self.log_t)[:, None] * self.weights
        found = {}
        for key in dict.fromkeys(a for row in answers for a in row):
            gives = np.array([[a == key for a in row] for row in answers], dtype=float)
            share = float((masses * gives).sum() / masses.sum())
            pull = masses * (gives - share) / masses.mean(axis=1).sum()
            found[key] = Estimate(share, _joined((pull.var(axis=1, ddof=1) / pull.shape[1]).sum(), pull.shape[1]))
        return found

    def _error(self, slopes: np.ndarray) -> float:
        """Error of a function whose derivative by each stratum's mass is slopes [S] over the total."""
        masses = np.exp(self.log_t)[:, None] * self.weights
        variances = masses.var(axis=1, ddof=1) / masses.shape[1]
        return _joined((slopes**2 * variances).sum() / masses.mean(axis=1).sum() ** 2, masses.shape[1])


def roll_out(
    model: NextToken, prompt_ids: Text, prefix: Text, token: int, alpha: float, length: int, count: int, seed: int
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


def _joined(variance: float, count: int) -> float:
    return math.hypot(math.sqrt(variance), 1 / count)


def _future(stage: Stage, kept: Text, draws: SeededDraws) -> Asks[Segment]:
    """What is written after a text; nothing after one that has ended."""
    if kept[-1] in stage.eos_ids:
        return Segment()
    return (yield from kernel.write(stage, kept, draws))
