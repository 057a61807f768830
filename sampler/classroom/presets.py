"""Held-out problems worth watching, for the page to offer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A problem by its id, with its task, its prompt and the right answer."""

    id: str
    task: str
    prompt: str
    answer: str


PRESETS = (
    Preset(
        "cups-1",
        "cups",
        "The ball is under b. Ann switches b and d, Bob switches b and f, Cid switches c and f, "
        "Dan switches f and b, Eve switches f and a, Fay switches a and d, "
        "Gus switches e and d. Find the ball.",
        "a",
    ),
    Preset(
        "cups-2",
        "cups",
        "The ball starts under b. Ann swaps f and a, Bob swaps d and e, Cid swaps f and d, "
        "Dan swaps b and c. Where is it now?",
        "c",
    ),
    Preset(
        "cups-3",
        "cups",
        "The ball is under d. Ann swaps b and d, Bob swaps f and b, Cid swaps d and b, "
        "Dan swaps f and d, Eve swaps a and c, Fay swaps a and d. Which cup has it?",
        "a",
    ),
    Preset(
        "cups-4",
        "cups",
        "The ball is under d. Ann swaps f and a, Bob swaps a and e, Cid swaps f and b, "
        "Dan swaps e and d, Eve swaps d and c. Where is the ball?",
        "e",
    ),
    Preset(
        "sums-1",
        "sums",
        "Ann pays 93, Bob pays 70, Cid pays 77, Dan pays 68, Eve pays 82. What is the sum?",
        "390",
    ),
    Preset(
        "sums-2",
        "sums",
        "Ann finds 59, Bob finds 54, Cid finds 58, Dan finds 94, Eve finds 99. How much is that together?",
        "364",
    ),
    Preset(
        "sums-3",
        "sums",
        "Ann brings 89, Bob brings 91, Cid brings 81, Dan brings 69. How much is that together?",
        "330",
    ),
    Preset(
        "sums-4",
        "sums",
        "Ann pays 93, Bob pays 58, Cid pays 91, Dan pays 98, Eve pays 92. How much is that together?",
        "432",
    ),
)
