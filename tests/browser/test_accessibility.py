"""Accessibility of the real pages: axe-core's rules, visible focus, the keyboard alone, and no unasked-for motion."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import EACH_LOOK, Visit

pytestmark = pytest.mark.browser
PAGES = ("Explore", "Tree", "Compare", "Learn", "Lesson")  # the last is a lesson on its card
GRAVE = ("serious", "critical")
GRADIOS_OWN: dict[str, list[str]] = {}  # rule: selectors of Gradio's markup, each with its reason
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
FROM_THE_START = """() => {
  document.querySelectorAll("[data-known]").forEach((each) => delete each.dataset.known);
  document.activeElement.blur();
  scrollTo(0, 0);
}"""
FOCUS = """() => {
  const stop = document.activeElement;
  if (stop === document.body) return null;
  const around = [stop, stop.parentElement, stop.parentElement?.parentElement, stop.nextElementSibling].filter(Boolean);
  const looks = () => around.map((each) => {
    const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(each);
    return [outline, boxShadow, borderColor, backgroundColor].join();
  }).join();
  const focused = looks();
  stop.blur();
  const isSeen = looks() !== focused;
  stop.focus();
  const isKnown = "known" in stop.dataset;
  stop.dataset.known = "";
  const name = stop.id || stop.dataset.action || stop.dataset.part || stop.getAttribute("aria-label") || stop.className;
  return { name: `${stop.tagName} ${name} ${stop.textContent.slice(0, 20)}`, isSeen, isKnown };
}"""


def show(visit: Visit, page: str) -> None:
    """One of the pages with everything on it open."""
    tab = visit.page.get_by_role("tab", name="Learn" if page == "Lesson" else page, exact=True)
    tab.click()
    if page == "Explore":
        visit.page.click("#details button")
        visit.open_drawer()
        visit.until("s.target?.pivots?.length")
        visit.page.locator(".jump").first.click()
        visit.until("s.chosen !== null")
    if page == "Tree":
        visit.page.wait_for_function("window.explorer.tree.state.tree && window.explorer.tree.state.dial")
        visit.page.select_option("[data-part=world]", "own")
        visit.page.click("[data-part=plant]")
        visit.page.wait_for_function("window.explorer.tree.state.world.world === 'own'")
    if page == "Compare":
        visit.page.wait_for_function("window.explorer.comparison.state.views")
        visit.page.click("#evaluate button")
        visit.page.wait_for_selector("#own-tasks")
        visit.page.wait_for_selector("[data-part=problems] table")
    if page == "Lesson":
        visit.page.get_by_role("button", name="Start lesson 3").click()
        visit.page.wait_for_function("window.explorer.learn.state.phase === 'asked'")


@pytest.fixture(params=EACH_LOOK, ids=str)
def view(request, visit) -> Visit:
    theme, width = request.param
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.open(f"__theme={theme}")
    assert visit.store("s.dark") is (theme == "dark")
    assert visit.page.locator("#pages").bounding_box()["y"] < 300  # the masthead leaves room for the page
    return visit


def violations(visit: Visit) -> list[str]:
    """What axe finds grave on the page, one line an element."""
    found = Axe().run(visit.page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:160]} {' '.join(node.get('failureSummary', '').split())[:300]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
        if not any(own in str(node["target"]) for own in GRADIOS_OWN.get(rule["id"], []))
    ]


def test_on_no_page_axe_finds_anything_grave_or_something_sticks_out(view):
    found = []
    for page in PAGES:
        show(view, page)
        found += [f"{page}: {line}" for line in violations(view)]
        assert view.page.evaluate(WIDER) <= 0, page
    assert not found, "\n".join(found)


def test_focus_is_seen_wherever_the_keyboard_leads(visit, subtests):
    visit.open()
    visit.page.add_style_tag(content=STILL)
    for page in PAGES:
        with subtests.test(page):
            show(visit, page)
            stops = stops_of(visit)
            assert len(stops) >= 10
            assert [stop["name"] for stop in stops if not stop["isSeen"]] == []


def stops_of(visit: Visit) -> list[dict]:
    """Where the Tab key leads from the page's beginning until it comes round, at most 150 stops."""
    visit.page.evaluate(FROM_THE_START)
    stops = []
    while len(stops) < 150:
        visit.page.keyboard.press("Tab")
        stop = visit.page.evaluate(FOCUS)
        if stop is None or stop["isKnown"]:
            break
        stops.append(stop)
    return stops
