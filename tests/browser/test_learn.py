"""The Learn page in a browser: every lesson by its buttons, and answers that agree with the numbers on the screen."""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
from conftest import Visit

pytestmark = pytest.mark.browser
LEARN = "window.explorer.learn.state"


class Screen:
    """What a question's test reads off the page beneath the card, without asking the lesson's own code."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page

    def first_token(self, text: str) -> list[str]:
        """The cells of the Tree page's table for a first token: base, temperature, power or blocks."""
        row = self.page.locator(".tree .children tr", has=self.page.get_by_text(text, exact=True))
        return row.locator("td .number").all_inner_texts()[:3]

    def comparison(self, expression: str) -> object:
        """A value of the Compare page's rows `r` for all tasks."""
        rows = "window.explorer.comparison.state.recorded.choices['all tasks']"
        return self.page.evaluate(f"(() => {{ const r = {rows}; return {expression}; }})()")


class Question(NamedTuple):
    """The right choice by the numbers on the screen, and what the answer must tell of them, both after the reveal."""

    right: Callable[[Screen], str]
    numbers: Callable[[Screen], list[str]]


def verdict(screen: Screen) -> str:
    title = screen.page.inner_text("[data-part=decision-title]")
    return "Accepted" if "accepted" in title else "Rejected"


def terms(screen: Screen) -> list[str]:
    return re.findall(r"[Au] = ([^,;]+)", screen.page.inner_text("[data-part=decision] .accept"))


def direction(screen: Screen) -> str:
    base, temperature, power = map(float, screen.first_token("a"))
    assert temperature < base < power
    return "Temperature lowers it, power raises it"


def cuts(screen: Screen) -> list[str]:
    steps = "s.moments.filter((m) => m.kind === 'step' && m.block === 1).map((m) => m.cut)"
    found = screen.visit.store(steps)
    return [str(min(found)), str(max(found)), str(screen.visit.store("s.moments.find((m) => m.block === 1).cut"))]


def where_cuts_fall(screen: Screen) -> str:
    first, _, start = map(int, cuts(screen))
    assert first >= start
    return "In block 2 only"


def pivot(screen: Screen) -> str:
    assert "Highest power gain" in screen.page.inner_text("[data-part=jumps]")
    token, position = screen.page.locator(".jump").first.text_content().split(" at ")
    return f"“{token.strip()}” at {position}"


def gain(screen: Screen) -> list[str]:
    return [f"{screen.visit.store('Math.max(...s.target.pivots.map((p) => p.power_gain?.value ?? 0))'):.3f}"]


def chain(screen: Screen, alpha: int) -> float:
    return screen.comparison(f"r.by_alpha.find((x) => x.group === 'power_block' && x.x === {alpha}).accuracy")


def more_or_fewer(screen: Screen) -> str:
    return "More right answers" if chain(screen, 8) > chain(screen, 4) else "Fewer right answers"


def best_method(screen: Screen) -> str:
    others = max(accuracy_of(screen, group) for group in ("base", "temperature", "power_block"))
    assert accuracy_of(screen, "tuned") > others
    return "The model tuned by RL"


def accuracy_of(screen: Screen, group: str) -> float:
    return screen.comparison(f"Math.max(...r.accuracy.filter((x) => x.group === '{group}').map((x) => x.accuracy))")


def percents(*accuracies: float) -> list[str]:
    return [f"{100 * accuracy + 1e-9:.1f} %" for accuracy in accuracies]


STEP = Question(verdict, terms)
LESSONS = [
    [Question(lambda s: "It rises, but stays below 1", lambda s: [s.first_token("sun")[2], f"{0.25 / 0.38:.3f}"])],
    [Question(direction, lambda s: s.first_token("a"))],
    [STEP, STEP, STEP],
    [
        Question(where_cuts_fall, cuts),
        Question(lambda s: "As often as with temperature", lambda s: s.first_token("a")[1:]),
    ],
    [Question(pivot, gain)],
    [Question(more_or_fewer, lambda s: percents(chain(s, 4), chain(s, 8)))],
    [Question(best_method, lambda s: percents(*(accuracy_of(s, g) for g in ("base", "power_block", "tuned"))))],
]
IN_ALL = sum(map(len, LESSONS))


def asked(visit: Visit, lesson: int, question: int) -> list[str]:
    """Wait for a question to be asked; its choices, none of which is answered yet."""
    here = f"{LEARN}.lesson === {lesson} && {LEARN}.question === {question} && {LEARN}.phase === 'asked'"
    visit.page.wait_for_function(here)
    assert visit.page.inner_text("#lesson .told") == ""
    return visit.page.locator("#lesson .choices button").all_inner_texts()


