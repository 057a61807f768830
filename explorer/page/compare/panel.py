"""The Compare page: its panel for live runs, and answers opened on the Explore page."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import gradio as gr
from anyio import to_thread

from explorer.page.compare.evaluation import LARGEST_SEED, MOST_PROBLEMS, Evaluation, questions, recorded
from explorer.page.controls import in_browser, panel_values
from explorer.page.explore.commands import CHAIN, new_run
from explorer.page.wire import contract
from explorer.page.wire.tab import Tab, answers
from sampler.classroom.corpus import TASKS
from sampler.classroom.results import Method, Results, run_seed
from sampler.core.records import PowerSettings, quoted
from sampler.methods.registry import METHODS

COOLEST = 0.05  # temperature at which the Explore page shows greedy decoding


def panel() -> None:
    """Build the panel in the current Blocks context; its buttons call the page's scripts."""
    with gr.Accordion("Run it yourself", open=False, elem_id="evaluate"), gr.Row(elem_classes="panel"):
        tasks = gr.CheckboxGroup(list(TASKS), value=list(TASKS), label="tasks", scale=3, elem_id="own-tasks")
        problems = gr.Number(10, label=f"problems a task (1 to {MOST_PROBLEMS})", elem_id="own-problems", min_width=150)
        seed = gr.Number(7, label=f"seed (0 to {LARGEST_SEED:,})".replace(",", " "), elem_id="own-seed", min_width=150)
        with gr.Column(scale=1, min_width=150):
            run = gr.Button("Run", variant="primary", elem_id="own-run")
            cancel = gr.Button("Cancel", elem_id="own-cancel")
    in_browser(run.click, "comparison.evaluate", [tasks, problems, seed])
    in_browser(cancel.click, "comparison.halt")


@answers(contract.Answer, group=CHAIN)
async def answer(tab: Tab, question: contract.Answer) -> AsyncIterator[dict[str, Any]]:
    """The panel's values for an answer of the table, then the run with its settings."""
    live = tab.of(Evaluation).results
    results = live if question.live else await to_thread.run_sync(recorded, tab.setup.results)
    model, prompt, settings = opened(results, question, tab.setup.models.names)
    yield {"panel": {"prompt": prompt, "model": model, **panel_values(settings)}}
    async with aclosing(new_run(tab, model, prompt, settings)) as contents:
        async for content in contents:
            yield content


def opened(results: Results | None, question: contract.Answer, models: list[str]) -> tuple[str, str, PowerSettings]:
    """Model, prompt and settings with which the Explore page shows an answer; ValueError for one that is not there."""
    task, problem, name = question.task, question.problem, question.method
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

    The temperature samples that end the run are drawn at that temperature and seed, so their first is the answer of
    temperature sampling.
    """
    temperature = method.settings.get("temperature", COOLEST if method.kind == "greedy" else 1.0)
    if method.kind in METHODS:
        settings = METHODS[method.kind].settings(**method.settings, seed=seed)
        if isinstance(settings, PowerSettings):
            return settings
        temperature = settings.law.temperature
    return PowerSettings(proposal_temperature=temperature, seed=seed)
