"""How browsers share one machine: turns at computing, places in line, and the memory that each may take."""

import ctypes
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
from anyio import CapacityLimiter

from sampler.core.records import quoted

TURNS = CapacityLimiter(2)  # pieces of work of some tenths of a second: whoever has had one goes to the end of the line
BURSTS = CapacityLimiter(32)  # the same for chains that are computed in another process; the threads only wait
QUESTIONS = CapacityLimiter(2)  # answers that a person waits for, some seconds at most
SEARCHES = CapacityLimiter(1)  # work of many seconds, kept apart, so that it never holds up every turn; see Target

# Memory of one browser: the run on its screen, and what its model keeps while the chain lives
LARGEST_RUN = 50_000  # tokens that a run may propose; with all that is told of each (4.5 kB), at most 225 MB
KEPT_BYTES = 32 * 2**20  # keys and values of texts already read
MOST_BROWSERS = 256  # beyond, those that were quiet longest are forgotten
MOST_EVENTS = 256  # of all browsers together, going on or waiting in line
ARENA_MAX, TRIM_THRESHOLD = -8, -1  # of malloc.h


def recorded_elsewhere() -> str:
    """Where plain files with recorded runs are hosted (EXPLORER_STATIC_URL), or empty; ValueError for no address."""
    url = os.environ.get("EXPLORER_STATIC_URL", "")
    if url and not re.fullmatch(r"https?://[^\s<>\"']+", url):
        raise ValueError(f"EXPLORER_STATIC_URL must begin with http:// or https://, not {quoted(url)}")
    return url


def give_memory_back() -> None:
    """Have glibc, where that is the allocator, return what thirty browsers needed once they have gone (mallopt(3)):
    two heaps for all threads instead of eight a core, and freed memory at their ends goes back at once."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for option, value in ((ARENA_MAX, 2), (TRIM_THRESHOLD, 128 * 2**10)):
            libc.mallopt(option, value)


class Line:
    """Who may go on: the `most` that came first; the others wait until one of those has left."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._here: list[object] = []

    @property
    def going(self) -> int:
        return min(self.most, len(self._here))

    @property
    def waiting(self) -> int:
        return len(self._here) - self.going

    @contextmanager
    def place(self) -> Iterator[Callable[[], int]]:
        """A place at the end, given up when the context ends, whatever ends it.

        Called it tells its number among those that wait, from 1; 0 if it may go on.
        """
        own = object()
        self._here.append(own)
        try:
            yield lambda: max(0, self._here.index(own) + 1 - self.most)
        finally:
            self._here.remove(own)


RUNS = Line(32)


def health(browsers: int, line: Line = RUNS) -> str:
    """How many browsers are remembered, runs going on and waiting, and the memory that is resident now: for the log."""
    memory = psutil.Process().memory_info().rss // 2**20
    return f"health: {browsers} browsers, {line.going} runs going on, {line.waiting} in line, {memory} MB of memory"
