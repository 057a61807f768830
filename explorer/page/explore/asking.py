"""Answers about p^alpha under the run on screen; searching threads compute them, one at a time."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from anyio import to_thread

from explorer.page.explore.session import Session, opening
from explorer.page.explore.target import Run, finished_run, target_of
from explorer.page.library import Models
from explorer.page.serving.sharing import SEARCHES
from explorer.page.wire import contract
from explorer.page.wire.tab import Tab, answers


@answers(contract.Target)
async def target(tab: Tab, question: contract.Target) -> AsyncIterator[dict[str, Any]]:
    """What is known of the target, each answer more than the last."""
    steps = known(asked_about(tab, question.run_id), tab.setup.models)
    while (content := await to_thread.run_sync(next, steps, None, limiter=SEARCHES)) is not None:
        yield {"target": content}


def known(run: Run, models: Models) -> Iterator[dict[str, Any]]:
    """What is known of the run's target, more and more."""
    yield from target_of(run, models).told(run)


@answers(contract.Alternatives, limiter=SEARCHES)
def alternatives(tab: Tab, question: contract.Alternatives) -> dict[str, Any]:
    run = asked_about(tab, question.run_id)
    if not 0 <= question.position < len(run.token_ids):
        raise ValueError(f"position must be one of the run's {len(run.token_ids)} tokens, not {question.position}")
    return {"rows": target_of(run, tab.setup.models).alternatives_at(run, question.position)}


def asked_about(tab: Tab, run_id: str) -> Run:
    """The finished run that a question names: the one on screen, at first the one that the page opens on."""
    session = tab.of(Session)
    run = finished_run(session if session.trace else opening(), run_id)
    if run is None:
        raise ValueError("the run asked about is not the finished run on screen")
    return run
