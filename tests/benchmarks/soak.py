"""Opens the page again and again and counts asks and answers: every ask must get one end, whatever else goes on.

The count is the browser's own: before any script of the page runs, `fetch` and `EventSource` are watched, so that an
ask that the page's scripts lose is counted as well.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, TimeoutError, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, free_port, served

PATIENCE = 90_000  # ms; then an ask counts as unanswered
WATCH = """() => {
  const wire = (window.wire = { kinds: {}, ends: {} }); // by the number of the ask
  const { fetch, EventSource } = window;
  window.fetch = (address, options) => {
    if (String(address).endsWith("/explorer/ask")) {
      const { id, kind } = JSON.parse(options.body);
      wire.kinds[id] = kind;
    }
    return fetch(address, options);
  };
  window.EventSource = class extends EventSource {
    constructor(...address) {
      super(...address);
      this.addEventListener("message", ({ data }) => {
        const { id, end } = JSON.parse(data);
        if (end) wire.ends[id] = end;
      });
    }
  };
}"""
IS_OVER = """(kinds) => {
  const asked = Object.values(wire.kinds);
  return kinds.every((kind) => asked.includes(kind)) && Object.keys(wire.kinds).every((id) => id in wire.ends);
}"""
VISITS = (  # what the address says, what a person does on the page, and what is asked
    ("", "", ["target"]),
    ("seed=5&N=3", "", ["run", "target"]),
    ("", "document.querySelectorAll('[data-part=text] [data-position]')[1].click()", ["target", "alternatives"]),
    ("preset=cups-2", "document.querySelector('[data-part=diagnostics]').open = true", ["recorded", "diagnostics"]),
    ("page=tree&world=pivot", "", ["tree"]),
)


def soak(openings: int) -> Iterator[dict[str, object]]:
    """A row an opening: asks, answers and unanswered asks of all openings so far."""
    port, total = free_port(), {"asks": 0, "answers": 0, "unanswered": 0}
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = served([sys.executable, "app.py", "--port", str(port)], port, Path(folder) / "log")
        address = next(app)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = chromium.new_context()
        context.add_init_script(f"({WATCH})()")
        for number in range(openings):
            query, action, kinds = VISITS[number % len(VISITS)]
            page = context.new_page()
            asks, answers = counted(page, f"{address}?{query}", action, kinds)
            page.close()
            for name, count in zip(total, (asks, answers, asks - answers), strict=True):
                total[name] += count
            yield {"opening": number + 1, **total, "asked here": " ".join(kinds)}
        chromium.close()
        app.close()


def counted(page: Page, address: str, action: str, kinds: list[str]) -> tuple[int, int]:
    """The asks of one opening, and how many of them got an end; a kind that was never asked counts as an ask."""
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    try:
        page.wait_for_selector("[data-is-open]", state="attached")
        page.wait_for_function("explorer.store.target")
        page.evaluate(action)
        page.wait_for_function(IS_OVER, arg=kinds)
    except TimeoutError:
        pass
    wire = page.evaluate("wire")
    lost = set(kinds) - set(wire["kinds"].values())
    return len(wire["kinds"]) + len(lost), len(wire["ends"])
