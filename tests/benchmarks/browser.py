"""A browser without a screen: the requests that the page's own scripts send."""

import asyncio
import json
import re
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from explorer.page.controls import panel_values
from explorer.page.library import DEFAULTS, PRESETS

PATIENCE = 600  # seconds
OPENING = ("explorer/opening.json", "explorer/comparison.json", "explorer/tree.json", "explorer/links.json")
DEFAULT_PANEL = {"prompt": PRESETS[0].prompt, "model": "classroom", **panel_values(DEFAULTS)}
SCRIPT = re.compile(r'(?:from|import)\s+"(\.[^"]+\.js)"')


class Refused(Exception):
    """The server has refused an ask."""


@dataclass
class Browser:
    """One visitor of the app at `address`, with a session of its own."""

    address: str
    query: str = ""  # of the link that led here
    http: httpx.AsyncClient = field(init=False)
    asked: int = 0
    tab: str = field(default_factory=lambda: secrets.token_hex(16))
    _inboxes: dict[int, asyncio.Queue] = field(default_factory=lambda: defaultdict(asyncio.Queue))
    _tasks: list[asyncio.Task] = field(default_factory=list)

    async def __aenter__(self) -> "Browser":
        """Open the page with its own files, and listen for as long as the tab is open."""
        self.http = httpx.AsyncClient(base_url=self.address, timeout=PATIENCE)
        self._tasks.append(asyncio.create_task(self._listen()))
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the tab."""
        await self._post("leave", {})
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.http.aclose()
        for error in (end for end in ends if isinstance(end, Exception)):
            raise error

    async def _open(self) -> None:
        page = await self._text(f"?{self.query}")
        for path in re.findall(r"explorer/page/[\w./-]+", page):
            await self._text(path)
        await self._scripts("explorer/page/main.js", set())
        opening, *_ = [await self._text(path) for path in OPENING]
        self.opening: dict[str, Any] = json.loads(opening)["packet"]
        self.target = self.ask_target(self.opening["run"]["id"])

    async def ask(self, kind: str, payload: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The answers to an ask, until its end; Refused with the server's sentence."""
        number = await self._post(kind, payload)
        while "end" not in (message := await self._inboxes[number].get()):
            yield message["answer"]
        if message["end"] == "refused":
            raise Refused(message["sentence"])

    async def _post(self, kind: str, payload: dict[str, Any]) -> int:
        self.asked += 1
        number = self.asked  # another ask may come while this one is sent
        body = {"tab": self.tab, "id": number, "kind": kind, "payload": payload}
        answer = (await self.http.post("explorer/ask", json=body)).raise_for_status()
        if answer.status_code != 202:
            raise Refused(answer.json()["sentence"])
        return number

    def run(self, **changes: Any) -> AsyncIterator[dict[str, Any]]:
        """Press Run with some values of the panel changed."""
        return self.ask("run", DEFAULT_PANEL | changes)

    def ask_target(self, run_id: str) -> asyncio.Task[list[dict[str, Any]]]:
        """Ask, as the page does of itself when a run has ended, what is known of its target; all the answers."""

        async def read() -> list[dict[str, Any]]:
            return [each async for each in self.ask("target", {"run_id": run_id})]

        self._tasks.append(task := asyncio.create_task(read()))
        return task

    async def _listen(self) -> None:
        async with self.http.stream("GET", "explorer/answers", params={"tab": self.tab}) as lines:
            async for line in lines.aiter_lines():
                message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if "id" in message:
                    self._inboxes[message["id"]].put_nowait(message)

    async def _text(self, path: str) -> str:
        answer = await self.http.get(path)
        answer.raise_for_status()
        return answer.text

    async def _scripts(self, path: str, seen: set[str]) -> None:
        seen.add(path)
        for name in SCRIPT.findall(await self._text(path)):
            found = str(httpx.URL(f"http://x/{path}").join(name).path).lstrip("/")
            if found not in seen:
                await self._scripts(found, seen)
