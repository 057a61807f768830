"""Files that never change while the app runs, sent from memory and compressed once: for a room that opens one link at
the same time, with 150 requests each."""

import gzip
import posixpath

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNCHANGING = ("/assets/", "/static/", "/explorer/")  # Gradio's own files, and all of ours
TEXTS = ("text/", "application/javascript", "application/json", "image/svg+xml")
Key = tuple[str, bool]  # the path, and whether the browser takes gzip
Answer = tuple[Message, Message]  # its head and its body, as ASGI sends them


class Files:
    """ASGI middleware. What it keeps is bounded by the files there are, two answers for each."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._known: dict[Key, Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let the app answer and keep it."""
        headers = Headers(scope=scope)
        key = key_of(scope, headers)
        if key is None:
            return await self.app(scope, receive, send)
        if key not in self._known:
            head, body = await whole(self.app, scope, receive)
            if head["status"] != 200 or body["more_body"]:
                return await sent((head, body), send)
            self._known[key] = compressed(head, body) if key[1] else (head, body)
        await sent(answer_to(headers, self._known[key]), send)


def key_of(scope: Scope, headers: Headers) -> Key | None:
    """What an answer depends on; None for a request that must reach the app."""
    if scope["type"] != "http" or scope["method"] != "GET" or "range" in headers or scope["query_string"]:
        return None
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if not path.startswith(UNCHANGING) or posixpath.normpath(path) != path:  # one file has one name
        return None
    return path, "gzip" in headers.get("accept-encoding", "")


async def whole(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """The app's answer, its body in one piece; `more_body` where it broke off, as when the browser has gone."""
    messages: list[Message] = []

    async def take(message: Message) -> None:
        messages.append(message)

    await app(scope | {"headers": unconditional(scope)}, receive, take)
    head, *parts = messages
    is_broken = not parts or parts[-1].get("more_body", False)
    body = b"".join(part.get("body", b"") for part in parts)
    return head, {"type": "http.response.body", "body": body, "more_body": is_broken}


def unconditional(scope: Scope) -> list[tuple[bytes, bytes]]:
    """A request's headers without what the browser has already."""
    return [(name, value) for name, value in scope["headers"] if not name.startswith(b"if-")]


def compressed(head: Message, body: Message) -> Answer:
    """An answer with its text compressed; any other as it is."""
    headers = MutableHeaders(raw=list(head["headers"]))
    if "content-encoding" in headers or not headers.get("content-type", "").startswith(TEXTS):
        return head, body
    body = body | {"body": gzip.compress(body["body"], mtime=0)}
    headers["content-encoding"], headers["content-length"] = "gzip", str(len(body["body"]))
    headers.add_vary_header("accept-encoding")
    return head | {"headers": headers.raw}, body


def answer_to(headers: Headers, answer: Answer) -> Answer:
    """An answer, or that the browser has it already."""
    head, body = answer
    etag = Headers(raw=head["headers"]).get("etag")
    if etag is None or headers.get("if-none-match") != etag:
        return answer
    told = [(name, value) for name, value in head["headers"] if name in (b"etag", b"vary", b"cache-control")]
    return head | {"status": 304, "headers": told}, body | {"body": b""}


async def sent(answer: Answer, send: Send) -> None:
    """Send an answer; whoever stands outside of this adds headers to lists of their own."""
    head, body = answer
    await send(head | {"headers": list(head["headers"])})
    await send(dict(body))
