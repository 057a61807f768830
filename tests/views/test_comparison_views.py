"""The Compare page's figures by structure, filled from made-up, empty and one-problem results."""

import json
import math

import pytest
from made_up_results import made_up
from test_views import numbers

from explorer.analysis.comparison import comparison
from explorer.page.packets import COMPARISON, views
from explorer.views.figure import STYLES

WHOLE = comparison(made_up(problems=20, few=6))
CASES = {"empty": {}, "whole": WHOLE["all tasks"], "one problem": comparison(made_up(("cups",), 1, 1))["cups"]}
every_figure = pytest.mark.parametrize("name", COMPARISON)


@every_figure
@pytest.mark.parametrize("case", CASES)
def test_fills_without_nan(name, case):
    figure = COMPARISON[name].filled(CASES[case])
    values = json.loads(figure.to_json())
    assert not [x for x in numbers(values) if isinstance(x, float) and not math.isfinite(x)]


@every_figure
def test_whole_results_fill_some_series_and_empty_ones_none(name):
    assert any(len(series.y or ()) for series in COMPARISON[name].filled(CASES["whole"]).data)
    assert not any(len(series.y or ()) for series in COMPARISON[name].filled({}).data)


@every_figure
def test_rows_are_those_named_like_the_figure(name):
    assert {series.meta["rows"] for series in COMPARISON[name].declaration.data} == {name}


@every_figure
def test_axes_name_their_units(name):
    layout = COMPARISON[name].declaration.layout
    axes = [layout[axis] for axis in ("xaxis", "yaxis", "xaxis2") if axis in layout]
    titles = [axis.title.text for axis in axes if axis.title.text]
    assert len(titles) == 2
    assert all("(" in title or "log axis" in title for title in titles), titles


@every_figure
def test_every_series_explains_itself_on_hover(name):
    for series in COMPARISON[name].declaration.data:
        assert series.hovertemplate and series.name


def test_groups_never_differ_by_hue_alone():
    looks = [(symbol, dash) for _, _, symbol, dash in STYLES.values()]
    assert len(set(looks)) == len(looks)
    assert len({name for name, *_ in STYLES.values()}) == len(STYLES)


def test_accuracy_shows_every_method_once_with_its_interval():
    rows = CASES["whole"]["accuracy"]
    figure = COMPARISON["accuracy"].filled(CASES["whole"])
    points = [series for series in figure.data if series.type == "scatter"]
    shown = [(y, x) for series in points for x, y in zip(series.x, series.y, strict=True)]
    assert sorted(shown) == sorted((row["tick"], row["accuracy"]) for row in rows)
    assert list(figure.data[0].y) == [row["tick"] for row in rows]  # sets the order of the lines
    for series in points:
        assert len(series.error_x.array) == len(series.x)


def test_curves_end_where_their_samples_end():
    figure = COMPARISON["pass_at_k"].filled(CASES["whole"])
    lengths = {series.name: sum(y is not None for y in series.y) for series in figure.data}
    assert lengths[STYLES["base"][0]] == 64 and lengths[STYLES["power_block"][0]] == 16


def test_declarations_travel_without_data():
    json.dumps(views(COMPARISON), allow_nan=False)
