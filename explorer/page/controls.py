"""The settings panel: its controls, and what their values mean, with one clear sentence for every bad value.

CONTROLS has one entry a control. From it follow the widget, the field of `contract.Run`, the parameter of links with
its range and default, and the setting: the page's scripts get the table with links.json.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import gradio as gr

from explorer.page.library import DEFAULTS
from explorer.page.serving.sharing import LARGEST_RUN
from sampler.classroom.presets import PRESETS
from sampler.core.records import MAX_PROMPT, PowerSettings, checked_int, quoted

MAX_BLOCKS, MAX_BLOCK_SIZE, MAX_STEPS = 16, 64, 100  # what one browser can draw well
MAX_SEED = 2**53 - 1  # what a browser's numbers hold
Number = int | float | None  # None from a field that a person has emptied
Widgets = dict[str, gr.components.Component]  # by the names in CONTROLS; "preset" and "open" besides


@dataclass(frozen=True)
class Control:
    """A control of the panel; `setting` is a field of PowerSettings."""

    name: str
    widget: type[gr.components.Component]
    type: Any  # of its value
    label: str
    parameter: str  # of links
    setting: str = ""
    range: tuple[float, float] | None = None
    step: float = 1
    choices: tuple[tuple[str, str], ...] = ()  # words and value of each
    min_width: int = 160

    @property
    def id(self) -> str:
        return self.name.removeprefix("is_").replace("_", "-")

    def build(self, value: Any, **options: Any) -> gr.components.Component:
        if self.range:
            options |= {"minimum": self.range[0], "maximum": self.range[1], "step": self.step}
        if self.choices:
            options |= {"choices": self.choices}
        return self.widget(value=value, label=self.label, elem_id=self.id, min_width=self.min_width, **options)

    def described(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("name", "id", "parameter", "setting", "range", "step")}
        default = getattr(DEFAULTS, self.setting) if self.setting else None
        return own | {"choices": [value for _, value in self.choices], "default": default}


SCOPES = (("this block only", "block"), ("whole completion", "completion"))
ASKED = (
    Control("prompt", gr.Textbox, str | None, "Prompt", "prompt", min_width=280),
    Control("model", gr.Dropdown, str | None, "model", "model"),
)
DIALS = (  # may move while a chain runs; the two checkboxes say something else about the sliders' parameters
    Control("alpha", gr.Slider, Number, "α of the target p^α", "alpha", "alpha", (1, 10), 0.1),
    Control("is_infinite", gr.Checkbox, bool, "α = ∞", "alpha", min_width=70),
    Control("is_tied", gr.Checkbox, bool, "τ tied to 1/α", "tau", min_width=110),
    Control("temperature", gr.Slider, Number, "τ of the proposal", "tau", "proposal_temperature", (0.05, 2), 0.01),
)
DETAILS = (
    Control("block_size", gr.Slider, Number, "B: block size (tokens)", "B", "block_size", (1, MAX_BLOCK_SIZE)),
    Control("blocks", gr.Slider, Number, "blocks", "blocks", "num_blocks", (1, MAX_BLOCKS)),
    Control("steps", gr.Slider, Number, "N: steps per block", "N", "steps_per_block", (0, MAX_STEPS)),
    Control("scope", gr.Radio, str | None, "cuts may fall in", "scope", "scope", choices=SCOPES),
    Control("seed", gr.Number, Number, "seed", "seed", "seed", (0, MAX_SEED), min_width=80),
)
WORDS = {"block_size": "block size", "steps": "steps per block"}  # in sentences, where the name alone would not do
CONTROLS = ASKED + DIALS + DETAILS  # the order in which the panel's values travel to the scripts and back


def panel(models: list[str]) -> Widgets:
    """Build the panel in the current Blocks context: the problem, the details, and the dials that stay in sight."""
    widgets, values = problem(), panel_values(DEFAULTS)
    with gr.Accordion("Block size, steps, scope, seed, model", open=False, elem_id="details"), gr.Row():
        widgets |= {each.name: each.build(values[each.name]) for each in DETAILS}
        widgets["model"] = ASKED[1].build(models[0], choices=models)
    with gr.Row(elem_id="dials"):  # style.css hides the temperature while it is tied
        widgets |= {each.name: each.build(values[each.name]) for each in DIALS}
        run = gr.Button("Run", variant="primary", min_width=90, scale=0, elem_id="run")
    in_browser(run.click, "run", in_order(widgets))
    dials = [widgets[each.name] for each in DIALS]
    for dial in dials:
        in_browser(dial.input, "turn", dials)
    return widgets


def in_order(widgets: Widgets) -> list[gr.components.Component]:
    return [widgets[each.name] for each in CONTROLS]


def in_browser(event: Callable, function: str, inputs: Sequence = (), outputs: Sequence = ()) -> None:
    """Have an event call one of the page's scripts with the values of some widgets; the server hears nothing of it."""
    js = f"(...values) => window.explorer?.{function}(...values)"
    event(None, [*inputs], [*outputs], js=js, queue=False, show_progress="hidden", api_visibility="private")


