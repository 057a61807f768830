"""A browser without a screen: the requests that the page's own browser sends, over Gradio's own protocol."""

import asyncio
import json
import re
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

PATIENCE = 600  # seconds
OPENING = ("explorer/opening.json", "explorer/comparison.json", "explorer/tree.json", "explorer/links.json")
SCRIPT = re.compile(r'(?:from|import)\s+"(\.[^"]+\.js)"')


class Refused(Exception):
    """The server answered an event with an error."""


@dataclass
class Browser:
    """One visitor of the app at `address`, with a session of its own."""

    address: str
    query: str = ""  # of the link that led here
    http: httpx.AsyncClient = field(init=False)
    _inboxes: dict[str, asyncio.Queue] = field(default_factory=lambda: defaultdict(asyncio.Queue))
    _tasks: list[asyncio.Task] = field(default_factory=list)
    _pending: set[str] = field(default_factory=set)
    session_hash: str = field(default_factory=lambda: uuid.uuid4().hex[:11])

    async def __aenter__(self) -> "Browser":
        """Open the page with its own files, and tell the server for as long as the tab is open that it is."""
        self.http = httpx.AsyncClient(base_url=self.address, timeout=PATIENCE)
        await self._open()
        self._tasks.append(asyncio.create_task(self._heartbeat()))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the tab."""
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.http.aclose()
        for error in (end for end in ends if isinstance(end, Exception)):
            raise error

    async def _open(self) -> None:
        page = await self._text(f"?{self.query}")
        self.config = (await self.http.get("config")).json()
        for path in re.findall(r"explorer/page/[\w./-]+", page):
            await self._text(path)
        await self._scripts("explorer/page/main.js", set())
        opening, *_ = [await self._text(path) for path in OPENING]
        self.opening: dict[str, Any] = json.loads(opening)["packet"]
        self.target = self.ask_target(self.opening["run"]["id"])

    async def run(self, **changes: Any) -> AsyncIterator[dict[str, Any]]:
        """Press Run with some values of the panel changed, by elem_id; yields the packets."""
        event = self._event("run", "click")
        components = [self._component(i) for i in event["inputs"]]
        values = [changes.get(c["props"].get("elem_id"), c["props"].get("value")) for c in components]
        values = [None if c["type"] == "state" else v for c, v in zip(components, values, strict=True)]
        async for packet in self._queued(event["id"], values, event["targets"][0][0]):
            yield packet

    def ask_target(self, run_id: str) -> asyncio.Task[list[dict[str, Any]]]:
        """Ask, as the page does of itself when a run has ended, what is known of its target; all that is told."""

        async def read() -> list[dict[str, Any]]:
            event = self._event("target-bus", "play")
            data = {"run_id": run_id}
            return [each async for each in self._queued(event["id"], [None], event["targets"][0][0], data)]

        self._tasks.append(task := asyncio.create_task(read()))
        return task

    async def command(self, name: str, data: dict[str, Any], wire: str = "bus") -> list[Any]:
        """A quiet wish of the page, sent outside the queue; returns what the components are to show."""
        event = self._event(wire, name)
        body = self._body(event["id"], [None] * len(event["inputs"]), event["targets"][0][0], data)
        return (await self.http.post("gradio_api/run/predict", json=body)).raise_for_status().json()["data"]

    async def _queued(self, *event: Any) -> AsyncIterator[dict[str, Any]]:
        joined = await self.http.post("gradio_api/queue/join", json=self._body(*event))
        event_id, text = joined.raise_for_status().json()["event_id"], ""
        if not self._pending:
            self._tasks.append(asyncio.create_task(self._read()))
        self._pending.add(event_id)
        while True:
            message = await self._inboxes[event_id].get()
            if message["msg"] == "process_completed":
                if not message["success"]:
                    raise Refused(message["output"].get("error"))
                return
            if message["msg"] == "process_generating":
                text = patched(text, message["output"]["data"][0])
                yield json.loads(text)

    async def _read(self) -> None:
        """Sort what the server sends by event, for as long as there is one that has not ended."""
        while self._pending:
            path = f"gradio_api/queue/data?session_hash={self.session_hash}"
            async with self.http.stream("GET", path) as lines:
                async for line in lines.aiter_lines():
                    message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                    if event_id := message.get("event_id"):
                        self._inboxes[event_id].put_nowait(message)
                        if message["msg"] == "process_completed":
                            self._pending.discard(event_id)

    async def _heartbeat(self) -> None:
        async with self.http.stream("GET", f"gradio_api/heartbeat/{self.session_hash}") as beats:
            async for _ in beats.aiter_lines():
                pass

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

    def _body(self, fn_index: int, values: list[Any], trigger_id: int, event_data: Any = None) -> dict[str, Any]:
        own = {"session_hash": self.session_hash, "fn_index": fn_index, "trigger_id": trigger_id}
        return own | {"data": values, "event_data": event_data}

    def _component(self, number: int) -> dict[str, Any]:
        return next(c for c in self.config["components"] if c["id"] == number)

    def _event(self, elem_id: str, name: str) -> dict[str, Any]:
        number = next(c["id"] for c in self.config["components"] if c["props"].get("elem_id") == elem_id)
        return next(d for d in self.config["dependencies"] if [number, name] in d["targets"])


def patched(text: str, edit: str | list) -> str:
    """A generator's value after its next message: the whole text at first, then what has changed."""
    if isinstance(edit, str):
        return edit
    for action, _, value in edit:
        text = text + value if action == "append" else value
    return text
