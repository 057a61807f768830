"""A tab of a browser without the browser: asks put to it, and what comes back."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from explorer.page import layout  # noqa: F401 (has all handlers register)
from explorer.page.library import Models
from explorer.page.wire.tab import Setup, Tab


def in_own_loop(coroutine):
    """Run a coroutine in a thread of its own, since a browser test may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def asked_of(
    setup: Setup | Models,
    question: Any,
    state: Any = None,
    between: Callable[[Tab, int], Any] = lambda *_: None,
) -> list[dict]:
    """The answers to one question and its end; `state` is what the tab has, and `between` is called after each."""

    async def heard() -> list[dict]:
        tab = Tab(setup if isinstance(setup, Setup) else Setup(setup))
        if state is not None:
            tab._states[type(state)] = state
        tab.ask(1, question)
        return [each async for each in answers(tab, between)]

    return in_own_loop(heard())


def answers_to(setup: Setup | Models, question: Any, state: Any = None) -> list[dict]:
    """What a question is answered that is not refused."""
    *heard, end = asked_of(setup, question, state)
    assert end == {"id": 1, "end": "done"}
    return [each["answer"] for each in heard]


def refusal(setup: Setup | Models, question: Any, state: Any = None) -> str:
    """Why a question is refused."""
    end = asked_of(setup, question, state)[-1]
    assert end["end"] == "refused" and "\n" not in end["sentence"]
    return end["sentence"]


async def answers(tab: Tab, between: Callable[[Tab, int], Any] = lambda *_: None) -> AsyncIterator[dict]:
    """What a tab puts into its outbox from now on, until nothing is open."""
    number = first = tab.outbox.last
    while True:
        news = tab.outbox.news
        for number, text in tab.outbox.after(number):  # noqa: B020
            yield json.loads(text)
            between(tab, number - first)
        if not tab.open and number == tab.outbox.last:
            return
        await news.wait()
