"""How the process is, in one line for its log."""

import psutil

from explorer.page.serving.sharing import RUNS, Line


def sentence(browsers: int, line: Line = RUNS) -> str:
    """How many browsers are remembered, runs going on and waiting, and the memory that is resident now."""
    memory = psutil.Process().memory_info().rss // 2**20
    return f"health: {browsers} browsers, {line.going} runs going on, {line.waiting} in line, {memory} MB of memory"
