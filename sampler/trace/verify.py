"""Recompute a whole trace from its file and the model alone: every probability, ratio, random number and verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from sampler.core import power
from sampler.core.draws import ACCEPT, CUT, EXTEND, PROPOSE, SAMPLE, uniform
from sampler.core.records import (
    BlockFrozen,
    BlockStarted,
    Event,
    Law,
    RunEnded,
    RunStarted,
    SampleDrawn,
    Segment,
    SettingsChanged,
    Step,
    StepTaken,
    TemperatureSettings,
    Totals,
)
from sampler.models.contract import LanguageModel
from sampler.trace.text import following

LOG_P_TOLERANCE = 1e-4  # nats a token: float32 forward passes in another order agree to about 1e-6
RATIO_TOLERANCE = 1e-3  # nats: sums of up to some thousand tokens
EDGE = 1e-3  # of a random number, for a token at the edge of its interval
MAX_PROBLEMS = 20


class Recorded(Protocol):
    """What a verification reads of a trace."""

    events: list[Event]

    @property
    def started(self) -> RunStarted: ...

    def pieces(self) -> dict[int, str]: ...


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


def verify(trace: Recorded, model: LanguageModel) -> Verification:
    """Check a trace against its model, without the sampler's own code path: fresh, uncached passes over whole texts.

    Recomputed: prompt ids, log p, log q, log Z, entropy and alternatives of every token, the random number behind
    every cut, token and verdict, the three acceptance terms, the verdicts, block bounds, frozen tokens, the ending; and
    that no block, step or sample is missing before it.
    """
    return _Verifier(trace, model.fresh()).run()


class _Verifier:
    def __init__(self, trace: Recorded, model: LanguageModel) -> None:
        self.trace, self.model = trace, model
        self.started = trace.started
        self.settings = trace.started.settings
        self.law: Law = self.settings.law
        self.text = Segment()
        self.blocks = 0
        self.frozen: list[int] = []
        self.totals = Totals()
        self.found = Verification()

    def run(self) -> Verification:
        self._expect(self.model.revision == self.started.model_revision, "the model is not the one of the trace")
        pieces = self.trace.pieces()
        largest = max(pieces, default=0)
        self._expect(largest < self.model.vocab_size, f"token id {largest} is outside the model's vocabulary")
        if not self.found.ok:
            return self.found
        self._expect(all(self.model.piece(v) == text for v, text in pieces.items()), "a piece is not its token's text")
        self._expect(self.model.encode(self.started.prompt) == self.started.prompt_ids, "prompt_ids differ")
        if not self.found.ok:
            return self.found
        for event in self.trace.events[1:]:
            if len(self.found.problems) >= MAX_PROBLEMS:
                break
            getattr(self, f"_{type(event).__name__}")(event)
        return self.found

    # ---- one method for each kind of event

    def _BlockStarted(self, event: BlockStarted) -> None:
        where, address = f"block {event.block}", (*self._chain, event.block, 0, EXTEND)
        self._expect(event.block == self.blocks, f"{where} is not the next one")
        self._expect(
            self.totals.steps == self.blocks * self.settings.steps_per_block, f"steps are missing before {where}"
        )
        self._expect(event.start == len(self.text), f"{where} does not start where the text ends")
        self._expect(event.end == self._end(event.block), f"{where} ends at another position than its settings say")
        self._measure(self.text, event.extension, where, address)
        self.text = following(self.text, event)
        self._whole(self.text, event.block, where)
        self.blocks += 1
        self.totals = replace(self.totals, tokens_drawn=self.totals.tokens_drawn + len(event.extension))

    def _StepTaken(self, event: StepTaken) -> None:
        step, where = event.step, f"step {event.step.draw}"
        self._expect(step.draw == self.totals.steps, f"{where} is not the next one")
        self._expect((step.alpha, step.temperature) == (self.law.alpha, self.law.temperature), f"{where}: its dials")
        kept, address = self.text[: step.revision.cut], (*self._chain, step.block, step.step)
        proposed = self._measure(kept, step.revision.proposed, f"{where}, proposed", (*address, PROPOSE))
        replaced = self._measure(kept, step.revision.replaced, f"{where}, replaced")
        if step.revision.stopped_early:
            self._unfinished(kept + step.revision.proposed, step, where)
        else:
            self._whole(kept + step.revision.proposed, step.block, where)
        self._judged(step, proposed, replaced, address, where)
        self.text = following(self.text, event)
        self._count(step)

    def _BlockFrozen(self, event: BlockFrozen) -> None:
        size = self.settings.block_size
        expected = self.text.token_ids[event.block * size : (event.block + 1) * size]
        self._expect(event.token_ids == expected, f"block {event.block} froze other tokens than the text has")
        self.frozen.extend(event.token_ids)

    def _SettingsChanged(self, event: SettingsChanged) -> None:
        self._expect(event.draw == self.totals.steps, "settings changed at another step than recorded")
        self.law = Law.of(event.alpha, event.proposal_temperature)

    def _SampleDrawn(self, event: SampleDrawn) -> None:
        where = f"sample {event.sample}"
        self._measure(Segment(), event.segment, where, (self.settings.seed, event.sample, 0, 0, SAMPLE))
        self._whole(event.segment, 0, where)
        finished = event.segment.token_ids[-1:] and event.segment.token_ids[-1] in self.model.eos_ids
        self._expect(event.finished == bool(finished), f"{where}: finished")
        self.totals = replace(self.totals, tokens_drawn=self.totals.tokens_drawn + len(event.segment))
        self.found.samples += 1

    def _RunEnded(self, event: RunEnded) -> None:
        ids = self.text.token_ids
        self._expect(event.token_ids == ids, "the run ended with other tokens than its events lead to")
        self._expect(event.text == self.model.decode(ids), "the final text is not its tokens' text")
        self._ratio(event.log_p, math.fsum(self.text.log_p), "the final log p")
        self._expect(event.reason in ("completed", "stopped"), f"the run ended for no known reason, {event.reason!r}")
        if event.reason == "completed":
            self._complete()
        for name in ("steps", "accepted", "changed", "tokens_drawn"):
            told, counted = getattr(event.totals, name), getattr(self.totals, name)
            self._expect(told == counted, f"totals: {name} is {told}, counted {counted}")

    # ---- what they share

    def _complete(self) -> None:
        """A run that says it is completed has taken all its steps or samples, and frozen every token."""
        s = self.settings
        if isinstance(s, TemperatureSettings):
            self._expect(self.found.samples == s.num_samples, "samples are missing at the end")
            return
        ended = s.scope == "block" and self.text.token_ids[-1:] and self.text.token_ids[-1] in self.model.eos_ids
        self._expect(self.blocks == s.num_blocks or bool(ended), "blocks are missing at the end")
        self._expect(self.totals.steps == self.blocks * s.steps_per_block, "steps are missing at the end")
        self._expect(tuple(self.frozen) == self.text.token_ids, "the frozen tokens are not the final text")

    def _measure(self, kept: Segment, segment: Segment, where: str, address: tuple[int, ...] | None = None) -> Segment:
        """The segment measured again by one plain pass over prompt + kept + segment; `address`: of its draws."""
        if not segment:
            return segment
        ids = self.started.prompt_ids + kept.token_ids
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
            self._drawn(segment, tempered, (*address, len(kept)), where)
        self.found.tokens += len(segment)
        return again

    def _same_numbers(self, told: Segment, again: Segment, where: str) -> None:
        alpha = self.law.alpha if math.isfinite(self.law.alpha) else 1.0
        gains = {"log_p": 1.0, "entropy": 10.0, "log_q": 2 / self.law.temperature + 1, "log_z": 2 * alpha}
        for name, gain in gains.items():  # by how much an error in log p may grow on its way
            error = largest_difference(getattr(told, name), getattr(again, name))
            self._expect(error <= gain * LOG_P_TOLERANCE, f"{where}: {name} differs by {error:.2g} nats")
        error = largest_difference(told.log_p, again.log_p)
        self.found.largest_log_p_error = max(self.found.largest_log_p_error, error)

    def _same_alternatives(self, told: Segment, rows: np.ndarray, where: str) -> None:
        for row, top in zip(rows, told.alternatives, strict=True):
            expected = [log_p for log_p in sorted(row.tolist(), reverse=True) if log_p > -math.inf]
            expected = expected[: self.settings.alternatives]
            error = max(
                largest_difference([log_p for _, log_p in top], expected),
                largest_difference([float(row[v]) for v, _ in top], expected),
            )
            self._expect(error <= LOG_P_TOLERANCE, f"{where}: its alternatives are not the likeliest tokens")

    def _drawn(self, segment: Segment, tempered: list[np.ndarray], address: tuple[int, ...], where: str) -> None:
        """Each token is the one that the random number at its address picks, but for rounding at an edge."""
        *of_segment, first = address
        for i, (token, log_q) in enumerate(zip(segment.token_ids, tempered, strict=True)):
            cumulative = np.cumsum(np.exp(log_q))
            low = cumulative[token - 1] if token else 0.0
            u = uniform(*of_segment, first + i)
            picked = low - EDGE <= u <= cumulative[token] + EDGE
            self._expect(picked, f"{where}: token {i} is not the one that its random number picks")

    def _whole(self, text: Segment, block: int, where: str) -> None:
        """A written text ends with its only end token, or where its block ends."""
        ended = [v in self.model.eos_ids for v in text.token_ids]
        stops = len(text) == self._end(block) or ended[-1:] == [True]
        self._expect(stops and not any(ended[:-1]), f"{where}: its text stops at the wrong place")

    @property
    def _chain(self) -> tuple[int, int]:
        return self.settings.seed, self.settings.chain

    def _unfinished(self, text: Segment, step: Step, where: str) -> None:
        """A proposal that was stopped early was rejected, could have gone on, and could not have come back."""
        could_go_on = len(text) < self._end(step.block) and not set(text.token_ids) & set(self.model.eos_ids)
        self._expect(could_go_on, f"{where} stopped early, but its proposal is whole")
        self._expect(not step.is_accepted, f"{where} stopped early, yet was accepted")
        is_bounded = math.isinf(self.law.alpha) or 1 - 1e-9 <= self.law.alpha * self.law.temperature <= self.law.alpha
        self._expect(is_bounded, f"{where} stopped early where log A is no bound")

    def _end(self, block: int) -> int:
        block_size = getattr(self.settings, "block_size", self.settings.max_new_tokens)
        return min((block + 1) * block_size, self.settings.max_new_tokens)

    def _judged(self, step: Step, proposed: Segment, replaced: Segment, address: tuple[int, ...], where: str) -> None:
        start = step.block * self.settings.block_size if self.settings.scope == "block" else 0
        n = len(self.text) - start
        if step.revision.cut < max(start, len(self.frozen)):
            self._expect(False, f"{where} cuts into a frozen block")
            return
        self._expect(step.revision.cut == start + int(uniform(*address, CUT, 0) * n), f"{where}: its cut")
        self._expect(step.revision.log_u == math.log(uniform(*address, ACCEPT, 0)), f"{where}: its log u")
        same = proposed.token_ids == replaced.token_ids  # equal texts have equal probabilities, whatever the rounding
        target = power.log_target_ratio(step.alpha, proposed.log_p, (proposed if same else replaced).log_p)
        proposal = power.log_proposal_ratio(proposed.log_q, (proposed if same else replaced).log_q)
        length = step.revision.cut + len(proposed)
        if step.revision.stopped_early:  # as many tokens as it would have had at least, which is its best case
            length = length + 1 if self.model.eos_ids else self._end(step.block)
        cuts = power.log_cut_ratio(n, length - start)
        ratio = power.log_accept_ratio(step.alpha, target, proposal, cuts)
        for name, value in (("target", target), ("proposal", proposal), ("cut", cuts), ("accept", ratio)):
            self._ratio(getattr(step.revision, f"log_{name}_ratio"), value, f"{where}, log_{name}_ratio")
        self._expect(
            step.is_accepted == (step.revision.log_u < step.revision.log_accept_ratio), f"{where}: its verdict"
        )
        is_close = abs(step.revision.log_u - ratio) <= RATIO_TOLERANCE  # rounding may decide there
        self._expect(
            is_close or step.is_accepted == (step.revision.log_u < ratio), f"{where}: its verdict by fresh passes"
        )

    def _ratio(self, told: float, again: float, where: str) -> None:
        error = largest_difference([told], [again])
        if math.isfinite(error):
            self.found.largest_ratio_error = max(self.found.largest_ratio_error, error)
        self._expect(error <= RATIO_TOLERANCE, f"{where} is {told:.6g}, recomputed {again:.6g}")

    def _count(self, step: Step) -> None:
        t = self.totals
        self.totals = Totals(
            t.steps + 1,
            t.accepted + step.is_accepted,
            t.changed + step.is_changed,
            t.tokens_drawn + len(step.revision.proposed),
        )
        self.found.steps += 1

    def _expect(self, condition: bool, problem: str) -> None:
        if not condition:
            self.found.problems.append(problem)


def largest_difference(a: Sequence[float], b: Sequence[float]) -> float:
    """max |a - b|, 0 for equal infinities and for nothing, inf where only one is infinite or lengths differ."""
    if len(a) != len(b):
        return math.inf
    return max((0.0 if x == y else abs(x - y) for x, y in zip(a, b, strict=True)), default=0.0)
