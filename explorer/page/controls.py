"""The settings panel, and what its values mean: widgets to settings, with one clear sentence for every bad value."""

import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from textwrap import shorten
from typing import Any

import gradio as gr

from explorer.page.library import DEFAULTS
from explorer.page.serving.sharing import LARGEST_RUN
from explorer.page.wire.contract import Dials, Run
from sampler.classroom.presets import PRESETS
from sampler.core.records import MAX_PROMPT, PowerSettings, quoted

MAX_BLOCKS, MAX_BLOCK_SIZE, MAX_STEPS = 16, 64, 100  # what one browser can draw well
MAX_SEED = 2**53 - 1  # what a browser's numbers hold
ALPHAS, TEMPERATURES = (1, 10), (0.05, 2)  # of the sliders


PANEL = [field.name for field in fields(Run)]  # the order in which the panel's values travel to the scripts and back
Widgets = dict[str, gr.components.Component]  # by the names in PANEL; "preset" and "open" besides


def panel(models: list[str]) -> Widgets:
    """Build the panel in the current Blocks context: the problem, the details, and the dials that stay in sight."""
    widgets = problem() | details(models)
    with gr.Row(elem_id="dials"):  # may move while a chain runs; style.css hides the temperature while it is tied
        widgets["alpha"] = gr.Slider(*ALPHAS, DEFAULTS.alpha, step=0.1, label="α of the target p^α", elem_id="alpha")
        widgets["is_infinite"] = gr.Checkbox(False, label="α = ∞", min_width=70, elem_id="infinite")
        widgets["is_tied"] = gr.Checkbox(True, label="τ tied to 1/α", min_width=110, elem_id="tied")
        widgets["temperature"] = gr.Slider(
            *TEMPERATURES, 1 / DEFAULTS.alpha, step=0.01, label="τ of the proposal", elem_id="temperature"
        )
        run = gr.Button("Run", variant="primary", min_width=90, scale=0, elem_id="run")
    in_browser(run.click, "run", [widgets[name] for name in PANEL])
    dials = [widgets[field.name] for field in fields(Dials)]
    for dial in dials:
        in_browser(dial.input, "turn", dials)
    return widgets


def in_browser(event: Callable, function: str, inputs: Sequence = (), outputs: Sequence = ()) -> None:
    """Have an event call one of the page's scripts with the values of some widgets; the server hears nothing of it."""
    js = f"(...values) => window.explorer?.{function}(...values)"
    event(None, [*inputs], [*outputs], js=js, queue=False, show_progress="hidden", api_visibility="private")


def problem() -> Widgets:
    """What the model is asked, and whole runs to open and save."""
    choices = [(f"{p.id}: {shorten(p.prompt, 32, placeholder=' …')}", p.id) for p in PRESETS]
    with gr.Row(elem_id="problem"):
        preset = gr.Dropdown(choices, value=PRESETS[0].id, label="Preset problem", scale=3, elem_id="preset")
        prompt = gr.Textbox(
            PRESETS[0].prompt,
            label="Prompt",
            lines=2,
            max_lines=3,
            max_length=MAX_PROMPT,
            scale=6,
            min_width=280,
            elem_id="prompt",
        )
        with gr.Column(scale=2, min_width=190, elem_id="files"):
            small = {"size": "sm", "min_width": 80}
            recorded = gr.Button("Open recorded run", size="sm", elem_id="recorded")
            with gr.Row():
                save = gr.Button("Save trace", elem_id="save", **small)
                open_ = gr.UploadButton("Open trace", elem_id="open", file_types=[".jsonl", ".gz"], **small)
            with gr.Row():
                replay = gr.Button("Save replay", elem_id="save-replay", **small)
                notebook = gr.Button("Save notebook", elem_id="save-notebook", **small)
    in_browser(preset.input, "promptOf", [preset], [prompt])
    in_browser(recorded.click, "openRecorded", [preset])
    in_browser(save.click, "save")
    in_browser(replay.click, "takeaway.saveReplay")
    in_browser(notebook.click, "takeaway.saveNotebook")
    return {"preset": preset, "prompt": prompt, "open": open_}


def details(models: list[str]) -> Widgets:
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
    sizes = {"block_size": block_size, "blocks": blocks, "steps": steps}
    return sizes | {"scope": scope, "seed": seed, "model": model}


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


def panel_values(settings: PowerSettings) -> dict[str, Any]:
    """The panel's values for some settings, within what its sliders can show."""
    is_infinite, is_tied = math.isinf(settings.alpha), settings.proposal_temperature is None
    return {
        "alpha": DEFAULTS.alpha if is_infinite else settings.alpha,
        "is_infinite": is_infinite,
        "is_tied": is_tied,
        "temperature": settings.law.temperature,
        "block_size": min(settings.block_size, MAX_BLOCK_SIZE),
        "blocks": min(settings.num_blocks, MAX_BLOCKS),
        "steps": settings.steps_per_block,
        "scope": settings.scope,
        "seed": settings.seed,
    }
