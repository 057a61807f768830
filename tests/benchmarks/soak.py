"""Opens the page again and again and counts asks and answers: every ask must get one end, whatever else goes on."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, free_port, served

LINKS = ("", "preset=cups-2&step=3", "page=tree&world=pivot", "preset=sums-1", "page=compare")
PATIENCE = 180_000  # ms
ASK = """async () => {
  const { explorer } = window;
  const until = async (holds) => { while (!holds()) await new Promise((done) => setTimeout(done, 50)); };
  await until(() => explorer?.store.run && document.querySelector("[data-is-open]"));
  const { store } = explorer;
  await until(() => store.target);
  document.querySelector('[data-part="diagnostics"]').open = true;
  await until(() => store.diagnosis?.rows);
  if (!store.target.search) return 2;
  Object.assign(store, { chosen: 1 });
  explorer.target.askAlternatives();
  await until(() => store.alternatives[1]);
  return 3;
}"""


def soak(openings: int) -> Iterator[dict[str, object]]:
    """A row an opening: how many of its questions were answered, and the answered openings so far."""
    port, answered = free_port(), 0
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = served([sys.executable, "app.py", "--port", str(port)], port, Path(folder) / "log")
        address = next(app)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for number in range(openings):
            link = LINKS[number % len(LINKS)]
            page = chromium.new_page()
            questions = opened(page, f"{address}?{link}")
            answered += questions > 0
            yield {
                "opening": number + 1,
                "questions": questions,
                "answered": f"{answered} of {number + 1}",
                "link": link,
            }
            page.close()
        chromium.close()
        app.close()


def opened(page: Page, address: str) -> int:
    """The questions that were answered on a page; 0 if one was not."""
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    try:
        page.wait_for_function("window.explorer")
        return page.evaluate(f"Promise.race([({ASK})(), new Promise((done) => setTimeout(done, {PATIENCE}, 0))])")
    except Exception:
        return 0
