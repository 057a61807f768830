"""Random numbers by address, and the same draws enumerated.

A draw's address is (seed, chain, block, step, purpose, position). The number found there never depends on what was
drawn before, so a run is the same whatever its batching, and runs at two alphas share their random numbers.
"""

import math
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import numpy as np

from sampler.core.rows import Row

EXTEND, CUT, PROPOSE, ACCEPT, SAMPLE, ROLLOUT = range(6)
PAGE = 32  # positions whose numbers are made at once, since making one takes as long

Outcome = TypeVar("Outcome")


class Draws(Protocol):
    """The three random decisions of the sampler, at one (block, step) of one chain."""

    def cut(self, n: int) -> int:
        """A whole number from 0 to n-1, uniform; n >= 1."""

    def token(self, log_q: Row, position: int) -> int:
        """A token from the row log q for this position of the completion."""

    def seed(self, position: int) -> int:
        """A whole number below 2^53 for a model that draws by itself from this position of the completion on."""

    def accept(self, log_ratio: float) -> tuple[bool, float]:
        """(log u < log_ratio, log u) for u uniform on (0, 1)."""


def uniform(seed: int, chain: int, block: int, step: int, purpose: int, position: int) -> float:
    """The number in (0, 1) at an address: Philox4x64 (Salmon et al. 2011) keyed by (seed, chain)."""
    return uniforms(seed, chain, block, step, purpose, position, 1)[0]


def uniforms(seed: int, chain: int, block: int, step: int, purpose: int, first: int, count: int) -> list[float]:
    """The numbers at `count` addresses that differ by their position only, from `first` on."""
    philox = np.random.Philox(key=[seed, chain], counter=[first, purpose, step, block])
    words = philox.random_raw(4 * count)[::4]  # of each position's four words the first
    numbers: list[float] = (((words >> 11) + 0.5) * 2.0**-53).tolist()
    return numbers


class SeededDraws:
    """Draws at the addresses of one (block, step); `purpose` says whether its tokens extend, propose or sample."""

    def __init__(self, seed: int, chain: int, block: int, step: int, purpose: int) -> None:
        self._where = (seed, chain, block, step)
        self._purpose = purpose
        self._tokens: dict[int, list[float]] = {}  # the numbers of PAGE positions at a time

    def cut(self, n: int) -> int:
        return int(uniform(*self._where, CUT, 0) * n)

    def token(self, log_q: Row, position: int) -> int:
        page, place = divmod(position, PAGE)
        if page not in self._tokens:
            self._tokens[page] = uniforms(*self._where, self._purpose, page * PAGE, PAGE)
        return log_q.draw(self._tokens[page][place])

    def seed(self, position: int) -> int:
        return int(uniform(*self._where, self._purpose, position) * 2**53)

    def accept(self, log_ratio: float) -> tuple[bool, float]:
        log_u = math.log(uniform(*self._where, ACCEPT, 0))
        return log_u < log_ratio, log_u


class EnumeratedDraws:
    """Draws that follow a given path of choices, then take the first branch at each new fork and note the others."""

    def __init__(self, path: tuple[int, ...]) -> None:
        self._path = path
        self.taken: list[int] = []
        self.open_branches: list[list[int]] = []
        self.probability = 1.0

    def cut(self, n: int) -> int:
        return self._choose({cut: 1 / n for cut in range(n)})

    def token(self, log_q: Row, position: int) -> int:
        return self._choose(
            {v: math.exp(log_prob) for v, log_prob in enumerate(np.asarray(log_q).tolist()) if log_prob > -math.inf}
        )

    def seed(self, position: int) -> int:
        raise TypeError("draws can be enumerated only of a model with next-token rows")

    def accept(self, log_ratio: float) -> tuple[bool, float]:
        """Both verdicts, with log u in the middle of the numbers that lead to each."""
        prob = math.exp(min(0.0, log_ratio))
        branches = {verdict: weight for verdict, weight in ((1, prob), (0, 1 - prob)) if weight > 0}
        if self._choose(branches):
            return True, math.log(prob / 2)
        return False, math.log((1 + prob) / 2)

    def _choose(self, branches: dict[int, float]) -> int:
        depth = len(self.taken)
        options = list(branches)
        choice = self._path[depth] if depth < len(self._path) else options[0]
        self.taken.append(choice)
        self.open_branches.append([] if depth < len(self._path) else options[1:])
        self.probability *= branches[choice]
        return choice


def enumerate_outcomes(procedure: Callable[[Draws], Outcome]) -> Iterator[tuple[Outcome, float]]:
    """Every outcome of a procedure that takes its draws from its argument, each with its exact probability.

    The procedure runs once for each path through its tree of decisions, so it must be small and repeatable.
    """
    pending: list[tuple[int, ...]] = [()]
    while pending:
        draws = EnumeratedDraws(pending.pop())
        yield procedure(draws), draws.probability
        for depth, branches in enumerate(draws.open_branches):
            pending.extend((*draws.taken[:depth], branch) for branch in branches)
