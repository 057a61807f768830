"""Figures of the Tree page: completions sampled and exact, and the block size as a dial."""

from typing import Any

import plotly.graph_objects as go

from explorer.analysis.kinds import Completion, RunLaw
from explorer.views.colours import ACCEPTED, HIGHLIGHT, NEUTRAL, TEMPERATURE
from explorer.views.figure import declared, fields, view

MOST_BLOCKS = 5  # lines that can be told apart
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square-open", "triangle-up", "x", "star")
VARIATION = {"title": "total variation (0 to 1)", "rangemode": "tozero", "zeroline": False}


@view("tree")
def completions() -> go.Figure:
    """Rows: `completions`. Bars: p^alpha; dots: shares of the runs; ticks: the exact law of what such runs end with."""
    return declared(
        exact(),
        temperature(),
        run_law(),
        sampled(),
        xaxis={"title": {"text": "completion", "standoff": 8}, "zeroline": False, "type": "linear", "automargin": True},
        yaxis={"title": "probability", "rangemode": "tozero", "zeroline": False},
        bargap=0.25,
    )


def exact() -> go.Bar:
    """The target, with its certified interval where the tree is not whole."""
    return go.Bar(
        name="p^α",
        marker={"color": HIGHLIGHT, "opacity": 0.55},
        error_y={"type": "data", "color": NEUTRAL, "thickness": 1.5, "width": 3},
        hovertemplate="<b>%{customdata[0]}</b><br>p^α gives it %{customdata[1]}<extra></extra>",
        meta=fields(Completion, "completions", {}, ("text", "words"), x="x", y="power", error_y__array="power_error"),
    )


def temperature() -> go.Scatter:
    """What token-level temperature gives it."""
    return go.Scatter(
        name="temperature 1/α",
        mode="markers",
        marker={"color": TEMPERATURE, "symbol": "diamond-open", "size": 8},
        hovertemplate="<b>%{customdata[0]}</b><br>token-level temperature gives it %{y:.4f}<extra></extra>",
        meta=fields(Completion, "completions", {}, ("text",), x="x", y="temperature"),
    )


def run_law() -> go.Scatter:
    """The exact law of what a run with these settings ends with, right kernel or wrong."""
    return go.Scatter(
        name="exact law of such a run",
        mode="markers",
        marker={"color": NEUTRAL, "symbol": "line-ew-open", "size": 16, "line": {"width": 3}},
        hovertemplate="<b>%{customdata[0]}</b><br>such a run ends here with probability %{y:.4f}, exact<extra></extra>",
        meta=fields(Completion, "completions", {}, ("text",), x="x", y="run_law"),
    )


def sampled() -> go.Scatter:
    """Shares of the runs with Wilson's 95 % intervals."""
    return go.Scatter(
        name="runs (95 % interval)",
        mode="markers",
        marker={"color": ACCEPTED, "symbol": "circle", "size": 8},
        error_y={"type": "data", "symmetric": False, "color": ACCEPTED, "thickness": 1.5, "width": 3, "arrayminus": []},
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]} runs ended here: %{y:.4f}<extra></extra>",
        meta=fields(
            Completion,
            "completions",
            {},
            ("text", "count"),
            x="x",
            y="share",
            error_y__array="up",
            error_y__arrayminus="down",
        ),
    )


@view("tree")
def by_block() -> go.Figure:
    """Rows: `at_steps`: both distances against the block size, at one N."""
    lines = (
        ("block", "to_power", "to p^α, cuts in the block", ACCEPTED, "circle", "solid"),
        ("completion", "to_power", "to p^α, cuts anywhere", ACCEPTED, "circle-open", "dash"),
        ("block", "to_temperature", "to temperature, cuts in the block", TEMPERATURE, "diamond", "solid"),
        ("completion", "to_temperature", "to temperature, cuts anywhere", TEMPERATURE, "diamond-open", "dash"),
    )
    return declared(
        *(distance("at_steps", {"scope": scope}, "block_size", y, *look) for scope, y, *look in lines),
        xaxis={"title": "B: block size (tokens)", "dtick": 1, "zeroline": False},
        yaxis=VARIATION,
        margin={"t": 56},
    )


@view("tree")
def by_steps_of_dial() -> go.Figure:
    """Rows: `in_scope`: the distance to p^alpha against the steps a block, a line a block size."""
    lines = (
        distance(
            "in_scope",
            {"block_size": size},
            "steps",
            "to_power",
            f"B = {size}",
            ACCEPTED,
            SYMBOLS[i],
            DASHES[i],
            mode="lines",
        )
        for i, size in enumerate(range(1, MOST_BLOCKS + 1))
    )
    return declared(
        *lines,
        xaxis={"title": "N: steps a block (count)", "zeroline": False},
        yaxis={**VARIATION, "title": "total variation to p^α"},
    )


def distance(
    rows: str,
    where: dict[str, Any],
    x: str,
    y: str,
    name: str,
    colour: str,
    symbol: str,
    dash: str,
    mode: str = "lines+markers",
) -> go.Scatter:
    """One line of exact total variations."""
    return go.Scatter(
        name=name,
        mode=mode,
        line={"color": colour, "dash": dash, "width": 2},
        marker={"symbol": symbol, "size": 8},
        hovertemplate=(
            "B %{customdata[0]}, N %{customdata[1]}, cuts in the %{customdata[2]}<br>total variation %{y:.4f}, exact"
            f"<extra>{name}</extra>"
        ),
        meta=fields(RunLaw, rows, where, ("block_size", "steps", "scope"), x=x, y=y),
    )
