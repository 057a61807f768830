"""The proposal raster: which stretch each step proposed to rewrite, and what became of it."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Step
from explorer.analysis.run_rows import run_rows
from explorer.views.colours import ACCEPTED, HIGHLIGHT, REJECTED
from explorer.views.figure import STEP, STEP_HOVER, declared, fields, view


@view("explore", run_rows, "Proposals", "the tokens that each step proposed to rewrite, from its cut on")
def proposals() -> go.Figure:
    """Rows: `steps`. A bar runs from the cut over the proposed tokens; a tick marks the first real difference."""
    return declared(
        stretch("accepted", True, ACCEPTED, "circle"),
        stretch("rejected", False, REJECTED, "x"),
        differences(),
        xaxis={"title": "position in the completion (tokens)", "zeroline": False, "minallowed": -1},
        yaxis={"title": "draw", "autorange": "reversed", "zeroline": False},
    )


def stretch(name: str, is_accepted: bool, colour: str, symbol: str) -> go.Scatter:
    """Proposals of one verdict, each a bar from its cut over the proposed tokens."""
    bar = {"type": "data", "symmetric": False, "arrayminus": [], "color": colour, "thickness": 3, "width": 0}
    return go.Scatter(
        name=name,
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 7},
        error_x=bar,
        hovertemplate=f"{STEP_HOVER}<br>tokens %{{customdata[3]}} to %{{customdata[7]}} proposed anew<extra></extra>",
        meta=fields(
            Step,
            "steps",
            {"is_accepted": is_accepted},
            (*STEP, "last"),
            x="cut",
            y="x",
            error_x__array="reach",
            error_x__arrayminus="zero",
        ),
    )


def differences() -> go.Scatter:
    """Where proposed and replaced tokens first differ."""
    return go.Scatter(
        name="first difference",
        mode="markers",
        marker={"color": HIGHLIGHT, "symbol": "line-ns-open", "size": 9, "line": {"width": 2}},
        hovertemplate=f"{STEP_HOVER}<br>the texts differ from token %{{x}} on<extra></extra>",
        meta=fields(Step, "steps", {"differs": True}, STEP, x="first_difference", y="x"),
    )
