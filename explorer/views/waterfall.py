"""The waterfall of one decision: how log A adds up over positions, against log u."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Increment
from explorer.analysis.run_rows import run_rows
from explorer.views.colours import ACCEPTED, NEUTRAL, REJECTED
from explorer.views.figure import Fields, declared, hatched, view

HOVER = (
    "token %{x}<br>proposed “{proposed_token}”: {proposed_text}<br>replaced “{replaced_token}”: {replaced_text}<br>"
    "adds %{y:.3f} nats"
)


@view("explore", run_rows)
def waterfall() -> go.Figure:
    """Rows: `increments` of the selected step. A bar is one position's alpha*log p - log q, proposed minus replaced.

    With the temperature tied to 1/alpha that increment is log Z of the position. The line is the running sum from the
    cut term on; it ends at log A, which must be above log u.
    """
    gains, losses = (
        Fields(Increment, "increments", {"is_gain": is_gain}, x="position", y="increment") for is_gain in (True, False)
    )
    return declared(
        gains.bars("for", HOVER, marker=hatched(ACCEPTED, "")),
        losses.bars("against", HOVER, marker=hatched(REJECTED, "x")),
        Fields(Increment, "increments", x="position", y="running").lines(
            "running sum",
            "up to token %{x}: %{y:.3f} nats",
            line={"color": NEUTRAL, "width": 2, "shape": "hv"},
        ),
        Fields(Increment, "increments", x="position", y="log_u").lines(
            "log u",
            "log u = %{y:.3f}: accepted if log A ends above",
            line={"color": NEUTRAL, "width": 1.5, "dash": "dash"},
        ),
        barmode="overlay",
        xaxis={"title": "position in the completion (tokens)", "zeroline": False},
        yaxis={"title": "log ratio (nats)", "zeroline": True},
    )
