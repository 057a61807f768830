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
        "Put the ball under e. Ann switches a and e, Bob switches f and c, Cid switches a and f, "
        "Dan switches f and d. Which cup has it?",
        "d",
    ),
    Preset(
        "cups-2",
        "cups",
        "Put the ball under c. Ann switches c and f, Bob switches d and f, Cid switches c and d, "
        "Dan switches d and e, Eve switches f and e. Find the ball.",
        "c",
    ),
    Preset(
        "cups-3",
        "cups",
        "The ball is under d. Ann switches f and a, Bob switches f and d, Cid switches c and b, "
        "Dan switches b and d, Eve switches c and f, Fay switches c and a. Where is it now?",
        "a",
    ),
    Preset(
        "cups-4",
        "cups",
        "The ball is under b. Ann switches b and d, Bob switches c and a, Cid switches a and b, "
        "Dan switches c and f, Eve switches d and a, Fay switches a and e, "
        "Gus switches c and e. Where is the ball?",
        "c",
    ),
    Preset(
        "sums-1",
        "sums",
        "Ann pays 62, Bob pays 95, Cid pays 98. What is the sum?",
        "255",
    ),
    Preset(
        "sums-2",
        "sums",
        "Ann brings 68, Bob brings 75, Cid brings 94. How much in all?",
        "237",
    ),
    Preset(
        "sums-3",
        "sums",
        "Ann has 98, Bob has 73, Cid has 52, Dan has 87. Add it all.",
        "310",
    ),
    Preset(
        "sums-4",
        "sums",
        "Ann brings 89, Bob brings 91, Cid brings 81, Dan brings 69. How much is that together?",
        "330",
    ),
)
