"""What goes over the wire to the browser: compact JSON strings of rows."""

import json
import math
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from explorer.views import chains, many_answers, method_accuracy, trees
from explorer.views.block_history import block_history
from explorer.views.figure import template
from explorer.views.log_likelihood import log_likelihood
from explorer.views.pivotal_positions import pivotal_positions
from explorer.views.proposals import proposals
from explorer.views.waterfall import waterfall

FIGURES = {
    figure.__name__: figure for figure in (log_likelihood, block_history, proposals, pivotal_positions, waterfall)
}
DIAGNOSTICS = {
    figure.__name__: figure
    for figure in (
        chains.chain_traces,
        chains.cut_outcomes,
        chains.autocorrelation,
        chains.chain_agreement,
        chains.target_distance,
    )
}
COMPARISON = {  # by the rows that each draws
    "accuracy": method_accuracy.accuracy,
    "log_likelihood": many_answers.log_likelihood_histogram,
    "confidence": many_answers.confidence_histogram,
    "pass_at_k": many_answers.pass_at_k,
    "by_alpha": method_accuracy.by_alpha,
    "by_steps": method_accuracy.by_steps,
    "by_block_size": method_accuracy.by_block_size,
    "costs": method_accuracy.costs,
    "novelty": many_answers.novelty,
    "ranks": many_answers.ranks,
}
TREES = {figure.__name__: figure for figure in (trees.completions, trees.by_block, trees.by_steps_of_dial)}
SIGNIFICANT_DIGITS = 6  # enough for the eye; the trace keeps every digit


def packet(**content: Any) -> str:
    """One packet: numbers to SIGNIFICANT_DIGITS, infinities as "inf" and "-inf", ASCII only."""
    return json.dumps(compact(content), allow_nan=False, separators=(",", ":"))


def compact(value: Any) -> Any:
    """JSON's own types with short numbers."""
    if isinstance(value, float):
        return short(value)
    if isinstance(value, dict):
        return {key: compact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [compact(item) for item in value]
    return value


def short(value: float) -> float | int | str:
    """A number with SIGNIFICANT_DIGITS, infinities as text."""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    rounded = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def views(figures: dict[str, Callable[[], go.Figure]] = FIGURES) -> dict[str, Any]:
    """Every figure's declaration and the two themes, for the browser to fill and draw."""
    return {
        "figures": {name: without_template(figure().to_plotly_json()) for name, figure in figures.items()},
        "templates": {theme: template(theme) for theme in ("light", "dark")},
    }


def without_template(figure: dict[str, Any]) -> dict[str, Any]:
    """The declaration without its theme, which travels once for all figures."""
    del figure["layout"]["template"]
    return figure
