"""Display text of tokens: spaces and newlines made visible, split UTF-8 repaired, control characters spelled out."""

import unicodedata
from collections.abc import Sequence

from sampler.core.history import joined

CONTINUED = "⋯"  # a token whose bytes complete a character shown at an earlier token
NONE = "\u2013"
VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥"}


def display_tokens(pieces: Sequence[str]) -> list[str]:
    """One visible string a token, same length as `pieces`.

    A character whose bytes are split over tokens stands at the first of them, the others show CONTINUED.
    """
    shown: list[str] = []
    i = 0
    while i < len(pieces):
        group = split_character(pieces, i)
        shown.append(visible(joined(pieces[i : i + group])))
        shown.extend([CONTINUED] * (group - 1))
        i += group
    return shown


def split_character(pieces: Sequence[str], start: int) -> int:
    """How many tokens from `start` on share characters: 1 unless bytes are split over tokens."""
    for size in range(1, 5):  # UTF-8 needs at most four bytes
        raw = "".join(pieces[start : start + size]).encode("utf-8", "surrogateescape")
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            continue
        return min(size, len(pieces) - start)
    return 1


def visible(text: str) -> str:
    """The text with white space as signs and other control or format characters as escapes."""
    escaped = {c: f"\\u{ord(c):04x}" for c in text if unicodedata.category(c)[0] == "C"} | VISIBLE
    return "".join(escaped.get(c, c) for c in text)


def nats(value: float | None) -> str:
    """A logarithm to three digits with a real minus sign; infinities as signs, a dash for none."""
    return NONE if value is None else f"{value + 0.0:.3f}".replace("-", "−").replace("inf", "∞")


def safe(text: str) -> str:
    """Text for Plotly, which reads a little HTML in its labels."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def count(n: int, noun: str) -> str:
    """`1 token`, `2 tokens`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
