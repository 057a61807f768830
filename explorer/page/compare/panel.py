"""The Compare page: its panel for live runs, its wiring, and answers opened on the Explore page."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread

from explorer.page.compare.evaluation import (
    LARGEST_SEED,
    MOST_PROBLEMS,
    Begin,
    Evaluation,
    asked_for,
    questions,
    recorded,
    stream,
)
from explorer.page.controls import Controls, panel_values
from explorer.page.explore.session import Session
from explorer.page.explore.wiring import LIVE, QUEUED, STREAMED, new_run, sentence
from explorer.page.library import Models
from explorer.page.packets import packet
from sampler.classroom.corpus import TASKS
from sampler.classroom.results import Method, Results, run_seed
from sampler.core.records import PowerSettings, quoted

COOLEST = 0.05  # temperature at which the Explore page shows greedy decoding


@dataclass(frozen=True)
class Panel:
    """The widgets of a live run."""

    tasks: gr.CheckboxGroup
    problems: gr.Number
    seed: gr.Number
    run: gr.Button
    cancel: gr.Button


def panel() -> Panel:
    """Build the panel in the current Blocks context."""
    with gr.Accordion("Run it yourself", open=False, elem_id="evaluate"), gr.Row(elem_classes="panel"):
        tasks = gr.CheckboxGroup(list(TASKS), value=list(TASKS), label="tasks", scale=3, elem_id="own-tasks")
        problems = gr.Number(10, label=f"problems a task (1 to {MOST_PROBLEMS})", elem_id="own-problems", min_width=150)
        seed = gr.Number(7, label=f"seed (0 to {LARGEST_SEED:,})".replace(",", " "), elem_id="own-seed", min_width=150)
        with gr.Column(scale=1, min_width=150):
            run = gr.Button("Run", variant="primary", elem_id="own-run")
            cancel = gr.Button("Cancel", elem_id="own-cancel")
    return Panel(tasks, problems, seed, run, cancel)


def wire_comparison(
    own: Panel, bus: gr.HTML, pages: gr.Tabs, explore: tuple[Controls, gr.HTML, gr.State], models: Models,
    begin_evaluation: Begin, results_path: Path,
) -> None:  # fmt: skip
    """Attach the handlers; `explore` is what an opened answer acts on: its controls, its wire and its session."""
    evaluation = gr.State(Evaluation())
    controls, chain_bus, session = explore

    async def run(evaluation: Evaluation, *values: object) -> AsyncIterator[str]:
        try:
            async with aclosing(stream(evaluation, begin_evaluation, *asked_for(*values))) as packets:
                async for news in packets:
                    yield news
        except ValueError as error:
            yield packet(notice="")
            raise sentence(error) from error

    async def open_answer(evaluation: Evaluation, event: gr.EventData) -> list[Any]:
        wish = event._data if isinstance(event._data, dict) else {}
        results = evaluation.results if wish.get("live") else await to_thread.run_sync(recorded, results_path)
        try:
            evaluation.opened = opened(results, wish, models.names)
        except ValueError as error:
            raise sentence(error) from error
        model, prompt, settings = evaluation.opened
        return [gr.Tabs(selected="explore"), prompt, model, *panel_values(settings)]

    async def run_opened(session: Session, evaluation: Evaluation) -> AsyncIterator[str]:
        try:
            async with aclosing(new_run(session, models, *evaluation.opened)) as packets:
                async for news in packets:
                    yield news
        except ValueError as error:
            raise sentence(error) from error

    own.run.click(run, [evaluation, own.tasks, own.problems, own.seed], bus, **STREAMED)
    own.cancel.click(cancel, evaluation, bus, **LIVE)
    bus.stop(cancel, evaluation, bus, **LIVE)
    filled = [pages, controls.prompt, controls.model, *controls.settings]
    answer = bus.select(open_answer, evaluation, filled, **QUEUED)
    answer.success(run_opened, [session, evaluation], chain_bus, **STREAMED)


def cancel(evaluation: Evaluation) -> str:
    """End the run after the row in progress; what was answered stays."""
    evaluation.take_ticket()
    if evaluation.state:
        return packet(notice="")  # a run that was still loading its models
    evaluation.state = "cancelled"
    return evaluation.snapshot()


def opened(results: Results | None, wish: dict[str, Any], models: list[str]) -> tuple[str, str, PowerSettings]:
    """Model, prompt and settings with which the Explore page shows an answer; ValueError for one that is not there."""
    task, problem, name = (wish.get(field) for field in ("task", "problem", "method"))
    row = next((r for r in results.answered if r.key == (task, problem, name)), None) if results else None
    if row is None:
        raise ValueError(f"the answer must be one of the table's, not {quoted([task, problem, name])}")
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)} to be opened, not {quoted(task)}")
    started = results.started
    method = next(m for m in started.methods if m.name == name)
    prompt, _ = questions(task, started.problems, started.seed)[problem]
    model = (started.tuned if method.kind == "tuned" else started.base)["name"]
    if model not in models:
        raise ValueError(f"model must be one of {', '.join(models)} for an answer to be opened, not {quoted(model)}")
    return model, prompt, settings_for(method, run_seed(started.seed, problem))


def settings_for(method: Method, seed: int) -> PowerSettings:
    """A chain's own settings; for other methods the page's chain at the method's temperature.

    The temperature samples that end the run are drawn at that temperature and seed, so their first is the answer.
    """
    if method.kind == "power":
        return PowerSettings(**method.settings, seed=seed)
    temperature = method.settings.get("temperature", COOLEST if method.kind == "greedy" else 1.0)
    return PowerSettings(proposal_temperature=temperature, seed=seed)
