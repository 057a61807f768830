"""The evolution of the frozen blocks: every draw a row, every position a column, each cell a token."""

import plotly.graph_objects as go

from explorer.analysis.kinds import Moment, Position, Step
from explorer.analysis.run_rows import run_rows
from explorer.views.colours import BLUES, GREENS, NEUTRAL, ORANGES, PURPLES
from explorer.views.figure import POSITION_AXIS, STEP_HOVER, VERDICTS, Fields, declared, view

COLOURINGS = {
    "age": {"title": "age (moments)", "colorscale": BLUES, "zmin": 0},
    "log_p": {"title": "log p (nats)", "colorscale": PURPLES, "zmax": 0},
    "entropy": {"title": "entropy (nats)", "colorscale": ORANGES, "zmin": 0},
    "survived": {"title": "challenges survived", "colorscale": GREENS, "zmin": 0},
}


@view("explore", run_rows)
def block_history() -> go.Figure:
    """Rows: `moments` (the cells), `steps` (a mark at each cut), `positions` of the newest moment (the bars below).

    `layout.meta` holds the four colourings.
    """
    return declared(
        cells(),
        *(
            Fields(Step, "steps", where, x="cut", y="x").dots(
                name,
                STEP_HOVER,
                marker={"color": colour, "symbol": symbol, "size": 7, "line": {"color": "white", "width": 1}},
            )
            for name, where, colour, symbol in VERDICTS
        ),
        Fields(Position, "positions", x="position", y="share").bars(
            "commonest token",
            "position %{x}: in %{y:.0%} of the last 10 rows its commonest token",
            yaxis="y2",
            showlegend=False,
            marker={"color": NEUTRAL},
        ),
        xaxis={**POSITION_AXIS, "showgrid": False, "anchor": "y2"},
        yaxis={
            "title": "draw, newest at the bottom",
            "autorange": "reversed",
            "zeroline": False,
            "showgrid": False,
            "domain": [0.2, 1],
        },
        yaxis2={"title": "share", "domain": [0, 0.11], "range": [0, 1], "tickvals": [0, 1]},
        bargap=0.15,
        margin={"t": 50, "autoexpand": False},
        meta={"colourings": COLOURINGS},
    )


def cells() -> go.Heatmap:
    return Fields(Moment, "moments", y="x", z="age", text="cell_texts").series(
        go.Heatmap,
        "tokens",
        "%{text}",
        xgap=0.5,
        colorbar={
            "orientation": "h",
            "thickness": 8,
            "len": 0.4,
            "x": 1,
            "xanchor": "right",
            "y": 1.01,
            "yanchor": "bottom",
            "title": {"text": COLOURINGS["age"]["title"], "side": "top", "font": {"size": 11}},
            "tickfont": {"size": 10},
            "nticks": 5,
        },
        colorscale=BLUES,
        zmin=0,
        hoverongaps=False,
    )
