"""The words around a solution: an opening before the habit is decided, and an ending after it is over.

Both habits use the same phrases, each word drawn uniformly. Under p^alpha such free wording costs every solution the
same factor and cancels, so it decides nothing; it is what most revisions of a chain change.
"""

from random import Random

STRAIGHT_SHARE = 0.55
NAMES = ("Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Gus")  # who does what, always in this order

OPENINGS = (
    ("Okay", "Right", "Well", "Sure", "Fine", "Good", "Yes", "Now"),
    (", let me", ", I will", ", we can", ", time to"),
    (" look at", " think about", " go over", " work on"),
    (" this.", " it.", " that."),
)
ENDINGS = (
    (" That", " This"),
    (" is", " was", " looks", " seems"),
    (" right.", " good.", " fine.", " okay."),
)


def phrase(slots: tuple[tuple[str, ...], ...], rng: Random) -> str:
    """One choice from each slot, uniform and independent, joined."""
    return "".join(rng.choice(slot) for slot in slots)


def draw_habit(rng: Random, straight_share: float) -> str:
    """`straight` (the answer at once) with probability `straight_share`, else `worked` (step by step)."""
    return "straight" if rng.random() < straight_share else "worked"
