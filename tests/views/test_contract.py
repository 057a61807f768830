"""What a figure asks for is what its rows have: checked when it is declared and when it is filled."""

import re

import plotly.graph_objects as go
import pytest
from figure_rows import rows_by_page, small_run

from explorer.analysis import kinds
from explorer.analysis.run_rows import run_rows
from explorer.views import VIEWS, log_likelihood, waterfall
from explorer.views.figure import Fields, View, declared

ROWS = rows_by_page()
FIGURES = [(page, name) for page in ROWS for name in VIEWS[page]]


@pytest.mark.parametrize(("page", "name"), FIGURES)
def test_rows_have_the_fields_of_their_kind(page, name):
    for series in VIEWS[page][name].declaration.data:
        kind = getattr(kinds, series.meta["kind"])
        for row in ROWS[page].get(series.meta["rows"], []):
            assert kind.__required_keys__ <= row.keys(), series.name


@pytest.mark.parametrize(("page", "name"), FIGURES)
def test_a_hover_has_no_braces_left_but_those_of_plotly(page, name):
    for series in VIEWS[page][name].declaration.data:
        assert not re.search(r"(?<!%)[{]", series.hovertemplate), series.name


def test_a_hover_says_which_fields_of_the_row_it_shows():
    steps = Fields(kinds.Step, "steps", x="x", y="up", error_y=("up", "down"))
    dots = steps.dots("all", "step {number:.0f}: %{y:.2f} at {cut}, again {number}")
    assert dots.hovertemplate == (
        "step %{customdata[0]:.0f}: %{y:.2f} at %{customdata[1]}, again %{customdata[0]}<extra></extra>"
    )
    fields = {"x": "x", "y": "up", "error_y.array": "up", "error_y.arrayminus": "down"}
    assert dots.meta == {
        "kind": "Step", "rows": "steps", "where": {}, "fields": fields, "custom": ["number", "cut"],
    }  # fmt: skip
    assert steps.lines("name", "no field<extra>own</extra>").hovertemplate == "no field<extra>own</extra>"


def test_a_called_figure_comes_back_filled():
    figure = log_likelihood(small_run())
    assert len(figure.data[0].x) == 3 * (24 + 1)
    assert log_likelihood(small_run()) == log_likelihood.filled(run_rows(small_run()))
    assert list(waterfall(small_run()).data[3].y)[-1] == small_run().steps_taken[-1].revision.log_u


def points(custom: str) -> View:
    def dots() -> go.Figure:
        steps = Fields(kinds.Step, "steps", {"is_accepted": True}, x="x", y="log_p_proposed")
        return declared(steps.dots("accepted", f"{{{custom}}}"))

    return View(dots, run_rows)


def test_a_field_that_the_kind_lacks_is_refused_when_the_figure_is_declared():
    with pytest.raises(ValueError, match=r"^figure dots, series accepted: Step has no field nonsense_a$"):
        _ = points("nonsense_a").declaration


def test_a_field_that_a_row_lacks_is_refused_when_the_figure_is_filled():
    row = {"is_accepted": True, "x": 1.0, "log_p_proposed": -2.0}
    with pytest.raises(ValueError, match=r"^figure dots, series accepted: a row of steps lacks number$"):
        points("number").filled({"steps": [row]})
    points("number").filled({"steps": [row | {"is_accepted": False}]})  # drawn by no series
    with pytest.raises(ValueError, match="lacks is_accepted"):
        points("number").filled({"steps": [{"number": 1}]})
