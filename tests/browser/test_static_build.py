"""The static build below a sub-path of a plain file server, pressed as a person would press it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import EACH_LOOK, ROOT, Visit, free_port, served
from playwright.sync_api import expect
from test_learn import LESSONS, asked, predict, start, to_the_end

pytestmark = pytest.mark.browser
NEEDS_SERVER = ("press Run", "press a wrong answer", "the number of futures")
SEEN = {"Explore": ".main-svg", "Tree": ".main-svg", "Compare": ".main-svg", "Learn": ".lessons li"}
BUILD = """
import pathlib, sys
from explorer.static import build
build(pathlib.Path(sys.argv[1]), ("cups-1", "sums-1"), ("paper", "own"))
"""


@pytest.fixture(scope="session")
def web(tmp_path_factory) -> Path:
    """A folder with the build somewhere below it: two runs, one world."""
    folder = tmp_path_factory.mktemp("web")
    subprocess.run([sys.executable, "-c", BUILD, str(folder / "some" / "where")], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def static_address(web, tmp_path_factory) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(web)]
    for address in served(command, port, tmp_path_factory.mktemp("server") / "log"):
        yield f"{address}some/where/"


@pytest.fixture
def reader(context, static_address) -> Iterator[Visit]:
    """A visitor of the build; fails if the console or the network complained."""
    visitor = Visit(context.new_page(), static_address).open("")
    visitor.until("s.target && s.target.pivots.length")
    yield visitor
    visitor.page.close()
    assert not visitor.complaints
    assert not visitor.outside


def test_every_answer_of_the_explore_page_is_recorded(reader):
    assert reader.store("s.run.id") == "cups-1"
    assert reader.page.locator(".kind").inner_text() == "recorded run"
    assert "exact" in reader.page.locator("[data-part=shares]").inner_text()
    reader.page.locator(".jump").first.click()
    reader.until("s.alternatives[s.chosen]?.rows.length > 0")
    reader.page.locator("[data-part=replays-card]").scroll_into_view_if_needed()
    reader.until("s.replays[1] && s.replays[2]")
    reader.page.click("[data-part=diagnostics] summary")
    reader.until("s.diagnosis?.rows?.chains.length === 1")
    assert reader.page.locator("[data-part=chain-count] option:not([disabled])").all_text_contents() == ["1", "4"]
    reader.page.click("[data-part=chain-run]")
    reader.until("s.diagnosis.rows.chains.length === 4")


def test_the_run_on_screen_is_opened_once_more_with_its_target(reader):
    first = reader.store("s.run")
    reader.page.select_option("[data-part=runs]", "cups-1")
    reader.page.evaluate("(window.first = window.explorer.store.run)")
    reader.page.dispatch_event("[data-part=runs]", "change")
    reader.until("s.run !== window.first && s.target && s.target.pivots.length")
    assert reader.store("s.run") == first


def test_another_run_is_chosen_played_and_asked_what_if(reader):
    reader.page.select_option("[data-part=runs]", "sums-1")
    reader.until("s.run.id === 'sums-1' && s.target")
    reader.page.locator("#what-if-alpha").fill("2.3")
    reader.until("s.whatIfAlpha === 2.3 && s.replays[2.3] === null")
    line = reader.page.locator("[data-part=what-if]").inner_text()
    turned = reader.store(
        "s.moments.filter((m) => m.kind === 'step' && (m.log_u < 2.3 * m.delta_log_p + m.log_proposal_ratio + "
        "m.log_cut_ratio) !== m.is_accepted).length"
    )
    assert f"{turned} of " in line
    reader.page.check("[data-part=infinite]")
    reader.until("s.whatIfAlpha === Infinity")
    reader.page.locator("[data-scrub]").fill("0")
    reader.until("s.head === 0")
    reader.press("step")
    reader.until("s.head === 1 && s.phase === 'proposed'")
    reader.press("step")
    reader.until("s.phase === 'judged'")
    with reader.page.expect_download() as download:
        reader.page.click("[data-part=trace]")
    assert download.value.suggested_filename == "power-seed-0.jsonl"


def test_tree_moves_its_dials_in_the_browser_and_shows_recorded_runs(reader):
    reader.page.get_by_role("tab", name="Explore", exact=True).focus()
    reader.page.keyboard.press("ArrowRight")
    state = "window.explorer.tree.state"
    reader.page.wait_for_function(f"{state}.tree && {state}.dial")
    assert reader.page.locator("#explore").is_hidden()
    finding = reader.page.locator("#tree [data-part=finding]")
    before = finding.inner_text()
    reader.page.locator("[data-dial=alpha]").fill("1.4")
    reader.page.wait_for_function(f"{state}.alpha === 1.4 && {state}.dial.alpha === 1.5")
    reader.page.wait_for_function(
        "(before) => document.querySelector('#tree [data-part=finding]').textContent !== before", arg=before
    )
    expect(reader.page.locator("[data-part=dial-finding]")).to_contain_text("recorded at α 1.5")
    reader.page.select_option("[data-field=kernel]", "no-cut-term")
    reader.page.click("[data-part=run-chains]")
    expect(reader.page.locator("[data-part=chain-finding]")).to_contain_text("The dials have moved since")
    reader.page.click("[data-part=selftest]")
    reader.page.wait_for_function(f"{state}.checks?.rows.length > 5")
    expect(reader.page.locator("[data-part=selftest-finding]")).to_contain_text("Recorded when")


def test_compare_shows_the_recorded_results_and_offers_nothing_dead(reader):
    reader.page.get_by_role("tab", name="Compare", exact=True).click()
    reader.page.wait_for_selector("[data-part=problems] table .answer")
    assert reader.page.locator(".open-answer").count() == 0
    assert "needs the live explorer" in reader.page.locator("#compare section").last.inner_text()
    reader.page.wait_for_selector("[data-figure=accuracy] .main-svg")


def test_a_replay_is_saved_without_a_server_and_a_dropped_trace_is_answered(reader, tmp_path):
    with reader.page.expect_download() as download:
        reader.page.click("[data-part=save-replay]")
    assert download.value.suggested_filename == "classroom-alpha-4-seed-0-replay.html"
    reader.page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["{}"], "run.jsonl"));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    reader.until("s.status.includes('needs the live explorer')")


def test_every_lesson_goes_through_without_a_server(reader):
    start(reader, 1)
    for lesson, questions in enumerate(LESSONS):
        for number in range(len(questions)):
            choices = asked(reader, lesson, number)
            told = predict(reader, choices[0])
            assert ("Right." in told) != ("Not this time." in told)
            assert not any(words in reader.page.inner_text("#lesson") for words in NEEDS_SERVER)
            reader.page.click("#lesson .after .primary")
    to_the_end(reader)


def followed(reader: Visit, query: str) -> list[str]:
    """Open a link to the build; what it complains of."""
    reader.page.goto(f"{reader.address}?{query}")
    reader.page.wait_for_selector("[data-is-open]", state="attached")
    return reader.page.locator("[data-link=complaints] li").all_inner_texts()


def test_a_link_restores_what_is_recorded_and_says_what_is_not(reader):
    assert followed(reader, "preset=sums-1&step=12p&theme=dark") == []
    reader.until("s.run.id === 'sums-1' && s.dark")
    assert reader.store("[s.moments[s.selected].draw, s.phase]") == [11, "proposed"]
    assert followed(reader, "page=tree&alpha=2&B=1") == []
    reader.page.wait_for_function(
        "window.explorer.tree.state.alpha === 2 && window.explorer.tree.state.blockSize === 1"
    )
    assert reader.page.locator("#tree").is_visible()
    other = quote("prefix,token,probability\n,a,1\n")
    assert followed(reader, f"page=tree&world=own&text={other}") == [
        "This tree was not recorded: it needs the live explorer."
    ]
    assert followed(reader, "alpha=2.5") == ["A run that was not recorded needs the live explorer."]
    assert followed(reader, "preset=pairs-3") == ["A run that was not recorded needs the live explorer."]
    assert reader.store("s.run.id") == "cups-1"


@pytest.mark.parametrize(("theme", "width"), EACH_LOOK)
def test_the_plain_pages_fit(context, static_address, theme, width):
    visitor = Visit(context.new_page(), static_address)
    visitor.page.set_viewport_size({"width": width, "height": 900})
    visitor.page.emulate_media(color_scheme=theme)
    visitor.open("")
    assert visitor.store("s.dark") is (theme == "dark")
    for name, drawn in SEEN.items():
        visitor.page.get_by_role("tab", name=name, exact=True).click()
        visitor.page.wait_for_selector(f"#{name.lower()} {drawn}")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert visitor.page.evaluate(wider) <= 0, name
        found = Axe().run(visitor.page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == [], name
    visitor.page.close()
    assert not visitor.complaints and not visitor.outside
