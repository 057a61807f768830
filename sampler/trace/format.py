"""One event as one line of JSON and back: schema 1.

Numbers are JSON numbers; infinities are the strings "inf" and "-inf"; NaN never occurs.
"""

import json
import math
import types
import typing
from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import Any

from sampler.core.history import TraceError
from sampler.core.records import (
    BlockFrozen,
    BlockStarted,
    Event,
    Revision,
    RunEnded,
    RunStarted,
    SampleDrawn,
    Segment,
    SettingsChanged,
    StepTaken,
    quoted,
)
from sampler.methods.registry import method_named

SCHEMA = 1
LARGEST_WHOLE_NUMBER = 2**53  # beyond it readers of JSON disagree
NAMES: dict[type, str] = {
    RunStarted: "run_started",
    BlockStarted: "block_started",
    StepTaken: "step_taken",
    BlockFrozen: "block_frozen",
    SampleDrawn: "sample_drawn",
    SettingsChanged: "settings_changed",
    RunEnded: "run_ended",
}
TYPES = {name: kind for kind, name in NAMES.items()}


def to_json(event: Event) -> str:
    """One event as one line of JSON."""
    data: dict[str, Any] = {"event": NAMES[type(event)]}
    if isinstance(event, RunStarted):
        data |= {"schema": SCHEMA, "method": event.method}
        data["model"] = {"name": event.model_name, "revision": event.model_revision}
    body = asdict(event)
    if body.get("settings", {}).get("chain") == 0:  # chain 0 goes without saying
        del body["settings"]["chain"]
    if isinstance(event, StepTaken):
        step = body.pop("step")
        revision = step.pop("revision")
        data |= step | revision
    if not isinstance(event, RunStarted) and not body.get("pieces", True):
        del body["pieces"]
    data |= {name: value for name, value in body.items() if not name.startswith("model_")}
    return json.dumps(_plain(data), allow_nan=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """JSON's own types, with infinities as strings."""
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def from_json(line: str, number: int) -> Event:
    """The event of a file's line; json.JSONDecodeError if it is not JSON, TraceError if it is no event."""
    where = f"line {number}"
    data = json.loads(line, parse_constant=_no_constant, parse_int=_whole_number)
    name = data.get("event") if isinstance(data, dict) else None
    if not isinstance(name, str) or name not in TYPES:
        raise TraceError(f"{where} is no event of a trace")
    kind = TYPES[name]
    try:
        if kind is RunStarted:
            data = _run_started_fields(data, where)
        if kind is StepTaken:
            data = {**data, "step": {**data, "revision": _decode(Revision, data, f"{where}, step")}}
        return _decode(kind, data, where)
    except TraceError:
        raise
    except ValueError as error:  # a settings record that refuses a value
        raise TraceError(f"{where}: {error}") from error


def _no_constant(name: str) -> None:
    raise TraceError(f"{name} is not a number of a trace")


def _whole_number(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_WHOLE_NUMBER:
        raise TraceError(f"a whole number of {len(digits)} digits is not a number of a trace")
    return int(digits)


def _run_started_fields(data: dict, where: str) -> dict:
    if data.get("schema") != SCHEMA:
        raise TraceError(f"{where}: schema must be {SCHEMA}, not {quoted(data.get('schema'))}")
    method = method_named(data.get("method"))
    model = data.get("model") if isinstance(data.get("model"), dict) else {}
    told = data.get("settings")
    told = {"chain": 0} | told if isinstance(told, dict) else told
    settings = _decode(method.settings, told, f"{where}, settings")
    return {**data, "model_name": model.get("name"), "model_revision": model.get("revision"), "settings": settings}


def _decode(kind: Any, value: Any, where: str) -> Any:
    """`value` of JSON as an instance of the annotated type `kind`; TraceError naming the place if it is none."""
    if is_dataclass(value):
        return value
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise TraceError(f"{where} is not an object")
        return _record(kind, value, where)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (tuple, dict) and not isinstance(value, list if origin is tuple else dict):
        raise TraceError(f"{where} is not {'a list' if origin is tuple else 'an object'}")
    if origin is tuple:
        return _tuple(arguments, value, where)
    if origin is dict:
        return {_key(arguments[0], key, where): _decode(arguments[1], item, where) for key, item in value.items()}
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _decode(arguments[0], value, where)
    return _scalar(kind, value, where)


def _record(kind: Any, value: dict, where: str) -> Any:
    hints = typing.get_type_hints(kind)
    present = [f for f in fields(kind) if f.name in value or f.default_factory is MISSING]
    missing = [f.name for f in present if f.name not in value]
    if missing:
        raise TraceError(f"{where} lacks {missing[0]}")
    record = kind(**{f.name: _decode(hints[f.name], value[f.name], f"{where}, {f.name}") for f in present})
    if kind is Segment and len({len(getattr(record, f.name)) for f in fields(Segment)}) > 1:
        raise TraceError(f"{where}: its lists differ in length")
    return record


def _tuple(arguments: tuple, value: list, where: str) -> tuple:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_decode(arguments[0], item, where) for item in value)
    if len(arguments) != len(value):
        raise TraceError(f"{where} must have {len(arguments)} entries, not {len(value)}")
    return tuple(_decode(kind, item, where) for kind, item in zip(arguments, value, strict=True))


def _key(kind: type, key: str, where: str) -> Any:
    if kind is int and not key.isdecimal():
        raise TraceError(f"{where} has the key {quoted(key)}, which is no token id")
    return kind(key)


def _scalar(kind: type, value: Any, where: str) -> Any:
    if kind is float and value in ("inf", "-inf"):
        return float(value)
    allowed = (int, float) if kind is float else (kind,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
        raise TraceError(f"{where} must be of type {kind.__name__}, not {quoted(value)}")
    if kind is int and value < 0:
        raise TraceError(f"{where} must not be negative, not {value}")
    if kind is float and math.isinf(value):
        raise TraceError(f"{where} is too large a number")
    return float(value) if kind is float else value
