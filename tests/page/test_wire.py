"""The wire without a browser: what an ask may say, that each gets one end, and that a cut connection loses nothing."""

import asyncio
import json
import threading
from dataclasses import dataclass

import pytest
from asking import answers, asked_of, in_own_loop

from explorer.page.library import Models
from explorer.page.wire import contract, routes, tab
from explorer.page.wire.contract import KINDS, Checks, parsed, script
from explorer.page.wire.routes import Wire
from explorer.page.wire.tab import HANDLERS, Handler, Outbox, Setup, Tab

SETUP = Setup(Models(["classroom"]))
NAME = "0123456789abcdef" * 2


@dataclass(frozen=True)
class Count:
    """Numbers up to one."""

    until: int


async def count(tab: Tab, question: Count):
    for number in range(question.until):
        yield {"number": number}
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def counting(monkeypatch):
    """A kind of ask whose answers can be counted."""
    monkeypatch.setitem(HANDLERS, Count, Handler(count, "Count", None))


# ---- the contract


def test_the_scripts_know_the_same_kinds():
    assert contract.SCRIPT.read_text("utf-8") == script(), "run python -m explorer.page.wire.contract"


def test_every_kind_has_a_handler():
    import explorer.page.layout  # noqa: F401 (imports every page)

    served_by_the_wire = {contract.Cancel, contract.Leave}
    assert set(KINDS.values()) - served_by_the_wire == set(HANDLERS) - {Count}


@pytest.mark.parametrize(
    ("kind", "payload", "sentence"),
    [
        ("nothing", {}, f"kind must be one of {', '.join(KINDS)}, not 'nothing'"),
        (None, {}, "kind must be one of"),
        ("tree", None, "the payload of tree must be an object, not None"),
        ("tree", [], "the payload of tree must be an object, not []"),
        ("tree", {"world": {}}, "alpha must be a number, not None"),
        ("tree", {"world": {}, "alpha": "4"}, "alpha must be a number, not '4'"),
        ("tree", {"world": "paper", "alpha": 4}, "world must be an object, not 'paper'"),
        ("tree", {"world": {}, "alpha": True}, "alpha must be a number, not True"),
        ("cancel", {"kind": 7}, "kind must be text, not 7"),
    ],
)
def test_what_is_no_ask_is_refused_in_one_sentence(kind, payload, sentence):
    with pytest.raises(ValueError) as error:
        parsed(kind, payload)
    assert str(error.value).startswith(sentence)


def test_what_an_ask_brings_beyond_its_kind_is_left_out():
    assert parsed("checks", {"seed": 7}) == Checks()


# ---- answers and ends


def numbers(heard: list[dict]) -> list[int]:
    return [each["answer"]["number"] for each in heard if "answer" in each]


def test_answers_come_in_order_and_one_end_after_them():
    *heard, end = asked_of(SETUP.models, Count(5))
    assert numbers(heard) == [0, 1, 2, 3, 4]
    assert end == {"id": 1, "end": "done"}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("steps must be 1, not 2"), "Steps must be 1, not 2."),
        (RuntimeError("out of memory"), "The model failed (RuntimeError)."),
        (KeyError("x"), "The server failed (KeyError)."),
    ],
)
def test_a_failure_is_an_end_in_one_sentence(monkeypatch, error, sentence):
    def fail(tab, question):
        raise error

    monkeypatch.setitem(HANDLERS, Count, Handler(fail, "Count", None))
    assert asked_of(SETUP.models, Count(1)) == [{"id": 1, "end": "refused", "sentence": sentence}]


def test_a_newer_ask_takes_the_place_of_the_older():
    async def heard() -> list[dict]:
        tab = Tab(SETUP)
        tab.ask(1, Count(10**6))
        await asyncio.sleep(0.01)
        tab.ask(2, Count(2))
        return [each async for each in answers(tab)]

    heard = in_own_loop(heard())
    ends = [(each["id"], each["end"]) for each in heard if "end" in each]
    assert ends == [(1, "gone"), (2, "done")]
    assert [each["id"] for each in heard] == sorted(each["id"] for each in heard)  # the older one first comes to rest


def test_an_ask_begins_when_all_before_it_have_ended(monkeypatch):
    """Also when the one between them lost its place while it was waiting."""
    begun, may_end = [], threading.Event()

    def slow(tab, question):
        begun.append(question.until)
        may_end.wait(60)
        return {}

    async def heard() -> list[dict]:
        tab = Tab(SETUP)
        for number in (1, 2, 3):
            tab.ask(number, Count(number))
            await asyncio.sleep(0.05)
        assert begun == [1]
        may_end.set()
        return [each async for each in answers(tab)]

    monkeypatch.setitem(HANDLERS, Count, Handler(slow, "Count", None))
    ends = [(each["id"], each["end"]) for each in in_own_loop(heard()) if "end" in each]
    assert ends == [(1, "done"), (2, "gone"), (3, "done")]


def test_an_ask_that_comes_twice_is_answered_once():
    async def heard() -> list[dict]:
        tab = Tab(SETUP)
        for _ in range(3):
            tab.ask(1, Count(2))
        first = [each async for each in answers(tab)]
        tab.ask(1, Count(2))
        return first + [each async for each in answers(tab)]

    assert numbers(in_own_loop(heard())) == [0, 1]


