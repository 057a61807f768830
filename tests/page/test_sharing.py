"""Many browsers on one machine: turns, places in line, and what is left when a browser leaves."""

import asyncio
import platform
import re
import subprocess
import sys
import weakref
from contextlib import ExitStack, aclosing
from itertools import pairwise
from pathlib import Path

import pytest
from anyio import CapacityLimiter
from asking import answers_to, in_own_loop
from tiny_models import folder_of, loaded

from explorer.page.explore import session as session_module
from explorer.page.explore import streaming
from explorer.page.explore.commands import GONE
from explorer.page.explore.session import Session
from explorer.page.library import Models
from explorer.page.serving.sharing import Line, health
from explorer.page.wire.contract import Play
from explorer.page.wire.tab import Setup, Tab
from sampler.core.records import PowerSettings
from sampler.models.causal_lm import CausalLM
from sampler.models.table import endless_world

SMALL = PowerSettings(alpha=2.0, max_new_tokens=8, block_size=4, steps_per_block=3)
ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = "https://example.org/recorded/"
WHOLE = 2 * (3 + 1)  # moments of such a run


def living(model=None) -> Session:
    session = Session()
    session.begin(model or endless_world(), "b", SMALL)
    session.speed = 0
    return session


@pytest.fixture
def turns(monkeypatch) -> list[Session]:
    """Whose turn it was, as it goes on; there is one turn at a time."""
    taken, advance = [], Session.advance

    def noted(session):
        taken.append(session)
        return advance(session)

    monkeypatch.setattr(Session, "advance", noted)
    monkeypatch.setattr(session_module, "TURNS", CapacityLimiter(1))
    return taken


# ---- turns and places in line


def test_a_line_lets_on_in_order_of_arrival():
    line = Line(2)
    with line.place() as first, line.place() as second, line.place() as third:
        with pytest.raises(KeyError), line.place() as fourth:
            assert [number() for number in (first, second, third, fourth)] == [0, 0, 1, 2]
            raise KeyError
        with line.place() as fifth:
            assert fifth() == 2
    with line.place() as alone:
        assert alone() == 0


def test_two_browsers_take_turns(turns):
    both = living(), living()
    turns.clear()  # beginning takes no turn

    async def to_the_end(session):
        return [packet async for packet in streaming.stream(session, "end")]

    async def run_both():
        await asyncio.gather(*map(to_the_end, both))

    in_own_loop(run_both())
    shared = 2 * min(map(turns.count, both))
    assert shared > 2 * WHOLE
    assert all(a is not b for a, b in pairwise(turns[:shared]))


def test_a_run_waits_in_line_and_says_so(monkeypatch):
    monkeypatch.setattr(streaming, "RUNS", Line(1))
    monkeypatch.setenv("EXPLORER_STATIC_URL", ELSEWHERE)
    monkeypatch.setattr(streaming, "LOOK_EVERY", 0.0)
    first, second = living(), living()
    first.speed = 1000

    async def race() -> list[dict]:
        waiting = streaming.stream(second, "end")
        async with aclosing(streaming.stream(first, "end")) as ahead:
            await anext(ahead)
            told = [await anext(waiting) for _ in range(2)]
        return told + [packet async for packet in waiting]

    packets = in_own_loop(race())
    assert [p["status"] for p in packets[:2]] == ["1 runs are being computed; yours is number 1 in line."] * 2
    assert [p["elsewhere"] for p in packets[:3]] == [ELSEWHERE, ELSEWHERE, ""]
    assert not packets[0]["moments"] and not packets[0]["idle"]
    assert sum(len(p["moments"]) for p in packets) == WHOLE and packets[-1]["ended"]
    assert first.can_continue  # its stream was closed, its chain is whole


# ---- a browser that leaves


def test_a_closed_stream_computes_nothing_more_and_gives_up_its_place(monkeypatch, turns):
    line = Line(1)
    monkeypatch.setattr(streaming, "RUNS", line)
    session = living()
    session.speed = 1000

    async def vanish() -> int:
        async with aclosing(streaming.stream(session, "end")) as packets:
            await anext(packets)
            seen = len(turns)
        await asyncio.sleep(0.05)
        return seen

    assert in_own_loop(vanish()) == len(turns)
    with line.place() as number:
        assert number() == 0


