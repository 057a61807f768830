"""Several chains of one run: their log-likelihood, what cuts came to, how they mix, and whether they agree."""

import plotly.graph_objects as go

from explorer.analysis.chain import chain_rows
from explorer.analysis.kinds import Agreement, ChainDraw, Correlation, CutShares, Distance
from explorer.views.colours import (
    ACCEPTED,
    AMBER,
    BLUE,
    GREEN,
    GREY,
    HIGHLIGHT,
    NEUTRAL,
    OLIVE,
    PINK,
    REJECTED,
    SKY,
    TEMPERATURE,
    VERMILLION,
)
from explorer.views.figure import declared, fields, view

# Colour, dash and symbol of each chain (Okabe-Ito), never hue alone
CHAINS = (
    (BLUE, "solid", "circle"),
    (VERMILLION, "dash", "x"),
    (GREEN, "dot", "diamond"),
    (PINK, "dashdot", "square"),
    (AMBER, "longdash", "triangle-up"),
    (SKY, "longdashdot", "triangle-down"),
    (GREY, "solid", "cross"),
    (OLIVE, "dash", "star"),
)
DRAW_AXIS = {"title": "draw (steps of the whole run)", "zeroline": False, "minallowed": -1}
POSITION_AXIS = {"title": "position in the completion (tokens)", "zeroline": False, "minallowed": -1}


@view(
    "diagnostics",
    chain_rows,
    "Log-likelihood of each chain",
    "Good: the lines mingle at one level; bad: each stays on a level of its own.",
)
def chain_traces() -> go.Figure:
    """Rows: `draws`. A line a chain: log p of its text after every draw."""
    lines = (one_chain(number, *style) for number, style in enumerate(CHAINS))
    return declared(*lines, xaxis=DRAW_AXIS, yaxis={"title": "log p of the text (nats)"}, meta={"only_filled": True})


def one_chain(number: int, colour: str, dash: str, symbol: str) -> go.Scatter:
    """The line of one chain, its own marks on it."""
    return go.Scatter(
        name=f"chain {number}",
        mode="lines+markers",
        line={"shape": "hv", "color": colour, "dash": dash, "width": 1.6},
        marker={"color": colour, "symbol": symbol, "size": 6},
        hovertemplate=(
            f"<b>chain {number}</b> at draw %{{x}}, block %{{customdata[0]}}: %{{customdata[1]}}<br>"
            "log p of its text %{y:.2f} nats<extra></extra>"
        ),
        meta=fields(ChainDraw, "draws", {"chain": number}, ("number", "what"), x="x", y="log_p"),
    )


@view(
    "diagnostics",
    chain_rows,
    "Acceptance by cut position",
    "Good: cuts change the text at early positions too; where all are rejected, the text before stands "
    "as it first fell.",
)
def cut_outcomes() -> go.Figure:
    """Rows: `cuts`. Of the cuts of all chains at each position, the share that came to each outcome."""
    return declared(
        outcome("accepted, text changed", "changed", ACCEPTED, ""),
        outcome("accepted, same text", "same", NEUTRAL, "/"),
        outcome("rejected", "rejected", REJECTED, "x"),
        barmode="stack",
        bargap=0.15,
        legend={"traceorder": "normal"},
        xaxis=POSITION_AXIS,
        yaxis={"title": "cuts here (share)", "range": [0, 1]},
    )


def outcome(name: str, field: str, colour: str, shape: str) -> go.Bar:
    """Shares of one outcome."""
    return go.Bar(
        name=name,
        marker={"color": colour, "pattern": {"shape": shape, "fgcolor": "white", "fillmode": "overlay", "size": 6}},
        hovertemplate=f"{name}: %{{y:.0%}} of the %{{customdata[0]}} cuts at token %{{x}}<extra></extra>",
        meta=fields(CutShares, "cuts", {}, ("cuts",), x="position", y=field),
    )


@view(
    "diagnostics",
    chain_rows,
    "Autocorrelation of log p",
    "Good: it falls to 0 within a few steps, far fewer than a stage has.",
)
def autocorrelation() -> go.Figure:
    """Rows: `lines`, a stage of a chain each with gaps between, and `mean` over them."""
    return declared(
        go.Scatter(
            name="a chain in a block",
            mode="lines",
            connectgaps=False,
            line={"color": NEUTRAL, "width": 1},
            opacity=0.6,
            hovertemplate=(
                "chain %{customdata[1]}, block %{customdata[0]}<br>log p now and %{x} steps later: correlation "
                "%{y:.2f}<extra></extra>"
            ),
            meta=fields(Correlation, "lines", {}, ("block", "chain"), x="lag", y="rho"),
        ),
        go.Scatter(
            name="their mean",
            mode="lines+markers",
            line={"color": ACCEPTED, "width": 2.5},
            marker={"color": ACCEPTED, "symbol": "circle", "size": 6},
            hovertemplate=(
                "mean of %{customdata[0]} stages: log p now and %{x} steps later correlate with %{y:.2f}<extra></extra>"
            ),
            meta=fields(Correlation, "mean", {}, ("stages",), x="lag", y="rho"),
        ),
        xaxis={"title": "lag (steps)", "zeroline": False, "rangemode": "tozero"},
        yaxis={"title": "autocorrelation (of log p)", "range": [-1, 1.05]},
    )


@view(
    "diagnostics",
    chain_rows,
    "Do the final texts agree?",
    "Good: positions on which all chains agree, or differ as the target itself does; the best single alarm for texts.",
)
def chain_agreement() -> go.Figure:
    """Rows: `positions` of the final texts: the share of the chains that hold the commonest token."""
    return declared(
        go.Bar(
            name="commonest token",
            marker={"color": HIGHLIGHT},
            hovertemplate=(
                "token %{x}: %{y:.0%} of the chains hold %{customdata[0]}<br>%{customdata[1]} different tokens here"
                "<extra></extra>"
            ),
            meta=fields(Agreement, "positions", {}, ("token", "different"), x="position", y="share"),
        ),
        bargap=0.15,
        xaxis=POSITION_AXIS,
        yaxis={"title": "commonest token (share)", "range": [0, 1]},
    )


@view(
    "diagnostics",
    chain_rows,
    "Total variation to p^α",
    "Good: the line comes down to the dashed one, what as many exact samples would have: with few chains "
    "chance alone keeps it up.",
)
def target_distance() -> go.Figure:
    """Rows: `distances`. Total variation of the chains' answers to the certified target as the chains grow."""
    return declared(
        go.Scatter(
            name="these chains (estimate)",
            mode="lines+markers",
            line={"shape": "hv", "color": ACCEPTED, "width": 2},
            marker={"color": ACCEPTED, "symbol": "circle", "size": 5},
            hovertemplate="after draw %{x}: total variation %{y:.3f} to the certified target<extra></extra>",
            meta=fields(Distance, "distances", x="x", y="distance"),
        ),
        go.Scatter(
            name="as many exact samples (expected)",
            mode="lines",
            line={"color": TEMPERATURE, "dash": "dash", "width": 2},
            hovertemplate="as many exact, independent samples would have %{y:.3f} on average<extra></extra>",
            meta=fields(Distance, "distances", x="x", y="expected"),
        ),
        xaxis=DRAW_AXIS,
        yaxis={"title": "total variation of answers (0 to 1)", "range": [0, 1.02]},
    )
