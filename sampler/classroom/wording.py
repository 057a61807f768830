"""The words around a solution: an opening before the habit is chosen, and an ending after the work.

All habits use the same phrases, each word drawn uniformly. Under p^alpha such free wording costs every solution the
same factor and cancels, so it decides nothing; it is what most revisions of a chain change. There is little of it, so
that best-first enumeration can certify p^alpha.
"""

from collections.abc import Mapping
from random import Random

Shares = Mapping[str, float]

NAMES = ("Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Gus")  # who acts, always in this order
HABITS: Shares = {"straight": 0.55, "partly": 0.07, "worked": 0.38}
DRILL: Shares = {"worked": 1.0}  # every step shown, for practice

OPENINGS = (
    ("Okay", "Right", "Well"),
    (", let me", ", I will"),
    (" look at this.", " work on it."),
)
ENDINGS = ((" That is right.", " That looks good.", " This is fine."),)


def phrase(slots: tuple[tuple[str, ...], ...], rng: Random) -> str:
    """One choice from each slot, uniform and independent, joined."""
    return "".join(rng.choice(slot) for slot in slots)


def draw_habit(rng: Random, shares: Shares) -> str:
    """`straight` (the answer at once), `worked` (step by step) or `partly` (the first half of the steps)."""
    return rng.choices(list(shares), list(shares.values()))[0]


def steps_shown(habit: str, steps: int) -> int:
    """How many of a solution's steps a habit writes down."""
    return {"straight": 0, "partly": steps // 2, "worked": steps}[habit]
