"""Next-token rows: log-probabilities over the vocabulary, and the questions that the sampler asks of them.

A row knows V numbers, but a step of the sampler needs only a few answers: the log-probability of one token, a draw, an
entropy. So a row is an object that answers, wherever its numbers are. `ArrayRow` has them in float64 in NumPy; a
network with a large vocabulary leaves them where it computed them (models/network_row.py). For example

    row = ArrayRow(np.log([0.7, 0.2, 0.1]))
    q = row.tempered(0.25)      # the row at temperature 1/4, a row itself
    token = q.draw(0.31)        # by inverse CDF
    row[token], q[token]        # its log p and log q
"""

from functools import cached_property
from typing import Any, Protocol

import numpy as np

from sampler.core import power


class Row(Protocol):
    """Log-probabilities of the next token, V of them; natural logs, -inf for an impossible token. Never written to.

    `np.asarray(row)` is the whole row, [V] in float64.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, token: int) -> float: ...

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray: ...

    @property
    def nbytes(self) -> int:
        """The memory that it takes while a cache keeps it."""

    def tempered(self, temperature: float) -> "Row":
        """The row at a temperature > 0, as `power.temper`."""

    def draw(self, u: float) -> int:
        """The token at the number u in (0, 1), as `inverse_cdf`."""

    def log_z(self, alpha: float) -> float:
        """log sum_v p(v)^alpha, as `power.log_z`."""

    def entropy(self) -> float:
        """Shannon entropy in nats, as `power.entropy`."""

    def top_tokens(self, count: int) -> tuple[tuple[int, float], ...]:
        """The likeliest tokens, as `power.top_tokens`."""


class ArrayRow:
    """A row [V] in float64. Remembers its last answers, since a chain asks the same row again and again."""

    def __init__(self, log_p: np.ndarray) -> None:
        self._log_p = log_p
        log_p.flags.writeable = False
        self._tempered: tuple[float, ArrayRow] | None = None
        self._log_z: tuple[float, float] | None = None
        self._top_tokens: tuple[int, tuple[tuple[int, float], ...]] | None = None

    def __len__(self) -> int:
        return len(self._log_p)

    def __getitem__(self, token: int) -> float:
        return float(self._log_p[token])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._log_p, dtype, copy=copy)

    @property
    def nbytes(self) -> int:
        return 3 * self._log_p.nbytes  # with the row that was tempered from it, and the sums that draws look up

    def tempered(self, temperature: float) -> "ArrayRow":
        if self._tempered is None or self._tempered[0] != temperature:
            self._tempered = temperature, ArrayRow(power.temper(self._log_p, temperature))
        return self._tempered[1]

    def draw(self, u: float) -> int:
        index = int(self._cumulative.searchsorted(u * self._cumulative[-1], side="right"))
        if index < len(self):
            return index
        return int(np.flatnonzero(np.isfinite(self._log_p))[-1])  # u * total rounded up to the total

    @cached_property
    def _cumulative(self) -> np.ndarray:
        cumulative: np.ndarray = np.exp(self._log_p).cumsum()
        return cumulative

    def log_z(self, alpha: float) -> float:
        if self._log_z is None or self._log_z[0] != alpha:
            self._log_z = alpha, power.log_z(self._log_p, alpha)
        return self._log_z[1]

    def entropy(self) -> float:
        return self._entropy

    @cached_property
    def _entropy(self) -> float:
        return power.entropy(self._log_p)

    def top_tokens(self, count: int) -> tuple[tuple[int, float], ...]:
        if self._top_tokens is None or self._top_tokens[0] != count:
            self._top_tokens = count, power.top_tokens(self._log_p, count)
        return self._top_tokens[1]


def inverse_cdf(log_q: np.ndarray, u: float) -> int:
    """The token v with CDF(v-1) <= u < CDF(v), tokens in the order of their ids; never an impossible one."""
    return ArrayRow(log_q.copy()).draw(u)
