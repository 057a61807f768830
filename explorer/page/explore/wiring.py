"""What happens when something is pressed or moved; bad input becomes one sentence and the run stays as it was."""

import html
from collections.abc import AsyncIterator
from contextlib import aclosing

import gradio as gr
from anyio import to_thread

from explorer.page import library
from explorer.page.controls import Controls, dials_of, settings_of
from explorer.page.explore import diagnostics, uploads
from explorer.page.explore.session import Session
from explorer.page.explore.streaming import GOALS, stream
from explorer.page.packets import packet
from sampler.core.records import PowerSettings, checked_text

LIVE = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
STREAMED = {
    "show_progress": "hidden",
    "concurrency_limit": None,  # sharing.py decides who waits, and the page says so
    "trigger_mode": "multiple",
    "api_visibility": "private",
}
# only a queued event shows its error
QUEUED = {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}
DIALS = {**QUEUED, "trigger_mode": "always_last"}
GONE = "This run can go on no more: the server has let go of it. Press Run for a new one."
SAVE_REPLAY = "() => { window.explorer?.takeaway.saveReplay(); }"
SAVE_NOTEBOOK = "() => { window.explorer?.takeaway.saveNotebook(); }"
WHAT_IF = "(alpha, is_infinite) => { window.explorer?.whatIf(alpha, is_infinite); }"


def wire(controls: Controls, bus: gr.HTML, session: gr.State, models: library.Models) -> None:
    """Attach every handler."""
    c = controls

    async def run(session, prompt, model, *values) -> AsyncIterator[str]:
        try:
            async with aclosing(new_run(session, models, model, checked_text(prompt), settings_of(*values))) as packets:
                async for news in packets:
                    yield news
        except ValueError as error:
            raise sentence(error) from error

    async def diagnosed(session, event: gr.EventData) -> AsyncIterator[str]:
        async with aclosing(diagnostics.stream(session, models, wish_of(event))) as packets:
            async for news in packets:
                yield news

    c.run.click(run, [session, c.prompt, c.model, *c.settings], bus, **STREAMED)
    bus.play(play, session, bus, **STREAMED)
    bus.pause(pause, session, bus, **LIVE)
    bus.stop(stop, session, bus, **LIVE)
    bus.select(command, session, bus, **LIVE)
    bus.submit(diagnosed, session, bus, **STREAMED)
    c.preset.input(choose_preset, c.preset, c.prompt, **QUEUED)
    c.recorded.click(open_recorded, [session, c.preset], bus, **QUEUED)
    c.save.click(save_trace, session, bus, **LIVE)
    c.replay.click(None, None, None, js=SAVE_REPLAY, **LIVE)
    c.notebook.click(None, None, None, js=SAVE_NOTEBOOK, **LIVE)
    c.open.upload(open_upload, [session, c.open], bus, **QUEUED | {"concurrency_limit": 2})
    for dial in c.dials:
        moved = dial.input if isinstance(dial, gr.Checkbox | gr.Slider) else dial.change
        moved(turn_dials, [session, *c.dials], None, **DIALS)
    for dial in (c.alpha, c.is_infinite):
        dial.input(None, [c.alpha, c.is_infinite], None, js=WHAT_IF, **LIVE)


async def new_run(
    session: Session, models: library.Models, name: str, prompt: str, settings: PowerSettings
) -> AsyncIterator[str]:
    """Packets of a chain in place of the one on screen, from its start on; ValueError leaves that one as it was."""
    if not models.is_ready(name):
        yield packet(notice=f"Loading the model {name} …")
    model = await to_thread.run_sync(models.get, name)
    session.take_ticket()
    await to_thread.run_sync(session.begin, model, prompt, settings)
    yield session.snapshot()
    async with aclosing(stream(session, "end")) as packets:
        async for news in packets:
            yield news


async def play(session: Session, event: gr.EventData) -> AsyncIterator[str]:
    """Go on with the living chain to the goal that the browser names."""
    goal = wish_of(event).get("goal")
    if session.trace is None:
        yield packet(notice=GONE, idle=True)
    if goal in list(GOALS) and session.can_continue:
        async with aclosing(stream(session, goal)) as packets:
            async for news in packets:
                yield news


def pause(session: Session) -> object:
    """End the stream; the chain stays after the step in progress."""
    session.take_ticket()
    with session.lock:
        return session.delta(idle=True) if session.trace else gr.skip()


def stop(session: Session) -> object:
    """End the chain; its steps stay."""
    session.take_ticket()
    if not session.can_continue:
        return gr.skip()
    session.stop()
    return session.delta("The run was stopped; its steps are kept.", idle=True)


def command(session: Session, event: gr.EventData) -> object:
    """The browser's quiet wishes: another speed, no other chains after all, or the whole run again."""
    wish = wish_of(event)
    if wish.get("cancel_diagnosis"):
        session.take_diagnosis()
    if isinstance(wish.get("speed"), int | float) and 0 <= wish["speed"] <= 1000:
        session.speed = float(wish["speed"])
    return session.snapshot() if wish.get("resync") and session.trace else gr.skip()


def wish_of(event: gr.EventData) -> dict:
    """What the browser sent with an event."""
    return event._data if isinstance(event._data, dict) else {}


def turn_dials(session: Session, alpha, is_infinite, is_tied, temperature) -> None:
    """Alpha and temperature act on the next step of the living chain."""
    try:
        dials = dials_of(alpha, is_infinite, is_tied, temperature)
    except ValueError as error:
        raise sentence(error) from error
    session.turn(*dials)


def choose_preset(preset_id: str) -> str:
    """The prompt of a preset."""
    try:
        return library.preset(preset_id).prompt
    except ValueError as error:
        raise sentence(error) from error


def open_recorded(session: Session, preset_id: str) -> str:
    """Show the recorded run of the chosen preset."""
    try:
        return show_recorded(session, preset_id)
    except ValueError as error:
        raise sentence(error) from error


def show_recorded(session: Session, preset_id: str) -> str:
    """The recorded run of a preset as a packet; ValueError for another id. A living chain is left behind."""
    trace, samples = library.recorded(preset_id)
    session.take_ticket()
    session.open_recorded(trace, samples, recorded=True)
    return session.snapshot()


def open_upload(session: Session, path: str | None) -> str:
    """Show a trace file from the visitor's disk; a damaged or foreign one leaves the page as it is."""
    try:
        trace = uploads.opened(path)
    except ValueError as error:
        raise sentence(error) from error
    session.take_ticket()
    session.open_recorded(trace, None, recorded=True)
    return session.snapshot(f"Opened {len(trace.steps_taken)} steps{': ' + trace.note if trace.note else ''}.")


def save_trace(session: Session) -> str:
    """The run on screen as a trace file, for the browser to save."""
    trace = session.on_screen
    name = f"power-seed-{trace.started.settings.seed}.jsonl"
    return packet(download={"name": name, "text": "".join(f"{line}\n" for line in trace.lines())})


def sentence(error: Exception) -> gr.Error:
    """An error as the page shows it: one sentence, until it is closed. Gradio reads markup in it, so it is escaped."""
    text = html.escape(str(error), quote=False)
    return gr.Error(text[:1].upper() + text[1:], duration=None, title="Not done", print_exception=False)
