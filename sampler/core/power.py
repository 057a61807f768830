"""The mathematics of power sampling as pure functions of next-token rows and recorded numbers. Nats, float64."""

import math
from collections.abc import Sequence

import numpy as np


def log_sum_exp(values: np.ndarray) -> float:
    """log sum_v exp(values[v]) for values [V]; -inf when every value is -inf, or there is none."""
    top = float(values.max(initial=-math.inf))
    if math.isinf(top):
        return top
    return top + math.log(float(np.exp(values - top).sum()))


def temper(log_p: np.ndarray, temperature: float) -> np.ndarray:
    """log q(v) = log p(v)/temperature - log sum_w p(w)^(1/temperature), [V]: the row sharpened token by token.

    Karan & Du 2025, eq. 4. `temperature` > 0; impossible tokens (-inf) stay impossible.
    """
    with np.errstate(over="ignore"):  # a tiny temperature may send unlikely tokens to -inf, which is right
        scaled = (log_p - log_p.max()) / temperature
    tempered: np.ndarray = scaled - math.log(float(np.exp(scaled).sum()))  # the largest is 0 already
    return tempered


def log_z(log_p: np.ndarray, alpha: float) -> float:
    """log Z = log sum_v p(v)^alpha of one row [V], at most 0 for alpha >= 1; how sure the model is of this token.

    At alpha = inf only a certain token counts: 0 if some p(v) = 1, otherwise -inf.
    """
    top = float(log_p.max())
    if math.isinf(alpha):
        return 0.0 if top >= 0.0 else -math.inf
    return alpha * top + math.log(float(np.exp(alpha * (log_p - top)).sum()))


def entropy(log_p: np.ndarray) -> float:
    """Shannon entropy -sum_v p(v) log p(v) of one row [V], in nats, from 0 to log V."""
    p = np.exp(log_p)
    return max(0.0, -float(p @ np.where(p > 0, log_p, 0.0)))


def top_tokens(row: np.ndarray, count: int) -> tuple[tuple[int, float], ...]:
    """The `count` likeliest possible tokens of a row [V] as (id, log_p), likeliest first, ties by id."""
    count = min(count, len(row))
    if count == 0:
        return ()
    threshold = np.partition(row, len(row) - count)[len(row) - count]
    candidates = np.flatnonzero(row >= threshold)
    order = candidates[np.argsort(-row[candidates], kind="stable")][:count]
    return tuple((v, log_p) for v, log_p in zip(order.tolist(), row[order].tolist(), strict=True) if log_p > -math.inf)


def log_target_ratio(alpha: float, log_p_proposed: Sequence[float], log_p_replaced: Sequence[float]) -> float:
    """alpha * (sum log p(proposed) - sum log p(replaced)), new over old; +-inf at alpha = inf, -inf when equal there.

    Both sums run over ALL the tokens from the cut to their own end, whatever their lengths (METHOD.md, section 3).
    """
    delta = math.fsum(log_p_proposed) - math.fsum(log_p_replaced)
    if math.isinf(alpha):
        return math.inf if delta > 0 else -math.inf
    return alpha * delta


def log_proposal_ratio(log_q_proposed: Sequence[float], log_q_replaced: Sequence[float]) -> float:
    """sum log q(replaced) - sum log q(proposed): probability of proposing the way back over the way there."""
    return math.fsum(log_q_replaced) - math.fsum(log_q_proposed)


def log_cut_ratio(num_cuts_current: int, num_cuts_proposed: int) -> float:
    """log n - log n': the cut is uniform over n places now, over n' on the way back. Both at least 1."""
    return math.log(num_cuts_current) - math.log(num_cuts_proposed)


def log_accept_ratio(alpha: float, target: float, proposal: float, cut: float) -> float:
    """log A = target + proposal + cut; at alpha = inf the target term alone decides."""
    return target if math.isinf(alpha) else target + proposal + cut
