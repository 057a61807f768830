"""The figures: each declared once, filled by calling it, for example `log_likelihood(trace)`. Plotly only."""

from explorer.views.block_history import block_history
from explorer.views.chains import autocorrelation, chain_agreement, chain_traces, cut_outcomes, target_distance
from explorer.views.figure import VIEWS
from explorer.views.log_likelihood import log_likelihood
from explorer.views.many_answers import confidence_histogram, log_likelihood_histogram, novelty, pass_at_k, ranks
from explorer.views.method_accuracy import accuracy, by_alpha, by_block_size, by_steps, costs
from explorer.views.pivotal_positions import pivotal_positions
from explorer.views.proposals import proposals
from explorer.views.trees import by_block, by_steps_of_dial, completions
from explorer.views.waterfall import waterfall

__all__ = [
    "VIEWS",
    "accuracy",
    "autocorrelation",
    "block_history",
    "by_alpha",
    "by_block",
    "by_block_size",
    "by_steps",
    "by_steps_of_dial",
    "chain_agreement",
    "chain_traces",
    "completions",
    "confidence_histogram",
    "costs",
    "cut_outcomes",
    "log_likelihood",
    "log_likelihood_histogram",
    "novelty",
    "pass_at_k",
    "pivotal_positions",
    "proposals",
    "ranks",
    "target_distance",
    "waterfall",
]
