"""How often each method is right: by method, against one dial of the chain, and against the tokens that it draws."""

from typing import Any

import plotly.graph_objects as go

from explorer.analysis.comparison import every_task
from explorer.analysis.kinds import Accuracy
from explorer.views.colours import NEUTRAL
from explorer.views.figure import STYLES, compared, fields, view

CUSTOM = ("label", "words", "accuracy", "low", "high", "n", "drawn", "fed")
HOVER = (
    "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>"
    "share of right answers %{customdata[2]:.3f}, Wilson 95 % interval %{customdata[3]:.3f} to %{customdata[4]:.3f}, "
    "n %{customdata[5]} problems<br>"
    "a mean of %{customdata[6]:.0f} tokens drawn and %{customdata[7]:.0f} fed to the network an answer<extra></extra>"
)
ERRORS = {"type": "data", "symmetric": False, "array": [], "arrayminus": [], "thickness": 1, "width": 2}
SHARE = {"title": "right answers (share)", "range": [0, 1.08], "zeroline": False}
DRAWN = "tokens drawn an answer (count)"
DECADES = [m * 10**e for e in range(6) for m in (1, 2, 5)]


@view("compare", every_task)
def accuracy() -> go.Figure:
    """Rows: `accuracy`. One line a method: left its accuracy with interval, right the tokens that one answer costs.

    The bars come first: they set the order of the lines.
    """
    return compared(
        bars("right answers", "x", NEUTRAL, 0.22, x="accuracy"),
        *(across(group) for group in STYLES),
        bars("tokens drawn", "x2", NEUTRAL, 0.75, x="drawn", text="drawn_text"),
        showlegend=False,
        barmode="overlay",
        bargap=0.35,
        xaxis={**SHARE, "domain": [0, 0.66], "title": "right answers (share)"},
        xaxis2={"title": "tokens an answer (count, log)", "domain": [0.7, 1], "type": "log", "dtick": 1},
        yaxis={"title": "", "automargin": True, "ticks": "", "showgrid": False},
    )


def bars(name: str, axis: str, colour: str, opacity: float, **bound: str) -> go.Bar:
    """One light bar a method."""
    return go.Bar(
        name=name,
        orientation="h",
        xaxis=axis,
        textposition="auto",
        marker={"color": colour, "opacity": opacity},
        hovertemplate=HOVER,
        meta=fields(Accuracy, "accuracy", {}, CUSTOM, y="tick", **bound),
    )


def across(group: str) -> go.Scatter:
    """A group's accuracies, intervals lying."""
    name, colour, symbol, _ = STYLES[group]
    return go.Scatter(
        name=name,
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 10, "line": {"width": 1.5, "color": colour}},
        error_x={**ERRORS, "color": colour},
        hovertemplate=HOVER,
        meta=fields(
            Accuracy,
            "accuracy",
            {"group": group},
            CUSTOM,
            x="accuracy",
            y="tick",
            error_x__array="up",
            error_x__arrayminus="down",
        ),
    )


@view("compare", every_task)
def by_alpha() -> go.Figure:
    """Rows: `by_alpha`. Accuracy against alpha for both scopes, p^alpha itself, and temperature 1/alpha beside it."""
    return sweep(
        "by_alpha", "α (temperature: 1/τ), log axis", ("power_block", "power_completion", "target", "temperature")
    )


@view("compare", every_task)
def by_steps() -> go.Figure:
    """Rows: `by_steps`. Accuracy against steps per block for both scopes, p^alpha itself as a line."""
    return sweep("by_steps", "N: steps per block (count)", type="linear", rangemode="tozero", tickvals=None)


@view("compare", every_task)
def by_block_size() -> go.Figure:
    """Rows: `by_block_size`. Accuracy against the block size, p^alpha itself as a line."""
    return sweep("by_block_size", "B: block size (tokens), log axis", tickvals=[1, 2, 4, 8, 16, 32, 64, 80])


def sweep(
    rows: str,
    title: str,
    groups: tuple[str, ...] = ("power_block", "power_completion", "target"),
    **axis: Any,
) -> go.Figure:
    """Accuracy against one dial of the chain, a line a group."""
    x = {"title": title, "type": "log", "tickvals": [1, 1.5, 2, 3, 4, 6, 8, 10, 20], "zeroline": False, **axis}
    return compared(
        *(along(rows, group, "lines+markers+text", "x", "top right") for group in groups), xaxis=x, yaxis=SHARE
    )


def along(rows: str, group: str, mode: str, x: str, textposition: str = "top center") -> go.Scatter:
    """A group's accuracies over some x, intervals standing; rows may carry a `mark`, written beside the point."""
    name, colour, symbol, dash = STYLES[group]
    return go.Scatter(
        name=name,
        mode=mode,
        line={"color": colour, "dash": dash, "width": 2},
        marker={"color": colour, "symbol": symbol, "size": 9},
        textposition=textposition,
        cliponaxis=False,
        error_y={**ERRORS, "color": colour},
        hovertemplate=HOVER,
        meta=fields(
            Accuracy,
            rows,
            {"group": group},
            CUSTOM,
            x=x,
            y="accuracy",
            text="mark",
            error_y__array="up",
            error_y__arrayminus="down",
        ),
    )


@view("compare", every_task)
def costs() -> go.Figure:
    """Rows: `costs`. Every method by the tokens of one answer; lines join what differs in steps or in n alone."""
    modes = dict.fromkeys(STYLES, "markers+text") | {"best_of": "lines+markers+text"}
    return compared(
        path("power_block"),
        path("power_completion"),
        *(along("costs", group, modes[group], "drawn") for group in STYLES),
        xaxis={"title": f"{DRAWN}, log axis", "type": "log", "tickvals": DECADES, "zeroline": False},
        yaxis=SHARE,
    )


def path(group: str) -> go.Scatter:
    """The way that more steps a block take."""
    name, colour, _, dash = STYLES[group]
    return go.Scatter(
        name=f"{name}: more steps",
        mode="lines",
        showlegend=False,
        line={"color": colour, "dash": dash, "width": 1.5},
        hovertemplate=HOVER,
        meta=fields(Accuracy, "costs", {"path": group}, CUSTOM, x="drawn", y="accuracy"),
    )
