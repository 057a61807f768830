"""The figures by structure: declared once, filled from golden, empty and one-step runs."""

import json
import math

import pytest

from explorer.analysis.chain import figure_rows
from explorer.analysis.chain_draws import draws_frame
from explorer.analysis.run_rows import run_rows
from explorer.page.packets import DIAGNOSTICS, FIGURES, compact, packet, views
from explorer.views.chains import CHAINS
from explorer.views.figure import ACCEPTED, REJECTED, column, template
from sampler.core.records import PowerSettings
from sampler.methods.run import run_chains, run_power
from sampler.models.table import endless_world, flat_world
from sampler.trace.trace import Trace


def rows_of(steps: int) -> dict:
    settings = PowerSettings(alpha=2.0, max_new_tokens=12, block_size=4, steps_per_block=steps)
    rows = run_rows(Trace(run_power(flat_world(), "", settings)))
    gain = [row | {"error": 0.1, "below": 0.0, "is_exact": False} for row in rows["entropy"]]
    return rows | {"power_gain": gain}


CASES = {"empty": {}, "no step": rows_of(0), "one step": rows_of(1), "a run": rows_of(12)}
every_figure = pytest.mark.parametrize("name", FIGURES)


@every_figure
@pytest.mark.parametrize("case", CASES)
def test_fills_without_nan(name, case):
    figure = FIGURES[name].filled(CASES[case])
    values = json.loads(figure.to_json())
    assert not [x for x in numbers(values) if isinstance(x, float) and not math.isfinite(x)]
    assert len(figure.data) == len(FIGURES[name].declaration.data)


def chains_of(chains: int, steps: int) -> dict:
    settings = PowerSettings(alpha=2.0, max_new_tokens=12, block_size=4, steps_per_block=steps)
    told = {chain: [] for chain in range(chains)}
    for chain, event in run_chains(endless_world(), "", settings, told):
        told[chain].append(event)
    return figure_rows(draws_frame(told, str, "block"), str, {"x": (0.9, 0.95)})


DIAGNOSED = {"empty": {}, "no step": chains_of(2, 0), "one chain, one step": chains_of(1, 1), "eight": chains_of(8, 24)}


@pytest.mark.parametrize("name", DIAGNOSTICS)
@pytest.mark.parametrize("case", DIAGNOSED)
def test_diagnostics_fill_explain_themselves_and_name_units(name, case):
    figure = DIAGNOSTICS[name].filled(DIAGNOSED[case])
    values = json.loads(figure.to_json())
    assert not [x for x in numbers(values) if isinstance(x, float) and not math.isfinite(x)]
    assert all(series.hovertemplate and series.name for series in figure.data)
    assert all("(" in axis.title.text for axis in (figure.layout.xaxis, figure.layout.yaxis))
    assert case != "eight" or any(len(series.x) for series in figure.data)


def test_chains_are_told_apart_by_more_than_hue():
    lines = DIAGNOSTICS["chain_traces"].declaration.data
    assert len(lines) == len(CHAINS) == 8
    assert len({(line.line.dash, line.marker.symbol) for line in lines}) == 8
    drawn = DIAGNOSTICS["chain_traces"].filled(DIAGNOSED["eight"]).data
    draws = DIAGNOSED["eight"]["draws"]
    assert [list(line.y) for line in drawn] == [[row["log_p"] for row in draws if row["chain"] == i] for i in range(8)]
    assert len(draws) == 8 * 3 * 25


def test_outcomes_of_cuts_stack_up_to_all_cuts():
    rows = CASES["a run"]
    by_name = {series.name: series.y for series in FIGURES["pivotal_positions"].filled(rows).data}
    stacks = zip(by_name["changed"], by_name["same"], by_name["rejected"], strict=True)
    assert [sum(stack) for stack in stacks] == [row["cuts"] for row in rows["positions"]]
    assert sum(row["cuts"] for row in rows["positions"]) > 0


def numbers(value):
    if isinstance(value, dict):
        return [x for item in value.values() for x in numbers(item)]
    if isinstance(value, list):
        return [x for item in value for x in numbers(item)]
    return [value]


