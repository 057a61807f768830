"""The wire's two addresses: asks come by POST, answers go as server-sent events in one stream a tab."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import gradio as gr
from anyio import move_on_after
from gradio.context import LocalContext
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from explorer.page.packets import packet
from explorer.page.serving.sharing import MOST_BROWSERS
from explorer.page.wire.contract import Leave, parsed
from explorer.page.wire.tab import Setup, Tab, sentence

ASK, ANSWERS = "/explorer/ask", "/explorer/answers"
TAB_NAME = re.compile(r"[0-9a-f]{32}")
PLACE = re.compile(r"([0-9a-f]{8})\.(\d{1,9})")  # life and number of the last answer that a browser has heard
LARGEST_NUMBER = 2**31
BEAT = 2.0  # seconds between two signs of life, with which the browser finds out what has been lost
GRACE = 15.0  # seconds that a tab without a connection is remembered
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Wire:
    """All tabs, by the name that each browser has made up for its own; nobody can guess another's."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.tabs: dict[str, Tab] = {}
        self._leaving: set[asyncio.Task] = set()

    @property
    def routes(self) -> list[Route]:
        return [Route(ASK, self.ask, methods=["POST"]), Route(ANSWERS, self.answers)]

    async def ask(self, request: Request) -> Response:
        """Take an ask {tab, id, kind, payload}: 202, or 200 with the sentence that refuses it. It may come twice."""
        try:
            body = json.loads(await request.body())
            if not isinstance(body, dict):
                raise ValueError("an ask must be an object")
            tab, number = self.tab(body.get("tab")), body.get("id")
            if type(number) is not int or not 0 <= number <= LARGEST_NUMBER:
                raise ValueError(f"id must be a whole number from 0 to {LARGEST_NUMBER}")
            question = parsed(body.get("kind"), body.get("payload"))
            if isinstance(question, Leave):
                self.forget(body["tab"])
            else:
                LocalContext.request.set(gr.Request(request))  # by which ZeroGPU knows the visitor
                tab.ask(number, question)
        except ValueError as error:
            return JSONResponse({"sentence": sentence(error)})  # a browser's console would complain of an error
        return Response(status_code=202)

    async def answers(self, request: Request) -> Response:
        """Stream the answers of a tab, from the one after `after` or Last-Event-ID on."""
        try:
            tab = self.tab(name := request.query_params.get("tab"))
        except ValueError as error:
            return JSONResponse({"sentence": sentence(error)}, 400)
        heard = PLACE.fullmatch(request.headers.get("last-event-id") or request.query_params.get("after", ""))
        place = (heard[1], int(heard[2])) if heard else ("", 0)
        return StreamingResponse(self.stream(tab, name, *place), media_type="text/event-stream", headers=HEADERS)

    async def stream(self, tab: Tab, name: str, life: str, number: int) -> AsyncIterator[str]:
        """Server-sent events: answers as they come, and a beat at first and after every silence."""
        tab.streams += 1
        outbox, is_due = tab.outbox, True
        try:
            number = tab.resume(life, number)
            while True:
                if not outbox.has(number):  # this browser reads more slowly than answers come
                    number, is_due = tab.resume("too slow", number), True
                for number, text in outbox.after(number):  # noqa: B020 (goes on from the number before)
                    yield f"id: {outbox.life}.{number}\ndata: {text}\n\n"
                if outbox.last > number:
                    continue
                if is_due:
                    is_due = False
                    yield f"event: beat\ndata: {packet(life=outbox.life, last=number, open=tab.open)}\n\n"
                    continue
                with move_on_after(BEAT) as wait:
                    await outbox.news.wait()
                is_due = wait.cancelled_caught
        finally:
            tab.streams -= 1
            self.forget_later(name, tab)

    def tab(self, name: object) -> Tab:
        """A tab by its name, made when first heard of; ValueError for what is no name."""
        if not isinstance(name, str) or not TAB_NAME.fullmatch(name):
            raise ValueError("tab must be 32 hexadecimal digits")
        if name not in self.tabs:
            if len(self.tabs) >= MOST_BROWSERS:
                self.forget(min(self.tabs, key=lambda each: self.tabs[each].streams))  # of equals the oldest
            self.tabs[name] = Tab(self.setup)
            self.forget_later(name, self.tabs[name])
        return self.tabs[name]

    def forget_later(self, name: str, tab: Tab) -> None:
        """Forget a tab that has had no connection for the whole of GRACE."""

        def look() -> None:
            if self.tabs.get(name) is tab and not tab.streams:
                self.forget(name)

        if tab.farewell:
            tab.farewell.cancel()  # a connection lost since then has begun the wait anew
        tab.farewell = asyncio.get_running_loop().call_later(GRACE, look)

    def forget(self, name: str) -> None:
        """End all that is computed for a tab and let go of it."""
        if tab := self.tabs.pop(name, None):
            task = asyncio.create_task(tab.leave())
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
