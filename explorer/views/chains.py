"""Several chains of one run: their log-likelihood, what cuts came to, how they mix, and whether they agree."""

import plotly.graph_objects as go

from explorer.analysis.chain import figure_rows
from explorer.analysis.kinds import Agreement, ChainDraw, Correlation, CutShares, Distance
from explorer.views import colours
from explorer.views.figure import DRAW_AXIS, POSITION_AXIS, Fields, compared, declared, hatched, view

# Colour, dash and symbol of each chain (Okabe-Ito), never hue alone
CHAINS = (
    (colours.BLUE, "solid", "circle"),
    (colours.VERMILLION, "dash", "x"),
    (colours.GREEN, "dot", "diamond"),
    (colours.PINK, "dashdot", "square"),
    (colours.AMBER, "longdash", "triangle-up"),
    (colours.SKY, "longdashdot", "triangle-down"),
    (colours.GREY, "solid", "cross"),
    (colours.OLIVE, "dash", "star"),
)


@view(
    "diagnostics",
    figure_rows,
    "Log-likelihood of each chain",
    "Good: the lines mingle at one level; bad: each stays on a level of its own.",
)
def chain_traces() -> go.Figure:
    """Rows: `draws`. A line a chain: log p of its text after every draw."""
    lines = (
        Fields(ChainDraw, "draws", {"chain": number}, x="x", y="log_p").lines(
            f"chain {number}",
            f"<b>chain {number}</b> at draw %{{x}}, block {{number}}: {{what}}<br>log p of its text %{{y:.2f}} nats",
            mode="lines+markers",
            line={"shape": "hv", "color": colour, "dash": dash, "width": 1.6},
            marker={"color": colour, "symbol": symbol, "size": 6},
        )
        for number, (colour, dash, symbol) in enumerate(CHAINS)
    )
    return compared(*lines, xaxis=DRAW_AXIS, yaxis={"title": "log p of the text (nats)"})


@view(
    "diagnostics",
    figure_rows,
    "Acceptance by cut position",
    "Good: cuts change the text at early positions too; where all are rejected, the text before stands "
    "as it first fell.",
)
def cut_outcomes() -> go.Figure:
    """Rows: `cuts`. Of the cuts of all chains at each position, the share that came to each outcome."""
    outcomes = (
        ("accepted, text changed", "changed", hatched(colours.ACCEPTED, "")),
        ("accepted, same text", "same", hatched(colours.NEUTRAL, "/")),
        ("rejected", "rejected", hatched(colours.REJECTED, "x")),
    )
    return declared(
        *(
            Fields(CutShares, "cuts", x="position", y=field).bars(
                name, f"{name}: %{{y:.0%}} of the {{cuts}} cuts at token %{{x}}", marker=marker
            )
            for name, field, marker in outcomes
        ),
        barmode="stack",
        bargap=0.15,
        legend={"traceorder": "normal"},
        xaxis=POSITION_AXIS,
        yaxis={"title": "cuts here (share)", "range": [0, 1]},
    )


@view(
    "diagnostics",
    figure_rows,
    "Autocorrelation of log p",
    "Good: it falls to 0 within a few steps, far fewer than a stage has.",
)
def autocorrelation() -> go.Figure:
    """Rows: `lines`, a stage of a chain each with gaps between, and `mean` over them."""
    return declared(
        Fields(Correlation, "lines", x="lag", y="rho").lines(
            "a chain in a block",
            "chain {chain}, block {block}<br>log p now and %{x} steps later: correlation %{y:.2f}",
            connectgaps=False,
            line={"color": colours.NEUTRAL, "width": 1},
            opacity=0.6,
        ),
        Fields(Correlation, "mean", x="lag", y="rho").lines(
            "their mean",
            "mean of {stages} stages: log p now and %{x} steps later correlate with %{y:.2f}",
            mode="lines+markers",
            line={"color": colours.ACCEPTED, "width": 2.5},
            marker={"color": colours.ACCEPTED, "symbol": "circle", "size": 6},
        ),
        xaxis={"title": "lag (steps)", "zeroline": False, "rangemode": "tozero"},
        yaxis={"title": "autocorrelation (of log p)", "range": [-1, 1.05]},
    )


@view(
    "diagnostics",
    figure_rows,
    "Do the final texts agree?",
    "Good: positions on which all chains agree, or differ as the target itself does; the best single alarm for texts.",
)
def chain_agreement() -> go.Figure:
    """Rows: `positions` of the final texts: the share of the chains that hold the commonest token."""
    return declared(
        Fields(Agreement, "positions", x="position", y="share").bars(
            "commonest token",
            "token %{x}: %{y:.0%} of the chains hold {token}<br>{different} different tokens here",
            marker={"color": colours.HIGHLIGHT},
        ),
        bargap=0.15,
        xaxis=POSITION_AXIS,
        yaxis={"title": "commonest token (share)", "range": [0, 1]},
    )


@view(
    "diagnostics",
    figure_rows,
    "Total variation to p^α",
    "Good: the line comes down to the dashed one, what as many exact samples would have: with few chains "
    "chance alone keeps it up.",
)
def target_distance() -> go.Figure:
    """Rows: `distances`. Total variation of the chains' answers to the certified target as the chains grow."""
    return declared(
        Fields(Distance, "distances", x="x", y="distance").lines(
            "these chains (estimate)",
            "after draw %{x}: total variation %{y:.3f} to the certified target",
            mode="lines+markers",
            line={"shape": "hv", "color": colours.ACCEPTED, "width": 2},
            marker={"color": colours.ACCEPTED, "symbol": "circle", "size": 5},
        ),
        Fields(Distance, "distances", x="x", y="expected").lines(
            "as many exact samples (expected)",
            "as many exact, independent samples would have %{y:.3f} on average",
            line={"color": colours.TEMPERATURE, "dash": "dash", "width": 2},
        ),
        xaxis=DRAW_AXIS,
        yaxis={"title": "total variation of answers (0 to 1)", "range": [0, 1.02]},
    )
