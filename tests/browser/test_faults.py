"""Whatever the network loses, doubles, delays or cuts: every ask gets its answers in order, each once, and one end."""

import sys
from collections.abc import Iterator

import pytest
from conftest import ROOT, Visit, free_port, served
from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser

WORLD = '{ world: "endings" }'
RUNS = f'{{ world: {WORLD}, kernel: "right", alpha: 2, temperature: null, block_size: 3, scope: "block", '
ASKS = f"""async (rounds) => {{
  const {{ ask }} = await import("./explorer/page/ask.js");
  const found = [];
  for (let i = 0; i < rounds; i += 1) {{
    const counts = [];
    const checks = [];
    const all = [
      ask("chains", {RUNS} runs: 200, steps: 100, seed: i }}, (answer) => counts.push(answer.sampled.n)),
      ask("checks", {{}}, (answer) => checks.push(answer.checks.rows.length)),
      ask("dial", {{ world: {WORLD}, alpha: 1 + i }}, (answer) => found.push(answer.dial.alpha)),
      ask("tree", {{ world: {{ world: "nowhere" }}, alpha: 2 }}).then(() => "done", (error) => error.message),
    ];
    const ends = await Promise.all(all);
    found.push({{ ends, counts, checks }});
  }}
  return found;
}}"""


@pytest.fixture(scope="module")
def faulty(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    port, log = free_port(), tmp_path_factory.mktemp("faulty") / "log"
    app = served([sys.executable, "tests/browser/faulty_app.py", str(port)], port, log, PYTHONPATH=str(ROOT))
    visit = Visit(context.new_page(), next(app)).open()
    yield visit
    visit.page.close()
    app.close()


def test_every_ask_gets_all_its_answers_and_one_end(faulty):
    faulty.page.set_default_timeout(300_000)
    rounds = 2
    found = faulty.page.evaluate(ASKS, rounds)
    assert [each for each in found if not isinstance(each, dict)] == [1 + i for i in range(rounds)]
    for each in (each for each in found if isinstance(each, dict)):
        *ends, refusal = each["ends"]
        assert ends == [True, True, True] and refusal.startswith("World must be one of")
        assert each["counts"][-1] == 200 and each["counts"] == sorted(set(each["counts"]))
        assert each["checks"][:-1] == list(range(1, each["checks"][-1] + 1))


def test_the_page_says_that_it_asks_again_and_stops_saying_so(faulty):
    """While no ask gets through, one line, though the stream lives; it goes when the answers come."""
    line = faulty.page.locator("#asking-again")
    faulty.page.route("**/explorer/ask", lambda route: route.abort())
    faulty.page.evaluate(
        "async () => { const { ask } = await import('./explorer/page/ask.js'); "
        f"window.late = null; ask('dial', {{ world: {WORLD}, alpha: 3 }}, (answer) => (window.late = answer)); }}"
    )
    line.wait_for(state="visible")
    assert line.inner_text() == "The server does not answer; asking again …"
    faulty.page.unroute("**/explorer/ask")
    faulty.page.wait_for_function("window.late?.dial.alpha === 3")
    line.wait_for(state="detached")
