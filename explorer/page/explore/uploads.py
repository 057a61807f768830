"""A trace file from a visitor's disk: how large it may be, and whether the page can draw it."""

from pathlib import Path

from explorer.page.controls import MAX_BLOCK_SIZE, MAX_BLOCKS, MAX_STEPS
from explorer.page.explore.session import Session
from explorer.page.packets import packet
from sampler.core.records import MAX_PROMPT, PowerSettings
from sampler.methods.registry import METHODS
from sampler.trace.trace import Trace

MOST_CHARACTERS = 64 * 10**6  # unpacked
MOST_STEPS = MAX_BLOCKS * MAX_STEPS
MOST_LINES = 4000  # steps, dials moved between them, blocks
MOST_TOKENS = MAX_BLOCKS * MAX_BLOCK_SIZE
MOST_PIECE = 256  # characters of one token's text


def opened(path: Path | str | None) -> Trace:
    """The trace in an uploaded file; ValueError with one sentence if it is none, or none that the page can draw."""
    if path is None:
        raise ValueError("open one trace file, as Save trace writes it")
    try:
        trace = Trace.load(path, MOST_CHARACTERS, MOST_LINES)
    except OSError as error:  # its message would name the path
        raise ValueError("the file could not be read; open it again") from error
    if not isinstance(trace.started.settings, PowerSettings):
        label = METHODS[trace.started.method].label
        raise ValueError(f"the file holds a run of {label}; this page opens those whose settings are a power chain's")
    check_size(trace)
    drawn = Session()
    try:
        drawn.open_recorded(trace, None)
        packet(**drawn.snapshot())
    except (ValueError, ArithmeticError) as error:
        raise ValueError("the file holds numbers that no run can have") from error
    return trace


def check_size(trace: Trace) -> None:
    """ValueError for a run larger than the page could have made."""
    lengths = [len(moment.after) for moment in trace.replay()]
    if not lengths:
        raise ValueError("a trace opened here must hold at least one block")
    pieces = trace.pieces().values()
    for name, size, most in (
        ("steps", len(trace.steps_taken), MOST_STEPS),
        ("tokens of text", max(lengths), MOST_TOKENS),
        ("tokens at its end", len(trace.ended.token_ids) if trace.ended else 0, MOST_TOKENS),
        ("characters of prompt", len(trace.started.prompt), MAX_PROMPT),
        ("characters a token", max(map(len, pieces), default=0), MOST_PIECE),
    ):
        if size > most:
            raise ValueError(f"a trace opened here must have at most {most} {name}, not {size}")
