"""Files that never change while the app runs, sent from memory and compressed once: for a room that opens one link at
the same time, with 150 requests each."""

import posixpath

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNCHANGING = ("/assets/", "/static/", "/explorer/")  # Gradio's own files, and all of ours
Key = tuple[str, bool]  # the path, and whether the browser takes gzip


class Files:
    """ASGI middleware. What it keeps is bounded by the files there are, two answers for each."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.compressed = app, GZipMiddleware(app)
        self._known: dict[Key, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        key = key_of(scope, headers)
        if key is None:
            return await self.app(scope, receive, send)
        if key not in self._known:
            head, *parts = await messages(self.compressed, scope, receive)
            is_whole = bool(parts) and not parts[-1].get("more_body")  # it breaks off when the browser has gone
            if head["status"] != 200 or not is_whole:
                for message in (head, *parts):
                    await send(message)
                return
            kept = Response(b"".join(part.get("body", b"") for part in parts))
            kept.raw_headers = [*head["headers"]]
            kept.headers["content-length"] = str(len(kept.body))
            self._known[key] = kept
        known = self._known[key]
        etag = known.headers.get("etag")
        if etag and headers.get("if-none-match") == etag:
            answer: Response = NotModifiedResponse(known.headers)
        else:
            answer = Response(known.body)
            answer.raw_headers = [*known.raw_headers]  # whoever stands outside of this adds to the list
        await answer(scope, receive, send)


def key_of(scope: Scope, headers: Headers) -> Key | None:
    """What an answer depends on; None for a request that must reach the app."""
    if scope["type"] != "http" or scope["method"] != "GET" or "range" in headers or scope["query_string"]:
        return None
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if not path.startswith(UNCHANGING) or posixpath.normpath(path) != path:  # one file has one name
        return None
    return path, "gzip" in headers.get("accept-encoding", "")


async def messages(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    """The app's answer as ASGI sends it, whatever the browser may have already."""
    unconditional = [(name, value) for name, value in scope["headers"] if not name.startswith(b"if-")]
    found: list[Message] = []

    async def take(message: Message) -> None:
        found.append(message)

    await app(scope | {"headers": unconditional}, receive, take)
    return found
