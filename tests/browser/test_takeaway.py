"""What a visitor takes away, opened again: the replay in one file, tables, pictures, the notebook, a dropped trace."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from conftest import Visit

from sampler.trace.trace import Trace

pytestmark = pytest.mark.browser
MOST = 6 * 2**20  # bytes of a replay of the default run
DROP = """([name, text]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""
MARKUP = '</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1><!--<script>"'


def saved(visit: Visit, press: str, folder: Path) -> Path:
    """The file that a button lets the browser save, under the name it gives it."""
    with visit.page.expect_download() as download:
        visit.page.click(press)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def reopened(browser, path: Path) -> Visit:
    """A saved page in a browser that is cut off from every network."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    return Visit(context.new_page(), path.as_uri()).open("")


def closed(visitor: Visit) -> None:
    assert not visitor.complaints
    assert not visitor.outside
    visitor.page.context.close()


def test_a_replay_works_from_a_file_without_a_network(visit, browser, tmp_path):
    visit.open()
    visit.until("s.target?.pivots?.length")
    visit.page.locator(".jump").first.click()
    visit.until("s.alternatives[s.chosen]?.rows")
    path = saved(visit, "#save-replay", tmp_path)
    assert path.name == "classroom-alpha-4-seed-0-replay.html"
    assert path.stat().st_size <= MOST
    replay = reopened(browser, path)
    for of in ("s.run.prompt", "s.moments.length", "s.moments.at(-1).text", "s.samples.length", "s.target.answers"):
        assert replay.store(of) == visit.store(of)
    replay.page.locator("[data-scrub]").fill("0")
    replay.until("s.head === 0")
    replay.press("step")
    replay.until("s.head === 1 && s.phase === 'proposed'")
    replay.press("step")
    replay.until("s.phase === 'judged'")
    replay.page.locator("#what-if-alpha").fill("1.5")
    replay.until("s.whatIfAlpha === 1.5")
    assert "decisions would turn" in replay.page.locator("[data-part=what-if]").inner_text()
    replay.page.locator(".text .token").first.click()
    replay.until("s.chosen === 0 && s.position === 0")
    replay.page.wait_for_selector("[data-part=block_history] .mark-position")
    replay.open("notes=1")  # which are not in the file
    closed(replay)


def test_markup_in_a_run_stays_text_in_its_replay(visit, browser, tmp_path):
    visit.open()
    visit.page.locator("#prompt textarea").fill(MARKUP)
    visit.run_to_end()
    lines = [json.loads(line) for line in saved(visit, "#save", tmp_path).read_text().splitlines()]
    pieces = lines[0]["pieces"]
    lines[0]["pieces"] = {v: MARKUP for v in pieces}
    hostile = "\n".join(json.dumps(line) for line in lines)
    before = visit.store("s.run.id")
    visit.page.evaluate(DROP, ["run.jsonl", hostile])
    visit.until(f"s.run.id !== {before!r} && s.moments.at(-1).tokens[0].includes('script')")
    replay = reopened(browser, saved(visit, "#save-replay", tmp_path))
    assert replay.page.evaluate("window.hacked") is None and visit.page.evaluate("window.hacked") is None
    assert replay.store("s.run.prompt") == MARKUP
    assert "<script>" in replay.page.locator(".text .token").first.inner_text()
    closed(replay)


def test_steps_and_samples_as_csv(visit, tmp_path):
    visit.open()
    steps = saved(visit, "[data-csv=steps]", tmp_path)
    samples = saved(visit, "[data-csv=samples]", tmp_path)
    assert steps.name == "classroom-alpha-4-seed-0-steps.csv"
    rows = list(csv.DictReader(io.StringIO(steps.read_text("utf-8"))))
    moments = visit.store("s.moments.filter((m) => m.kind === 'step')")
    assert [float(row["log_accept_ratio"]) for row in rows] == [m["log_accept_ratio"] for m in moments]
    assert [row["is_accepted"] == "true" for row in rows] == [m["is_accepted"] for m in moments]
    assert [row["text_after"] for row in rows] == [m["text"] for m in moments]
    drawn = list(csv.DictReader(io.StringIO(samples.read_text("utf-8"))))
    assert [float(row["log_p"]) for row in drawn] == visit.store("s.samples.map((x) => x.total_log_p)")


FORMULAS = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", '=HYPERLINK("x")']


def test_no_text_is_a_formula(visit):
    visit.open()
    write = "(rows) => import('/explorer/page/takeaway/csv.js').then(({ csv }) => csv(['a', 'b'], rows))"
    written = visit.page.evaluate(write, [[text, -1.5] for text in FORMULAS])
    [_, *rows] = csv.reader(io.StringIO(written, newline=""))
    assert rows == [[f"'{text}", "-1.5"] for text in FORMULAS]


def test_pictures_say_which_run_they_are_of(visit, tmp_path):
    visit.open()
    menu = visit.page.locator("[data-part=log_likelihood] + .pictures")
    menu.locator("summary").click()
    svg = saved(visit, "[data-part=log_likelihood] + .pictures [data-picture=svg]", tmp_path)
    png = saved(visit, "[data-part=log_likelihood] + .pictures [data-picture=png]", tmp_path)
    assert svg.name == "classroom-alpha-4-seed-0-log-likelihood.svg"
    assert svg.read_text("utf-8").startswith("<svg") and "log p of the completion" in svg.read_text("utf-8")
    assert png.read_bytes().startswith(b"\x89PNG")


def test_tables_of_tree_and_compare(visit, tmp_path):
    visit.open()
    visit.page.get_by_role("tab", name="Tree", exact=True).click()
    visit.page.wait_for_function("window.explorer.tree.state.dial?.rows")
    for name, columns in (("tokens", "token,base_low"), ("completions", "text,power"), ("dial", "scope,block_size")):
        path = saved(visit, f"[data-csv={name}]", tmp_path)
        assert path.name == f"tree-paper-alpha-4-B-2-{name}.csv"
        assert path.read_text("utf-8").startswith(columns) and len(path.read_text("utf-8").splitlines()) > 2
    visit.page.get_by_role("tab", name="Compare", exact=True).click()
    visit.page.wait_for_selector("[data-part=problems] table")
    for name in ("methods", "answers"):
        path = saved(visit, f"[data-csv={name}]", tmp_path)
        assert path.name == f"recorded-results-all-tasks-{name}.csv"
        assert len(path.read_text("utf-8").splitlines()) > 5


def test_a_notebook_names_the_trace_that_is_saved_beside_it(visit, tmp_path, monkeypatch):
    visit.open()
    trace = saved(visit, "#save", tmp_path)
    notebook = json.loads(saved(visit, "#save-notebook", tmp_path).read_text("utf-8"))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["TRACE"] == trace.name
    assert len(names["steps"]) == len(Trace.load(trace).steps_taken)


def test_a_dropped_trace_opens_and_a_foreign_one_is_refused(visit, tmp_path):
    visit.open()
    text = saved(visit, "#save", tmp_path).read_text("utf-8")
    before = visit.store("s.run.id")
    visit.page.evaluate(DROP, ["again.jsonl", text])
    visit.until(f"s.run.id !== {before!r}")
    assert visit.store("s.run.recorded") is True
    kept = visit.store("s.run.id")
    visit.page.evaluate(DROP, ["foreign.jsonl", '{"event":"run_started","schema":7}\n'])
    assert re.search("schema must be 1 or 2, not 7", visit.toast())
    assert visit.store("s.run.id") == kept


def test_whoever_waits_in_line_is_shown_the_way_to_recorded_runs(visit):
    visit.open()
    visit.page.evaluate(
        """() => import("/explorer/page/explore/run.js").then(({ receive }) => {
          const { run, moments, samples } = window.explorer.store;
          const status = "32 runs are being computed; yours is number 1 in line.";
          receive({ run_id: run.id, first: moments.length, moments: [], samples: [], can_continue: true, ended: null,
            frozen: 0, sample_temperature: null, status, elsewhere: "https://example.org/" });
        })"""
    )
    way = visit.page.locator("[data-part=live] a")
    way.wait_for()
    assert way.get_attribute("href") == "https://example.org/"
    assert "number 1 in line" in visit.page.locator("[data-part=live]").inner_text()
