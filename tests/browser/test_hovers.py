"""Every kind of point of every figure is hovered in the real page: its label says all that its template promises."""

import re
from pathlib import Path

import pytest

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
