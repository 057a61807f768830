"""The real page in real Chromium: one app and one browser for all tests, a tab of its own for each."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
EACH_LOOK = [("light", 1280), ("dark", 390)]  # each theme and each width (px) once
PATIENCE = 120_000  # ms; a condition is waited for, so a slow machine only takes longer

HOW_FAR = """() => ({
  document: document.readyState,
  hasScripts: Boolean(window.explorer),
  hasPlotly: Boolean(window.Plotly),
  isMounted: document.querySelector(".explore") !== null,
  moments: window.explorer?.store.moments.length,
  figure: document.querySelector("[data-part=log_likelihood]")?.getBoundingClientRect().toJSON(),
  files: performance.getEntriesByType("resource").map(({ name, responseStatus }) => `${name} ${responseStatus}`),
})"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app, started as the README says."""
    port = free_port()
    yield from served([sys.executable, "app.py", "--port", str(port)], port, tmp_path_factory.mktemp("app") / "log")


def served(command: list[str], port: int, log: Path, **environment: str) -> Iterator[str]:
    """The address of an app while it runs; it writes to a file, since nobody would empty a pipe."""
    env, url = os.environ | environment, f"http://127.0.0.1:{port}/"
    with log.open("w") as out, subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out) as app:
        try:
            wait_until_up(app, url, log)
            yield url
        finally:
            app.terminate()


def wait_until_up(app: subprocess.Popen, url: str, log: Path) -> None:
    for _ in range(600):
        if app.poll() is not None:
            pytest.fail(f"the app ended at once:\n{log.read_text()}")
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the app did not answer")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.fail("Chromium is missing: install Debian's package chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Visit:
    """A page with what a test asks of it, and a record of everything that went wrong on it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        self.outside: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._on_request)

    def _on_console(self, message) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _on_request(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.outside.append(request.url)

    def open(self, query: str = "__theme=light") -> "Visit":
        self.page.goto(f"{self.address}?{query}")
        try:
            self.page.wait_for_selector("[data-part=log_likelihood] .main-svg")
            self.page.wait_for_function("window.explorer.store.moments.length > 0")
        except Error as error:
            pytest.fail(f"the page did not open: {self.page.evaluate(HOW_FAR)}, console {self.complaints}\n{error}")
        return self

    def store(self, expression: str) -> object:
        """A value of the browser's store: `s` is the store."""
        return self.page.evaluate(f"(() => {{ const s = window.explorer.store; return {expression}; }})()")

    def until(self, condition: str) -> None:
        """Wait for a condition on the store `s`, and for the views to have drawn it."""
        self.page.wait_for_function(f"(() => {{ const s = window.explorer.store; return {condition}; }})()")
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def press(self, action: str) -> None:
        self.page.click(f'[data-action="{action}"]')

    def run(self, speed: str = "0") -> None:
        """Press Run and wait for the new run's first step."""
        self.page.select_option("[data-speed]", speed)
        before = self.store("s.run.id")
        self.page.click("#run")
        self.until(f"s.run.id !== {before!r} && s.moments.some((m) => m.kind === 'step')")

    def run_to_end(self) -> None:
        self.run()
        self.until("!s.canContinue && s.ended")

    def open_drawer(self) -> None:
        """Open the diagnostics and wait for their rows."""
        self.page.click("[data-part=diagnostics] summary")
        try:
            self.until("s.diagnosis && s.diagnosis.rows && !s.diagnosis.progress")
        except Error:
            pytest.fail(f"no rows: {self.store('[s.run, s.ended, s.canContinue, s.diagnosis]')}")

    def type_in(self, selector: str, value: str) -> None:
        """Type into a field of Gradio's; once more where Gradio was still putting the field in its place."""
        field = self.page.locator(selector)
        for _ in range(20):
            field.fill(value)
            field.press("Tab")
            typed = field.element_handle()
            self.page.wait_for_timeout(200)  # ms, of a dozen frames
            if typed.evaluate("(each) => each.isConnected") and field.input_value() == value:
                return
        pytest.fail(f"{selector} did not take {value!r}")

    def dial(self, name: str, value: str) -> None:
        """Type a slider's value; once more where Gradio was still putting the field in its place."""
        field, slider = (self.page.locator(f"#{name} input[type={kind}]") for kind in ("number", "range"))
        for _ in range(20):
            field.fill(value)
            field.press("Tab")
            try:
                return expect(slider).to_have_value(value, timeout=3_000)
            except AssertionError:
                continue
        pytest.fail(f"the slider {name} did not take {value}")

    def toast(self) -> str:
        """The text of the error that the page shows."""
        return self.page.locator("#refusal p, [data-testid=toast-body]").first.inner_text()

    def dismiss(self) -> None:
        """Close the error, so that the next one is not taken for it."""
        self.page.locator("#refusal button, [data-testid=toast-close]").first.click()
        expect(self.page.locator("#refusal p, [data-testid=toast-body]")).to_have_count(0)


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser: scripts that one test has fetched and compiled serve the next, as they do in a room."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, address: str) -> Iterator[Visit]:
    """A fresh tab at 1280 x 900; our pages keep nothing beyond one. Fails at the end if the console complained."""
    visitor = Visit(context.new_page(), address)
    yield visitor
    visitor.page.close()
    assert not visitor.complaints
    assert not visitor.outside
