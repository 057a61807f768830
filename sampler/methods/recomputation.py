"""What verifies a run: every number measured again from the events and the model, without the sampler's own code path.

The tools that all methods share. Each method adds a `Recomputation` of its own, which follows its events.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import numpy as np

from sampler.core import power
from sampler.core.draws import uniform
from sampler.core.records import Event, Law, RunEnded, RunStarted, Segment, Settings, Totals
from sampler.core.requests import Score
from sampler.models.contract import Engine, LanguageModel

LOG_P_TOLERANCE = 1e-4  # nats a token: float32 forward passes in another order agree to about 1e-6
RATIO_TOLERANCE = 1e-3  # nats: sums of up to some thousand tokens
EDGE = 1e-3  # of a random number, for a token at the edge of its interval

Address = tuple[int, int, int, int, int]  # seed, chain, block, step, purpose
S = TypeVar("S", bound=Settings)


@dataclass
class Verification:
    """What was recomputed, the largest differences found (nats), and every contradiction as a sentence."""

    tokens: int = 0
    steps: int = 0
    samples: int = 0
    largest_log_p_error: float = 0.0
    largest_ratio_error: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


class Recomputation(Generic[S]):
    """Follows the events of one run; `follow` takes the next one, and `found` has what contradicts the model."""

    def __init__(self, started: RunStarted, settings: S, model: LanguageModel) -> None:
        self.started, self.settings, self.model = started, settings, model
        self.law: Law = settings.law
        self.text = Segment()
        self.totals = Totals()
        self.found = Verification()

    def follow(self, event: Event) -> None:
        raise NotImplementedError

    def expect_complete(self) -> None:
        """That a run whose reason is "completed" lacks nothing."""
        raise NotImplementedError

    def end(self, block: int) -> int:
        """Where the text of a block ends at the latest."""
        return self.settings.max_new_tokens

    def follow_end(self, event: RunEnded) -> None:
        """The ending of any run, against its last text and the counts so far."""
        ids = self.text.token_ids
        self.expect(event.token_ids == ids, "the run ended with other tokens than its events lead to")
        self.expect(event.text == self.model.decode(ids), "the final text is not its tokens' text")
        self.compare(event.log_p, math.fsum(self.text.log_p), "the final log p")
        self.expect(event.reason in ("completed", "stopped"), f"the run ended for no known reason, {event.reason!r}")
        if event.reason == "completed":
            self.expect_complete()
        for name in ("steps", "accepted", "changed", "tokens_drawn"):
            recorded, counted = getattr(event.totals, name), getattr(self.totals, name)
            self.expect(recorded == counted, f"totals: {name} is {recorded}, counted {counted}")

    def expect(self, condition: bool, problem: str) -> None:
        if not condition:
            self.found.problems.append(problem)

    def measured(self, kept: Segment, segment: Segment, where: str, address: Address | None = None) -> Segment:
        """The segment measured again by one plain pass over prompt + kept + segment; `address`: of its draws.

        An engine scores it; it has no alternatives, and drew its tokens with its own random numbers.
        """
        if not segment:
            return segment
        ids = self.started.prompt_ids + kept.token_ids
        self.found.tokens += len(segment)
        if isinstance(self.model, Engine):
            [again] = self.model.answers([Score(ids, segment.token_ids, self.law, 0)])
            self._same_numbers(segment, again, where)
            return again
        rows = self.model.logprobs(ids + segment.token_ids, len(ids))[:-1]  # (m, V)
        tempered = [power.temper(row, self.law.temperature) for row in rows]
        again = replace(
            segment,
            log_p=tuple(float(row[v]) for row, v in zip(rows, segment.token_ids, strict=True)),
            log_q=tuple(float(row[v]) for row, v in zip(tempered, segment.token_ids, strict=True)),
            log_z=tuple(power.log_z(row, self.law.alpha) for row in rows),
            entropy=tuple(power.entropy(row) for row in rows),
        )
        self._same_numbers(segment, again, where)
        self._same_alternatives(segment, rows, where)
        if address is not None:
            self._drawn(segment, tempered, address, len(kept), where)
        return again

    def _same_numbers(self, recorded: Segment, again: Segment, where: str) -> None:
        alpha = self.law.alpha if math.isfinite(self.law.alpha) else 1.0
        gains = {"log_p": 1.0, "entropy": 10.0, "log_q": 2 / self.law.temperature + 1, "log_z": 2 * alpha}
        if None in recorded.entropy:  # the model could not say it
            del gains["entropy"]
        for name, gain in gains.items():  # by how much an error in log p may grow on its way
            error = largest_difference(getattr(recorded, name), getattr(again, name))
            self.expect(error <= gain * LOG_P_TOLERANCE, f"{where}: {name} differs by {error:.2g} nats")
        error = largest_difference(recorded.log_p, again.log_p)
        self.found.largest_log_p_error = max(self.found.largest_log_p_error, error)

    def _same_alternatives(self, recorded: Segment, rows: np.ndarray, where: str) -> None:
        for row, top in zip(rows, recorded.alternatives, strict=True):
            expected = [log_p for log_p in sorted(row.tolist(), reverse=True) if log_p > -math.inf]
            expected = expected[: self.settings.alternatives]
            error = max(
                largest_difference([log_p for _, log_p in top], expected),
                largest_difference([float(row[v]) for v, _ in top], expected),
            )
            self.expect(error <= LOG_P_TOLERANCE, f"{where}: its alternatives are not the likeliest tokens")

    def _drawn(self, segment: Segment, tempered: list[np.ndarray], address: Address, first: int, where: str) -> None:
        """Each token is the one that the random number at its address picks, but for rounding at an edge."""
        for i, (token, log_q) in enumerate(zip(segment.token_ids, tempered, strict=True)):
            cumulative = np.cumsum(np.exp(log_q))
            low = cumulative[token - 1] if token else 0.0
            u = uniform(*address, first + i)
            picked = low - EDGE <= u <= cumulative[token] + EDGE
            self.expect(picked, f"{where}: token {i} is not the one that its random number picks")

    def expect_whole(self, text: Segment, block: int, where: str) -> None:
        """A written text ends with its only end token, or where its block ends."""
        ended = [v in self.model.eos_ids for v in text.token_ids]
        stops = len(text) == self.end(block) or ended[-1:] == [True]
        self.expect(stops and not any(ended[:-1]), f"{where}: its text stops at the wrong place")

    def is_closed(self, text: Segment) -> bool:
        """Whether an end token closes a text."""
        return bool(text) and text.token_ids[-1] in self.model.eos_ids

    def compare(self, recorded: float, again: float, where: str) -> None:
        error = largest_difference([recorded], [again])
        if math.isfinite(error):
            self.found.largest_ratio_error = max(self.found.largest_ratio_error, error)
        self.expect(error <= RATIO_TOLERANCE, f"{where} is {recorded:.6g}, recomputed {again:.6g}")


def largest_difference(a: Sequence[float], b: Sequence[float]) -> float:
    """max |a - b|, 0 for equal infinities and for nothing, inf where only one is infinite or lengths differ."""
    if len(a) != len(b):
        return math.inf
    return max((0.0 if x == y else abs(x - y) for x, y in zip(a, b, strict=True)), default=0.0)
