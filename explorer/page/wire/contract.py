"""Everything that the page may ask the server, one dataclass a kind. `python -m explorer.page.wire.contract` writes
the same as types for the page's scripts (assets/page/contract.js).

A kind's name is its class's in small letters. The types here say what an ask looks like; ranges are checked where an
ask is answered, so that every sentence about a bad value stands beside the code that knows its range.
"""

import argparse
import json
from dataclasses import dataclass, fields, make_dataclass
from functools import cache
from pathlib import Path
from textwrap import wrap
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from explorer.page.controls import CONTROLS
from sampler.core.records import quoted

Number = int | float  # of a range that the answer knows: whole numbers stay whole
SCRIPT = Path(__file__).resolve().parents[3] / "assets" / "page" / "contract.js"


@dataclass(frozen=True)
class Cancel:
    """End the asks of a kind."""

    kind: str


@dataclass(frozen=True)
class Leave:
    """The tab is being closed."""


# ---- the Explore page


@dataclass(frozen=True)
class Dials:
    """Alpha and the proposal temperature, as the panel's dials stand."""

    alpha: Number | None
    is_infinite: bool
    is_tied: bool
    temperature: Number | None


Run = make_dataclass("Run", [(each.name, each.type) for each in CONTROLS], frozen=True)
Run.__doc__ = "A new chain with the panel's values."


@dataclass(frozen=True)
class Play:
    """More of the living chain."""

    goal: Literal["end", "step", "block"]


@dataclass(frozen=True)
class Pause:
    """No more of the chain for now."""


@dataclass(frozen=True)
class Stop:
    """The end of the chain."""


@dataclass(frozen=True)
class Speed:
    """Steps a second; 0 is as fast as possible."""

    speed: Number


@dataclass(frozen=True)
class Resync:
    """The whole run on screen again."""


@dataclass(frozen=True)
class Recorded:
    """The recorded run of a preset."""

    preset: str | None


@dataclass(frozen=True)
class Uploaded:
    """The trace that was uploaded last."""


@dataclass(frozen=True)
class Save:
    """The run on screen as a trace file."""


@dataclass(frozen=True)
class Target:
    """What is known of p^alpha under the run on screen."""

    run_id: str


@dataclass(frozen=True)
class Alternatives:
    """What could stand at a position of the run's final text."""

    run_id: str
    position: int


@dataclass(frozen=True)
class Replay:
    """The run on screen at other alphas, with the same random numbers."""

    run_id: str
    alphas: list[Number | Literal["inf"]]


@dataclass(frozen=True)
class Diagnostics:
    """Diagnostics of the run on screen and of other chains of it."""

    run_id: str
    chains: Number | None


# ---- the Compare page


@dataclass(frozen=True)
class Evaluate:
    """A live evaluation."""

    tasks: list[str]
    problems: Number | None
    seed: Number | None


@dataclass(frozen=True)
class Halt:
    """The end of the live evaluation; what was answered stays."""


@dataclass(frozen=True)
class Answer:
    """An answer of the table as a run on the Explore page."""

    live: bool
    task: str
    problem: int
    method: str


# ---- the Tree page; `world` names a world and holds the values of its fields (tree/worlds.py)


@dataclass(frozen=True)
class Tree:
    """A tree."""

    world: dict[str, Any]
    alpha: Number


@dataclass(frozen=True)
class Dial:
    """The block dial at an alpha."""

    world: dict[str, Any]
    alpha: Number


@dataclass(frozen=True)
class Chains:
    """Whole runs of the sampler in a world."""

    world: dict[str, Any]
    kernel: str
    runs: Number
    steps: Number
    alpha: Number
    temperature: Number | None
    block_size: Number
    scope: str
    seed: Number


@dataclass(frozen=True)
class Checks:
    """The self-test."""


ASKS = (
    *(Cancel, Leave, Dials, Run, Play, Pause, Stop, Speed, Resync, Recorded, Uploaded, Save, Target, Alternatives),
    *(Replay, Diagnostics, Evaluate, Halt, Answer, Tree, Dial, Chains, Checks),
)
KINDS = {kind.__name__.lower(): kind for kind in ASKS}
WORDS = {float: "a number", int: "a whole number", str: "text", bool: "true or false", dict: "an object"}
WORDS |= {list: "a list"}
SCRIPT_TYPES = {float: "number", int: "number", str: "string", bool: "boolean", dict: "object", NoneType: "null"}


def parsed(kind: object, payload: object) -> Any:
    """An ask as its dataclass; ValueError with one sentence (field, type, value) if it is none."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {quoted(kind)}")
    try:
        return adapter(KINDS[kind]).validate_json(json.dumps(payload), strict=True)
    except ValidationError as error:
        fault = error.errors()[0]
    if not fault["loc"]:
        raise ValueError(f"the payload of {kind} must be an object, not {quoted(payload)}")
    name = fault["loc"][0]
    field = next(field for field in fields(KINDS[kind]) if field.name == name)
    value = payload.get(name)
    raise ValueError(f"{name.replace('_', ' ')} must be {words(field.type)}, not {quoted(value)}")


@cache
def adapter(kind: type) -> TypeAdapter:
    """What checks a kind."""
    return TypeAdapter(kind)


def words(kind: Any) -> str:
    """A field's type in words."""
    if get_origin(kind) in (Union, UnionType):
        return "a number" if float in get_args(kind) else words(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    return WORDS[get_origin(kind) or kind]


def script_type(kind: Any) -> str:
    """A field's type in JSDoc."""
    if get_origin(kind) in (Union, UnionType):
        return "|".join(dict.fromkeys(map(script_type, get_args(kind))))
    if get_origin(kind) is Literal:
        return "|".join(map(json.dumps, get_args(kind)))
    if get_origin(kind) is list:
        return f"({script_type(get_args(kind)[0])})[]"
    return SCRIPT_TYPES[get_origin(kind) or kind]


def script() -> str:
    """The payload of each kind as one JSDoc type."""
    lines = [
        "// What the page may ask, by kind; made by `python -m explorer.page.wire.contract`, so change it there.", "",
        "/**", " * @typedef {object} Payloads",
    ]  # fmt: skip
    for name, kind in KINDS.items():
        own = ", ".join(f"{field.name}: {script_type(field.type)}" for field in fields(kind))
        lines += wrap(f" * @property {{{{{own}}}}} {name}", 120, subsequent_indent=" *   ")
    return "\n".join([*lines, " */", "export {};", ""])


if __name__ == "__main__":
    argparse.ArgumentParser(description="Writes the types of asks for the page's scripts.").parse_args()
    SCRIPT.write_text(script(), "utf-8")
