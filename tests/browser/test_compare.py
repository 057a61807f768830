"""The Compare page on made-up results, pressed as a person would press it; a stub stands in for the evaluation."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import EACH_LOOK, ROOT, Visit, free_port, served

from sampler.classroom.corpus import TASKS
from sampler.classroom.results import Results, run_seed

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
STATE = "window.explorer.comparison.state"


def app_on(results: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, str(HERE / "compare_app.py"), str(port), str(results)]
    found = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    yield from served(command, port, results.with_name("log"), PYTHONPATH=found)


@pytest.fixture(scope="module")
def results_file(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("results") / "made-up.jsonl.gz"


@pytest.fixture(scope="module")
def made_up_address(results_file) -> Iterator[str]:
    yield from app_on(results_file)


def opened(context, address: str, theme: str = "light", width: int = 1280) -> Visit:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    visitor = Visit(page, address).open(f"__theme={theme}")
    visitor.page.get_by_role("tab", name="Compare").click()
    visitor.page.wait_for_function(f"{STATE}.views")
    visitor.page.wait_for_function("!document.querySelector('[data-part=source]').innerText.startsWith('Opening')")
    return visitor


@pytest.fixture
def compare(context, made_up_address) -> Iterator[Visit]:
    yield from on_recorded(context, made_up_address)


@pytest.fixture(scope="module")
def recorded(context, made_up_address) -> Iterator[Visit]:
    """One page for all tests that leave it on the recorded results of all tasks."""
    yield from on_recorded(context, made_up_address)


def on_recorded(context, address: str) -> Iterator[Visit]:
    visitor = opened(context, address)
    visitor.page.wait_for_selector("[data-figure=ranks] .main-svg")
    yield visitor
    visitor.page.close()
    assert not visitor.complaints
    assert not visitor.outside


def source(visit: Visit) -> str:
    return visit.page.locator("[data-part=source]").inner_text()


def finding(visit: Visit, view: str) -> str:
    return visit.page.locator(f"[data-finding={view}]").inner_text()


def until(visit: Visit, condition: str) -> None:
    """Wait for a condition on the page's state `s`, and for the views to have drawn it."""
    visit.page.wait_for_function(f"(() => {{ const s = {STATE}; return {condition}; }})()")
    visit.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def run_own(visit: Visit, problems: str = "2", seed: str = "7") -> None:
    if not visit.page.locator("#own-run").is_visible():
        visit.page.get_by_text("Run it yourself").click()
    visit.type_in("#own-problems input", problems)
    visit.type_in("#own-seed input", seed)
    visit.page.click("#own-run")


def test_opens_on_the_recorded_results_with_every_view_drawn(recorded):
    assert source(recorded).startswith("recorded results: 60 held-out problems a task, seed 1, made up for a test")
    places = recorded.page.locator("[data-figure]")
    assert places.count() == 10
    for i in range(10):
        assert places.nth(i).locator(".main-svg").count() > 0
    assert "base" in finding(recorded, "accuracy") and "RL-tuned" in finding(recorded, "accuracy")
    assert recorded.page.locator(".answers tr").count() == 21


def test_one_choice_of_tasks_acts_on_all_views_without_the_server(recorded):
    drawn = "document.querySelector('[data-figure=accuracy]').data[1].x"
    before = recorded.page.evaluate(f"{drawn}.slice()")
    recorded.page.context.set_offline(True)
    try:
        recorded.page.get_by_label("sums", exact=True).check()
        until(recorded, "s.task === 'sums'")
        recorded.page.wait_for_function(f"(x) => {drawn}.join() !== x.join()", arg=before)
        assert "cups" not in finding(recorded, "pass_at_k") and "sums" in finding(recorded, "pass_at_k")
        assert recorded.page.locator(".pager span").inner_text() == "problems 1 to 20 of 60"
        recorded.page.get_by_label("all tasks", exact=True).check()
        recorded.page.wait_for_function(f"(x) => {drawn}.join() === x.join()", arg=before)
    finally:
        recorded.page.context.set_offline(False)


def test_a_live_run_is_drawn_in_the_same_views_and_the_recorded_come_back(compare):
    recorded = finding(compare, "accuracy")
    run_own(compare)
    until(compare, "s.progress && !s.progress.running")
    assert source(compare).startswith("your run: 2 problems a task (cups, sums, ") and ", seed 7; finished, " in source(
        compare
    )
    assert compare.page.evaluate(f"{STATE}.progress.done === {STATE}.progress.planned")
    assert finding(compare, "accuracy") != recorded
    assert compare.page.locator(".pager span").inner_text() == f"problems 1 to {2 * len(TASKS)} of {2 * len(TASKS)}"
    compare.page.get_by_role("radio", name="recorded results").check()
    until(compare, "s.source === 'recorded'")
    assert finding(compare, "accuracy") == recorded
    compare.page.get_by_role("radio", name="your run").check()
    until(compare, "s.source === 'live'")
    assert source(compare).startswith("your run: ")


def test_a_figure_takes_the_height_of_its_place(recorded):
    """Fewer methods make the first figure lower; it must not hang out of its card."""
    place = "document.querySelector('[data-figure=accuracy]')"
    before = recorded.page.evaluate(f"{place}._fullLayout.height")
    for height in (300, before):
        recorded.page.evaluate(f"{place}.style.height = '{height}px'")
        recorded.page.wait_for_function(f"{place}._fullLayout.height === {height}")


