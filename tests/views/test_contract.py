"""What a figure asks for is what its rows have: checked when it is declared and when it is filled."""

import plotly.graph_objects as go
import pytest
from figure_rows import rows_by_page, small_run

from explorer.analysis import kinds
from explorer.analysis.run_rows import run_rows
from explorer.views import VIEWS, log_likelihood, waterfall
from explorer.views.figure import View, declared, fields

ROWS = rows_by_page()
FIGURES = [(page, name) for page in ROWS for name in VIEWS[page]]


@pytest.mark.parametrize(("page", "name"), FIGURES)
def test_rows_have_the_fields_of_their_kind_and_no_others(page, name):
    for series in VIEWS[page][name].declaration.data:
        kind = getattr(kinds, series.meta["kind"])
        for row in ROWS[page].get(series.meta["rows"], []):
            own = kinds.Step if row.get("kind") == "step" else kind  # a step is a moment, too
            assert own.__required_keys__ <= row.keys() <= own.__annotations__.keys(), series.name


@pytest.mark.parametrize(("page", "name"), FIGURES)
def test_every_field_of_a_hover_is_used_in_its_text(page, name):
    for series in VIEWS[page][name].declaration.data:
        used = [f"customdata[{i}]" in series.hovertemplate for i in range(len(series.meta["custom"]))]
        assert all(used) and f"customdata[{len(used)}]" not in series.hovertemplate, series.name


def test_a_called_figure_comes_back_filled():
    figure = log_likelihood(small_run())
    assert len(figure.data[0].x) == 3 * (24 + 1)
    assert log_likelihood(small_run()) == log_likelihood.filled(run_rows(small_run()))
    assert list(waterfall(small_run()).data[3].y)[-1] == small_run().steps_taken[-1].revision.log_u


def points(custom: str) -> View:
    def dots() -> go.Figure:
        meta = fields(kinds.Step, "steps", {"is_accepted": True}, (custom,), x="x", y="log_p_proposed")
        return declared(go.Scatter(name="accepted", meta=meta))

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
