"""The log-likelihood trace: the current text's log p at every draw, and every proposal's."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Moment, PathPoint, Sample, Step
from explorer.analysis.run_rows import run_rows
from explorer.views.colours import ACCEPTED, CLEAR, HIGHLIGHT, NEUTRAL, REJECTED, TEMPERATURE
from explorer.views.figure import STEP, STEP_HOVER, declared, fields, view


@view("explore", run_rows)
def log_likelihood() -> go.Figure:
    """Rows: `moments` (the line), `steps` (proposals), `replay` and `samples` (temperature, in the right margin)."""
    return declared(
        current(),
        proposals("accepted", True, ACCEPTED, "circle"),
        proposals("rejected", False, REJECTED, "x"),
        what_if(),
        replay(),
        temperature_samples(),
        xaxis={"title": "draw (steps of the whole run)", "domain": [0, 0.86], "zeroline": False, "minallowed": -1},
        yaxis={"title": "log p of the completion (nats)"},
        xaxis2={"domain": [0.89, 1], "showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""},
        margin={"t": 44},
        legend={"y": 1.07},  # the blocks' names stand between legend and lines
    )


def current() -> go.Scatter:
    """The line of the current text."""
    return go.Scatter(
        name="current",
        mode="lines",
        line={"shape": "hv", "color": NEUTRAL, "width": 2},
        hovertemplate="current text %{customdata[1]}<br>log p %{y:.2f} nats, %{customdata[0]} tokens<extra></extra>",
        meta=fields(Moment, "moments", custom=("length", "when"), x="x", y="total_log_p"),
    )


def proposals(name: str, is_accepted: bool, colour: str, symbol: str) -> go.Scatter:
    """Proposals of one verdict, each joined to the text it was compared with by a drop line."""
    return go.Scatter(
        name=name,
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 8},
        error_y={"type": "data", "symmetric": False, "arrayminus": [], "color": colour, "thickness": 1, "width": 0},
        hovertemplate=f"{STEP_HOVER}<br>log p of the proposed completion %{{y:.2f}} nats<extra></extra>",
        meta=fields(
            Step,
            "steps",
            {"is_accepted": is_accepted},
            STEP,
            x="x",
            y="log_p_proposed",
            error_y__array="up",
            error_y__arrayminus="down",
        ),
    )


def what_if() -> go.Scatter:
    """Rings around the decisions that would turn at the slider's alpha."""
    return go.Scatter(
        name="would turn",
        mode="markers",
        marker={"color": CLEAR, "size": 15, "line": {"color": HIGHLIGHT, "width": 2.5}},
        hovertemplate=(
            "what-if, this decision only: at alpha %{customdata[0]} it would be %{customdata[1]}<extra></extra>"
        ),
        meta=fields(
            Step, "steps", {"would_turn": True}, ("what_if_alpha", "what_if_verdict"), x="x", y="log_p_proposed"
        ),
    )


def replay() -> go.Scatter:
    """The same draws at the slider's alpha: the whole chain, computed anew."""
    return go.Scatter(
        name="replay",
        mode="lines",
        line={"shape": "hv", "color": HIGHLIGHT, "width": 2, "dash": "dash"},
        hovertemplate=(
            "the same draws at alpha %{customdata[0]}, %{customdata[1]}<br>log p %{y:.2f} nats of its own text"
            "<extra></extra>"
        ),
        meta=fields(PathPoint, "replay", {}, ("alpha_text", "when"), x="x", y="total_log_p"),
    )


def temperature_samples() -> go.Scatter:
    """Temperature samples in the right margin, spread sideways so that they can be told apart."""
    return go.Scatter(
        name="temperature",
        mode="markers",
        xaxis="x2",
        marker={"color": TEMPERATURE, "symbol": "diamond-open", "size": 8},
        hovertemplate=(
            "temperature sample %{customdata[0]}<br>log p %{y:.2f} nats, %{customdata[1]} tokens<extra></extra>"
        ),
        meta=fields(Sample, "samples", {}, ("number", "length"), x="jitter", y="total_log_p"),
    )
