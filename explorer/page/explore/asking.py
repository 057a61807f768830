"""The browser asks what is known of p^alpha under the run on its screen; searching threads answer, one at a time."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import gradio as gr
from anyio import to_thread

from explorer.page.explore.session import Session, opening
from explorer.page.explore.target import Run, finished_run, target_of
from explorer.page.library import Models
from explorer.page.packets import packet
from explorer.page.serving.sharing import SEARCHES

FAILURES = (ValueError, RuntimeError, MemoryError)  # what a question, or torch on a small machine, may raise
ASKED = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "trigger_mode": "multiple",
    "api_visibility": "private",
}


def wire_target(bus: gr.HTML, session: gr.State, models: Models) -> None:
    """Attach the two questions: about the run, and about one position of its final text."""

    async def target(session: Session, event: gr.EventData) -> AsyncIterator[str]:
        async with aclosing(told(session, models, event._data)) as packets:
            async for news in packets:
                yield news

    async def alternatives(session: Session, event: gr.EventData) -> object:
        return await alternatives_told(session, models, event._data) or gr.skip()

    bus.play(target, session, bus, **ASKED)
    bus.select(alternatives, session, bus, **ASKED)


async def told(session: Session, models: Models, wish: Any) -> AsyncIterator[str]:
    """Packets on the target of the run that the browser names, each more than the last; none for any other run.

    They end when another question or another run has taken this one's place.
    """
    run = asked_about(session, wish)
    if run is None:
        return
    session.asked = ticket = session.asked + 1
    steps = telling(run, models)
    while True:
        content = await searched(
            lambda: next(steps, None), lambda: session.asked == ticket and asked_about(session, wish)
        )
        if content is None:
            return
        yield packet(run_id=run.run_id, target=content)
        if "sentence" in content:
            return


async def alternatives_told(session: Session, models: Models, wish: Any) -> str | None:
    """A packet on what could stand at the position that the browser names; None where there is no such question."""
    run, position = asked_about(session, wish), wish.get("position") if isinstance(wish, dict) else None
    if run is None or type(position) is not int or not 0 <= position < len(run.token_ids):
        return None
    session.clicked = ticket = session.clicked + 1
    rows = await searched(
        lambda: {"rows": target_of(run, models).alternatives_at(run, position)},
        lambda: session.clicked == ticket and asked_about(session, wish),
    )
    return rows and packet(run_id=run.run_id, alternatives={"position": position, **rows})


def asked_about(session: Session, wish: Any) -> Run | None:
    """The finished run that a wish names: the one on screen, at first the one that the page opens on."""
    run_id = wish.get("run_id") if isinstance(wish, dict) else None
    return finished_run(session if session.trace else opening(), run_id)


def telling(run: Run, models: Models) -> Iterator[dict[str, Any]]:
    """What is known of the run's target, more and more."""
    yield from target_of(run, models).told(run)


async def searched(work: Callable[[], Any], is_wanted: Callable[[], Any]) -> Any:
    """What some work comes to, in a searching thread; None if nobody wants it any more, a sentence if it fails."""

    def attempt() -> Any:
        try:
            return work() if is_wanted() else None
        except FAILURES as error:
            if isinstance(error, ValueError):
                return {"sentence": str(error)}
            logging.exception("a target's search failed")
            return {"sentence": f"The search for the exact target failed ({type(error).__name__})."}

    content = await to_thread.run_sync(attempt, limiter=SEARCHES)
    return content if is_wanted() else None
