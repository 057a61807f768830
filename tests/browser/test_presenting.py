"""Presenter mode and the speaker's notes, in the real page."""

import pytest
from conftest import PATIENCE, Visit
from test_accessibility import violations
from test_shared_links import follow

pytestmark = pytest.mark.browser
SCREEN = {"width": 1280, "height": 720}
SMALL_TEXT = """() => {
  const small = [];
  for (const each of document.querySelectorAll("body *")) {
    const hasWords = [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const { width, height } = each.getBoundingClientRect();
    const isSeen = each.checkVisibility({ visibilityProperty: true }) && width > 1 && height > 1;
    const isSmall = parseFloat(getComputedStyle(each).fontSize) < 20;
    if (hasWords && isSeen && isSmall) small.push(each.outerHTML.slice(0, 200));
  }
  return small;
}"""


def present(visit, query: str = "preset=sums-1&step=b1") -> Visit:
    visit.page.set_viewport_size(SCREEN)
    follow(visit, f"present=1&{query}")
    visit.page.wait_for_selector(".presenter")
    return visit


def room(visit) -> str:
    return visit.page.locator(".tally").inner_text()


def count(visit, accept: int, reject: int) -> None:
    """Type the hands and show the verdict."""
    for name, hands in (("accept", accept), ("reject", reject)):
        visit.page.get_by_label(f"hands for {name}").fill(str(hands))
    visit.page.get_by_role("button", name="Show verdict").click()
    visit.until("s.phase === 'judged'")


def test_only_what_matters_large_and_light_in_the_upper_two_thirds(visit):
    present(visit, "preset=sums-1&step=12&theme=dark")
    assert visit.store("s.dark") is False
    visit.page.wait_for_selector("[data-part=log_likelihood] .main-svg")
    visit.page.wait_for_function(f"({SMALL_TEXT})().length === 0")
    lowest = SCREEN["height"] * 2 / 3
    step = visit.page.locator("[data-present=step]").bounding_box()
    assert step["y"] + step["height"] <= lowest
    for part in ("text", "log_likelihood", "decision-title"):
        box = visit.page.locator(f"[data-part={part}]").bounding_box()
        assert box["y"] + box["height"] <= lowest, part
    for other in ("#masthead", "#prompt", "#dials", ".transport", "[data-part=proposals]", "[data-part=samples]"):
        assert not visit.page.locator(other).is_visible()
    wider = visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0


def test_the_verdict_waits_for_the_hands_and_the_tally_is_kept(visit):
    present(visit)
    visit.page.keyboard.press("ArrowRight")
    visit.until("s.phase === 'proposed'")
    visit.page.keyboard.press("ArrowRight")
    assert "First the hands" in visit.page.locator(".room .hint").inner_text()
    assert visit.store("s.phase") == "proposed"
    visit.page.get_by_role("button", name="Show verdict").click()
    assert "at least one" in visit.page.locator(".room .hint").inner_text()
    is_accepted = visit.store("s.moments[s.head].is_accepted")
    count(visit, 12, 5)
    right, wrong = (12, 5) if is_accepted else (5, 12)
    assert room(visit) == f"Room: {right} right, {wrong} wrong in 1 step"
    visit.page.click("[data-present=step]")
    visit.until("s.phase === 'proposed'")
    visit.page.get_by_role("button", name="reject", exact=True).click()
    visit.page.get_by_role("button", name="reject", exact=True).click()
    assert visit.page.get_by_label("hands for reject").input_value() == "2"
    visit.page.get_by_role("button", name="Show verdict").click()
    visit.until("s.phase === 'judged'")
    right, wrong = (right, wrong + 2) if visit.store("s.moments[s.head].is_accepted") else (right + 2, wrong)
    assert room(visit) == f"Room: {right} right, {wrong} wrong in 2 steps"


def test_the_question_can_be_switched_off(visit):
    present(visit)
    visit.page.get_by_label("ask first").uncheck()
    visit.page.keyboard.press("PageDown")
    visit.until("s.phase === 'proposed' && s.head === 1")
    assert visit.page.get_by_role("button", name="Show verdict").is_disabled()
    visit.page.keyboard.press("PageDown")
    visit.until("s.phase === 'judged' && s.head === 1")
    assert room(visit) == ""


def test_the_next_change_is_the_next_decision_with_another_answer(visit):
    present(visit)
    found = visit.store(
        "s.moments.findIndex((m, i) => i > s.head && m.kind === 'step' && m.is_changed"
        " && m.answer !== s.moments[i - 1].answer)"
    )
    assert found > 0
    visit.page.keyboard.press("n")
    visit.until(f"s.head === {found} && s.phase === 'proposed'")
    assert visit.page.locator(".echo").inner_text().split() == ["N", "Next", "change"]
    visit.page.evaluate("window.explorer.links.show({ preset: 'sums-1' })")
    visit.until("s.head === s.moments.length - 1")
    visit.page.click("[data-present=change]")
    assert "No later decision" in visit.page.locator(".echo").inner_text()


