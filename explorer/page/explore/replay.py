"""Replays: the run on screen once more at other alphas, with the same random numbers, as a browser asks for them."""

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from anyio import to_thread

from explorer.analysis.paths import Row, path
from explorer.page.explore.session import REMEMBERING, Session
from explorer.page.library import checker
from explorer.page.serving.sharing import QUESTIONS
from explorer.page.serving.zero_gpu import run_power
from explorer.page.wire import contract
from explorer.page.wire.tab import Tab, answers
from sampler.core.records import PowerSettings, checked_alpha
from sampler.methods.run import steady
from sampler.models.contract import LanguageModel
from sampler.trace.trace import Trace

MOST_ALPHAS = 4  # in one question
MOST_KEPT = 64  # replays of one run


class Replays:
    """One tab's replays of one run, the newest MOST_KEPT, and the model whose rows they share."""

    own: Trace | None = None

    def of(self, own: Trace, model: LanguageModel) -> "Replays":
        """Those of this run, with the rows that `model` remembers; another run's are forgotten."""
        if self.own is not own:
            self.own, self.at = own, lru_cache(MOST_KEPT)(partial(replayed, own, model))
        return self


def replayed(own: Trace, model: LanguageModel, alpha: float) -> Row:
    started = own.started
    settings = settings_at(started.settings, alpha)
    trace = Trace(run_power(model, started.prompt, settings, steady(settings), REMEMBERING))
    return path(trace, own, checker(started.prompt).answer_of)


@answers(contract.Replay)
async def replay(tab: Tab, question: contract.Replay) -> AsyncIterator[dict[str, Any]]:
    """A row for each alpha, in their order."""
    session = tab.of(Session)
    if session.on_screen.ended is None or (session.trace is not None and question.run_id != session.run_id):
        raise ValueError("the run asked about is not the finished run on screen")
    for alpha in checked_alphas(question.alphas):
        yield {"row": await to_thread.run_sync(row_at, tab, alpha, limiter=QUESTIONS)}


def row_at(tab: Tab, alpha: float) -> Row:
    """The row of one replay; ValueError where it cannot be made."""
    session = tab.of(Session)
    run = session.on_screen
    started = run.started
    model = session.model or tab.setup.models.exactly(started.model_name, started.model_revision).fresh()
    return tab.of(Replays).of(run, model).at(alpha)


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