@every_figure
def test_axes_name_their_units(name):
    layout = FIGURES[name].declaration.layout
    titles = [axis.title.text for axis in (layout.xaxis, layout.yaxis)]
    assert all(any(unit in title for unit in ("(", "draw")) for title in titles), titles


@every_figure
def test_every_series_explains_itself_on_hover(name):
    assert all(series.hovertemplate and series.name for series in FIGURES[name].declaration.data)


@every_figure
def test_declarations_hold_no_data_and_never_share_state(name):
    before = FIGURES[name].declaration.to_json()
    FIGURES[name].filled(CASES["a run"])
    assert FIGURES[name].declaration.to_json() == before


@pytest.mark.parametrize("name", ["log_likelihood", "block_history", "proposals"])
def test_verdicts_differ_in_glyph_as_well_as_hue(name):
    series = [s for s in FIGURES[name].declaration.data if s.type == "scatter"]
    marks = {s.name: (s.meta["where"], s.marker.color, s.marker.symbol) for s in series}
    assert marks["accepted"] == ({"is_accepted": True}, ACCEPTED, "circle")
    assert marks["rejected"] == ({"is_accepted": False}, REJECTED, "x")


def test_log_likelihood_shows_every_step_once():
    rows = CASES["a run"]
    figure = FIGURES["log_likelihood"].filled(rows)
    by_name = {series.name: series for series in figure.data}
    shown = sorted([*by_name["accepted"].x, *by_name["rejected"].x])
    assert shown == [row["x"] for row in rows["steps"]]
    assert list(by_name["current"].y) == [row["total_log_p"] for row in rows["moments"]]


def test_drop_lines_end_at_the_text_compared_with():
    rows = CASES["a run"]
    for series in FIGURES["log_likelihood"].filled(rows).data[1:3]:
        chosen = [row for row in rows["steps"] if row["is_accepted"] == series.meta["where"]["is_accepted"]]
        ends = [
            y + up - down for y, up, down in zip(series.y, series.error_y.array, series.error_y.arrayminus, strict=True)
        ]
        assert ends == pytest.approx([row["log_p_before"] for row in chosen], abs=1e-9)


def test_a_measure_is_drawn_once_hatched_with_its_error_where_it_is_estimated():
    rows = CASES["a run"]
    figure = FIGURES["pivotal_positions"].declaration
    assert figure.layout.meta["titles"].keys() == {"entropy", "power_gain", "success_delta"}
    drawn = {
        s.name: s
        for s in FIGURES["pivotal_positions"].filled(rows).data
        if s.x is not None and len(s.x) and s.yaxis != "y2"
    }
    assert drawn.keys() == {"entropy, exact", "power gain, estimated"}
    exact, estimated = drawn["entropy, exact"], drawn["power gain, estimated"]
    assert not exact.error_y.visible and not exact.marker.pattern.shape
    assert estimated.error_y.visible and estimated.marker.pattern.shape
    assert list(estimated.error_y.array) == [0.1] * len(rows["power_gain"])
    assert list(estimated.error_y.arrayminus) == [0.0] * len(rows["power_gain"])


def test_history_pads_short_rows_with_gaps():
    assert column([[1], [1, 2, 3]]) == [[1, None, None], [1, 2, 3]]


def test_packets_are_ascii_json_without_nan():
    text = packet(rows=[{"log_u": -math.inf, "piece": "\udce2 🎲 <b>", "p": 1 / 3}])
    assert text.isascii()
    assert json.loads(text)["rows"][0] == {"log_u": "-inf", "piece": "\udce2 🎲 <b>", "p": 0.333333}


def test_numbers_on_the_wire_keep_six_digits():
    assert compact([1.0, 123456.789, -0.000123456789]) == [1, 123457, -0.000123457]


def test_views_travel_without_data_and_with_both_themes():
    sent = views()
    assert sent["figures"].keys() == FIGURES.keys()
    assert sent["templates"] == {theme: template(theme) for theme in ("light", "dark")}
    json.dumps(sent, allow_nan=False)
