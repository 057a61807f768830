"""Replays: the run on screen once more at other alphas, with the same random numbers, as a browser asks for them."""

import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import gradio as gr
from anyio import to_thread

from explorer.analysis.paths import Row, path
from explorer.page.explore.session import Session
from explorer.page.library import Models, checker
from explorer.page.packets import packet
from explorer.page.serving.sharing import QUESTIONS
from explorer.page.serving.zero_gpu import run_power
from sampler.core.records import PowerSettings, checked_alpha
from sampler.methods.run import steady
from sampler.methods.speed import Speed
from sampler.models.contract import LanguageModel
from sampler.trace.trace import Trace

MOST_ALPHAS = 4  # in one question
MOST_KEPT = 64  # replays of one run
QUICK = Speed(prefetch=8, guess=8, keep_rows=True)
ASKED = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "trigger_mode": "multiple",
    "api_visibility": "private",
}


class Replays:
    """One browser's replays of one run, the newest MOST_KEPT, and the model whose rows they share.

    `ticket` names the question that is answered: whoever takes a new one ends the others.
    """

    def __init__(self, ticket: int = 0) -> None:
        self.ticket = ticket
        self.own: Trace | None = None
        self.model: LanguageModel | None = None
        self.rows: dict[float, Row] = {}

    def __deepcopy__(self, memo: dict) -> "Replays":
        return Replays()

    def leave(self) -> None:
        """Compute nothing more and keep nothing: the browser has gone."""
        self.__init__(self.ticket + 1)

    def of(self, own: Trace, model: LanguageModel) -> "Replays":
        """Those of this run, with the rows that `model` remembers; another run's are forgotten."""
        if self.own is not own:
            self.own, self.model, self.rows = own, model, {}
        return self

    def at(self, alpha: float) -> Row:
        """The row of a replay; computed if it is not known."""
        if alpha not in self.rows:
            started = self.own.started
            settings = settings_at(started.settings, alpha)
            trace = Trace(run_power(self.model, started.prompt, settings, steady(settings), QUICK))
            self.rows[alpha] = path(trace, self.own, checker(started.prompt).answer_of)
            while len(self.rows) > MOST_KEPT:
                del self.rows[next(iter(self.rows))]
        return self.rows[alpha]


def wire_replay(bus: gr.HTML, session: gr.State, models: Models) -> None:
    """Attach the question."""
    replays = gr.State(Replays())

    async def replay(session: Session, replays: Replays, event: gr.EventData) -> AsyncIterator[str]:
        wish = event._data if isinstance(event._data, dict) else {}
        async with aclosing(told(session, replays, models, wish)) as packets:
            async for news in packets:
                yield news

    bus.play(replay, [session, replays], bus, **ASKED)


async def told(session: Session, replays: Replays, models: Models, wish: dict[str, Any]) -> AsyncIterator[str]:
    """A packet for each alpha of a wish {run_id, alphas}, in their order, or one sentence that says why there is none.

    A wish for another run than the one on screen is not answered; a newer wish ends it.
    """
    own = session.on_screen
    if (session.trace is not None and wish.get("run_id") != session.run_id) or own.ended is None:
        return
    replays.ticket = ticket = replays.ticket + 1

    def is_wanted() -> bool:
        return replays.ticket == ticket and session.on_screen is own

    name = {"run_id": wish.get("run_id")}
    try:
        for alpha in checked_alphas(wish.get("alphas")):
            row = await to_thread.run_sync(computed, session, replays, models, alpha, is_wanted, limiter=QUESTIONS)
            if row is None or not is_wanted():
                return
            yield packet(replay=name | {"row": row})
    except ValueError as error:
        yield packet(replay=name | {"sentence": str(error)})
    except (RuntimeError, MemoryError) as error:  # what torch raises when a machine is too small
        logging.exception("a replay failed")
        yield packet(replay=name | {"sentence": f"the model failed ({type(error).__name__})"})
    yield packet(replay=name | {"done": True})


def computed(
    session: Session, replays: Replays, models: Models, alpha: float, is_wanted: Callable[[], bool]
) -> Row | None:
    """The row of one replay, None if nobody wants it any more; ValueError where it cannot be made."""
    own, started = session.on_screen, session.on_screen.started
    if not is_wanted():
        return None
    model = session.model or models.exactly(started.model_name, started.model_revision).fresh()
    return replays.of(own, model).at(alpha)


def settings_at(settings: PowerSettings, alpha: float) -> PowerSettings:
    """The run's settings at another alpha: a tied temperature follows it, and at infinity stays what it was."""
    temperature = settings.proposal_temperature
    if math.isinf(alpha) and temperature is None:
        temperature = settings.law.temperature
    return replace(settings, alpha=alpha, proposal_temperature=temperature)


def checked_alphas(alphas: object) -> list[float]:
    """One to MOST_ALPHAS alphas; ValueError names what is out of range."""
    if not isinstance(alphas, list) or not 1 <= len(alphas) <= MOST_ALPHAS:
        raise ValueError(f"alphas must be a list of 1 to {MOST_ALPHAS} numbers, not {str(alphas)[:40]}")
    return [checked_alpha(math.inf if alpha == "inf" else alpha) for alpha in alphas]
