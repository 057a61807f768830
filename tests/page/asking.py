"""A tab of a browser without the browser: asks put to it, and what comes back."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from explorer.page.library import Models
from explorer.page.wire.tab import Setup, Tab


def asked_of(models: Models, question: Any, cancel_after: int | None = None) -> list[dict]:
    """The answers to one question and its end, in a loop of its own, since a browser test may have left one running."""

    async def heard() -> list[dict]:
        tab = Tab(Setup(models))
        tab.ask(1, question)
        return [each async for each in answers(tab, cancel_after)]

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, heard()).result()


async def answers(tab: Tab, cancel_after: int | None = None):
    """What a tab puts into its outbox from now on, until nothing is open."""
    number = tab.outbox.last
    first = number
    while True:
        news = tab.outbox.news
        for number, text in tab.outbox.after(number):  # noqa: B020
            yield json.loads(text)
            if cancel_after is not None and number - first == cancel_after:
                tab.cancel()
        if not tab.open and number == tab.outbox.last:
            return
        await news.wait()
