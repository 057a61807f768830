"""Held-out problems worth watching, which the page and the command line offer."""

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
        "The ball starts under e. Ann switches e and b, Bob switches d and c, Cid switches d and e, Dan "
        "switches b and c. Which cup has it?",
        "c",
    ),
    Preset(
        "cups-2",
        "cups",
        "The ball starts under a. Ann swaps a and f, Bob swaps b and d, Cid swaps c and e, Dan swaps e "
        "and f, Eve swaps a and f, Fay swaps c and e. Where is the ball?",
        "c",
    ),
    Preset(
        "cups-3",
        "cups",
        "There is a ball under c. Ann switches a and b, Bob switches b and d, Cid switches c and a, Dan "
        "switches f and a, Eve switches f and a, Fay switches a and b, Gus switches a and b. Where is "
        "the ball?",
        "a",
    ),
    Preset(
        "sums-1",
        "sums",
        "Ann brings 89, Bob brings 91, Cid brings 81, Dan brings 69. How much is that together?",
        "330",
    ),
    Preset(
        "sums-2",
        "sums",
        "Ann has 98, Bob has 73, Cid has 52, Dan has 87. Add it all.",
        "310",
    ),
    Preset(
        "sums-3",
        "sums",
        "Ann pays 93, Bob pays 70, Cid pays 77, Dan pays 68, Eve pays 82. What is the sum?",
        "390",
    ),
    Preset(
        "pairs-1",
        "pairs",
        "The ball starts under a. Ann swaps a and e, Bob swaps d and b, Cid swaps e and d. Ann brings "
        "61, Bob brings 55, Cid brings 85. Find the ball and the sum.",
        "d 201",
    ),
    Preset(
        "pairs-2",
        "pairs",
        "Put the ball under b. Ann switches c and b, Bob switches c and e, Cid switches e and b. Ann has "
        "62, Bob has 96, Cid has 69. Where is the ball, and what is the sum?",
        "b 227",
    ),
    Preset(
        "pairs-3",
        "pairs",
        "The ball is under f. Ann swaps d and c, Bob swaps a and c, Cid swaps e and d. Ann has 75, Bob "
        "has 60, Cid has 89. Which cup, and how much?",
        "f 224",
    ),
    Preset(
        "origins-1",
        "origins",
        "In the end the ball is in a. Ann switches b and c, Bob switches a and d, Cid switches f and a, "
        "Dan switches a and d. Where was it first?",
        "a",
    ),
    Preset(
        "origins-2",
        "origins",
        "The ball ends in b. Ann swaps f and d, Bob swaps d and e, Cid swaps a and e, Dan swaps d and c, "
        "Eve swaps d and b, Fay swaps d and f. Find where it was first.",
        "c",
    ),
    Preset(
        "origins-3",
        "origins",
        "The ball ends in e. Ann switches f and b, Bob switches b and c, Cid switches b and c, Dan "
        "switches c and f, Eve switches e and b. Where was it first?",
        "f",
    ),
)
