"""How the page keeps up with a hand: `python tests/benchmarks/frames.py --out frames.json`; the app and real Chromium.

Alpha moves once a frame: on the Explore page as what-if over the opening run, on the Tree page over the largest tree
that it plants of the embedded model. Reported are the times from one frame to the next, and the requests meanwhile.
Then the first picture of a cold browser, the default run, and its replays at other alphas.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

from playwright.sync_api import Page, Request, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from tests.browser.conftest import ARGUMENTS, CHROMIUM, free_port, served  # noqa: E402

FRAMES = 120
MOVE = """async ([count, move]) => {
  const turn = new Function("alpha", move), times = [];
  for (let i = 0; i <= count; i += 1) {
    times.push(await new Promise((done) => requestAnimationFrame(done)));
    turn(2 + ((i * 7) % 60) / 10);
  }
  return times.slice(1).map((time, i) => time - times[i]);
}"""
RUN = """async () => {
  const { store } = window.explorer, before = store.run.id, start = performance.now(), seen = {};
  document.querySelector("#run").click();
  while (!seen.finished) {
    await new Promise((done) => setTimeout(done, 5));
    if (store.run.id === before) continue;
    if (store.moments.some((moment) => moment.kind === "step")) seen.first ??= performance.now() - start;
    if (store.ended) seen.ended ??= performance.now() - start;
    if (!store.canContinue) seen.finished = performance.now() - start;
  }
  return seen;
}"""
REPLAY = """async (alpha) => {
  const { store, whatIf } = window.explorer, start = performance.now();
  whatIf(alpha, false);
  while (!store.replays[alpha]) await new Promise((done) => setTimeout(done, 5));
  return performance.now() - start;
}"""


def dragged(page: Page, move: str) -> dict[str, object]:
    """Milliseconds from frame to frame while `move` (JavaScript, given alpha) acts once in each."""
    asked: Counter[str] = Counter()

    def count(request: Request) -> None:
        asked[purpose(request)] += 1

    page.on("request", count)
    times = sorted(page.evaluate(MOVE, [FRAMES, move]))
    page.remove_listener("request", count)
    return {"median, ms": times[len(times) // 2], "95th, ms": times[int(0.95 * len(times))], "requests": dict(asked)}


def purpose(request: Request) -> str:
    """What a request is for: the fields of what it asks, else its address."""
    if request.url.endswith("/explorer/ask"):
        return f"asks {request.post_data_json['kind']}"
    return f"{request.method} {request.url.partition('?')[0].rpartition('gradio_api/')[2]}"


def measured(page: Page, address: str) -> dict[str, object]:
    """Every figure, by name."""
    start, found = time.perf_counter(), {}
    page.goto(f"{address}?__theme=light")
    page.wait_for_selector("[data-part=log_likelihood] .main-svg")
    found["first picture, s"] = round(time.perf_counter() - start, 2)
    page.wait_for_function("window.explorer.store.target")
    found["what-if"] = dragged(page, "window.explorer.whatIf(alpha, false)")
    page.select_option("[data-speed]", "0")
    found["default run, ms"] = [page.evaluate(RUN) for _ in range(3)]
    page.locator("[data-part=replays-card]").scroll_into_view_if_needed()
    found["replay, ms"] = {str(alpha): page.evaluate(REPLAY, alpha) for alpha in (3.9, 3, 2, 8)}
    page.get_by_role("tab", name="Tree").click()
    page.wait_for_function("window.explorer.tree.state.tree && document.querySelector('#tree canvas')")
    page.evaluate("window.explorer.tree.open({ world: 'network', alpha: 4 })")
    nodes = page.evaluate("window.explorer.tree.state.tree.parents.length")
    slider = "const dial = document.querySelector('#tree [data-dial=alpha]'); dial.value = alpha;"
    moved = dragged(page, slider + "dial.dispatchEvent(new Event('input', { bubbles: true }));")
    return found | {"tree": {"nodes": nodes, **moved}}


def main() -> None:
    """Start the app and a browser, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("frames.json"), help="the JSON file (%(default)s)")
    out, port = parser.parse_args().out, free_port()
    app = served([sys.executable, "app.py", "--port", str(port)], port, out.with_suffix(".log"))
    address = next(app)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        found = measured(chromium.new_page(viewport={"width": 1280, "height": 900}), address)
        chromium.close()
    app.close()
    out.write_text(json.dumps({"cores": os.cpu_count(), **found}, indent=1))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
