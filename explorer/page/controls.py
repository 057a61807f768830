"""The settings panel, and what its values mean: widgets to settings, with one clear sentence for every bad value."""

import math
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import gradio as gr

from explorer.page.library import DEFAULTS
from explorer.page.serving.sharing import LARGEST_RUN
from sampler.classroom.presets import PRESETS
from sampler.core.records import MAX_PROMPT, PowerSettings, quoted

MAX_BLOCKS, MAX_BLOCK_SIZE, MAX_STEPS = 16, 64, 100  # what one browser can draw well
MAX_SEED = 2**53 - 1  # what a browser's numbers hold
ALPHAS, TEMPERATURES = (1, 10), (0.05, 2)  # of the sliders


@dataclass(frozen=True)
class Controls:
    """The widgets of the panel, in the order of `settings_of`'s arguments."""

    preset: gr.Dropdown
    prompt: gr.Textbox
    model: gr.Dropdown
    alpha: gr.Slider
    is_infinite: gr.Checkbox
    is_tied: gr.Checkbox
    temperature: gr.Slider
    block_size: gr.Slider
    blocks: gr.Slider
    steps: gr.Slider
    scope: gr.Radio
    seed: gr.Number
    run: gr.Button
    recorded: gr.Button
    save: gr.Button
    open: gr.UploadButton
    replay: gr.Button
    notebook: gr.Button

    @property
    def dials(self) -> list[gr.components.Component]:
        return [self.alpha, self.is_infinite, self.is_tied, self.temperature]

    @property
    def settings(self) -> list[gr.components.Component]:
        return [*self.dials, self.block_size, self.blocks, self.steps, self.scope, self.seed]


def panel(models: list[str]) -> Controls:
    """Build the panel in the current Blocks context: the problem, the details, and the dials that stay in sight."""
    preset, prompt, *files = problem()
    block_size, blocks, steps, scope, seed, model = details(models)
    alpha, is_infinite, is_tied, temperature, run = dials()
    return Controls(
        preset, prompt, model, alpha, is_infinite, is_tied, temperature, block_size, blocks, steps, scope, seed, run,
        *files,
    )  # fmt: skip


def problem() -> tuple[gr.components.Component, ...]:
    """What the model is asked, and whole runs to open and save."""
    choices = [(f"{p.id}: {shorten(p.prompt, 32, placeholder=' …')}", p.id) for p in PRESETS]
    first = PRESETS[0]
    with gr.Row(elem_id="problem"):
        preset = gr.Dropdown(choices, value=first.id, label="Preset problem", scale=3, elem_id="preset")
        prompt = gr.Textbox(
            first.prompt,
            label="Prompt",
            lines=2,
            max_lines=3,
            max_length=MAX_PROMPT,
            scale=6,
            min_width=280,
            elem_id="prompt",
        )
        with gr.Column(scale=2, min_width=190, elem_id="files"):
            recorded = gr.Button("Open recorded run", size="sm", elem_id="recorded")
            with gr.Row():
                save = gr.Button("Save trace", size="sm", elem_id="save", min_width=80)
                open_ = gr.UploadButton(
                    "Open trace", size="sm", elem_id="open", min_width=80, file_types=[".jsonl", ".gz"]
                )
            with gr.Row():
                replay = gr.Button("Save replay", size="sm", elem_id="save-replay", min_width=80)
                notebook = gr.Button("Save notebook", size="sm", elem_id="save-notebook", min_width=80)
    return preset, prompt, recorded, save, open_, replay, notebook