def problem() -> Widgets:
    """What the model is asked, and whole runs to open and save."""
    choices = [(f"{p.id}: {shorten(p.prompt, 32, placeholder=' …')}", p.id) for p in PRESETS]
    with gr.Row(elem_id="problem"):
        preset = gr.Dropdown(choices, value=PRESETS[0].id, label="Preset problem", scale=3, elem_id="preset")
        prompt = ASKED[0].build(PRESETS[0].prompt, lines=2, max_lines=3, max_length=MAX_PROMPT, scale=6)
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


def settings_of(values: dict[str, Any]) -> PowerSettings:
    """The panel's values as settings; ValueError with one sentence (field, value, range) for a bad one."""
    details = {each.setting: values[each.name] for each in DETAILS}
    for each in DETAILS:
        if each.range:
            details[each.setting] = whole(WORDS.get(each.name, each.name), values[each.name], *each.range)
    alpha, proposal_temperature = dials_of(**{each.name: values[each.name] for each in DIALS})
    details["max_new_tokens"] = details["block_size"] * details.pop("num_blocks")
    settings = PowerSettings(alpha=alpha, proposal_temperature=proposal_temperature, **details)
    longest = settings.block_size if settings.scope == "block" else settings.max_new_tokens
    most = LARGEST_RUN // (settings.num_blocks * longest)  # more could be too much to keep (sharing.py)
    if settings.steps_per_block > most:
        raise ValueError(
            f"steps per block must be at most {most} for {settings.num_blocks} blocks and proposals of up to {longest} "
            f"tokens, not {settings.steps_per_block}"
        )
    return settings


def dials_of(alpha: object, is_infinite: bool, is_tied: bool, temperature: object) -> tuple[float, float | None]:
    """alpha and the proposal temperature (None when tied), as two valid numbers within their sliders."""
    checked = PowerSettings(
        alpha=math.inf if is_infinite else alpha, proposal_temperature=None if is_tied else temperature
    )
    for each in DIALS:
        value = getattr(checked, each.setting) if each.range else None
        if value is not None and value != math.inf and not each.range[0] <= value <= each.range[1]:
            raise ValueError(f"{each.name} must be from {each.range[0]} to {each.range[1]}, not {quoted(value)}")
    return checked.alpha, checked.proposal_temperature


def whole(name: str, value: object, low: int, high: int) -> int:
    """A widget's number as a whole number from low to high."""
    return checked_int(name, int(value) if isinstance(value, float) and value.is_integer() else value, low, high)


def panel_values(settings: PowerSettings) -> dict[str, Any]:
    """The values of dials and details for some settings, within what the panel can show."""
    is_infinite = math.isinf(settings.alpha)
    values = {
        "alpha": DEFAULTS.alpha if is_infinite else settings.alpha,
        "is_infinite": is_infinite,
        "is_tied": settings.proposal_temperature is None,
        "temperature": settings.law.temperature,
    }
    for each in DETAILS:
        value = getattr(settings, each.setting)
        values[each.name] = min(value, each.range[1]) if each.range else value
    return values
