"""One event as one line of JSON and back, validated by pydantic against the records themselves.

Numbers are JSON numbers; infinities are the strings "inf" and "-inf"; NaN never occurs. Schema 2 is schema 1 where an
entropy may be null, because the model could not say it.
"""

import json
import math
import re
from dataclasses import asdict, fields
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError, core_schema

from sampler.core.history import TraceError
from sampler.core.records import Event, RunStarted, Segment, StepTaken, quoted
from sampler.methods.registry import method_named

SCHEMAS = (1, 2)
LARGEST_WHOLE_NUMBER = 2**53  # beyond it readers of JSON disagree
NAMES = {kind: "_".join(re.findall("[A-Z][a-z]+", kind.__name__)).lower() for kind in get_args(Event)}  # run_started
TYPES = {name: kind for kind, name in NAMES.items()}


def to_json(event: Event) -> str:
    """One event as one line of JSON."""
    data: dict[str, Any] = {"event": NAMES[type(event)]}
    body = asdict(event)
    if isinstance(event, RunStarted):
        data |= {"schema": body.pop("schema"), "method": body.pop("method")}
        data["model"] = {name: body.pop(f"model_{name}") for name in ("name", "revision")}
        if body["settings"].get("chain") == 0:  # chain 0 goes without saying
            del body["settings"]["chain"]
    elif not body.get("pieces", True):
        del body["pieces"]
    if isinstance(event, StepTaken):
        step = body.pop("step")
        revision = step.pop("revision")
        data |= step | revision
    return json.dumps(plain(data | body), allow_nan=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    """JSON's own types, with infinities as strings."""
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def from_json(line: str, number: int) -> Event:
    """The event of a file's line; json.JSONDecodeError if it is not JSON, TraceError if it is no event."""
    where = f"line {number}"
    data = json.loads(line, parse_constant=_no_constant, parse_int=_whole_number)
    name = data.get("event") if isinstance(data, dict) else None
    if not isinstance(name, str) or name not in TYPES:
        raise TraceError(f"{where} is no event of a trace")
    kind = TYPES[name]
    if kind is RunStarted:
        data = _run_started(data, where)
    if kind is StepTaken:  # flat in the file
        data = {**data, "step": {**data, "revision": data}}
    event: Event = _read(kind, data, where)
    return event


def _no_constant(name: str) -> None:
    raise TraceError(f"{name} is not a number of a trace")


def _whole_number(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_WHOLE_NUMBER:
        raise TraceError(f"a whole number of {len(digits)} digits is not a number of a trace")
    return int(digits)


def _run_started(data: dict[str, Any], where: str) -> dict[str, Any]:
    schema = data.get("schema")
    if isinstance(schema, bool) or schema not in SCHEMAS:
        raise TraceError(f"{where}: schema must be 1 or 2, not {quoted(schema)}")
    try:
        method = method_named(data.get("method"))
    except ValueError as error:
        raise TraceError(f"{where}: {error}") from error
    model = data["model"] if isinstance(data.get("model"), dict) else {}
    settings = data.get("settings")
    if isinstance(settings, dict):
        settings = {"chain": 0} | settings
    settings = _read(method.settings, settings, f"{where}, settings")
    return {**data, "model_name": model.get("name"), "model_revision": model.get("revision"), "settings": settings}


def _read(kind: type, data: Any, where: str) -> Any:
    """Data of JSON as an instance of a record; TraceError, one sentence, names the first field that is wrong."""
    try:
        return _validator(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    if first["type"] == "value_error":  # a settings record that refuses a value
        raise TraceError(f"{where.removesuffix(', settings')}: {first['ctx']['error']}")
    names = [part for part in first["loc"] if isinstance(part, str) and part != "revision"]
    for table in {"pieces", "versions"} & set(names):  # its keys are the file's, not ours
        names = names[: names.index(table) + 1]
    lacking = names.pop() if first["type"] == "missing" and isinstance(first["loc"][-1], str) else "an entry"
    kind_of = "finite_number" if first["type"] == "float" and isinstance(first["input"], float) else first["type"]
    reason = REASONS.get(kind_of, " is not what a trace holds").format(
        value=quoted(first["input"]), lacking=lacking, **first.get("ctx", {})
    )
    raise TraceError(", ".join([where, *names]) + reason)


REASONS = {
    "missing": " lacks {lacking}",
    "tuple_type": " is not a list",
    "dict_type": " is not an object",
    "dataclass_type": " is not an object",
    "too_long": " must have {max_length} entries, not {actual_length}",
    "string_type": " must be of type str, not {value}",
    "bool_type": " must be of type bool, not {value}",
    "int_type": " must be of type int, not {value}",
    "float": " must be of type float, not {value}",
    "finite_number": " is too large a number",
    "greater_than_equal": " must not be negative, not {value}",
    "string_pattern_mismatch": " has the key {value}, which is no token id",
    "lengths": ": its lists differ in length",
}


@cache
def _validator(kind: type) -> SchemaValidator:
    return SchemaValidator(_as_written(TypeAdapter(kind).core_schema))


FINITE = core_schema.float_schema(strict=True, allow_inf_nan=False)
INFINITE = core_schema.chain_schema([core_schema.literal_schema(["inf", "-inf"]), core_schema.float_schema()])
FLOAT = core_schema.union_schema(
    [FINITE, INFINITE], mode="left_to_right", custom_error_type="float", custom_error_message="no number"
)
TOKEN_ID = core_schema.chain_schema([core_schema.str_schema(pattern=r"^[0-9]{1,9}$"), core_schema.int_schema()])


def _as_written(schema: Any) -> Any:
    """pydantic's schema of a record, changed to what a trace file holds.

    Infinities are strings, token ids as keys too, whole numbers are at least 0, nothing is converted, and a field
    with a plain default must be there all the same.
    """
    if isinstance(schema, list | tuple):
        return [_as_written(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    match schema.get("type"):
        case "float":
            return FLOAT
        case "int":
            return core_schema.int_schema(ge=0, strict=True)
        case "str" | "bool":
            return {**schema, "strict": True}
        case "default" if "default" in schema:
            return _as_written(schema["schema"])
    changed = {name: _as_written(part) for name, part in schema.items()}
    if schema.get("type") == "dict" and "keys_schema" in schema:
        changed["keys_schema"] = TOKEN_ID if schema["keys_schema"]["type"] == "int" else changed["keys_schema"]
    if schema.get("cls") is Segment:
        reference = changed.pop("ref", None)
        return core_schema.no_info_after_validator_function(_even, changed, **({"ref": reference} if reference else {}))
    return changed


def _even(segment: Segment) -> Segment:
    if len({len(getattr(segment, f.name)) for f in fields(Segment)}) > 1:
        raise PydanticCustomError("lengths", "its lists differ in length")
    return segment
