"""The other chains of the run on screen, computed for one browser, and what its diagnostics drawer gets of them all."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from anyio import to_thread

from explorer.analysis.chain import PieceOf, Shares, diagnostics
from explorer.analysis.chain_draws import NO_ANSWER, Ids, draws_frame
from explorer.analysis.tokens import joined
from explorer.page.controls import whole
from explorer.page.explore.session import Session
from explorer.page.library import Models, checker
from explorer.page.packets import packet
from explorer.page.serving.sharing import SEARCHES, TURNS
from sampler.core.records import Event, SettingsChanged
from sampler.exact.best_first import Budget
from sampler.exact.certified import certify
from sampler.methods.run import run_chains
from sampler.models.contract import LanguageModel
from sampler.trace.trace import Trace

MOST_CHAINS = 8
BURST = 0.2  # seconds of computing between two packets of progress
LONGEST = 120  # seconds of computing, waiting for a worker included
SEARCH = Budget(width=2e-2, seconds=20.0)  # for the certified target, while the other rows are on show

Chains = dict[int, list[Event]]


async def stream(session: Session, models: Models, wish: dict[str, Any]) -> AsyncIterator[str]:
    """Packets for the drawer: progress, then rows, or one sentence that says why there are none.

    `wish`: how many `chains`, 1 for the run on screen alone, and the browser's `run_id` and `request`, which every
    packet repeats. Another wish or another run ends it, and a wish for a run that is gone is not answered.
    """
    if session.trace is not None and wish.get("run_id") != session.run_id:
        return
    ticket, trace = session.take_diagnosis(), session.on_screen
    name = {field: wish.get(field) for field in ("run_id", "request")}

    def is_wanted() -> bool:
        return session.diagnosis == ticket and session.on_screen is trace

    try:
        async with aclosing(answered(models, trace, wish.get("chains"), is_wanted)) as contents:
            async for content in contents:
                if not is_wanted():
                    return
                yield packet(diagnostics=name | content)
    except Unwanted:
        return
    except ValueError as error:
        yield packet(diagnostics=name | {"refusal": str(error)})
    except (RuntimeError, MemoryError) as error:  # what torch raises when a machine is too small
        logging.exception("other chains failed")
        yield packet(diagnostics=name | {"refusal": f"the model failed ({type(error).__name__})"})


async def answered(
    models: Models, trace: Trace, wanted: object, is_wanted: Callable[[], bool]
) -> AsyncIterator[dict[str, Any]]:
    """Contents of the packets; ValueError with one sentence where the wish cannot be met."""
    number = whole("chains", wanted, 1, MOST_CHAINS)
    if trace.ended is None:
        raise ValueError("diagnostics are of a whole run, and this one has not come to its end")
    own, others = trace.started.settings.chain, siblings(trace.started.settings.chain, number)
    if not others:
        yield {"rows": await to_thread.run_sync(rows_alone, trace)}
        return
    check_comparable(trace)
    yield {"progress": "Loading the model …"}
    started = trace.started
    model = WhileWanted(await to_thread.run_sync(models.exactly, started.model_name, started.model_revision), is_wanted)
    chains: Chains = {own: trace.events} | {chain: [] for chain in others}
    async for progress in computed(model, trace, chains, others):
        yield {"progress": progress}
    answer_of = answers(trace, model.piece)
    frame = await to_thread.run_sync(draws_frame, chains, answer_of, trace.started.settings.scope)
    rows = await to_thread.run_sync(diagnostics, frame, model.piece)
    yield {"rows": rows, "progress": "Searching for the certified target …"}
    target = await to_thread.run_sync(certified_shares, model, trace, answer_of, limiter=SEARCHES)
    yield {"rows": await to_thread.run_sync(diagnostics, frame, model.piece, target)}


class Unwanted(Exception):
    """Nobody waits any more for what a model is asked."""


class WhileWanted:
    """A model that answers only as long as somebody waits, so that a search of many seconds ends when they leave."""

    def __init__(self, model: LanguageModel, is_wanted: Callable[[], bool]) -> None:
        self._model, self._is_wanted = model, is_wanted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def fresh(self, keep_rows: bool = False, guess: int = 0) -> "WhileWanted":
        return WhileWanted(self._model.fresh(keep_rows, guess), self._is_wanted)

    def next_logprobs(self, contexts: Sequence[Sequence[int]]) -> Any:
        """The model's own rows; Unwanted if nobody waits."""
        if not self._is_wanted():
            raise Unwanted
        return self._model.next_logprobs(contexts)


def siblings(own: int, number: int) -> list[int]:
    """The first chains of a run besides its own, so that there are `number` in all."""
    return [chain for chain in range(number) if chain != own][: number - 1]


def check_comparable(trace: Trace) -> None:
    """ValueError if other chains of the same settings would not be chains of this run."""
    if any(isinstance(event, SettingsChanged) for event in trace.events):
        raise ValueError("α or τ moved during this run, so other chains would aim elsewhere; run it again at one α")
    if trace.ended.reason != "completed":
        raise ValueError("this run was stopped before its end; other chains are compared over whole runs")


async def computed(model: LanguageModel, trace: Trace, chains: Chains, others: list[int]) -> AsyncIterator[str]:
    """Fill in the other chains, a burst at a time; yields how far they have come."""
    settings = replace(trace.started.settings, alternatives=0)
    told, until = run_chains(model, trace.started.prompt, settings, others), time.monotonic() + LONGEST
    planned = len(others) * settings.num_blocks * (settings.steps_per_block + 1)
    while await to_thread.run_sync(burst, told, chains, limiter=TURNS):
        if time.monotonic() > until:
            raise ValueError(f"the other chains were not done after {LONGEST} seconds; fewer of them may be")
        done = sum(len(chains[chain]) for chain in others)
        yield f"Chains side by side: {done} of at most {planned} moments …"


def burst(told: Iterator[tuple[int, Event]], chains: Chains) -> bool:
    """Go on for BURST seconds; whether there is more."""
    until = time.monotonic() + BURST
    for chain, event in told:
        chains[chain].append(event)
        if time.monotonic() > until:
            return True
    return False


def rows_alone(trace: Trace) -> dict[str, Any]:
    """Diagnostics of the run on screen alone, which need no model."""
    settings, piece_of = trace.started.settings, trace.pieces().__getitem__
    frame = draws_frame({settings.chain: trace.events}, answers(trace, piece_of), settings.scope)
    return diagnostics(frame, piece_of)


def answers(trace: Trace, piece_of: PieceOf) -> Callable[[Ids], str | None]:
    """How to read an answer off a text's tokens: by the prompt's checker, or else the text itself."""
    read = checker(trace.started.prompt).answer_of or str
    return lambda ids: read(joined(piece_of(v) for v in ids))


def certified_shares(model: LanguageModel, trace: Trace, answer_of: Callable[[Ids], str | None]) -> Shares:
    """The certified probability under p^alpha of each answer that a completion gives, low and high."""
    started, settings = trace.started, trace.started.settings
    target = certify(model.fresh(), started.prompt_ids, settings.max_new_tokens, settings.alpha, SEARCH)
    shares = target.shares(lambda ids: answer_of(ids) or NO_ANSWER, settings.alpha)
    return {answer: (share.low, share.high) for answer, share in shares.items()}
