"""How often each method is right: by method, against one dial of the chain, and against the tokens that it draws."""

from typing import Any

import plotly.graph_objects as go

from explorer.analysis.comparison import every_task
from explorer.analysis.kinds import Accuracy
from explorer.views.colours import NEUTRAL
from explorer.views.figure import STYLES, Fields, compared, view

HOVER = (
    "<b>{label}</b><br>{words}<br>"
    "share of right answers {accuracy:.3f}, Wilson 95 % interval {low:.3f} to {high:.3f}, n {n} problems<br>"
    "a mean of {drawn:.0f} tokens drawn and {fed:.0f} fed to the network an answer"
)
SHARE = {"title": "right answers (share)", "range": [0, 1.08], "zeroline": False}
DIALLED = ("power_block", "power_completion", "target")  # groups against one dial of the chain
LYING = {"orientation": "h", "textposition": "auto"}
DECADES = [m * 10**e for e in range(6) for m in (1, 2, 5)]


@view("compare", every_task)
def accuracy() -> go.Figure:
    """Rows: `accuracy`. One line a method: left its accuracy with interval, right the tokens that one answer costs.

    The bars come first: they set the order of the lines.
    """
    right = Fields(Accuracy, "accuracy", x="accuracy", y="tick")
    drawn = Fields(Accuracy, "accuracy", x="drawn", y="tick", text="drawn_text")
    return compared(
        right.bars("right answers", HOVER, xaxis="x", marker={"color": NEUTRAL, "opacity": 0.22}, **LYING),
        *(across(group) for group in STYLES),
        drawn.bars("tokens drawn", HOVER, xaxis="x2", marker={"color": NEUTRAL, "opacity": 0.75}, **LYING),
        showlegend=False,
        barmode="overlay",
        bargap=0.35,
        xaxis={**SHARE, "domain": [0, 0.66]},
        xaxis2={"title": "tokens an answer (count, log)", "domain": [0.7, 1], "type": "log", "dtick": 1},
        yaxis={"title": "", "automargin": True, "ticks": "", "showgrid": False},
    )


def across(group: str) -> go.Scatter:
    """A group's accuracies, intervals lying."""
    name, colour, symbol, _ = STYLES[group]
    return Fields(Accuracy, "accuracy", {"group": group}, x="accuracy", y="tick", error_x=("up", "down")).dots(
        name,
        HOVER,
        marker={"color": colour, "symbol": symbol, "size": 10, "line": {"width": 1.5, "color": colour}},
        error_x={"color": colour, "thickness": 1, "width": 2},
    )


@view("compare", every_task)
def by_alpha() -> go.Figure:
    """Rows: `by_alpha`. Accuracy against alpha for both scopes, p^alpha itself, and temperature 1/alpha beside it."""
    return sweep("by_alpha", "α (temperature: 1/τ), log axis", (*DIALLED, "temperature"))


@view("compare", every_task)
def by_steps() -> go.Figure:
    """Rows: `by_steps`. Accuracy against steps per block for both scopes, p^alpha itself as a line."""
    return sweep("by_steps", "N: steps per block (count)", type="linear", rangemode="tozero", tickvals=None)


@view("compare", every_task)
def by_block_size() -> go.Figure:
    """Rows: `by_block_size`. Accuracy against the block size, p^alpha itself as a line."""
    return sweep("by_block_size", "B: block size (tokens), log axis", tickvals=[1, 2, 4, 8, 16, 32, 64, 80])


def sweep(rows: str, title: str, groups: tuple[str, ...] = DIALLED, **axis: Any) -> go.Figure:
    x = {"title": title, "type": "log", "tickvals": [1, 1.5, 2, 3, 4, 6, 8, 10, 20], "zeroline": False, **axis}
    lines = (along(rows, group, "x", mode="lines+markers+text", textposition="top right") for group in groups)
    return compared(*lines, xaxis=x, yaxis=SHARE)


def along(rows: str, group: str, x: str, **look: str) -> go.Scatter:
    """A group's accuracies over some x, intervals standing; rows may carry a `mark`, written beside the point."""
    name, colour, symbol, dash = STYLES[group]
    fields = Fields(Accuracy, rows, {"group": group}, x=x, y="accuracy", text="mark", error_y=("up", "down"))
    return fields.lines(
        name,
        HOVER,
        line={"color": colour, "dash": dash, "width": 2},
        marker={"color": colour, "symbol": symbol, "size": 9},
        cliponaxis=False,
        error_y={"color": colour, "thickness": 1, "width": 2},
        **look,
    )


@view("compare", every_task)
def costs() -> go.Figure:
    """Rows: `costs`. Every method by the tokens of one answer; lines join what differs in steps or in n alone."""
    modes = dict.fromkeys(STYLES, "markers+text") | {"best_of": "lines+markers+text"}
    return compared(
        path("power_block"),
        path("power_completion"),
        *(along("costs", group, "drawn", mode=modes[group], textposition="top center") for group in STYLES),
        xaxis={
            "title": "tokens drawn an answer (count), log axis",
            "type": "log",
            "tickvals": DECADES,
            "zeroline": False,
        },
        yaxis=SHARE,
    )


def path(group: str) -> go.Scatter:
    """The way that more steps a block take."""
    name, colour, _, dash = STYLES[group]
    line = {"color": colour, "dash": dash, "width": 1.5}
    fields = Fields(Accuracy, "costs", {"path": group}, x="drawn", y="accuracy")
    return fields.lines(f"{name}: more steps", HOVER, showlegend=False, line=line)
