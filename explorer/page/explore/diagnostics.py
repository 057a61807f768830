"""The other chains of the run on screen, computed for one browser, and what its diagnostics drawer gets of them all."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from anyio import from_thread, to_thread

from explorer.analysis.chain import PieceOf, Shares, diagnostics
from explorer.analysis.chain_draws import NO_ANSWER, Ids, draws_frame
from explorer.page.controls import whole
from explorer.page.explore.session import Session
from explorer.page.library import Models, checker
from explorer.page.serving.sharing import SEARCHES, TURNS
from explorer.page.wire import contract
from explorer.page.wire.tab import Tab, answers
from sampler.core.history import joined
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


@answers(contract.Diagnostics)
async def drawer(tab: Tab, question: contract.Diagnostics) -> AsyncIterator[dict[str, Any]]:
    """Progress, then rows; 1 chain is the run on screen alone."""
    session = tab.of(Session)
    if session.trace is not None and question.run_id != session.run_id:
        raise ValueError("the run asked about is not on screen")
    async with aclosing(answered(tab.setup.models, session.on_screen, question.chains)) as contents:
        async for content in contents:
            yield content


async def answered(models: Models, trace: Trace, wanted: object) -> AsyncIterator[dict[str, Any]]:
    """The answers about a run; ValueError with one sentence where there are none."""
    number = whole("chains", wanted, 1, MOST_CHAINS)
    if trace.ended is None:
        raise ValueError("diagnostics are of a whole run, and this one has not come to its end")
    own = trace.started.settings.chain
    others = [chain for chain in range(number) if chain != own][: number - 1]
    if not others:
        yield {"rows": await to_thread.run_sync(rows_alone, trace)}
        return
    if any(isinstance(event, SettingsChanged) for event in trace.events):
        raise ValueError("α or τ moved during this run, so other chains would aim elsewhere; run it again at one α")
    if trace.ended.reason != "completed":
        raise ValueError("this run was stopped before its end; other chains are compared over whole runs")
    yield {"progress": "Loading the model …"}
    started = trace.started
    model = WhileWanted(await to_thread.run_sync(models.exactly, started.model_name, started.model_revision))
    chains: Chains = {own: trace.events} | {chain: [] for chain in others}
    async for progress in computed(model, trace, chains, others):
        yield {"progress": progress}
    answer_of = reader(trace, model.piece)
    frame = await to_thread.run_sync(draws_frame, chains, answer_of, trace.started.settings.scope)
    rows = await to_thread.run_sync(diagnostics, frame, model.piece)
    yield {"rows": rows, "progress": "Searching for the certified target …"}
    target = await to_thread.run_sync(certified_shares, model, trace, answer_of, limiter=SEARCHES)
    yield {"rows": await to_thread.run_sync(diagnostics, frame, model.piece, target)}


class WhileWanted:
    """A model that answers only while the ask is open, so that a search of many seconds ends when it is cancelled."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def fresh(self, keep_rows: bool = False, guess: int = 0) -> "WhileWanted":
        return WhileWanted(self._model.fresh(keep_rows, guess))

    def next_logprobs(self, contexts: Sequence[Sequence[int]]) -> Any:
        from_thread.check_cancelled()
        return self._model.next_logprobs(contexts)


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
    frame = draws_frame({settings.chain: trace.events}, reader(trace, piece_of), settings.scope)
    return diagnostics(frame, piece_of)


def reader(trace: Trace, piece_of: PieceOf) -> Callable[[Ids], str | None]:
    """How to read an answer off a text's tokens: by the prompt's checker, or else the text itself."""
    read = checker(trace.started.prompt).answer_of or str
    return lambda ids: read(joined(piece_of(v) for v in ids))


def certified_shares(model: LanguageModel, trace: Trace, answer_of: Callable[[Ids], str | None]) -> Shares:
    """The certified probability under p^alpha of each answer that a completion gives, low and high."""
    started, settings = trace.started, trace.started.settings
    target = certify(model.fresh(), started.prompt_ids, settings.max_new_tokens, settings.alpha, SEARCH)
    shares = target.shares(lambda ids: answer_of(ids) or NO_ANSWER, settings.alpha)
    return {answer: (share.low, share.high) for answer, share in shares.items()}
