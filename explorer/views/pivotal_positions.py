"""Pivotal positions: one of three measures by position, and below it what cuts there have done."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Measured, Position
from explorer.analysis.run_rows import run_rows
from explorer.views.colours import ACCEPTED, HIGHLIGHT, NEUTRAL, PINK, REJECTED, SKY
from explorer.views.figure import POSITION_AXIS, Fields, declared, hatched, view

TOKEN = "token %{x} “{token}”"
MEASURES = {  # what each is, its axis title, and its colour
    "entropy": ("entropy of the base model's next token", "entropy (nats)", HIGHLIGHT),
    "power_gain": ("KL of power from temperature 1/α at this choice", "power gain (nats)", PINK),
    "success_delta": ("change of P(right answer) when this token is fixed", "success delta (probability)", SKY),
}


@view("explore", run_rows)
def pivotal_positions() -> go.Figure:
    """Rows: `positions` of the selected moment below; above, those of the chosen measure, under its name.

    `meta.titles` names its axis.
    """
    return declared(
        *(bars(measure, is_exact) for measure in MEASURES for is_exact in (True, False)),
        cuts("changed", "changed_cuts", hatched(ACCEPTED, ""), "changed the text"),
        cuts("same", "same_cuts", hatched(NEUTRAL, ""), "drew the same text again"),
        cuts("rejected", "rejected_cuts", hatched(REJECTED, "x"), "were rejected"),
        barmode="stack",
        legend={"traceorder": "normal"},
        bargap=0.15,
        meta={"titles": {measure: title for measure, (_, title, _) in MEASURES.items()}},
        xaxis={**POSITION_AXIS, "anchor": "y2"},
        yaxis={
            "title": MEASURES["entropy"][1],
            "domain": [0.54, 1],
            "rangemode": "tozero",
            "nticks": 5,
            "automargin": True,
        },
        yaxis2={"title": "cuts (count)", "domain": [0, 0.46], "rangemode": "tozero"},
    )


def bars(measure: str, is_exact: bool) -> go.Bar:
    """A measure where it is exact, or where it is an estimate: hatched, with its error."""
    meaning, title, colour = MEASURES[measure]
    error = {} if is_exact else {"error_y": ("error", "below")}
    return Fields(Measured, measure, {"is_exact": is_exact}, x="position", y="value", **error).bars(
        f"{title.split(' (')[0]}, {'exact' if is_exact else 'estimated'}",
        f"{TOKEN}<br>{{words}}<br>{meaning}",
        showlegend=False,
        marker={"color": colour, "pattern": {"shape": "" if is_exact else "/", "fillmode": "overlay", "size": 6}},
        error_y={"visible": not is_exact, "color": NEUTRAL, "thickness": 1.5, "width": 2},
    )


def cuts(name: str, field: str, marker: dict, words: str) -> go.Bar:
    hover = f"{TOKEN}<br>%{{y}} of {{cuts}} cuts here {words}"
    return Fields(Position, "positions", x="position", y=field).bars(name, hover, yaxis="y2", marker=marker)