def test_a_step_is_replayed_without_asking_again(visit):
    present(visit, "preset=sums-1&step=3")
    key = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'r', bubbles: true }))"
    assert visit.page.evaluate(f"() => {{ {key}; return window.explorer.store.phase; }}") == "proposed"
    visit.until("s.phase === 'judged' && s.moments[s.head].draw === 2")
    assert room(visit) == ""


def test_letters_typed_into_a_field_are_no_keys(visit):
    present(visit, "preset=sums-1&step=3p")
    visit.page.get_by_label("hands for accept").focus()
    for key in ("n", "s", "q"):
        visit.page.keyboard.press(key)
    assert visit.store("[s.moments[s.head].draw, s.phase]") == [2, "proposed"]
    assert visit.page.locator("dialog[open]").count() == 0


def test_escape_and_the_button_lead_in_and_out(visit):
    visit.page.set_viewport_size(SCREEN)
    follow(visit, "theme=dark&preset=sums-1&step=3")
    visit.page.click("[data-link=present]")
    visit.page.wait_for_selector(".presenter")
    visit.until("!s.dark && s.presenting")
    assert "present=1" in visit.page.evaluate("window.explorer.links.address()")
    visit.page.keyboard.press("Escape")
    visit.until("s.dark && !s.presenting")
    assert visit.page.locator(".presenter").count() == 0
    assert visit.page.locator("#dials").is_visible()
    assert visit.store("s.moments[s.head].draw") == 2


def test_the_learners_code_leads_to_the_page_without_the_presenters_bar(visit):
    present(visit, "preset=sums-1&step=3")
    visit.page.keyboard.press("q")
    link = visit.page.locator(".code-link").inner_text()
    assert link == f"{visit.address}?preset=sums-1&step=3&theme=light"
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_selector(".code", state="hidden")
    assert visit.page.locator(".presenter").is_visible()


@pytest.mark.parametrize("query", ["page=tree&world=pivot", "page=compare"])
def test_the_other_pages_are_large_as_well(visit, query):
    present(visit, query)
    if "compare" in query:
        visit.page.wait_for_selector("[data-figure=accuracy] .main-svg")
    visit.page.wait_for_function(f"({SMALL_TEXT})().length === 0")
    assert not visit.page.locator("[data-present=step]").is_visible()
    assert violations(visit) == []


def test_a_lesson_is_large_and_brings_its_own_question(visit):
    present(visit, "page=learn&lesson=3")
    visit.page.wait_for_function("window.explorer.learn.state.phase === 'asked'")
    size = "(name) => parseFloat(getComputedStyle(document.querySelector(name)).fontSize)"
    assert visit.page.evaluate(size, "#lesson .question") >= 20
    assert visit.page.locator(".transport").is_visible()
    assert not visit.page.locator("[data-present=step]").is_visible()


def test_axe_finds_nothing_grave_while_presenting(visit):
    present(visit, "preset=sums-1&step=3p")
    assert violations(visit) == []
    visit.page.keyboard.press("q")
    visit.page.wait_for_selector(".code[open]")
    assert violations(visit) == []


# ---- the speaker's notes


@pytest.fixture(params=["light", "dark"])
def phone(request, browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=request.param)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield Visit(page, address)
    context.close()


def test_notes_say_what_is_in_the_link_and_lead_on(phone):
    phone.page.goto(f"{phone.address}?notes=1&preset=sums-1&step=3p&alpha=2&colour=red")
    phone.page.wait_for_url("**/notes.html?*")
    phone.page.wait_for_selector("[data-part=look] li")
    phone.complaints.clear()  # Gradio's, which had begun to load
    told = phone.page.locator("main").inner_text()
    words = ("Explore", "sums-1: Ann brings 89", "330", "alpha 2", "3, not judged yet", "“colour” is no parameter")
    assert [each for each in words if each not in told] == []
    for part in ("say", "ask", "look"):
        assert phone.page.locator(f"[data-part={part}] li").count() > 0
    assert violations(phone) == []
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    other = "(last) => !['', last].includes(document.querySelector('h1')?.innerText ?? '')"
    titles = []
    while (onward := phone.page.locator("nav a", has_text="→")).count():
        titles.append(phone.page.locator("h1").inner_text())
        onward.click()
        phone.page.wait_for_function(other, arg=titles[-1])
        phone.page.wait_for_selector("nav a")
    assert len(titles) == 9
    assert not phone.complaints and not phone.outside
