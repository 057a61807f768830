"""A power-sampling run as events: one that a person steers, or several chains side by side."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sampler.core import kernel
from sampler.core.draws import EXTEND, PROPOSE, Draws
from sampler.core.kernel import Stage
from sampler.core.records import (
    BlockFrozen,
    BlockStarted,
    ChainState,
    Event,
    Law,
    PowerSettings,
    Revision,
    RunEnded,
    SettingsChanged,
    StepTaken,
    Totals,
)
from sampler.core.requests import Asks
from sampler.methods.chain import Chain, ChainEnd, Standing, whole_run
from sampler.methods.ledger import Meter, PieceLedger, added, checked_prompt, run_started
from sampler.methods.speed import Speed, revisions
from sampler.models.contract import LanguageModel
from sampler.models.lock_step import alone, rounds

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

    `known`: the tokens whose pieces are in the events so far. While a whole completion is frozen (scope completion) it
    is where that began.
    """

    prompt: str
    settings: PowerSettings
    at: Standing
    totals: Totals = field(default_factory=Totals)
    known: frozenset[int] = frozenset()

    @classmethod
    def start(cls, prompt: str, settings: PowerSettings) -> "Checkpoint":
        """Before the first event."""
        return cls(prompt, settings, Standing(settings.law))


def run_power(
    model: LanguageModel, prompt: str, settings: PowerSettings, steering: Steering | None = None, speed: Speed = SERIAL
) -> Iterator[Event]:
    """The power-sampling run as a stream of events: for each block extend, revise N times, freeze.

    Karan & Du 2025, Algorithm 1, with the two revision scopes of METHOD.md, section 2. Same model, prompt, settings
    and seed: same events apart from times and, at another `speed`, from costs. Raises ValueError before the first
    event if the prompt does not fit.
    """
    model = model.fresh(speed.keep_rows, speed.guess)
    return PowerRun(model, Checkpoint.start(prompt, settings), steering or steady(settings), speed).events()


def run_chains(
    model: LanguageModel, prompt: str, settings: PowerSettings, chains: Iterable[int]
) -> Iterator[tuple[int, BlockStarted | StepTaken]]:
    """Several chains of one run side by side, as (chain, event) while they go on.

    Each makes the draws and decisions of `run_power` with that chain's settings. Events carry no cost, since one
    batched model call answers all chains. Raises ValueError before the first event if the prompt does not fit.
    """
    model = model.fresh()
    prompt_ids = checked_prompt(model, prompt, settings.max_new_tokens)
    events: deque[tuple[int, BlockStarted | StepTaken]] = deque()

    def written(chain: int) -> Asks[ChainEnd]:
        own = replace(settings, chain=chain)
        return whole_run(prompt_ids, model.eos_ids, own, lambda event: events.append((chain, event)))

    def as_they_come() -> Iterator[tuple[int, BlockStarted | StepTaken]]:
        for _ in rounds(model, map(written, chains)):
            while events:
                yield events.popleft()

    return as_they_come()


def steady(settings: PowerSettings) -> Steering:
    """A steering that nobody touches."""
    return Steering(settings.alpha, settings.proposal_temperature)


class PowerRun:
    """A chain that a person steers: dials are read before each block and step, and each event has its cost.

    `checkpoint` says where it stands; another PowerRun goes on from there, in another process too, with the events
    that this one would have had, apart from their costs.
    """

    def __init__(self, model: LanguageModel, start: Checkpoint, steering: Steering, speed: Speed) -> None:
        self.model, self.steering, self.speed = model, steering, speed
        self.prompt, self.settings, self.at, self.totals = start.prompt, start.settings, start.at, start.totals
        prompt_ids = checked_prompt(model, self.prompt, self.settings.max_new_tokens)
        self.chain = Chain(prompt_ids, model.eos_ids, self.settings)
        self.pieces = PieceLedger(model, start.known)
        self.ahead: Iterator[tuple[Revision, ChainState]] = iter(())  # revisions of the current text

    def checkpoint(self) -> Checkpoint:
        """Where the run stands after its latest event."""
        return Checkpoint(self.prompt, self.settings, self.at, self.totals, self.pieces.known)

    def events(self) -> Iterator[Event]:
        """The rest of the run, event by event; RunStarted only at the very start."""
        if not self.pieces.known:
            yield run_started("power", self.model, self.prompt, self.chain.prompt_ids, self.settings, self.pieces)
        while not self.chain.is_over(self.at) and not self.steering.stop_requested:
            if not self.chain.freezes(self.at):
                yield from self._follow_dials()
            yield self._next_event()
        stopped = self.steering.stop_requested
        if not stopped and self.settings.scope == "completion":
            blocks_written = -(-len(self.at.state.segment) // self.settings.block_size)
            yield from (self.chain.frozen(block, self.at.state) for block in range(blocks_written))
        yield self._ended("stopped" if stopped else "completed")

    def _follow_dials(self) -> Iterator[SettingsChanged]:
        dials = (self.steering.alpha, self.steering.proposal_temperature)
        law = Law.of(*dials)
        if law != self.at.law:
            meter = Meter(self.model)
            state = alone(self.model, kernel.remeasure(self.chain.stage(self.at.block, law), self.at.state))
            self.at, self.ahead = replace(self.at, law=law, state=state), iter(())
            self.totals = added(self.totals, meter.read())
            yield SettingsChanged(self.at.draw, *dials)

    def _next_event(self) -> BlockStarted | StepTaken | BlockFrozen:
        meter = Meter(self.model)
        event, self.at = alone(self.model, self.chain.advance(self.at, self._revision))
        if isinstance(event, BlockFrozen):
            return event
        cost = meter.read()
        if isinstance(event, BlockStarted):
            self.totals = added(added(self.totals, Totals(tokens_drawn=len(event.extension))), cost)
            return replace(event, pieces=self.pieces.new(event.extension))
        step, proposed = event.step, event.step.revision.proposed
        counts = Totals(1, int(step.is_accepted), int(step.is_changed), len(proposed))
        self.totals = added(added(self.totals, counts), cost)
        return StepTaken(step, cost.tokens_fed, cost.forward_calls, cost.seconds, self.pieces.new(proposed))

    def _revision(self, stage: Stage, state: ChainState, draws: Draws) -> Asks[tuple[Revision, ChainState]]:
        """The next revision of the current text, in the place of `kernel.revise`: it has asked the model already."""
        yield from ()
        return next(self.ahead, None) or self._look_ahead(stage, state)

    def _look_ahead(self, stage: Stage, state: ChainState) -> tuple[Revision, ChainState]:
        block, steps = self.at.block, range(self.at.step or 0, self.settings.steps_per_block)
        self.model.hold(stage.prompt_ids + state.segment.token_ids, len(stage.prompt_ids) + stage.start)
        draws = (self.chain.draws(block, step, PROPOSE) for step in steps)
        self.ahead = revisions(self.model, stage, state, draws, self.speed, self._behind(block + 1))
        return next(self.ahead)

    def _behind(self, block: int) -> Iterator[Asks[Any]]:
        """The next block as it will be written if no step of this one changes the text any more."""
        if self.speed.prefetch > 1 and block < self.settings.num_blocks:
            stage = self.chain.stage(block, self.at.law)
            yield kernel.extend(stage, self.at.state, self.chain.draws(block, 0, EXTEND))

    def _ended(self, reason: str) -> RunEnded:
        segment = self.at.state.segment
        log_p = math.fsum(segment.log_p)
        return RunEnded(reason, segment.token_ids, self.model.decode(segment.token_ids), log_p, self.totals)
