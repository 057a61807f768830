"""Everything that the page may ask the server, one dataclass a kind. `python -m explorer.page.wire.contract` writes
the same as types for the page's scripts (assets/page/contract.d.ts).

A kind's name is its class's in small letters. The types here say what an ask looks like; ranges are checked where an
ask is answered, so that every sentence about a bad value stands beside the code that knows its range.
"""

import argparse
import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, dataclass_transform, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from explorer.page.controls import CONTROLS
from sampler.core.records import quoted

Number = int | float  # of a range that the answer knows: whole numbers stay whole
SCRIPT = Path(__file__).resolve().parents[3] / "assets" / "page" / "contract.d.ts"
KINDS: dict[str, type] = {}
adapter = cache(TypeAdapter)


@dataclass_transform(frozen_default=True)
class Ask:
    """Makes each class that inherits from it a frozen dataclass and a kind."""

    def __init_subclass__(cls) -> None:
        KINDS[cls.__name__.lower()] = dataclass(frozen=True)(cls)


class Cancel(Ask):
    """End the asks of a kind."""

    kind: str


class Leave(Ask):
    """The tab is being closed."""


# ---- the Explore page


class Dials(Ask):
    """Alpha and the proposal temperature, as the panel's dials stand."""

    alpha: Number | None
    is_infinite: bool
    is_tied: bool
    temperature: Number | None


Run = type("Run", (Ask,), {"__annotations__": {each.name: each.type for each in CONTROLS}})
Run.__doc__ = "A new chain with the panel's values."


class Play(Ask):
    """More of the living chain."""

    goal: Literal["end", "step", "block"]


class Pause(Ask):
    """No more of the chain for now."""


class Stop(Ask):
    """The end of the chain."""


class Speed(Ask):
    """Steps a second; 0 is as fast as possible."""

    speed: Number


class Resync(Ask):
    """The whole run on screen again."""


class Recorded(Ask):
    """The recorded run of a preset."""

    preset: str | None


class Uploaded(Ask):
    """The trace that was uploaded last."""


class Save(Ask):
    """The run on screen as a trace file."""


class Target(Ask):
    """What is known of p^alpha under the run on screen."""

    run_id: str


class Alternatives(Ask):
    """What could stand at a position of the run's final text."""

    run_id: str
    position: int


class Replay(Ask):
    """The run on screen at other alphas, with the same random numbers."""

    run_id: str
    alphas: list[Number | Literal["inf"]]


class Diagnostics(Ask):
    """Diagnostics of the run on screen and of other chains of it."""

    run_id: str
    chains: Number | None


# ---- the Compare page


class Evaluate(Ask):
    """A live evaluation."""

    tasks: list[str]
    problems: Number | None
    seed: Number | None


class Halt(Ask):
    """The end of the live evaluation; what was answered stays."""


class Answer(Ask):
    """An answer of the table as a run on the Explore page."""

    live: bool
    task: str
    problem: int
    method: str


# ---- the Tree page; `world` names a world and holds the values of its fields (tree/worlds.py)


class Tree(Ask):
    """A tree."""

    world: dict[str, Any]
    alpha: Number


class Dial(Tree):
    """The block dial at an alpha."""


class Chains(Ask):
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


class Checks(Ask):
    """The self-test."""


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


def words(kind: Any) -> str:
    if get_origin(kind) in (Union, UnionType):
        return "a number" if float in get_args(kind) else words(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    return WORDS[get_origin(kind) or kind]


def script_type(kind: Any) -> str:
    if get_origin(kind) in (Union, UnionType):
        return "|".join(dict.fromkeys(map(script_type, get_args(kind))))
    if get_origin(kind) is Literal:
        return "|".join(map(json.dumps, get_args(kind)))
    if get_origin(kind) is list:
        return f"({script_type(get_args(kind)[0])})[]"
    return SCRIPT_TYPES[get_origin(kind) or kind]


def script() -> str:
    """The payload of each kind, declared for TypeScript."""
    lines = [
        "// What the page may ask, by kind; made by `python -m explorer.page.wire.contract`, so change it there.",
        "export interface Payloads {",
    ]
    for name, kind in KINDS.items():
        own = "; ".join(f"{field.name}: {script_type(field.type)}" for field in fields(kind))
        lines.append(f"  {name}: {{ {own} }};")
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    argparse.ArgumentParser(description="Writes the types of asks for the page's scripts.").parse_args()
    SCRIPT.write_text(script(), "utf-8")