def test_a_tab_has_a_most_of_open_asks(monkeypatch):
    monkeypatch.setattr(tab, "MOST_OPEN", 3)

    async def ask_often() -> None:
        busy = Tab(SETUP)
        for number in range(4):
            busy.ask(number, Count(10**6))

    with pytest.raises(ValueError, match="at most 3 asks"):
        in_own_loop(ask_often())


# ---- the stream, cut and resumed


class Listener:
    """A browser's end of the stream, which can be cut."""

    def __init__(self, wire: Wire) -> None:
        self.wire, self.place = wire, ("", 0)
        self.heard: list[dict] = []
        self.beats: list[dict] = []

    async def listen(self, most: int) -> None:
        """Hear up to so many events, then lose the connection."""
        stream = self.wire.stream(self.wire.tab(NAME), NAME, *self.place)
        for _ in range(most):
            event = await anext(stream)
            data = json.loads(event.rpartition("data: ")[2])
            if event.startswith("event: beat"):
                self.beats.append(data)
                if self.place[0] != data["life"]:
                    self.place = (data["life"], data["last"])
                if not data["open"] and data["last"] == self.place[1] and self.heard:
                    break
            else:
                life, number = event.partition("\n")[0].removeprefix("id: ").split(".")
                self.place = (life, int(number))
                self.heard.append(data)
        await stream.aclose()


def test_a_cut_stream_goes_on_where_it_was_cut(monkeypatch):
    monkeypatch.setattr(routes, "BEAT", 0.01)

    async def heard() -> list[dict]:
        listener = Listener(Wire(SETUP))
        listener.wire.tab(NAME).ask(1, Count(40))
        while not any("end" in each for each in listener.heard):
            await listener.listen(7)
        return listener.heard

    heard = in_own_loop(heard())
    assert numbers(heard) == list(range(40)) and heard[-1]["end"] == "done"


def test_where_answers_are_missing_a_new_life_says_what_is_open(monkeypatch):
    monkeypatch.setattr(routes, "BEAT", 0.01)
    monkeypatch.setattr(tab, "MOST_CHARACTERS", 200)

    async def heard() -> Listener:
        listener = Listener(Wire(SETUP))
        here = listener.wire.tab(NAME)
        here.ask(1, Count(3))
        await listener.listen(2)
        here.ask(2, Count(100))
        await asyncio.gather(*here._tasks)
        await listener.listen(1)
        listener.lives = len({beat["life"] for beat in listener.beats})
        here.ask(2, Count(4))  # the browser asks once more what the beat does not name
        await listener.listen(20)
        return listener

    listener = in_own_loop(heard())
    assert listener.beats[-1]["open"] == []
    assert numbers([each for each in listener.heard if each["id"] == 2])[-4:] == [0, 1, 2, 3]


def test_the_outbox_has_a_most(monkeypatch):
    monkeypatch.setattr(tab, "MOST_CHARACTERS", 10)
    box = Outbox()
    for text in ("aaaa", "bbbb", "cccc"):
        box.put(text)
    assert list(box.after(1)) == [(2, "bbbb"), (3, "cccc")]
    assert box.has(1) and not box.has(0) and not box.has(4)


# ---- tabs that come and go


class State:
    has_left = False

    def leave(self) -> None:
        State.has_left = True


def test_a_tab_that_is_gone_is_forgotten_and_computes_no_more(monkeypatch):
    monkeypatch.setattr(routes, "GRACE", 0.05)

    async def go() -> None:
        wire = Wire(SETUP)
        here = wire.tab(NAME)
        here.of(State)
        here.ask(1, Count(10**9))
        listener = Listener(wire)
        await listener.listen(3)
        async with asyncio.timeout(20):
            while NAME in wire.tabs or here.open:
                await asyncio.sleep(0.01)

    in_own_loop(go())
    assert State.has_left


def test_a_tab_whose_connection_breaks_again_and_again_is_remembered(monkeypatch):
    """The wait counts from the last connection, not from the first that was lost."""
    monkeypatch.setattr(routes, "GRACE", 0.4)

    async def go() -> bool:
        wire = Wire(SETUP)
        here = wire.tab(NAME)
        for _ in range(12):  # without a connection for .1 s at a time, over three times GRACE
            here.ask(1, Count(0))
            stream = wire.stream(here, NAME, "", 0)
            await anext(stream)
            await stream.aclose()
            await asyncio.sleep(0.1)
        return wire.tabs.get(NAME) is here

    assert in_own_loop(go())


def test_there_is_a_most_of_tabs_and_those_that_listen_stay(monkeypatch):
    monkeypatch.setattr(routes, "MOST_BROWSERS", 2)

    async def go() -> list[str]:
        wire = Wire(SETUP)
        names = [f"{i:032x}" for i in range(3)]
        wire.tab(names[0]).streams = 1
        for name in names[1:]:
            wire.tab(name)
        return [int(name, 16) for name in wire.tabs]

    assert in_own_loop(go()) == [0, 2]
