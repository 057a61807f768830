"""The proposal raster: which stretch each step proposed to rewrite, and what became of it."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Step
from explorer.analysis.run_rows import run_rows
from explorer.views.colours import HIGHLIGHT
from explorer.views.figure import POSITION_AXIS, STEP_HOVER, VERDICTS, Fields, declared, view


@view("explore", run_rows, "Proposals", "the tokens that each step proposed to rewrite, from its cut on")
def proposals() -> go.Figure:
    """Rows: `steps`. A bar runs from the cut over the proposed tokens; a tick marks the first real difference."""
    return declared(
        *(
            Fields(Step, "steps", where, x="cut", y="x", error_x=("reach", "zero")).dots(
                name,
                f"{STEP_HOVER}<br>tokens {{cut}} to {{last}} proposed anew",
                marker={"color": colour, "symbol": symbol, "size": 7},
                error_x={"color": colour, "thickness": 3, "width": 0},
            )
            for name, where, colour, symbol in VERDICTS
        ),
        Fields(Step, "steps", {"differs": True}, x="first_difference", y="x").dots(
            "first difference",
            f"{STEP_HOVER}<br>the texts differ from token %{{x}} on",
            marker={"color": HIGHLIGHT, "symbol": "line-ns-open", "size": 9, "line": {"width": 2}},
        ),
        xaxis=POSITION_AXIS,
        yaxis={"title": "draw", "autorange": "reversed", "zeroline": False},
    )