def test_leaving_ends_the_stream_and_waiting_in_line(monkeypatch):
    monkeypatch.setattr(streaming, "RUNS", line := Line(1))
    monkeypatch.setattr(streaming, "LOOK_EVERY", 0.0)
    sessions = living(), living()

    async def leave_both() -> None:
        tabs = [Tab(Setup(Models([]))) for _ in sessions]
        for tab, session in zip(tabs, sessions, strict=True):
            session.speed = 1000
            tab._states[Session] = session
            tab.ask(1, Play("end"))
        while not all(tab.outbox.last for tab in tabs):
            await asyncio.sleep(0)
        for tab in tabs:
            await tab.leave()
            assert not tab.open

    in_own_loop(leave_both())
    assert not any(session.can_continue for session in sessions)
    with line.place() as number:
        assert number() == 0


@pytest.fixture
def copies(monkeypatch) -> list[weakref.ref]:
    """Every copy of a network that is made, caches and all."""
    loaded("llama")  # loading makes a copy of its own, once
    made, fresh = [], CausalLM.fresh

    def noted(model, *wishes):
        copy = fresh(model, *wishes)
        made.append(weakref.ref(copy))
        return copy

    monkeypatch.setattr(CausalLM, "fresh", noted)
    return made


def alive(copies: list[weakref.ref]) -> int:
    return sum(copy() is not None for copy in copies)


def test_when_a_browser_leaves_its_chain_and_caches_are_let_go(copies):
    tab = Tab(Setup(Models([])))
    tab.of(Session).begin(loaded("llama"), "ab", SMALL)
    tab.of(Session).advance()
    assert alive(copies) == 2  # the chain's, and the one whose rows its replays will share
    in_own_loop(tab.leave())
    assert alive(copies) == 0


def test_a_run_that_has_ended_keeps_no_caches(copies):
    session = living(loaded("llama"))
    while session.advance() is not None:
        pass
    assert len(copies) == 3 and alive(copies) == 1  # the chain's and the temperature samples' have gone
    assert len(session.model._tree) == 0  # what is left holds rows for replays, and no keys or values


def test_a_page_whose_run_was_let_go_is_told_so():
    assert answers_to(Models([]), Play("end")) == [{"notice": GONE, "idle": True}]


# ---- memory


def most_kept(model: CausalLM, copies: list[weakref.ref]) -> int:
    """The most bytes of keys and values that a copy's tree of tokens has held over a run."""
    session, most = living(model), 0
    while session.advance() is not None:
        for layers in (ref()._tree._cache.layers for ref in copies if ref()):
            most = max(most, sum(pool.tokens.nbytes for pool in layers if pool.held))
    return most


def test_keys_and_values_stay_within_the_bound_that_a_model_was_loaded_with(copies):
    shared = CausalLM.load(str(folder_of("llama")), device="cpu")._loaded
    assert 0 < most_kept(CausalLM(shared, kept_bytes=5_000), copies) <= 5_000 < most_kept(CausalLM(shared), copies)


def test_the_log_says_how_the_process_is():
    line = Line(2)
    with ExitStack() as places:
        for _ in range(5):
            places.enter_context(line.place())
        said = health(2, line)
    pattern = r"health: 2 browsers, 2 runs going on, 3 in line, (\d+) MB of memory"
    found = re.fullmatch(pattern, said)
    assert found and 20 < int(found[1]) < 100_000
    assert line.going == line.waiting == 0


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_all_threads_share_two_heaps():
    program = """
import ctypes, threading
from explorer.page.serving.sharing import give_memory_back
give_memory_back()
libc, together = ctypes.CDLL(None), threading.Barrier(9)
libc.malloc.restype = ctypes.c_void_p
def take():
    assert libc.malloc(ctypes.c_size_t(1000))
    together.wait()
for _ in range(8):
    threading.Thread(target=take).start()
together.wait()
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert 1 <= told.count("<heap nr=") <= 2
