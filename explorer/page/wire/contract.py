"""Everything that the page may ask the server, one dataclass a kind. `python -m explorer.page.wire.contract` writes
the same as types for the page's scripts (assets/page/contract.js).

A kind's name is its class's in small letters. The types here say what an ask looks like; ranges are checked where an
ask is answered, so that every sentence about a bad value stands beside the code that knows its range.
"""

import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

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


KINDS = {kind.__name__.lower(): kind for kind in (Cancel, Leave, Tree, Dial, Chains, Checks)}
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
    if get_origin(kind) is UnionType:
        return "a number" if float in get_args(kind) else words(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    return WORDS[get_origin(kind) or kind]


def script_type(kind: Any) -> str:
    """A field's type in JSDoc."""
    if get_origin(kind) is UnionType:
        return "|".join(dict.fromkeys(map(script_type, get_args(kind))))
    if get_origin(kind) is Literal:
        return "|".join(map(json.dumps, get_args(kind)))
    if get_origin(kind) is list:
        return f"({script_type(get_args(kind)[0])})[]"
    return SCRIPT_TYPES[get_origin(kind) or kind]


def script() -> str:
    """The kinds as JSDoc types."""
    lines = ["// What the page may ask; made by `python -m explorer.page.wire.contract`, so change it there.", ""]
    for kind in KINDS.values():
        lines += [f"/** {kind.__doc__}", f" * @typedef {{object}} {kind.__name__}"]
        lines += [f" * @property {{{script_type(field.type)}}} {field.name}" for field in fields(kind)]
        lines += [" */", ""]
    payloads = ", ".join(f"{name}: {kind.__name__}" for name, kind in KINDS.items())
    return "\n".join([*lines, f"/** @typedef {{{{{payloads}}}}} Payloads */", "export {};", ""])


if __name__ == "__main__":
    SCRIPT.write_text(script(), "utf-8")
