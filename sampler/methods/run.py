"""Settings to events: the block-wise power-sampling run, and temperature sampling beside it."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sampler.core import kernel
from sampler.core.draws import EXTEND, PROPOSE, SAMPLE, SeededDraws
from sampler.core.kernel import Revision, Stage
from sampler.core.records import (
    BlockFrozen,
    BlockStarted,
    ChainState,
    Event,
    Law,
    PowerSettings,
    RunEnded,
    SampleDrawn,
    SettingsChanged,
    StepTaken,
    TemperatureSettings,
    Totals,
)
from sampler.methods.chain import as_step, stage_of, whole_run
from sampler.methods.ledger import Meter, PieceLedger, added, run_started
from sampler.methods.speed import Speed, revisions
from sampler.models.contract import LanguageModel
from sampler.models.lock_step import alone, in_lock_step, rounds

SERIAL = Speed()


@dataclass
class Steering:
    """What a person may change while a run goes on. The run reads it before each block and each step."""

    alpha: float
    proposal_temperature: float | None
    stop_requested: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a run stands after an event: all that the rest of it depends on beside its model and the dials.

    After the freezing of a whole completion (scope completion) it is where that began.
    """

    prompt: str
    settings: PowerSettings
    law: Law  # that measured the state
    block: int = 0
    step: int | None = None  # of this block, the next one; None: the block is not written yet
    state: ChainState = field(default_factory=ChainState)
    totals: Totals = field(default_factory=Totals)
    told: frozenset[int] = frozenset()  # tokens whose pieces were told; empty before the first event


def run_power(
    model: LanguageModel,
    prompt: str,
    settings: PowerSettings,
    steering: Steering | None = None,
    speed: Speed = SERIAL,
) -> Iterator[Event]:
    """The power-sampling run as a stream of events: for each block extend, revise N times, freeze.

    Karan & Du 2025, Algorithm 1, with the two revision scopes of METHOD.md, section 2. Same model, prompt, settings
    and seed: same events apart from times and, at another `speed`, from costs and from what early rejection leaves
    out. Raises ValueError before the first event if the prompt does not fit or early rejection would not be exact.
    """
    speed.check(settings.law)
    own = model.fresh(speed.keep_rows, speed.guess)
    return PowerRun(own, Checkpoint(prompt, settings, settings.law), steering or steady(settings), speed).events()


def run_chains(
    model: LanguageModel, prompt: str, settings: PowerSettings, chains: Iterable[int]
) -> Iterator[tuple[int, BlockStarted | StepTaken]]:
    """Several chains of one run side by side, told as (chain, event) while they go on.

    Each makes the very draws and decisions of `run_power` with that chain's settings; what a step cost is not told,
    since one batched model call answers all of them. Raises ValueError before the first event if the prompt does not
    fit.
    """
    model = model.fresh()
    prompt_ids = checked_prompt(model, prompt, settings.max_new_tokens)
    told: deque[tuple[int, BlockStarted | StepTaken]] = deque()

    def written(chain: int) -> kernel.Rows:
        own = replace(settings, chain=chain)
        return whole_run(prompt_ids, model.eos_ids, own, lambda event: told.append((chain, event)))

    return _as_told(rounds(model, map(written, chains)), told)


def run_temperature(model: LanguageModel, prompt: str, settings: TemperatureSettings) -> Iterator[Event]:
    """Independent completions from the base model at one temperature, batched; a sample is told when it ends."""
    model = model.fresh()
    prompt_ids = checked_prompt(model, prompt, settings.max_new_tokens)
    return _temperature_events(model, prompt, prompt_ids, settings)


def steady(settings: PowerSettings) -> Steering:
    """A steering that nobody touches."""
    return Steering(settings.alpha, settings.proposal_temperature)


def checked_prompt(model: LanguageModel, prompt: str, max_new_tokens: int) -> tuple[int, ...]:
    """Token ids of a prompt that leaves room for the completion; ValueError with the numbers if it does not."""
    prompt_ids = model.encode(prompt)
    room = model.max_length - max_new_tokens
    if len(prompt_ids) > room:
        raise ValueError(
            f"prompt must be at most {max(room, 0)} tokens long for {max_new_tokens} new ones (the model's context "
            f"is {model.max_length}), not {len(prompt_ids)}"
        )
    return prompt_ids


def _as_told(going_on: Iterator, told: deque) -> Iterator:
    for _ in going_on:
        while told:
            yield told.popleft()


