"""What a method of sampling is: its settings, how it runs, what it converges to, and how its runs are verified."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from sampler.core.records import Event, Settings
from sampler.methods.recomputation import Recomputation

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Method(Generic[S]):
    """A sampler of p^alpha. A new one is a file with its METHOD, and its line in registry.py.

    `invariant`: what it converges to. `settings`: a frozen dataclass that refuses what is out of range. `settings_of`:
    the settings from named `options`, which are those of the command line as argparse takes them. `run`: the events of
    a run on a model and a prompt. `events`: their kinds beside RunStarted and RunEnded. `recomputation`: verifies
    them. `steering`: what a person may change while a run goes on, `stop_requested` in any case. `work`: how many units
    a whole run has, and the unit's name.
    """

    name: str
    label: str
    invariant: str
    settings: type[S]
    settings_of: Callable[..., S]
    options: dict[str, dict[str, Any]]
    steering: Callable[[S], Any]
    run: Callable[..., Iterator[Event]]
    events: tuple[type, ...]
    recomputation: type[Recomputation[S]]
    work: Callable[[S], tuple[int, str]]


def number(kind: type, text: str) -> object:
    """The number that an argument spells, or else the argument, for the settings to refuse with their own range."""
    try:
        return kind(text)
    except ValueError:
        return text


WHOLE, REAL = partial(number, int), partial(number, float)
