"""Pivotal positions: where the model is unsure, and where a cut changed the text."""

import plotly.graph_objects as go

from explorer.views.figure import ACCEPTED, HIGHLIGHT, NEUTRAL, REJECTED, declared, fields

CUTS_HOVER = "token %{x} %{customdata[0]}<br>%{y} of %{customdata[1]} cuts here %{customdata[2]}<extra></extra>"


def pivotal_positions() -> go.Figure:
    """Rows: `positions` of the selected moment. Above: entropy of the next-token row; below: cuts by what they did."""
    return declared(
        entropy(),
        cuts("changed", "changed_cuts", ACCEPTED, "changed_words"),
        cuts("same", "same_cuts", NEUTRAL, "same_words"),
        cuts("rejected", "rejected_cuts", REJECTED, "rejected_words"),
        barmode="stack",
        legend={"traceorder": "normal"},
        bargap=0.15,
        xaxis={"title": "position in the completion (tokens)", "zeroline": False, "minallowed": -1, "anchor": "y2"},
        yaxis={"title": "entropy (nats)", "domain": [0.54, 1], "rangemode": "tozero"},
        yaxis2={"title": "cuts (count)", "domain": [0, 0.46], "rangemode": "tozero"},
    )


def entropy() -> go.Bar:
    """Entropy of the row that each token was drawn from."""
    return go.Bar(
        name="entropy",
        marker={"color": HIGHLIGHT},
        hovertemplate="token %{x} %{customdata[0]}<br>entropy %{y:.3f} nats over the whole vocabulary<extra></extra>",
        meta=fields("positions", "", ("token",), x="position", y="entropy"),
    )


def cuts(name: str, field: str, colour: str, words: str) -> go.Bar:
    """How many cuts at each position came to one outcome."""
    pattern = {"shape": "x" if colour == REJECTED else "", "fgcolor": "white", "fillmode": "overlay", "size": 6}
    return go.Bar(
        name=name,
        yaxis="y2",
        marker={"color": colour, "pattern": pattern},
        hovertemplate=CUTS_HOVER,
        meta=fields("positions", "", ("token", "cuts", words), x="position", y=field),
    )
