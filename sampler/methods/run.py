"""A power-sampling run as events: one that a person steers, or several chains side by side."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sampler.core import kernel
from sampler.core.records import (
    BlockFrozen,
    BlockStarted,
    Event,
    Law,
    PowerSettings,
    RunEnded,
    Segment,
    SettingsChanged,
    StepTaken,
    Totals,
    checked_int,
)
from sampler.core.requests import Asks
from sampler.methods.chain import Chain, ChainEnd, Standing, whole_run
from sampler.methods.ledger import Meter, PieceLedger, added, checked_prompt, run_started
from sampler.models.contract import LanguageModel
from sampler.models.lock_step import alone, rounds

MAX_GUESS = 16


@dataclass(frozen=True, slots=True)
class Speed:
    """What changes the cost of a run but never its chain: the states, cuts, random numbers and verdicts stay.

    `guess`: how many tokens past each text are guessed from what was read before, and read in the same pass
    (guesses.py). `keep_rows`: the run shares the next-token rows that its model remembers, so that a run much like an
    earlier one hardly calls the network.
    """

    guess: int = 0
    keep_rows: bool = False

    def __post_init__(self) -> None:
        checked_int("guess", self.guess, 0, MAX_GUESS)


PLAIN = Speed()


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
    model: LanguageModel, prompt: str, settings: PowerSettings, steering: Steering | None = None, speed: Speed = PLAIN
) -> Iterator[Event]:
    """The power-sampling run as a stream of events: for each block extend, revise N times, freeze.

    Karan & Du 2025, Algorithm 1, with the two revision scopes of METHOD.md, section 2. Same model, prompt, settings
    and seed: same events apart from times and, at another `speed`, from costs. Raises ValueError before the first
    event if the prompt does not fit.
    """
    model = model.fresh(speed.keep_rows, speed.guess)
    return PowerRun(model, Checkpoint.start(prompt, settings), steering or steady(settings)).events()


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

    def __init__(self, model: LanguageModel, start: Checkpoint, steering: Steering) -> None:
        self.model, self.steering = model, steering
        self.prompt, self.settings, self.at, self.totals = start.prompt, start.settings, start.at, start.totals
        prompt_ids = checked_prompt(model, self.prompt, self.settings.max_new_tokens)
        self.chain = Chain(prompt_ids, model.eos_ids, self.settings)
        self.pieces = PieceLedger(model, start.known)
        self.held = Segment()  # the text that the model keeps longest

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
            self.at = replace(self.at, law=law, state=state)
            self.totals = added(self.totals, meter.read())
            yield SettingsChanged(self.at.draw, *dials)

    def _next_event(self) -> BlockStarted | StepTaken | BlockFrozen:
        meter = Meter(self.model)
        if self.at.step is not None and self.at.state.segment is not self.held:
            self._hold()
        event, self.at = alone(self.model, self.chain.advance(self.at))
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

    def _hold(self) -> None:
        """Tell the model that the revisions to come return to the current text."""
        self.held, prompt = self.at.state.segment, self.chain.prompt_ids
        start = self.chain.stage(self.at.block, self.at.law).start
        self.model.hold(prompt + self.held.token_ids, len(prompt) + start)

    def _ended(self, reason: str) -> RunEnded:
        segment = self.at.state.segment
        log_p = math.fsum(segment.log_p)
        return RunEnded(reason, segment.token_ids, self.model.decode(segment.token_ids), log_p, self.totals)