def test_cancel_keeps_what_was_answered(compare):
    run_own(compare, problems="50")
    until(compare, "s.live && s.live.answers.problems.length >= 1")
    assert compare.page.locator("[data-part=progress]").is_visible()
    compare.page.click("[data-part=cancel]")
    until(compare, "s.progress && !s.progress.running")
    assert "; cancelled, " in source(compare)
    done, planned = compare.page.evaluate(f"[{STATE}.progress.done, {STATE}.progress.planned]")
    assert 0 < done < planned
    assert compare.page.locator(".answers tr").count() > 1
    assert compare.page.locator("[data-part=cancel]").is_hidden()


BAD_INPUT = [
    ("0", "7", "Problems must be a whole number from 1 to 50, not 0"),
    ("", "7", "Problems must be a whole number from 1 to 50, not None"),
    ("2.5", "7", "Problems must be a whole number from 1 to 50, not 2.5"),
    ("2", "-1", "Seed must be a whole number from 0 to 1000000000, not -1"),
]


def test_bad_input_is_one_sentence_and_loses_nothing(compare):
    recorded = finding(compare, "accuracy")
    for problems, seed, words in BAD_INPUT:
        run_own(compare, problems, seed)
        assert words in compare.toast()
        assert source(compare).startswith("recorded results: ")
        assert finding(compare, "accuracy") == recorded
        compare.dismiss()
    for box in compare.page.locator("#own-tasks input").all():
        box.uncheck()
    compare.page.click("#own-run")
    assert "Tasks must be one or more of cups, sums" in compare.toast()


def test_the_table_is_filtered_and_paged(recorded):
    fields = {"right": "power, α 4 B 16 N 10, block", "wrong": "temperature, τ 0.25"}
    any_method = {name: recorded.page.locator(f"[data-field={name}]").input_value() for name in fields}
    for name, method in fields.items():
        recorded.page.select_option(f"[data-field={name}]", label=method)
    total = int(recorded.page.locator(".pager span").inner_text().split()[-1])
    assert 0 < total < 120
    rows = recorded.page.locator(".answers tr")
    marks = [rows.nth(i).locator("td").all_inner_texts() for i in range(1, rows.count())]
    assert all("wrong" in cells[3] or cells[3] == "no answer" for cells in marks)
    assert all("right" in cells[7] for cells in marks)
    recorded.page.click("[data-turn=next]")
    assert recorded.page.locator(".pager span").inner_text().startswith("problems 21 to ")
    for name, value in any_method.items():
        recorded.page.select_option(f"[data-field={name}]", value)


def test_an_answer_of_the_chain_runs_on_the_explore_page(compare, results_file):
    table = Results.load(results_file)
    name = compare.page.locator(".answers tr").nth(1).locator("b").inner_text()
    heads = compare.page.locator(".answers th").all_inner_texts()
    column = heads.index("power, α 4 B 16 N 10, block")
    compare.page.locator(".answers tr").nth(1).locator("td").nth(column).locator("button").click()
    compare.until("!s.run.recorded && s.moments.length > 1")
    assert name == "cups 0"
    assert compare.store("s.run.settings.seed") == run_seed(table.started.seed, 0)
    assert compare.store("s.run.settings.block_size") == 16 and compare.store("s.run.settings.alpha") == 4
    prompt = compare.store("s.run.prompt")
    assert compare.page.locator("#prompt textarea").input_value() == prompt
    assert compare.page.get_by_role("tab", name="Explore").get_attribute("aria-selected") == "true"
    compare.page.wait_for_selector("[data-part=log_likelihood]:visible")


def test_an_answer_at_a_temperature_brings_its_temperature(compare):
    compare.page.locator(".answers tr").nth(2).locator("td").nth(2).locator("button").click()
    compare.until("!s.run.recorded && s.run.settings.proposal_temperature === 1")
    assert compare.store("s.run.settings.seed") == run_seed(1, 1)


def test_an_answer_of_a_model_that_is_not_on_offer_is_refused(recorded):
    recorded.page.locator(".answers tr").nth(1).locator("td").nth(6).locator("button").click()
    assert "not 'tuned-elsewhere'" in recorded.toast()
    assert recorded.page.locator("[data-figure=accuracy]").is_visible()
    recorded.dismiss()


@pytest.mark.parametrize(("theme", "width"), EACH_LOOK)
def test_nothing_sticks_out_in_either_theme(context, made_up_address, theme, width):
    visitor = opened(context, made_up_address, theme, width)
    visitor.page.wait_for_selector("[data-figure=ranks] .main-svg")
    wide = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    ink = visitor.page.evaluate("document.querySelector('[data-figure=accuracy]')._fullLayout.font.color")
    assert wide <= 0
    assert ink == {"light": "#1f2937", "dark": "#e5e7eb"}[theme]
    assert not visitor.complaints and not visitor.outside
    visitor.page.close()


def test_without_recorded_results_the_page_says_what_to_do(context, tmp_path_factory):
    for address in app_on(tmp_path_factory.mktemp("none") / "empty.jsonl.gz"):
        visitor = opened(context, address)
        assert source(visitor).startswith("No recorded results: empty.jsonl.gz is missing. Run python -m sampler")
        assert visitor.page.locator("[data-part=views]").is_hidden()
        run_own(visitor)
        visitor.page.wait_for_selector("[data-figure=accuracy] .main-svg")
        until(visitor, "s.progress && !s.progress.running")
        assert not visitor.complaints
        visitor.page.close()
