"""Figures of the Tree page: completions sampled and exact, and the block size as a dial."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Completion, RunLaw
from explorer.views.colours import ACCEPTED, HIGHLIGHT, NEUTRAL, TEMPERATURE
from explorer.views.figure import Fields, declared, view

# Symbol and dash of the lines of block sizes 1, 2 and so on: as many as can be told apart
LOOKS = (("circle", "solid"), ("square-open", "dash"), ("triangle-up", "dot"), ("x", "dashdot"), ("star", "longdash"))
VARIATION = {"title": "total variation (0 to 1)", "rangemode": "tozero", "zeroline": False}


@view("tree")
def completions() -> go.Figure:
    """Rows: `completions`. Bars: p^alpha; dots: shares of the runs; ticks: the exact law of what such runs end with.

    Error bars are the certified interval of p^alpha where the tree is not whole, and Wilson's 95 % of the shares.
    """
    return declared(
        Fields(Completion, "completions", x="x", y="power", error_y=("power_error",)).bars(
            "p^α",
            "<b>{text}</b><br>p^α gives it {words}",
            marker={"color": HIGHLIGHT, "opacity": 0.55},
            error_y={"color": NEUTRAL, "thickness": 1.5, "width": 3},
        ),
        Fields(Completion, "completions", x="x", y="temperature").dots(
            "temperature 1/α",
            "<b>{text}</b><br>token-level temperature gives it %{y:.4f}",
            marker={"color": TEMPERATURE, "symbol": "diamond-open", "size": 8},
        ),
        Fields(Completion, "completions", x="x", y="run_law").dots(
            "exact law of such a run",
            "<b>{text}</b><br>such a run ends here with probability %{y:.4f}, exact",
            marker={"color": NEUTRAL, "symbol": "line-ew-open", "size": 16, "line": {"width": 3}},
        ),
        Fields(Completion, "completions", x="x", y="share", error_y=("up", "down")).dots(
            "runs (95 % interval)",
            "<b>{text}</b><br>{count} runs ended here: %{y:.4f}",
            marker={"color": ACCEPTED, "symbol": "circle", "size": 8},
            error_y={"color": ACCEPTED, "thickness": 1.5, "width": 3},
        ),
        xaxis={"title": {"text": "completion", "standoff": 8}, "zeroline": False, "type": "linear", "automargin": True},
        yaxis={"title": "probability", "rangemode": "tozero", "zeroline": False},
        bargap=0.25,
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
        *(
            distance(Fields(RunLaw, "at_steps", {"scope": scope}, x="block_size", y=y), *look)
            for scope, y, *look in lines
        ),
        xaxis={"title": "B: block size (tokens)", "dtick": 1, "zeroline": False},
        yaxis=VARIATION,
        margin={"t": 56},
    )


@view("tree")
def by_steps_of_dial() -> go.Figure:
    """Rows: `in_scope`: the distance to p^alpha against the steps a block, a line a block size."""
    lines = (
        distance(
            Fields(RunLaw, "in_scope", {"block_size": size}, x="steps", y="to_power"),
            *(f"B = {size}", ACCEPTED, symbol, dash),
            mode="lines",
        )
        for size, (symbol, dash) in enumerate(LOOKS, start=1)
    )
    return declared(
        *lines,
        xaxis={"title": "N: steps a block (count)", "zeroline": False},
        yaxis={**VARIATION, "title": "total variation to p^α"},
    )


def distance(fields: Fields, name: str, colour: str, symbol: str, dash: str, mode: str = "lines+markers") -> go.Scatter:
    return fields.lines(
        name,
        "B {block_size}, N {steps}, cuts in the {scope}<br>total variation %{y:.4f}, exact"
        f"<extra>{name}</extra>",
        mode=mode,
        line={"color": colour, "dash": dash, "width": 2},
        marker={"symbol": symbol, "size": 8},
    )