class PowerRun:
    """The moving parts of one run: the chain's state, the law in force, and the counts.

    `checkpoint` tells where it stands; another PowerRun goes on from there, in another process too, with the very
    events that this one would have told, apart from what they cost.
    """

    def __init__(self, model: LanguageModel, start: Checkpoint, steering: Steering, speed: Speed) -> None:
        self.model, self.steering, self.speed = model, steering, speed
        self.prompt, self.settings = start.prompt, start.settings
        self.prompt_ids = checked_prompt(model, self.prompt, self.settings.max_new_tokens)
        self.law, self.state, self.totals = start.law, start.state, start.totals
        self.block, self.step = start.block, start.step
        self.pieces = PieceLedger(model, start.told)
        self.ahead: Iterator[tuple[Revision, ChainState]] = iter(())  # revisions of the current text

    def checkpoint(self) -> Checkpoint:
        """Where the run stands after the event that it told last."""
        told = self.pieces.told
        return Checkpoint(self.prompt, self.settings, self.law, self.block, self.step, self.state, self.totals, told)

    def events(self) -> Iterator[Event]:
        """The rest of the run, event by event; RunStarted only where nothing was told before."""
        if not self.pieces.told:
            yield run_started(self.model, self.prompt, self.prompt_ids, self.settings, self.pieces)
        while self.block < self.settings.num_blocks and not self.steering.stop_requested:
            if self.step is None and self.state.finished and self.settings.scope == "block":
                break
            yield from self._block()
        stopped = self.steering.stop_requested
        if not stopped and self.settings.scope == "completion":
            yield from (self._frozen(block) for block in range(self._blocks_written()))
        yield self._ended("stopped" if stopped else "completed")

    def _block(self) -> Iterator[Event]:
        """The rest of the current block; the run then stands before the next one."""
        block = self.block
        if self.step is None:
            yield from self._follow_dials(block)
            extended = self._extend(block)
            self.step = 0
            yield extended
        while self.step < self.settings.steps_per_block:
            if self.steering.stop_requested:
                return
            yield from self._follow_dials(block)
            taken = self._revise(block, self.step)
            self.step += 1
            yield taken
        if self.steering.stop_requested:
            return
        self.block, self.step = block + 1, None
        if self.settings.scope == "block":
            yield self._frozen(block)

    def _follow_dials(self, block: int) -> Iterator[Event]:
        dials = (self.steering.alpha, self.steering.proposal_temperature)
        law = Law.of(*dials)
        if law != self.law:
            self.law, self.ahead = law, iter(())
            self.state, cost = self._ask(kernel.remeasure(self._stage(block), self.state))
            self._count(Totals(), cost)
            yield SettingsChanged(self.totals.steps, *dials)

    def _extend(self, block: int) -> BlockStarted:
        stage, start = self._stage(block), len(self.state.segment)
        result, cost = self._ask(kernel.extend(stage, self.state, self._draws(block, 0, EXTEND)))
        extension, self.state = result
        self._count(Totals(tokens_drawn=len(extension)), cost)
        return BlockStarted(block, start, stage.end, extension, self.pieces.new(extension))

    def _revise(self, block: int, step: int) -> StepTaken:
        meter = Meter(self.model)
        revision, self.state = next(self.ahead, None) or self._look_ahead(block, step)
        cost = meter.read()
        taken = as_step(revision, block, step, self.totals.steps, self.law)
        self._count(Totals(1, int(taken.is_accepted), int(taken.is_changed), len(taken.proposed)), cost)
        return StepTaken(taken, cost.tokens_fed, cost.forward_calls, cost.seconds, self.pieces.new(taken.proposed))

    def _look_ahead(self, block: int, step: int) -> tuple[Revision, ChainState]:
        draws = (self._draws(block, later, PROPOSE) for later in range(step, self.settings.steps_per_block))
        stage = self._stage(block)
        self.model.hold(self.prompt_ids + self.state.segment.token_ids, len(self.prompt_ids) + stage.start)
        self.ahead = revisions(self.model, stage, self.state, draws, self.speed, self._behind(block))
        return next(self.ahead)

    def _behind(self, block: int) -> Iterator[kernel.Rows]:
        """The next block as it will be written if no step of this one changes the text any more."""
        if self.speed.prefetch > 1 and block + 1 < self.settings.num_blocks:
            yield kernel.extend(self._stage(block + 1), self.state, self._draws(block + 1, 0, EXTEND))

    def _frozen(self, block: int) -> BlockFrozen:
        size = self.settings.block_size
        return BlockFrozen(block, self.state.segment.token_ids[block * size : (block + 1) * size])

    def _ended(self, reason: str) -> RunEnded:
        ids = self.state.segment.token_ids
        log_p = math.fsum(self.state.segment.log_p)
        return RunEnded(reason, ids, self.model.decode(ids), log_p, self.totals)

    def _stage(self, block: int) -> Stage:
        return stage_of(self.settings, self.prompt_ids, self.model.eos_ids, block, self.law)

    def _draws(self, block: int, step: int, purpose: int) -> SeededDraws:
        return SeededDraws(self.settings.seed, self.settings.chain, block, step, purpose)

    def _ask(self, writer: kernel.Rows) -> tuple[Any, Totals]:
        meter = Meter(self.model)
        return alone(self.model, writer), meter.read()

    def _count(self, own: Totals, cost: Totals) -> None:
        self.totals = added(added(self.totals, own), cost)

    def _blocks_written(self) -> int:
        return -(-len(self.state.segment) // self.settings.block_size)


def _temperature_events(
    model: LanguageModel, prompt: str, prompt_ids: tuple[int, ...], settings: TemperatureSettings
) -> Iterator[Event]:
    meter, pieces, totals = Meter(model), PieceLedger(model), Totals()
    yield run_started(model, prompt, prompt_ids, settings, pieces)
    stage = Stage(prompt_ids, model.eos_ids, 0, settings.max_new_tokens, settings.law, settings.alternatives)
    draws = (SeededDraws(settings.seed, sample, 0, 0, SAMPLE) for sample in range(settings.num_samples))
    for sample, result in in_lock_step(model, (kernel.extend(stage, ChainState(), d) for d in draws)):
        segment, state = result
        totals = added(added(totals, Totals(tokens_drawn=len(segment))), meter.read())
        yield SampleDrawn(sample, segment, state.finished, pieces.new(segment))
    yield RunEnded("completed", (), "", 0.0, totals)
