"""The gate before Gradio: which addresses answer at all, how large a request may be, and what its JSON may hold."""

import json
import re
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sampler.core.records import quoted

API = "/gradio_api/"
OPEN = (  # what Gradio's own script asks for; no file is ever served by its path or fetched from elsewhere
    *("queue/join", "queue/data", "cancel", "reset", "heartbeat", "startup-events", "app_id"),
    *("info", "upload", "upload_progress", "login_check", "theme.css"),
)
CLOSED = ("/monitoring", "/login", "/logout")  # Gradio's doors outside of its API that nobody here needs
CALL = f"{API}queue/join"
ASK = "/explorer/ask"  # our own wire; what it takes is checked by explorer/page/wire/contract.py
CALL_FIELDS = ("session_hash", "data", "event_data", "fn_index", "trigger_id")
MOST_UPLOAD = 20 * 2**20  # bytes
MOST_FORM = MOST_UPLOAD + 2**16  # with what a browser writes around the file
MOST_JSON = 2 * 2**20
MOST_NESTED = 20  # levels of JSON
KINDS = {  # what an upload is called with, by the kind of element
    "textbox": (str | None, "text"),
    "uploadbutton": (dict | None, "a file that was uploaded here"),
}
SESSION_HASH = re.compile(r"[A-Za-z0-9-]{1,64}")


class Refused(Exception):
    """A request that goes no further: HTTP's status, and one sentence."""


class Gate:
    """ASGI middleware; `functions` are Gradio's handlers by number."""

    def __init__(self, app: ASGIApp, functions: dict[int, Any]) -> None:
        self.app, self.functions = app, functions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            await self.app(without_query(scope), await self.checked(scope, receive), send)
        except Refused as refused:
            status, sentence = refused.args
            answer = dict.fromkeys(("detail", "error", "sentence"), sentence)  # what one script or the other reads
            await JSONResponse(answer, status)(scope, receive, send)
        except ClientDisconnect:
            return  # nobody is left to be answered

    async def checked(self, scope: Scope, receive: Receive) -> Receive:
        """How the app shall receive the request's body; Refused for a bad one."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        check_address(path)
        limited = counted(receive, MOST_FORM if path.startswith(f"{API}upload") else MOST_JSON)
        if scope["method"] == "POST" and path.rstrip("/") in (CALL, ASK):
            sent, body = checked_json(await Request(scope, limited).body())
            if path.startswith(CALL):
                body = json.dumps(self.checked_call(sent)).encode()
            return at_once(body, receive)
        return limited

    def checked_call(self, sent: Any) -> dict[str, Any]:
        """The call of a handler, with the fields that a browser sends and no others.

        Refused unless it names a handler, brings its inputs, and says whose it is.
        """
        call = {name: sent[name] for name in CALL_FIELDS if name in sent} if isinstance(sent, dict) else {}
        number, data, session = (call.get(name) for name in ("fn_index", "data", "session_hash"))
        function = self.functions.get(number) if type(number) is int else None
        if function is None or function.fn is None:
            raise Refused(404, "There is no such handler here.")
        if not isinstance(data, list) or len(data) != len(function.inputs):
            raise Refused(400, f"The data must be a list of {len(function.inputs)} values.")
        for element, value in zip(function.inputs, data, strict=True):
            kind, words = KINDS.get(element.get_block_name(), (object, ""))
            if not isinstance(value, kind):  # Gradio would only say "Error"
                raise Refused(400, f"{element.label} must be {words}, not {quoted(value)}.")
        if not isinstance(session, str) or not SESSION_HASH.fullmatch(session):
            raise Refused(400, "The session hash must be 1 to 64 letters, digits and hyphens.")
        return call


def checked_json(body: bytes) -> tuple[Any, bytes]:
    """JSON and the same as bytes that hold nothing else; Refused for what is none, or no JSON that a page sends."""
    try:
        sent = json.loads(body)
        check_nesting(sent)
        return sent, json.dumps(sent, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The request must be JSON of finite numbers and Unicode text.") from error


def without_query(scope: Scope) -> Scope:
    """The page's own address without its query, which is for our scripts: Gradio would look for a `page` of its own."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return scope | {"query_string": b""} if path in ("", "/") else scope


def check_address(path: str) -> None:
    """Refused unless somebody here may need what stands at this address."""
    name = path.removeprefix(API)
    is_open = name in OPEN or any(name.startswith(f"{each}/") for each in OPEN) if path.startswith(API) else True
    if not is_open or path.startswith(CLOSED) or not path.isprintable() or ".." in path or "\\" in path:
        raise Refused(404, "There is nothing at this address.")


def check_nesting(value: Any) -> None:
    """Refused if JSON has more than MOST_NESTED levels, or names a file that Gradio would fetch from elsewhere."""
    level = [value]
    for _ in range(MOST_NESTED):
        if any("://" in str(each.get("path")) for each in level if isinstance(each, dict)):
            raise Refused(400, "A file must be one that was uploaded here.")
        level = [item for each in level for item in contents(each)]
        if not level:
            return
    raise Refused(400, f"The request's JSON must have at most {MOST_NESTED} levels.")


def contents(value: Any) -> Any:
    """What a list or an object holds; nothing for anything else."""
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def counted(receive: Receive, most: int) -> Receive:
    """`receive` that refuses a body of more than `most` bytes."""
    total = 0

    async def count() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > most:
            raise Refused(413, f"A request here must be at most {most} bytes long.")
        return message

    return count


def at_once(body: bytes, receive: Receive) -> Receive:
    """A body that has been read, and then whatever else comes."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
