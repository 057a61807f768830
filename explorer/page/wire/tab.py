"""One browser tab on the server: what it has asked, and the answers that it may not have heard yet.

An ask is a number, chosen by the browser, and a question (contract.py). A handler answers it: a plain function with
one answer, computed in a thread, or an async generator with any number of them. After its answers every ask gets
exactly one end: "done", "refused" with a sentence, or "gone" if a newer ask has taken its place. Handlers of one group
take each other's place, so that a browser gets answers to its newest question alone:

    @answers(Dial, limiter=QUESTIONS)
    def dial(tab: Tab, question: Dial) -> dict: ...

All answers of a tab leave through one numbered outbox. A browser that has lost its connection names the last number
that it heard and gets the rest. Where the rest is no longer there the outbox starts a new life, and a browser that
hears of a new life asks once more whatever has no end yet, under the same numbers.
"""

import asyncio
import inspect
import itertools
import logging
import secrets
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread

from explorer.page.library import Models
from explorer.page.packets import packet
from explorer.page.wire.contract import Cancel

MOST_CHARACTERS = 2**22  # of answers that wait to be heard again after a cut; one long run has about as many
MOST_ENDED = 256  # asks remembered after their end, so that one that comes twice is answered once
MOST_OPEN = 32  # asks of a tab at a time
State = TypeVar("State")


@dataclass(frozen=True)
class Setup:
    """What all tabs share."""

    models: Models
    begin: Callable[..., Any] | None = None  # starts a live evaluation
    results: Path | None = None  # of the recorded one


@dataclass(frozen=True)
class Handler:
    answer: Callable[..., Any]
    group: str
    limiter: CapacityLimiter | None


HANDLERS: dict[type, Handler] = {}


def answers(kind: type, *, group: str = "", limiter: CapacityLimiter | None = None) -> Callable[[Callable], Callable]:
    """Have the decorated function `(tab, question)` answer a kind; `limiter` bounds the threads of plain functions."""

    def register(answer: Callable) -> Callable:
        HANDLERS[kind] = Handler(answer, group or kind.__name__, limiter)
        return answer

    return register


class Outbox:
    """Answers by number, the newest MOST_CHARACTERS of them; `life` changes when numbers start anew."""

    def __init__(self) -> None:
        self.last = 0
        self.news = asyncio.Event()
        self.renew()

    def renew(self) -> None:
        self.life = secrets.token_hex(4)
        self._texts: deque[str] = deque()
        self._characters = 0

    def put(self, text: str) -> None:
        self._texts.append(text)
        self._characters += len(text)
        self.last += 1
        while self._characters > MOST_CHARACTERS and len(self._texts) > 1:
            self._characters -= len(self._texts.popleft())
        self.news.set()
        self.news = asyncio.Event()

    def has(self, number: int) -> bool:
        """Whether every answer after a number is still here."""
        return self.last - len(self._texts) <= number <= self.last

    def after(self, number: int) -> Iterator[tuple[int, str]]:
        """The answers after a number that `has` all of them."""
        missing = number - (self.last - len(self._texts))
        return zip(itertools.count(number + 1), list(itertools.islice(self._texts, missing, None)), strict=False)


@dataclass
class Ask:
    """An ask under way."""

    number: int
    scope: CancelScope = field(default_factory=CancelScope)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Tab:
    """A browser tab. What a page keeps for one tab it gets from `of`."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.outbox = Outbox()
        self.streams = 0  # connections that listen
        self.farewell: asyncio.TimerHandle | None = None  # forgets the tab unless a connection comes first
        self._states: dict[type, Any] = {}
        self._open: dict[str, Ask] = {}  # by group
        self._numbers: OrderedDict[int, Ask] = OrderedDict()
        self._tasks: set[asyncio.Task] = set()

    def of(self, kind: type[State]) -> State:
        """The tab's one object of a class, made when first asked for."""
        if kind not in self._states:
            self._states[kind] = kind()
        return self._states[kind]

    @property
    def open(self) -> list[int]:
        """Numbers of the asks that have no end yet."""
        return [number for number, ask in self._numbers.items() if not ask.ended.is_set()]

    def ask(self, number: int, question: Any) -> None:
        """Answer a question, unless its number has come before; ValueError if too many are open."""
        if number in self._numbers:
            return
        if isinstance(question, Cancel):
            return self.cancel(question.kind)
        if len(self.open) >= MOST_OPEN:
            raise ValueError(f"at most {MOST_OPEN} asks of a tab can be open at a time")
        handler, ask = HANDLERS[type(question)], Ask(number)
        before = self._open.get(handler.group)
        self._open[handler.group] = self._numbers[number] = ask
        if before:
            before.scope.cancel()
        task = asyncio.create_task(self._answer(ask, before, handler, question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self, kind: str = "") -> None:
        for question, handler in HANDLERS.items():
            if handler.group in self._open and kind in ("", question.__name__.lower()):
                self._open[handler.group].scope.cancel()

    async def _answer(self, ask: Ask, before: Ask | None, handler: Handler, question: Any) -> None:
        """Put the answers into the outbox, and the end. An ask begins when the one before it in its group has ended."""
        end = {"end": "gone"}
        if before:
            await before.ended.wait()  # even if a newer one has taken this one's place meanwhile
        try:
            with ask.scope:
                async with aclosing(contents(handler, self, question)) as found:
                    async for content in found:
                        self.outbox.put(packet(id=ask.number, answer=content))
                end = {"end": "done"}
        except Exception as error:
            end = {"end": "refused", "sentence": refusal(error)}
        self.outbox.put(packet(id=ask.number, **end))
        ask.ended.set()
        while len(self._numbers) > MOST_ENDED and next(iter(self._numbers.values())).ended.is_set():
            self._numbers.popitem(last=False)

    def resume(self, life: str, number: int) -> int:
        """The number after which a browser's stream goes on that has heard so many answers of a life.

        Where answers in between are missing a new life begins: asks under way go on, and ended ones may be asked again.
        """
        if life == self.outbox.life and self.outbox.has(number):
            return number
        if life:
            self.outbox.renew()
            self._numbers = OrderedDict((n, ask) for n, ask in self._numbers.items() if not ask.ended.is_set())
        return self.outbox.last if life else 0

    async def leave(self) -> None:
        """End all asks and let the states go: the tab is closed."""
        self.cancel()
        await asyncio.gather(*self._tasks)
        for state in self._states.values():
            if hasattr(state, "leave"):
                state.leave()
        self._states.clear()


async def contents(handler: Handler, tab: Tab, question: Any) -> AsyncIterator[dict[str, Any]]:
    """What a handler answers, whichever kind of function it is."""
    if not inspect.isasyncgenfunction(handler.answer):
        yield await to_thread.run_sync(handler.answer, tab, question, limiter=handler.limiter)
        return
    async with aclosing(handler.answer(tab, question)) as found:
        async for content in found:
            yield content


def refusal(error: Exception) -> str:
    """Why there is no answer, in one sentence. Anything but a ValueError is a fault, for the log alone."""
    if isinstance(error, ValueError):
        return sentence(error)
    logging.error("an ask failed", exc_info=error)
    what = "model" if isinstance(error, RuntimeError | MemoryError) else "server"  # what torch raises on small machines
    return f"The {what} failed ({type(error).__name__})."


def sentence(error: Exception) -> str:
    """An error with a capital and a stop."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
