"""ZeroGPU lends a GPU to a forked process for a moment: a chain goes there in bursts, from checkpoint to checkpoint.

Nothing that happens here while a burst is computed reaches it: a dial that is moved drops what lies past the event on
screen, and the next burst goes on from there with the new dials.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache, wraps

import gradio as gr

from explorer.page.library import IN_ZERO_GPU, RECORDED_MODEL, TUNED
from explorer.page.serving.sharing import KEPT_BYTES
from sampler.core.records import BlockStarted, Event, PowerSettings, RunEnded, StepTaken, TemperatureSettings
from sampler.methods import ledger, run, temperature
from sampler.methods.run import Checkpoint, PowerRun, Steering
from sampler.methods.speed import Speed
from sampler.models.contract import LanguageModel
from sampler.models.registry import open_model

SECONDS = 1.0  # of a burst; it ends with the step in progress


class NoGPU(RuntimeError):
    """ZeroGPU has refused or broken off a burst; the message is its own."""


def lent(task: Callable) -> Callable:
    """A function of picklable values that runs where the GPU is."""
    if not IN_ZERO_GPU:
        return task
    from spaces import GPU  # there on ZeroGPU alone

    there = GPU(task)

    @wraps(task)
    def asked(*arguments: object) -> object:
        try:
            return there(*arguments)
        except gr.Error as error:
            raise NoGPU(str(error.message).rstrip(".")) from error

    return asked


@cache
def resident(name: str) -> LanguageModel:
    """A model in the process that has the GPU, for as long as that lives."""
    return open_model(name, kept_bytes=KEPT_BYTES)


@lent
def burst(
    name: str, start: Checkpoint, dials: tuple[float, float | None], speed: Speed
) -> list[tuple[Event, Checkpoint]]:
    """What a run tells from a checkpoint on for SECONDS or so, with a checkpoint after each event."""
    began, told = time.monotonic(), []
    last = start.settings.num_blocks * start.settings.steps_per_block - 1  # after that step only the end is told
    own = PowerRun(resident(name).fresh(speed.keep_rows, speed.guess), start, Steering(*dials), speed)
    for event in own.events():
        told.append((event, own.checkpoint()))
        if isinstance(event, StepTaken) and event.step.draw < last and time.monotonic() - began > SECONDS:
            break
    return told


@lent
def drawn(name: str, prompt: str, settings: TemperatureSettings) -> list[Event]:
    return list(temperature.run_temperature(resident(name), prompt, settings))


def serves(model: LanguageModel) -> bool:
    """Whether a model's runs go there; for the embedded ones a processor is quicker than the way to a GPU."""
    return IN_ZERO_GPU and model.name not in (RECORDED_MODEL, TUNED)


def run_power(
    model: LanguageModel, prompt: str, settings: PowerSettings, steering: Steering, speed: Speed
) -> Iterator[Event]:
    """`run.run_power`, with the same events apart from their costs, in bursts where ZeroGPU serves the model."""
    if not serves(model):
        return run.run_power(model, prompt, settings, steering, speed)
    ledger.checked_prompt(model, prompt, settings.max_new_tokens)
    return in_bursts(model, Checkpoint.start(prompt, settings), steering, speed)


def run_temperature(model: LanguageModel, prompt: str, settings: TemperatureSettings) -> Iterator[Event]:
    """`temperature.run_temperature`, drawn in one go where ZeroGPU serves the model."""
    if not serves(model):
        return temperature.run_temperature(model, prompt, settings)
    ledger.checked_prompt(model, prompt, settings.max_new_tokens)
    return (event for event in drawn(model.name, prompt, settings))


def in_bursts(model: LanguageModel, here: Checkpoint, steering: Steering, speed: Speed) -> Iterator[Event]:
    """The events of a run from a checkpoint on. `model` is not asked for rows: this process has no GPU."""
    ahead: deque[tuple[Event, Checkpoint]] = deque()
    dials = ()
    while not steering.stop_requested:
        now = (steering.alpha, steering.proposal_temperature)
        if now != dials and any(isinstance(event, BlockStarted | StepTaken) for event, _ in ahead):
            ahead.clear()
        if not ahead:
            dials = now
            ahead.extend(burst(model.name, here, dials, speed))
        event, here = ahead.popleft()
        yield event
        if isinstance(event, RunEnded):
            return
    yield from PowerRun(model, here, steering, speed).events()  # how it ends, without another step
