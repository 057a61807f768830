"""What goes over the wire to the browser: compact JSON strings of rows."""

import json
import math
from typing import Any

from explorer.views import VIEWS
from explorer.views.figure import View, template

FIGURES, DIAGNOSTICS, COMPARISON, TREES = (VIEWS[page] for page in ("explore", "diagnostics", "compare", "tree"))
SIGNIFICANT_DIGITS = 6  # enough for the eye; the trace keeps every digit


def packet(**content: Any) -> str:
    """One packet: numbers to SIGNIFICANT_DIGITS, infinities as "inf" and "-inf", ASCII only."""
    return json.dumps(compact(content), allow_nan=False, separators=(",", ":"))


def compact(value: Any) -> Any:
    """JSON's own types; numbers with SIGNIFICANT_DIGITS, infinities as text."""
    if isinstance(value, float):
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        rounded = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
    if isinstance(value, dict):
        return {key: compact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [compact(item) for item in value]
    return value


def views(figures: dict[str, View] = FIGURES) -> dict[str, Any]:
    """Every figure's declaration and heading, and the two themes, for the browser to fill and draw."""
    declared = {}
    for name, view in figures.items():
        declared[name] = view.heading | view.declaration.to_plotly_json()
        del declared[name]["layout"]["template"]  # which travels once for all figures
    return {"figures": declared, "templates": {theme: template(theme) for theme in ("light", "dark")}}
