"""One browser's session: the run on screen as it grows, the rows drawn from it, and the dials of a living chain."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from typing import Any

from anyio import CapacityLimiter

from explorer.analysis.moments import History
from explorer.analysis.run_rows import sample_row
from explorer.page.library import PRESETS, checker, recorded
from explorer.page.serving.sharing import BURSTS, TURNS
from explorer.page.serving.zero_gpu import run_power, run_temperature, serves
from sampler.core.records import Event, PowerSettings, RunEnded, RunStarted, SampleDrawn, TemperatureSettings
from sampler.methods.run import Steering, steady
from sampler.methods.speed import Speed
from sampler.models.contract import LanguageModel
from sampler.trace.trace import Trace

MAX_SAMPLES = 64
REMEMBERING = Speed(guess=8, keep_rows=True)  # so that a replay at another alpha hardly calls the model
_run_ids = itertools.count(1)


class Session:
    def __init__(self) -> None:
        self.speed = 20.0  # steps a second; 0 is as fast as possible
        self.lock = threading.Lock()
        self.model: LanguageModel | None = None  # of a run begun here, with the rows that it has asked for
        self.trace: Trace | None = None
        self.sample_trace: Trace | None = None
        self.uploaded: Trace | None = None
        self.run_id = ""

    @property
    def on_screen(self) -> Trace:
        """The run that the browser shows; at first the recorded one that the page opens on."""
        return self.trace or opening().trace

    # ---- opening

    def open_recorded(self, trace: Trace, samples: Trace | None) -> None:
        """Show a finished run, recorded here or uploaded."""
        with self.lock:
            self._reset(trace.started.prompt, recorded=True, note=trace.note)
            for event in itertools.chain(trace.events, samples.events if samples else ()):
                self._take(event)

    def begin(self, model: LanguageModel, prompt: str, settings: PowerSettings) -> None:
        """Start a chain; ValueError if the prompt does not fit, and then the old run stays."""
        steering = steady(settings)
        own = model.fresh()
        events = run_power(own, prompt, settings, steering, REMEMBERING)
        with self.lock:  # a step of the old chain may still be on its way
            self._reset(prompt, recorded=False)
            self.steering, self.model, self._events = steering, own, events
        self.advance()  # the run's first event carries its settings

    def _reset(self, prompt: str, recorded: bool, note: str = "") -> None:
        self.run_id = f"run-{next(_run_ids)}"
        self.checker, self.recorded, self.note = checker(prompt), recorded, note
        self.trace, self.sample_trace = None, None
        self.history = History(self.checker.answer_of)
        self.samples: list[dict] = []
        self.steering: Steering | None = None
        self.model = None
        self._events: Iterator[Event] | None = None
        self._sent = (0, 0)

    # ---- a living chain

    @property
    def can_continue(self) -> bool:
        """Whether there is an event left to compute."""
        return self.trace is not None and self._events is not None

    @property
    def limiter(self) -> CapacityLimiter:
        """What bounds the threads in which chains like this one advance."""
        return BURSTS if self.model is not None and serves(self.model) else TURNS

    def advance(self) -> Event | None:
        """Compute the next event of the chain, then of the temperature samples beside it; None after the last."""
        with self.lock:
            event = next(self._events, None) if self._events else None
            if event is None:
                self._events = None
            else:
                self._take(event)
            return event

    def stop(self) -> None:
        """End the chain after the step in progress: its trace gets a proper end, and samples are not drawn."""
        if self.steering is None or not self.can_continue:
            return
        self.steering.stop_requested = True
        while not self.is_over and self.advance() is not None:
            pass
        self._events = None

    def abandon(self) -> None:
        """Give up a chain that cannot go on, and all that its model has kept; its steps stay."""
        with self.lock:
            self._events = None

    def leave(self) -> None:
        """Keep nothing: the tab is closed."""
        self.abandon()
        self.model = None

    def turn(self, alpha: float, proposal_temperature: float | None) -> None:
        """Move the dials of the living chain; its next step uses them."""
        with self.lock:  # never between two dials
            if self.trace is not None and self.steering is not None:
                self.steering.alpha, self.steering.proposal_temperature = alpha, proposal_temperature

    @property
    def is_over(self) -> bool:
        return self.trace is not None and self.trace.ended is not None

    def _take(self, event: Event) -> None:
        if self.trace is None:
            self.trace = Trace()
        if self.trace.events and isinstance(event, RunStarted):  # what follows are events of the temperature samples
            self.sample_trace = Trace()
        trace = self.sample_trace or self.trace
        trace.events.append(event)
        if trace is self.sample_trace:
            if isinstance(event, SampleDrawn):
                self.samples.append(sample_row(event, trace.pieces(), self.checker.answer_of))
            return
        self.history.add(event)
        if isinstance(event, RunEnded) and self._events is not None and event.reason == "completed":
            self._events = run_temperature(self.model, trace.started.prompt, self.sample_settings(event))

    def sample_settings(self, ended: RunEnded) -> TemperatureSettings:
        """Temperature sampling that draws about as many tokens as the chain did, at its last proposal temperature."""
        own = self.trace.started.settings
        steps = self.trace.steps_taken
        temperature = steps[-1].temperature if steps else own.law.temperature
        number = round(ended.totals.tokens_drawn / max(1, len(ended.token_ids)))
        return TemperatureSettings(temperature, own.max_new_tokens, min(max(1, number), MAX_SAMPLES), own.seed)

    # ---- for the browser

    def snapshot(self, status: str = "") -> dict[str, Any]:
        with self.lock:
            self._sent = (len(self.history.rows), len(self.samples))
            rows = {"moments": self.history.rows[:], "samples": self.samples[:]}
            started = self.trace.started
            run = {
                "id": self.run_id,
                "model": started.model_name,
                "prompt": started.prompt,
                "settings": asdict(started.settings),
                "recorded": self.recorded,
                "note": self.note,
                "answer": self.checker.answer,
            }
            return {"run": run, **rows, **self._progress(status)}

    def delta(self, status: str = "", idle: bool = False, elsewhere: str = "") -> dict[str, Any]:
        """What has come since the last snapshot or delta; `elsewhere` is an address to go to instead of waiting."""
        if self.trace is None:
            return {}
        with self.lock:
            first, first_sample = self._sent
            self._sent = (len(self.history.rows), len(self.samples))
            rows = {"first": first, "moments": self.history.rows[first:], "samples": self.samples[first_sample:]}
            return {"run_id": self.run_id, "idle": idle, "elsewhere": elsewhere, **rows, **self._progress(status)}

    def _progress(self, status: str) -> dict[str, Any]:
        ended = self.trace.ended
        told = {"reason": ended.reason, "totals": asdict(ended.totals)} if ended else None
        samples = self.sample_trace.started.settings.temperature if self.sample_trace else None
        return {
            "can_continue": self.can_continue,
            "frozen": self.history.frozen,
            "sample_temperature": samples,
            "ended": told,
            "status": status,
        }


@cache
def opening() -> Session:
    """The recorded run that every page opens on."""
    shown = Session()
    shown.open_recorded(*recorded(PRESETS[0].id))
    return shown