def details(models: list[str]) -> tuple[gr.Slider, gr.Slider, gr.Slider, gr.Radio, gr.Number, gr.Dropdown]:
    """What is set once and then left alone."""
    with gr.Accordion("Block size, steps, scope, seed, model", open=False, elem_id="details"), gr.Row():
        block_size = gr.Slider(
            1, MAX_BLOCK_SIZE, DEFAULTS.block_size, step=1, label="B: block size (tokens)", elem_id="block-size"
        )
        blocks = gr.Slider(1, MAX_BLOCKS, DEFAULTS.num_blocks, step=1, label="blocks", elem_id="blocks")
        steps = gr.Slider(0, MAX_STEPS, DEFAULTS.steps_per_block, step=1, label="N: steps per block", elem_id="steps")
        scope = gr.Radio(
            [("this block only", "block"), ("whole completion", "completion")],
            value=DEFAULTS.scope,
            label="cuts may fall in",
            elem_id="scope",
        )
        seed = gr.Number(DEFAULTS.seed, precision=0, minimum=0, label="seed", min_width=80, elem_id="seed")
        model = gr.Dropdown(models, value=models[0], label="model", elem_id="model")
    return block_size, blocks, steps, scope, seed, model


def dials() -> tuple[gr.Slider, gr.Checkbox, gr.Checkbox, gr.Slider, gr.Button]:
    """What may move while a chain runs. style.css hides the temperature while it is tied."""
    with gr.Row(elem_id="dials"):
        alpha = gr.Slider(*ALPHAS, DEFAULTS.alpha, step=0.1, label="α of the target p^α", elem_id="alpha")
        is_infinite = gr.Checkbox(False, label="α = ∞", min_width=70, elem_id="infinite")
        is_tied = gr.Checkbox(True, label="τ tied to 1/α", min_width=110, elem_id="tied")
        temperature = gr.Slider(
            *TEMPERATURES, 1 / DEFAULTS.alpha, step=0.01, label="τ of the proposal", elem_id="temperature"
        )
        run = gr.Button("Run", variant="primary", min_width=90, scale=0, elem_id="run")
    return alpha, is_infinite, is_tied, temperature, run


def settings_of(
    alpha: object, is_infinite: bool, is_tied: bool, temperature: object, block_size: object, blocks: object,
    steps: object, scope: object, seed: object,
) -> PowerSettings:  # fmt: skip
    """The panel's values as settings; ValueError with one sentence (field, value, range) for a bad one."""
    size = whole("block size", block_size, 1, MAX_BLOCK_SIZE)
    alpha, proposal_temperature = dials_of(alpha, is_infinite, is_tied, temperature)
    settings = PowerSettings(
        alpha=alpha,
        proposal_temperature=proposal_temperature,
        max_new_tokens=size * whole("blocks", blocks, 1, MAX_BLOCKS),
        block_size=size,
        steps_per_block=whole("steps per block", steps, 0, MAX_STEPS),
        scope=scope,
        seed=whole("seed", seed, 0, MAX_SEED),
    )
    check_size(settings)
    return settings


def check_size(settings: PowerSettings) -> None:
    """ValueError for a run that could be too large to keep (sharing.py)."""
    longest = settings.block_size if settings.scope == "block" else settings.max_new_tokens
    most = LARGEST_RUN // (settings.num_blocks * longest)
    if settings.steps_per_block > most:
        raise ValueError(
            f"steps per block must be at most {most} for {settings.num_blocks} blocks and proposals of up to {longest} "
            f"tokens, not {settings.steps_per_block}"
        )


def dials_of(alpha: object, is_infinite: bool, is_tied: bool, temperature: object) -> tuple[float, float | None]:
    """alpha and the proposal temperature (None when tied), as two valid numbers."""
    value = math.inf if is_infinite else alpha
    checked = PowerSettings(alpha=value, proposal_temperature=None if is_tied else temperature)
    return checked.alpha, checked.proposal_temperature


def whole(name: str, value: object, low: int, high: int) -> int:
    """A widget's number as a whole number from low to high."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or value != int(value):
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {quoted(value)}")
    return int(value)


def panel_values(settings: PowerSettings) -> list[Any]:
    """The panel's values for some settings, within what its sliders can show."""
    is_infinite, is_tied = math.isinf(settings.alpha), settings.proposal_temperature is None
    return [
        DEFAULTS.alpha if is_infinite else settings.alpha, is_infinite, is_tied, settings.law.temperature,
        min(settings.block_size, MAX_BLOCK_SIZE), min(settings.num_blocks, MAX_BLOCKS), settings.steps_per_block,
        settings.scope, settings.seed,
    ]  # fmt: skip
