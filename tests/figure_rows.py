"""Rows of every figure, as the product makes them from runs in small worlds."""

from made_up_results import made_up

from explorer.analysis.chain import figure_rows
from explorer.analysis.chain_draws import draws_frame
from explorer.analysis.comparison import every_task
from explorer.analysis.run_rows import run_rows
from sampler.core.records import PowerSettings, TemperatureSettings
from sampler.methods.run import run_chains, run_power
from sampler.methods.temperature import run_temperature
from sampler.models.table import endless_world
from sampler.trace.trace import Trace

SETTINGS = PowerSettings(alpha=2.0, max_new_tokens=12, block_size=4, steps_per_block=24)


def small_run() -> Trace:
    return Trace(run_power(endless_world(), "", SETTINGS))


def rows_by_page() -> dict[str, dict]:
    """Rows as the product makes them; those of the Tree page are made in the browser (test_hovers.py)."""
    chains = {chain: [] for chain in range(4)}
    for chain, event in run_chains(endless_world(), "", SETTINGS, chains):
        chains[chain].append(event)
    samples = Trace(run_temperature(endless_world(), "", TemperatureSettings(0.5, 12, 3, 0)))
    return {
        "explore": run_rows(small_run(), samples),
        "diagnostics": figure_rows(draws_frame(chains, str, "block"), str, {"x": (0.9, 0.95)}),
        "compare": every_task(made_up(problems=20, few=6)),
    }
