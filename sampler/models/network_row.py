"""Rows that stay where a network computed them, for vocabularies over which every pass costs as much as the network.

A row keeps its logits in float32 on the network's device. With top the largest logit and S(T) = sum_v exp((logit(v) -
top) / T), its answers at temperature T are

    log q(v) = (logit(v) - top) / T - log S(T)
    log Z(alpha) = log S(T/alpha) - alpha log S(T)

so a drawn token costs two passes of exponentials, at temperatures 1 and 1/alpha. The logits stand in blocks of BLOCK,
whose sums are added in float64: log S is good to 1e-7. A draw finds its block first, and its token only there;
the likeliest tokens are looked for in the blocks with the largest maxima.
"""

import math
from copy import copy
from typing import Any

import numpy as np
import torch
from torch.nn.functional import pad

from sampler.core.rows import ArrayRow, Row

SMALL_VOCABULARY = 2048  # up to here NumPy in float64 is quicker
BLOCK = 128


def rows_of(logits: torch.Tensor) -> list[Row]:
    """The rows of logits [N, V]; each has memory of its own, so that a cache does not keep its whole batch."""
    if logits.shape[1] > SMALL_VOCABULARY:
        return [NetworkRow(row) for row in logits]
    shifted = logits.double().cpu().numpy()
    shifted -= shifted.max(-1, keepdims=True)
    return [ArrayRow(row.copy()) for row in shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))]


class NetworkRow:
    """The row of logits [V]; any of them may be -inf, but not all."""

    def __init__(self, logits: torch.Tensor) -> None:
        self._length = len(logits)
        self._logits = pad(logits.float(), (0, -len(logits) % BLOCK), value=-math.inf).view(-1, BLOCK)
        self._maxima = self._logits.amax(1)  # (blocks,)
        self._top = float(self._maxima.amax())
        self._temperature = 1.0
        self._entropy: float | None = None
        self._log_sums: dict[float, float] = {}  # log S by temperature

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, token: int) -> float:
        shifted = float(self._logits[divmod(token, BLOCK)]) - self._top
        return shifted / self._temperature - self._log_sum(self._temperature)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """[V], normalised in float64 as a search for a certified target needs it."""
        scaled = (self._logits.flatten()[: len(self)].double() - self._top) / self._temperature
        return torch.log_softmax(scaled, 0).cpu().numpy().astype(dtype or np.float64)

    @property
    def nbytes(self) -> int:
        return self._logits.nbytes

    def tempered(self, temperature: float) -> "NetworkRow":
        row = copy(self)  # the same logits and sums
        row._temperature, row._entropy = self._temperature * temperature, None
        return row

    def draw(self, u: float) -> int:
        weights = self._scaled(self._temperature).exp_()
        cumulative = self._blocks_summed(self._temperature, weights).cumsum(0)
        aim = u * cumulative[-1]
        block = min(int(torch.searchsorted(cumulative, aim, right=True)), len(weights) - 1)
        while weights[block].sum() == 0:  # rounding led past the last possible token
            block -= 1
        before = cumulative[block - 1] if block else 0.0
        inside = weights[block].double()
        place = int(torch.searchsorted(inside.cumsum(0), aim - before, right=True))
        if place == BLOCK or inside[place] == 0:
            place = int(inside[:place].nonzero()[-1])
        return block * BLOCK + place

    def log_z(self, alpha: float) -> float:
        own = self._log_sum(self._temperature)
        if math.isinf(alpha):
            return 0.0 if own == 0.0 else -math.inf
        return self._log_sum(self._temperature / alpha) - alpha * own

    def entropy(self) -> float:
        if self._entropy is None:
            scaled = self._scaled(self._temperature).clamp_min_(-1e4)  # since 0 * -inf is no number
            weights = scaled.exp()
            total = float(self._blocks_summed(self._temperature, weights).sum())
            self._entropy = max(0.0, math.log(total) - float(weights.flatten() @ scaled.flatten()) / total)
        return self._entropy

    def top_tokens(self, count: int) -> tuple[tuple[int, float], ...]:
        count = min(count, len(self))
        if count == 0:
            return ()
        least = self._maxima.topk(min(count, len(self._maxima))).values[-1]
        blocks = (self._maxima >= least).nonzero()[:, 0]
        order = self._logits[blocks].flatten().argsort(descending=True, stable=True)[:count]
        tokens = (blocks[order // BLOCK] * BLOCK + order % BLOCK).tolist()
        return tuple((v, log_p) for v in tokens if (log_p := self[v]) > -math.inf)

    def _scaled(self, temperature: float) -> torch.Tensor:
        """(logit - top) / T, [blocks, BLOCK]."""
        shifted = self._logits - self._top
        return shifted if temperature == 1.0 else shifted.mul_(min(1 / temperature, 3e38))

    def _blocks_summed(self, temperature: float, weights: torch.Tensor) -> torch.Tensor:
        """The sum of each block's weights, [blocks] in float64; remembers log S, their own sum."""
        sums = weights.sum(1).double()
        self._log_sums[temperature] = math.log(float(sums.sum()))
        return sums

    def _log_sum(self, temperature: float) -> float:
        if temperature not in self._log_sums:
            self._blocks_summed(temperature, self._scaled(temperature).exp_())
        return self._log_sums[temperature]
