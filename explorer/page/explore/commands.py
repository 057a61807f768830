"""What the panel and the transport bar ask: a run, more of it, its end, another speed, other dials, a recorded run.

All that changes the chain on screen is of one group: the newest ask ends the others, after the step in progress.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from anyio import to_thread

from explorer.page import library
from explorer.page.controls import dials_of, settings_of
from explorer.page.explore.session import Session
from explorer.page.explore.streaming import stream
from explorer.page.serving.sharing import QUESTIONS
from explorer.page.wire import contract
from explorer.page.wire.tab import Tab, answers
from sampler.core.records import PowerSettings, checked_number, checked_text
from sampler.trace.trace import Trace

CHAIN = "chain"
OF_A_RUN = ("target", "alternatives", "replay", "diagnostics")  # asks about a run, useless when another is on screen
GONE = "This run can go on no more: the server has let go of it. Press Run for a new one."
Content = dict[str, Any]


@answers(contract.Run, group=CHAIN)
async def run(tab: Tab, question: contract.Run) -> AsyncIterator[Content]:
    values = asdict(question)
    prompt = checked_text(values["prompt"])
    async with aclosing(new_run(tab, values["model"], prompt, settings_of(values))) as contents:
        async for content in contents:
            yield content


async def new_run(tab: Tab, name: str, prompt: str, settings: PowerSettings) -> AsyncIterator[Content]:
    """A chain in place of the one on screen, from its start on; ValueError leaves that one as it was."""
    models, session = tab.setup.models, tab.of(Session)
    if not models.is_ready(name):
        yield {"notice": f"Loading the model {name} …"}
    model = await to_thread.run_sync(models.get, name)
    await to_thread.run_sync(session.begin, model, prompt, settings)
    forget_questions(tab)
    yield session.snapshot()
    async with aclosing(stream(session, "end")) as contents:
        async for content in contents:
            yield content


def forget_questions(tab: Tab) -> None:
    """Another run is on screen: end what is computed about the last one."""
    for kind in OF_A_RUN:
        tab.cancel(kind)


@answers(contract.Play, group=CHAIN)
async def play(tab: Tab, question: contract.Play) -> AsyncIterator[Content]:
    session = tab.of(Session)
    if session.trace is None:
        yield {"notice": GONE, "idle": True}
    if session.can_continue:
        async with aclosing(stream(session, question.goal)) as contents:
            async for content in contents:
                yield content


@answers(contract.Pause, group=CHAIN)
def pause(tab: Tab, question: contract.Pause) -> Content:
    """The chain stays after the step in progress."""
    return tab.of(Session).delta(idle=True)


@answers(contract.Stop, group=CHAIN)
def stop(tab: Tab, question: contract.Stop) -> Content:
    session = tab.of(Session)
    if not session.can_continue:
        return {}
    session.stop()
    return session.delta("The run was stopped; its steps are kept.", idle=True)


@answers(contract.Speed)
def speed(tab: Tab, question: contract.Speed) -> Content:
    tab.of(Session).speed = float(checked_number("speed", question.speed, 0, 1000))
    return {}


@answers(contract.Resync)
async def resync(tab: Tab, question: contract.Resync) -> AsyncIterator[Content]:
    """The run on screen from its start on, in the loop, so that nothing comes between it and what follows."""
    if tab.of(Session).trace:
        yield tab.of(Session).snapshot()


@answers(contract.Dials)
def dials(tab: Tab, question: contract.Dials) -> Content:
    """Alpha and temperature act on the next step of the living chain."""
    tab.of(Session).turn(*dials_of(**asdict(question)))
    return {}


@answers(contract.Recorded, group=CHAIN)
async def recorded(tab: Tab, question: contract.Recorded) -> AsyncIterator[Content]:
    """The recorded run of a preset. A living chain is left behind."""
    yield await show(tab, *library.recorded(question.preset))


@answers(contract.Uploaded, group=CHAIN)
async def uploaded(tab: Tab, question: contract.Uploaded) -> AsyncIterator[Content]:
    trace = tab.of(Session).uploaded
    if trace is None:
        raise ValueError("there is no uploaded trace to show")
    note = f": {trace.note}" if trace.note else ""
    yield await show(tab, trace, None, f"Opened {len(trace.steps_taken)} steps{note}.")


async def show(tab: Tab, trace: Trace, samples: Trace | None, status: str = "") -> Content:
    session = tab.of(Session)
    await to_thread.run_sync(session.open_recorded, trace, samples)
    forget_questions(tab)
    return session.snapshot(status)


@answers(contract.Save, limiter=QUESTIONS)
def save(tab: Tab, question: contract.Save) -> Content:
    trace = tab.of(Session).on_screen
    name = f"power-seed-{trace.started.settings.seed}.jsonl"
    return {"download": {"name": name, "text": "".join(f"{line}\n" for line in trace.lines())}}
