"""What many answers of one method look like: pass@k, likelihood and confidence under the base model, ranks."""

import plotly.graph_objects as go

from explorer.analysis.comparison import every_task
from explorer.analysis.kinds import Bin, Novelty, PassAtK
from explorer.analysis.methods import DRAWN, FIGURE_4
from explorer.views.colours import NEUTRAL
from explorer.views.figure import STYLES, Fields, compared, view

K_AXIS = {
    "title": "k: samples (count), log axis",
    "type": "log",
    "tickvals": [1, 2, 4, 8, 16, 32, 64],
    "zeroline": False,
}
PASSED = {"title": "solved (share of problems)", "range": [0, 1.02], "zeroline": False}


@view("compare", every_task)
def pass_at_k() -> go.Figure:
    """Rows: `pass_at_k`. A curve a group, as far as its samples reach."""
    return compared(*(pass_curve(group) for group in DRAWN), xaxis=K_AXIS, yaxis=PASSED)


def pass_curve(group: str) -> go.Scatter:
    name, colour, _, dash = STYLES[group]
    return Fields(PassAtK, "pass_at_k", x="k", y=group).lines(
        name,
        f"<b>{name}</b>, pass@%{{x}}: %{{y:.3f}}<br>95 % interval {{{group}_interval}}, n {{n}} problems"
        "<br>estimated without bias from all samples of each problem (Chen et al. 2021)",
        line={"color": colour, "dash": dash, "width": 2.5},
    )


@view("compare", every_task)
def log_likelihood_histogram() -> go.Figure:
    """Rows: `log_likelihood_histogram`. First answers by log p a token under the base model, a group an outline."""
    return histogram("log_likelihood_histogram", "log p a token under the base model (nats)")


@view("compare", every_task)
def confidence_histogram() -> go.Figure:
    """Rows: `confidence_histogram`. First answers by minus the mean entropy of the base model's rows."""
    return histogram("confidence_histogram", "confidence: minus mean entropy (nats a token)")


@view("compare", every_task)
def ranks() -> go.Figure:
    """Rows: `ranks`. First answers by the share of the base model's samples that are less likely than they are."""
    even = Fields(Bin, "ranks", x="x", y="even").lines(
        "base samples themselves",
        "base samples rank evenly among themselves: %{y:.3f} a bin",
        line={"color": NEUTRAL, "dash": "dot", "width": 2},
    )
    title = "base samples that are less likely (share)"
    return histogram("ranks", title, even, groups=("power_block", "tuned"))


def histogram(rows: str, title: str, *more: go.Scatter, groups: tuple[str, ...] = FIGURE_4) -> go.Figure:
    return compared(
        *(outline(rows, group) for group in groups),
        *more,
        xaxis={"title": title, "zeroline": False},
        yaxis={"title": "answers (share in the bin)", "rangemode": "tozero", "zeroline": False},
    )


def outline(rows: str, group: str) -> go.Scatter:
    name, colour, _, dash = STYLES[group]
    return Fields(Bin, rows, x="x", y=group).lines(
        name,
        f"<b>{name}</b>: {{{group}_count}} of {{n}} first answers (share %{{y:.3f}})<br>in the bin {{span}}",
        fill="tozeroy",
        fillcolor=f"{colour}1a",
        line={"color": colour, "dash": dash, "width": 2, "shape": "hv"},
    )


@view("compare", every_task)
def novelty() -> go.Figure:
    """Rows: `novelty`. pass@k of the base model on the problems that the RL-tuned model solves, and on all."""
    return compared(
        reach("solved", "problems that RL solves", STYLES["tuned"][1], "solid", "n"),
        reach("every", "all problems", NEUTRAL, "dash", "n_every"),
        xaxis={**K_AXIS, "title": "k: base samples (count), log axis"},
        yaxis={**PASSED, "title": "solved by base (share)"},
    )


def reach(field: str, name: str, colour: str, dash: str, n: str) -> go.Scatter:
    return Fields(Novelty, "novelty", x="k", y=field).lines(
        name,
        f"<b>base model, {name}</b><br>solved within %{{x}} samples: %{{y:.3f}}, n {{{n}}} problems<br>"
        "estimated without bias from all its samples (Chen et al. 2021)",
        mode="lines+markers",
        marker={"size": 5, "symbol": "circle" if dash == "solid" else "square-open"},
        line={"color": colour, "dash": dash, "width": 2.5},
    )
