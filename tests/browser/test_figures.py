"""Figures come out the same from Python and from the page: one declaration, one rule of filling, one set of rows."""

import json

import pytest
from figure_rows import rows_by_page

from explorer.analysis.kinds import Increment
from explorer.analysis.run_rows import in_rows, run_rows
from explorer.page.library import PRESETS, checker, recorded
from explorer.page.packets import packet
from explorer.views import VIEWS

pytestmark = pytest.mark.browser
ROWS = {page: json.loads(packet(**rows)) for page, rows in rows_by_page().items()}
FILLED = """async ([declaration, rows]) => {
  const { name } = performance.getEntriesByType("resource").find(({ name }) => /[/]figures[.]js/.test(name));
  const { filled } = await import(name);
  return filled(declaration, rows);
}"""


def plain(figure) -> dict:
    return json.loads(figure.to_json())


def test_the_page_fills_as_python_does(visit):
    visit.open()
    for page, rows in ROWS.items():
        for name, view in VIEWS[page].items():
            declaration = plain(view.declaration)
            drawn = visit.page.evaluate(FILLED, [declaration, rows])
            assert drawn == plain(view.filled(rows))["data"], (page, name)
            assert any(series.get("x") for series in drawn), (page, name)


def test_a_row_that_lacks_a_field_is_an_error_there_too(visit):
    visit.open()
    declaration = plain(VIEWS["explore"]["proposals"].declaration)
    with pytest.raises(Exception, match="series accepted: a row of steps lacks number"):
        visit.page.evaluate(
            FILLED, [declaration, {"steps": [{"is_accepted": True, "cut": 1, "x": 1, "reach": 1, "zero": 0}]}]
        )


def check_shown(visit, name: str, rows: dict) -> None:
    """What the page shows of a figure is what Python fills from the rows of the whole run."""
    visit.page.locator(f"[data-part={name}]").scroll_into_view_if_needed()
    visit.page.locator(f"[data-part={name}] .main-svg").first.wait_for()
    shown = visit.page.evaluate(f"JSON.stringify(document.querySelector('[data-part={name}]').data)")
    check_same(json.loads(shown), plain(VIEWS["explore"][name].filled(rows))["data"], name)


def opening_rows() -> dict:
    trace, samples = recorded(PRESETS[0].id)
    return run_rows(trace, samples, checker(trace.started.prompt).answer_of)


def test_the_opening_page_shows_what_a_notebook_would(visit):
    visit.open()
    rows = opening_rows()
    for name in ("log_likelihood", "block_history", "proposals", "pivotal_positions"):
        check_shown(visit, name, rows)


def test_the_waterfall_shows_what_a_notebook_would(visit):
    rows = opening_rows()
    step = next(row for row in rows["steps"] if row["differs"])
    visit.open(f"__theme=light&step={step['number']}")
    visit.until(f"s.moments[s.selected].number === {step['number']}")
    check_shown(visit, "waterfall", rows | {"increments": in_rows(step["increments"], Increment.__annotations__)})


def check_same(shown, expected, where: str) -> None:
    """Equal, numbers to the six digits that packets have."""
    if isinstance(expected, dict):
        shown = shown or {}  # Plotly drops what is empty
        for key in expected.keys() | shown.keys():
            check_same(shown.get(key), expected.get(key), f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(shown) == len(expected), where
        for i, pair in enumerate(zip(shown, expected, strict=True)):
            check_same(*pair, f"{where}[{i}]")
    elif isinstance(expected, float):
        assert shown == pytest.approx(expected, rel=1e-5, abs=1e-9), where
    else:
        assert shown == expected, where
