"""The waterfall of one decision: how log A adds up over positions, against log u."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Increment
from explorer.analysis.run_rows import run_rows
from explorer.views.colours import ACCEPTED, NEUTRAL, REJECTED
from explorer.views.figure import declared, fields, view

HOVER = (
    "token %{x}<br>proposed “%{customdata[0]}”: %{customdata[1]}<br>replaced “%{customdata[2]}”: %{customdata[3]}<br>"
    "adds %{y:.3f} nats<extra></extra>"
)


@view("explore", run_rows)
def waterfall() -> go.Figure:
    """Rows: `increments` of the selected step. A bar is one position's alpha*log p - log q, proposed minus replaced.

    With the temperature tied to 1/alpha that increment is log Z of the position. The line is the running sum from the
    cut term on; it ends at log A, which must be above log u.
    """
    return declared(
        bars("for", True, ACCEPTED, ""),
        bars("against", False, REJECTED, "x"),
        running(),
        threshold(),
        barmode="overlay",
        xaxis={"title": "position in the completion (tokens)", "zeroline": False},
        yaxis={"title": "log ratio (nats)", "zeroline": True},
    )


def bars(name: str, is_gain: bool, colour: str, pattern: str) -> go.Bar:
    """Positions that speak for (blue) or against (vermillion, hatched) the proposal."""
    return go.Bar(
        name=name,
        marker={"color": colour, "pattern": {"shape": pattern, "fgcolor": "white", "fillmode": "overlay", "size": 6}},
        hovertemplate=HOVER,
        meta=fields(
            Increment,
            "increments",
            {"is_gain": is_gain},
            ("proposed_token", "proposed_text", "replaced_token", "replaced_text"),
            x="position",
            y="increment",
        ),
    )


def running() -> go.Scatter:
    """The sum so far, from the cut term on."""
    return go.Scatter(
        name="running sum",
        mode="lines",
        line={"color": NEUTRAL, "width": 2, "shape": "hv"},
        hovertemplate="up to token %{x}: %{y:.3f} nats<extra></extra>",
        meta=fields(Increment, "increments", x="position", y="running"),
    )


def threshold() -> go.Scatter:
    """What log A must exceed."""
    return go.Scatter(
        name="log u",
        mode="lines",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dash"},
        hovertemplate="log u = %{y:.3f}: accepted if log A ends above<extra></extra>",
        meta=fields(Increment, "increments", x="position", y="log_u"),
    )