def predict(visit: Visit, choice: str) -> str:
    """Give a prediction; the answer, once the page beneath has drawn what it is read from."""
    visit.page.locator("#lesson .choices").get_by_role("button", name=choice, exact=True).click()
    visit.page.wait_for_function(f"{LEARN}.phase === 'answered'")
    visit.until("true")
    return visit.page.inner_text("#lesson .told")


def start(visit: Visit, number: int) -> None:
    visit.page.get_by_role("tab", name="Learn", exact=True).click()
    visit.page.get_by_role("button", name=f"Start lesson {number}").click()


def to_the_end(visit: Visit, right: int = 0, given: int = 0) -> tuple[int, int]:
    """Through lessons that this file does not know; predictions right and given in the end."""
    while visit.page.evaluate(f"{LEARN}.lesson") is not None:
        choices = asked(visit, *visit.page.evaluate(f"[{LEARN}.lesson, {LEARN}.question]"))
        right += "Right." in predict(visit, choices[0])
        given += 1
        visit.page.click("#lesson .after .primary")
    return right, given


def test_every_lesson_by_its_buttons(visit):
    """Choices are taken in turn, and each is called right exactly if the screen's own numbers say so."""
    screen = Screen(visit.open())
    start(visit, 1)
    right = 0
    for lesson, questions in enumerate(LESSONS):
        for number, question in enumerate(questions):
            choices = asked(visit, lesson, number)
            choice = choices[(lesson + number) % len(choices)]
            told = predict(visit, choice)
            is_right = choice.startswith(question.right(screen))
            right += is_right
            assert any(each.startswith(question.right(screen)) for each in choices)
            assert ("Right." in told, "Not this time." in told) == (is_right, not is_right), (choice, told)
            assert [n for n in question.numbers(screen) if n not in told] == [], told
            assert f"{right} of" in visit.page.inner_text("#lesson footer")
            visit.page.click("#lesson .after .primary")
    assert 0 < right < IN_ALL
    right, given = to_the_end(visit, right, IN_ALL)
    tally = visit.page.locator("[data-part=tally]")
    tally.get_by_text(f"{right} of {given} predictions right").wait_for()


def test_right_predictions_and_the_same_question_twice(visit):
    """Lesson 3 with every prediction right; asked again, it no longer counts."""
    screen = Screen(visit.open("__theme=light&lesson=3"))
    for number in range(3):
        asked(visit, 2, number)
        is_accepted = visit.store("s.moments[s.head].is_accepted")
        assert predict(visit, "Accepted" if is_accepted else "Rejected").startswith("✓ Right.")
        assert verdict(screen) == ("Accepted" if is_accepted else "Rejected")
        visit.page.click("#lesson .after .primary")
    asked(visit, 3, 0)
    assert "3 of 3" in visit.page.inner_text("#lesson footer")
    start(visit, 3)
    asked(visit, 2, 0)
    assert "Not this time." in predict(visit, "Rejected")
    assert "3 of 3" in visit.page.inner_text("#lesson footer")


def test_nothing_is_shown_before_a_prediction(visit):
    """A link opens the lesson with the keyboard on its card; the verdict and the buttons that would show it wait."""
    visit.open("__theme=light&lesson=3")
    asked(visit, 2, 0)
    assert visit.page.evaluate("document.activeElement.textContent").startswith("Lesson 3 of ")
    assert "page=learn&lesson=3" in visit.page.evaluate("window.explorer.links.address()")
    assert "not judged yet" in visit.page.inner_text("[data-part=decision-title]")
    assert visit.page.locator("[data-action=step]").evaluate("(e) => Boolean(e.closest('[inert]'))")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function(f"{LEARN}.phase === 'answered'")
    assert not visit.page.locator("[data-action=step]").evaluate("(e) => Boolean(e.closest('[inert]'))")
    assert visit.page.evaluate("document.activeElement.textContent") == "Next question"
    visit.page.click("#lesson .close")
    assert not visit.page.locator("#lesson").is_visible()


def test_covered_results_appear_with_the_answer(visit):
    visit.open()
    start(visit, 7)
    choices = asked(visit, 6, 0)
    finding = visit.page.locator("[data-finding=accuracy]")
    assert not finding.is_visible()
    predict(visit, choices[0])
    assert finding.is_visible()


def test_on_a_phone_the_card_folds(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    visit = Visit(context.new_page(), address)
    page = visit.page
    page.goto(f"{address}?__theme=light&lesson=1")
    page.wait_for_function("window.explorer?.learn")
    asked(visit, 0, 0)
    assert page.locator("#lesson").bounding_box()["height"] <= 0.5 * 844
    page.get_by_role("button", name="Fold", exact=True).click()
    assert page.locator("#lesson").bounding_box()["height"] < 0.15 * 844
    page.get_by_role("button", name="Unfold").click()
    predict(visit, "It rises, but stays below 1")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()
    assert not visit.complaints
