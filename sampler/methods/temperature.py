"""Token-level temperature sampling as a method: independent completions, each token from p^(1/temperature)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sampler.core import kernel
from sampler.core.draws import SAMPLE, SeededDraws
from sampler.core.kernel import Stage
from sampler.core.records import ChainState, Event, RunEnded, SampleDrawn, Segment, TemperatureSettings, Totals
from sampler.methods.ledger import Meter, PieceLedger, added, checked_prompt, run_started
from sampler.methods.method import REAL, WHOLE, Method
from sampler.methods.recomputation import Recomputation
from sampler.models.contract import LanguageModel
from sampler.models.lock_step import in_lock_step


@dataclass
class Stopping:
    """Whether a person has asked the run to stop; it is read after each sample."""

    stop_requested: bool = False


def run_temperature(
    model: LanguageModel, prompt: str, settings: TemperatureSettings, stopping: Stopping | None = None
) -> Iterator[Event]:
    """Independent completions from the base model at one temperature, batched; each is an event when it ends.

    Raises ValueError before the first event if the prompt does not fit.
    """
    model = model.fresh()
    prompt_ids = checked_prompt(model, prompt, settings.max_new_tokens)
    return _events(model, prompt, prompt_ids, settings, stopping or Stopping())


def _events(
    model: LanguageModel, prompt: str, prompt_ids: tuple[int, ...], settings: TemperatureSettings, stopping: Stopping
) -> Iterator[Event]:
    meter, pieces, totals = Meter(model), PieceLedger(model), Totals()
    yield run_started("temperature", model, prompt, prompt_ids, settings, pieces)
    stage = Stage(prompt_ids, model.eos_ids, 0, settings.max_new_tokens, settings.law, settings.alternatives)
    draws = (SeededDraws(settings.seed, sample, 0, 0, SAMPLE) for sample in range(settings.num_samples))
    for sample, result in in_lock_step(model, (kernel.extend(stage, ChainState(), d) for d in draws)):
        segment, state = result
        totals = added(added(totals, Totals(tokens_drawn=len(segment))), meter.read())
        yield SampleDrawn(sample, segment, state.finished, pieces.new(segment))
        if stopping.stop_requested:
            break
    yield RunEnded("stopped" if stopping.stop_requested else "completed", (), "", 0.0, totals)


def settings_of(*, samples: int = 16, **others: Any) -> TemperatureSettings:
    """The settings of some independent samples."""
    return TemperatureSettings(num_samples=samples, **others)


class TemperatureRecomputation(Recomputation[TemperatureSettings]):
    """Every sample, and that none is missing."""

    def follow(self, event: Event) -> None:
        match event:
            case SampleDrawn():
                where = f"sample {event.sample}"
                address = (self.settings.seed, event.sample, 0, 0, SAMPLE)
                self.measured(Segment(), event.segment, where, address)
                self.expect_whole(event.segment, 0, where)
                self.expect(event.finished == self.is_closed(event.segment), f"{where}: finished")
                drawn = self.totals.tokens_drawn + len(event.segment)
                self.totals = replace(self.totals, tokens_drawn=drawn)
                self.found.samples += 1
            case RunEnded():
                self.follow_end(event)

    def expect_complete(self) -> None:
        self.expect(self.found.samples == self.settings.num_samples, "samples are missing at the end")


METHOD = Method(
    name="temperature",
    label="Temperature sampling",
    invariant="independent samples, each token from p^(1/temperature); no chain",
    settings=TemperatureSettings,
    settings_of=settings_of,
    options={
        "--temperature": {"type": REAL, "default": 1.0, "help": "above 0, to 100; 1 is the model itself (%(default)s)"},
        "--max-new-tokens": {"type": WHOLE, "default": 80, "help": "length of the longest sample (%(default)s)"},
        "--samples": {"type": WHOLE, "default": 16, "help": "how many (%(default)s)"},
    },
    steering=lambda settings: Stopping(),
    run=run_temperature,
    events=(SampleDrawn,),
    recomputation=TemperatureRecomputation,
    work=lambda settings: (settings.num_samples, "sample"),
)
