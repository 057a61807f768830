"""How a figure is declared and filled: empty series that name their fields, and one function that fills them in.

A series' `meta` says: `rows` (which rows it draws), `where` (a field that must be true, or false with a leading "!"),
`fields` (attribute of the series -> field of the rows) and `custom` (fields for its hover text, in order). The
browser fills the same declarations with the same rule (assets/page/figures.js).
"""

from typing import Any

import plotly.graph_objects as go

ACCEPTED = "#0072B2"  # with a filled dot
REJECTED = "#D55E00"  # with a cross
TEMPERATURE = "#009E73"  # with a diamond
NEUTRAL = "#8A8F98"
HIGHLIGHT = "#E69F00"

# Groups of methods (explorer/analysis/methods.py): name, colour, symbol, dash; Okabe-Ito, and never hue alone
STYLES = {
    "base": ("base model", "#8A8F98", "circle-open", "solid"),
    "temperature": ("lower temperature", "#009E73", "diamond", "dash"),
    "greedy": ("greedy", "#56B4E9", "triangle-down", "dot"),
    "best_of": ("best of n", "#E69F00", "square", "dashdot"),
    "power_block": ("power, cuts in the block", "#0072B2", "circle", "solid"),
    "power_completion": ("power, cuts anywhere", "#0072B2", "circle-open-dot", "longdash"),
    "target": ("p^α itself (ceiling)", "#CC79A7", "star", "longdashdot"),
    "tuned": ("RL-tuned", "#D55E00", "x", "dot"),
}

# What a person wants to know of a step, wherever one is drawn
STEP = ("number", "block_number", "outcome", "cut", "changed_text", "log_a_text", "log_u_text")
STEP_HOVER = (
    "<b>step %{customdata[0]}</b>, block %{customdata[1]}: %{customdata[2]}<br>"
    "cut at token %{customdata[3]}; %{customdata[4]}<br>log A %{customdata[5]}, log u %{customdata[6]}"
)

INK = {"light": ("#1f2937", "#e5e7eb", "#9ca3af"), "dark": ("#e5e7eb", "#374151", "#6b7280")}
FONT = "system-ui, sans-serif"

Rows = dict[str, list[dict[str, Any]]]


def template(theme: str) -> dict[str, Any]:
    """Layout defaults for the "light" or "dark" theme: text, grid and zero lines, transparent paper."""
    ink, grid, zero = INK[theme]
    axis = {"gridcolor": grid, "zerolinecolor": zero, "linecolor": zero, "ticks": "outside", "tickcolor": zero}
    return {
        "layout": {
            "font": {"family": FONT, "size": 12, "color": ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis,
            "yaxis": axis,
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "bgcolor": "rgba(0,0,0,0)",
                "font": {"size": 11},
                "entrywidth": 0,
            },
            "margin": {"l": 60, "r": 12, "t": 30, "b": 42},
            "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left"},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": zero, "activecolor": ink},
        }
    }


def declared(*series: Any, **layout: Any) -> go.Figure:
    """A figure of empty series on the light template."""
    return go.Figure(list(series), layout={"template": template("light"), "hovermode": "closest", **layout})


def fields(rows: str, where: str = "", custom: tuple[str, ...] = (), **names: str) -> dict[str, Any]:
    """A series' `meta`. Attribute names use two underscores for a dot: error_y__array="drop"."""
    bound = {attribute.replace("__", "."): field for attribute, field in names.items()}
    return {"rows": rows, "where": where, "fields": bound, "custom": list(custom)}


def filled(figure: go.Figure, rows: Rows) -> go.Figure:
    """A copy of a declared figure with its series filled from rows; a field that a row lacks is drawn as a gap."""
    figure = go.Figure(figure)
    for series in figure.data:
        chosen = [row for row in rows.get(series.meta["rows"], []) if holds(row, series.meta["where"])]
        values = {name: column(chosen, field) for name, field in series.meta["fields"].items()}
        if series.meta["custom"]:
            values["customdata"] = [[row.get(field) for field in series.meta["custom"]] for row in chosen]
        series.update({name.replace(".", "_"): value for name, value in values.items()})
    return figure


def holds(row: dict[str, Any], where: str) -> bool:
    """Whether a row belongs to a series: its `where` field is true, or false for "!field"."""
    if not where:
        return True
    return not row.get(where[1:]) if where.startswith("!") else bool(row.get(where))


def column(rows: list[dict[str, Any]], field: str) -> list[Any]:
    """One field of all rows; lists over positions are padded with gaps to the longest."""
    values = [row.get(field) for row in rows]
    if not any(isinstance(value, list) for value in values):
        return values
    width = max(len(value) for value in values if isinstance(value, list))
    return [list(value or []) + [None] * (width - len(value or [])) for value in values]
