"""The log-likelihood trace: the current text's log p at every draw, and every proposal's."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Moment, PathPoint, Sample, Step
from explorer.analysis.run_rows import run_rows
from explorer.views.colours import CLEAR, HIGHLIGHT, NEUTRAL, TEMPERATURE
from explorer.views.figure import DRAW_AXIS, STEP_HOVER, VERDICTS, Fields, declared, view


@view("explore", run_rows)
def log_likelihood() -> go.Figure:
    """Rows: `moments` (the line), `steps` (proposals), `replay` and `samples` (temperature, in the right margin).

    A drop line joins each proposal to the text that it was compared with. Rings are around the decisions that would
    turn at the slider's alpha; the replay is the whole chain at it.
    """
    return declared(
        Fields(Moment, "moments", x="x", y="total_log_p").lines(
            "current",
            "current text {when}<br>log p %{y:.2f} nats, {length} tokens",
            line={"shape": "hv", "color": NEUTRAL, "width": 2},
        ),
        *(
            Fields(Step, "steps", where, x="x", y="log_p_proposed", error_y=("up", "down")).dots(
                name,
                f"{STEP_HOVER}<br>log p of the proposed completion %{{y:.2f}} nats",
                marker={"color": colour, "symbol": symbol, "size": 8},
                error_y={"color": colour, "thickness": 1, "width": 0},
            )
            for name, where, colour, symbol in VERDICTS
        ),
        Fields(Step, "steps", {"would_turn": True}, x="x", y="log_p_proposed").dots(
            "would turn",
            "what-if, this decision only: at alpha {what_if_alpha} it would be {what_if_verdict}",
            marker={"color": CLEAR, "size": 15, "line": {"color": HIGHLIGHT, "width": 2.5}},
        ),
        Fields(PathPoint, "replay", x="x", y="total_log_p").lines(
            "replay",
            "the same draws at alpha {alpha_text}, {when}<br>log p %{y:.2f} nats of its own text",
            line={"shape": "hv", "color": HIGHLIGHT, "width": 2, "dash": "dash"},
        ),
        Fields(Sample, "samples", x="jitter", y="total_log_p").dots(
            "temperature",
            "temperature sample {number}<br>log p %{y:.2f} nats, {length} tokens",
            xaxis="x2",
            marker={"color": TEMPERATURE, "symbol": "diamond-open", "size": 8},
        ),
        xaxis={**DRAW_AXIS, "domain": [0, 0.86]},
        yaxis={"title": "log p of the completion (nats)"},
        xaxis2={"domain": [0.89, 1], "showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""},
        margin={"t": 44},
        legend={"y": 1.07},  # the blocks' names stand between legend and lines
    )
