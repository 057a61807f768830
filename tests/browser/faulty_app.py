"""The app behind a network that loses, doubles, delays and cuts what passes on the wire: python faulty_app.py PORT."""

import asyncio
import random
import sys

from starlette.middleware import Middleware

from explorer.page.layout import HEAD, library, page, served, theme
from explorer.page.shell import SHEETS
from explorer.page.wire.routes import ANSWERS, ASK

LOST, DOUBLED, DELAYED, CUT = 0.1, 0.1, 0.1, 0.03  # of events
UNHEARD, UNANSWERED = (
    0.15,
    0.15,
)  # of asks: those that do not arrive, and those whose arrival the browser does not learn


class Faulty:
    """ASGI middleware with faults from one seed."""

    def __init__(self, app) -> None:
        self.app, self.random = app, random.Random(0)

    async def __call__(self, scope, receive, send) -> None:
        path = scope.get("path", "")
        if path == ANSWERS:
            return await self.app(scope, receive, lambda message: self.event(message, send))
        if path == ASK and self.random.random() < UNHEARD:
            return await failed(send)
        if path == ASK and self.random.random() < UNANSWERED:
            await self.app(scope, receive, nothing)
            return await failed(send)
        await self.app(scope, receive, send)

    async def event(self, message, send) -> None:
        """Pass a part of the stream on, or not."""
        chance = self.random.random()
        if message["type"] != "http.response.body" or not message.get("more_body"):
            return await send(message)
        if chance < CUT:
            raise OSError("cut")
        if chance < CUT + LOST:
            return
        if chance < CUT + LOST + DELAYED:
            await asyncio.sleep(0.3)
        elif chance < CUT + LOST + DELAYED + DOUBLED:
            await send(message)
        await send(message)


async def nothing(message) -> None:
    """Say nothing."""


async def failed(send) -> None:
    """What a broken proxy answers."""
    await send({"type": "http.response.start", "status": 502, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def main() -> None:
    """Launch, and stay until terminated."""
    models = library.Models(["classroom"])
    models.warm_up()
    blocks = page(models)
    kwargs = served(blocks, models)
    kwargs["middleware"].insert(0, Middleware(Faulty))
    blocks.launch(
        server_port=int(sys.argv[1]), theme=theme(), css_paths=SHEETS, head=HEAD, show_error=False, ssr_mode=False,
        app_kwargs=kwargs, quiet=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
