"""Every kind of point of every figure is hovered in the real page: its label says all that its template promises."""

import re
from pathlib import Path

import pytest

from explorer.views import VIEWS

pytestmark = pytest.mark.browser
LABELS = (Path(__file__).parent / "hover.js").read_text()
NOTHING = re.compile(r"\b(null|undefined|NaN|Infinity|None)\b|%\{|[+]\d+ / -\d|[:,;] *(/|[,:;]|$)")
STEP = re.compile(
    r"step \d+, block \d+: (accepted, text changed|accepted, same text|rejected) / cut at token \d+; "
    r"(\d+ tokens? (changed|would have changed)|the same tokens drawn again) / log A [−\d.∞]+, log u −[\d.]+"
)


def labels_of(visit, place: str, most: int = 12) -> dict[str, list[str]]:
    """The labels of a figure that has been drawn, by series with points; none is empty or without what it promises."""
    visit.page.locator(f"{place} .main-svg").first.wait_for()
    visit.page.locator(place).scroll_into_view_if_needed()
    labels = visit.page.evaluate(f"({LABELS})", [place, most])
    bad = [(name, label) for name, own in labels.items() for label in own if not label or NOTHING.search(label)]
    assert not bad, f"{place}: {bad[:5]}"
    return labels


def test_every_point_of_the_explore_figures_says_what_it_is(visit):
    visit.open()
    flips = visit.store("s.moments.map((m) => m.flip_alpha).filter((alpha) => alpha > 4 && alpha < 20)")
    visit.page.evaluate("(alpha) => window.explorer.whatIf(alpha, false)", max(flips) + 0.1)
    visit.until("s.replays[s.whatIfAlpha]")
    drawn = "document.querySelector('[data-part=log_likelihood]').data.find((d) => d.name === 'replay').x.length"
    visit.page.wait_for_function(f"{drawn} > 1")
    line = labels_of(visit, "[data-part=log_likelihood]")
    assert line.keys() == {"current", "accepted", "rejected", "would turn", "replay", "temperature"}
    cells = labels_of(visit, "[data-part=block_history]")
    assert cells.keys() == {"tokens", "accepted", "rejected", "commonest token"}
    raster = labels_of(visit, "[data-part=proposals]")
    assert raster.keys() == {"accepted", "rejected", "first difference"}
    for figure in (line, cells, raster):
        for name in figure.keys() & {"accepted", "rejected", "first difference"}:
            assert all(STEP.match(label) for label in figure[name]), figure[name]
    assert labels_of(visit, "[data-part=waterfall]").keys() == {"for", "against", "running sum", "log u"}
    for measure in ("entropy", "power_gain", "success_delta"):
        visit.page.check(f"[name=measure][value={measure}]")
        visit.until("s.target && s.target.pivots")
        bars = labels_of(visit, "[data-part=pivotal_positions]")
        assert {"changed", "same", "rejected"} < bars.keys() and any(measure.replace("_", " ") in name for name in bars)


def drawn(visit, page: str) -> list[str]:
    """The figures of a page that are drawn."""
    visit.page.locator(f"{page} .main-svg").first.wait_for()
    visit.page.wait_for_timeout(500)  # those that wait for others
    names = "(page) => [...document.querySelectorAll(`${page} .js-plotly-plot`)].filter((f) => f.offsetParent)"
    return visit.page.evaluate(f"{names}.map((f) => f.dataset.figure ?? f.dataset.diagnostic)", page)


def test_every_point_of_the_tree_figures_says_what_it_is(visit):
    visit.open()
    visit.page.get_by_role("tab", name="Tree").click()
    visit.page.wait_for_function("window.explorer.tree.state.tree && window.explorer.tree.state.dial?.rows")
    visit.page.click("[data-part=run-chains]")
    visit.page.wait_for_function("window.explorer.tree.state.sampled?.n > 0")
    visit.page.wait_for_function("document.querySelector('[data-figure=completions]').data?.[3].x.length > 0")
    for name in ("completions", "by_block", "by_steps_of_dial"):
        labels = labels_of(visit, f"[data-figure={name}]", 6)
        assert len(labels) >= (4 if name != "by_steps_of_dial" else 2), labels.keys()


def test_every_point_of_the_comparison_says_what_it_is(visit):
    visit.open()
    visit.page.get_by_role("tab", name="Compare").click()
    visit.page.wait_for_selector("[data-figure=ranks] .main-svg")
    assert set(drawn(visit, "#compare")) == set(VIEWS["compare"])
    for name in VIEWS["compare"]:
        assert labels_of(visit, f"[data-figure={name}]", 6)


def test_every_point_of_the_drawer_says_what_it_is(visit):
    visit.open()
    visit.page.click("#details button")
    visit.dial("blocks", "1")
    visit.dial("steps", "40")
    visit.run_to_end()
    visit.open_drawer()
    visit.page.select_option("[data-part=chain-count]", "4")
    visit.page.click("[data-part=chain-run]")
    visit.until("s.diagnosis.rows.chains.length === 4 && !s.diagnosis.progress")
    assert {"chain_traces", "cut_outcomes", "chain_agreement", "target_distance"} <= set(
        drawn(visit, "[data-part=diagnosis]")
    )
    for name in drawn(visit, "[data-part=diagnosis]"):
        assert labels_of(visit, f"[data-diagnostic={name}]", 6)


def test_the_learn_page_has_no_figures_of_its_own(visit):
    visit.open()
    visit.page.get_by_role("tab", name="Learn", exact=True).click()
    visit.page.get_by_role("button", name="Start lesson 1").wait_for()
    assert visit.page.locator("#learn .js-plotly-plot").count() == 0
