"""Markup in prompts, tokens, files and their names, trees and addresses stays text in the real page."""

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from test_hostile_files import FIRST, LINES, block, jsonl, step

pytestmark = pytest.mark.browser
HACK = "window.hacked=1"
MARKUP = f'<img src=x onerror="{HACK}"><svg onload="{HACK}"><a href="https://evil.example">e</a>${{{HACK}}}'
FOREIGN = "img[src='x'], svg[onload], [*|href*='evil'], iframe, object, [onerror], [onload], [*|href^='javascript']"


@pytest.fixture
def victim(visit):
    """A visitor whose page must have run and linked nothing when the test is over."""
    yield visit
    assert visit.page.evaluate("window.hacked") is None
    assert visit.page.locator(FOREIGN).count() == 0


def upload(visit, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/jsonl", "buffer": content}
    visit.page.locator("input[type=file]").first.set_input_files(file)


def hostile_run() -> bytes:
    """A run of two steps in which every text is markup."""
    start = FIRST | {"prompt": MARKUP, "pieces": dict.fromkeys(FIRST["pieces"], MARKUP)}
    start["model"] = {"name": MARKUP, "revision": MARKUP}
    ended = LINES[-1] | {"token_ids": block(2)["extension"]["token_ids"], "text": MARKUP}
    shifted = step(cut=1)
    return jsonl(start, block(2), shifted, shifted | {"draw": 1, "step": 1}, ended)


def test_a_prompt_of_markup_runs_as_text(victim):
    victim.open()
    victim.page.locator("#prompt textarea").fill(MARKUP)
    victim.run_to_end()
    assert victim.page.locator("[data-part=prompt]").inner_text() == MARKUP


def test_an_opened_run_of_markup_shows_it_in_every_view(victim):
    victim.open()
    upload(victim, "run.jsonl", hostile_run())
    victim.until("s.run.model.startsWith('<img')")
    token = victim.page.locator(".text .token").first
    assert token.inner_text().replace("␣", " ").replace("\u00a0", " ") == MARKUP
    token.click()
    victim.until("s.chosen === 0")
    for figure in ("log_likelihood", "block_history", "proposals", "pivotal_positions"):
        drawn = victim.page.locator(f"[data-part={figure}] .main-svg").first
        drawn.scroll_into_view_if_needed()
        drawn.hover(force=True)
    victim.page.click("[data-part=diagnostics] summary")
    victim.until("s.diagnosis && s.diagnosis.rows && !s.diagnosis.progress")
    victim.page.click("[data-part=chain-run]")
    victim.until("s.diagnosis.refusal")
    assert "<img" in victim.page.locator("[data-part=chain-progress]").inner_text()


REFUSED = {
    "name": (f"<img src=x onerror={HACK}>.jsonl", b"nothing"),
    "event": ("run.jsonl", json.dumps({"event": MARKUP}).encode()),
    "schema": ("run.jsonl", jsonl(FIRST | {"schema": MARKUP})),
    "piece": ("run.jsonl", jsonl(FIRST | {"pieces": {MARKUP: "a"}})),
}


def test_a_refusal_quotes_markup_as_text(victim, subtests):
    victim.open()
    run = victim.store("s.run.id")
    for place, (name, content) in REFUSED.items():
        with subtests.test(place):
            upload(victim, name, content)
            assert victim.toast()
            assert victim.store("s.run.id") == run
            assert victim.page.locator(FOREIGN).count() == 0
            victim.dismiss()


def test_a_tree_of_markup_is_drawn_as_text(victim):
    victim.open()
    victim.page.get_by_role("tab", name="Tree").click()
    until(victim, "s.tree && s.dial")
    victim.page.select_option("[data-part=world]", "own")
    image, link = f"<img/src=x/onerror={HACK}>", "<a/href=https://evil.example>x</a>"
    victim.page.locator("#tree textarea").fill(f"{image} 0.5\n  {link} 1\n<b>x</b> 0.5\n")
    victim.page.click("[data-part=plant]")
    until(victim, "Object.values(s.tree.pieces).some((text) => text.startsWith('<img'))")
    expect(victim.page.locator("[data-part=children]")).to_contain_text(image)
    victim.page.locator("#tree").get_by_role("button", name="Run", exact=True).click()
    until(victim, "s.sampled && s.sampled.n >= 400")
    victim.page.wait_for_selector("[data-figure=completions] .xtick text")
    assert "<b>x</b>" in victim.page.locator("[data-figure=completions] .xtick text").all_text_contents()


def test_a_bad_tree_of_markup_is_refused_as_text(victim):
    victim.open()
    victim.page.get_by_role("tab", name="Tree").click()
    until(victim, "s.tree && s.dial")
    victim.page.select_option("[data-part=world]", "own")
    victim.page.locator("#tree textarea").fill(MARKUP)
    victim.page.click("[data-part=plant]")
    victim.page.wait_for_function("document.querySelector('#tree [data-part=kind]').innerText.includes('<img')")


@pytest.mark.parametrize(
    "query",
    [
        f"__theme={quote(MARKUP)}&deep_link={quote('../../etc/passwd')}#javascript:{HACK}",
        f"__theme=light&view={quote(MARKUP)}&{quote(MARKUP)}=1&preset={quote(MARKUP)}&run={'a' * 5000}#{quote(MARKUP)}",
    ],
    ids=["theme", "names"],
)
def test_an_address_with_markup_opens_the_page_as_it_is(victim, query):
    victim.open(query)
    assert victim.store("s.run.recorded") is True


def test_a_link_with_markup_in_every_place_shows_it_as_text(victim):
    names = ("step", "hide", "model", "scope", "seed", quote(MARKUP))
    query = "&".join(f"{name}={quote(MARKUP)}" for name in names)
    victim.open(f"blocks=1&N=2&theme=light&prompt={quote(MARKUP)}&{query}")
    victim.until("!s.run.recorded && !s.canContinue")
    assert victim.page.locator("[data-part=prompt]").inner_text() == MARKUP
    assert "<img src=x" in victim.page.locator("[data-link=complaints]").inner_text()
    victim.page.click("[data-link=code]")
    assert victim.page.locator(".code-link").inner_text().startswith(victim.address)


def test_a_message_from_another_window_does_nothing(victim):
    victim.open()
    run = victim.store("s.run.id")
    for message in (MARKUP, {"type": MARKUP, "data": MARKUP}, {"type": "gradio", "value": MARKUP}):
        victim.page.evaluate("(message) => window.postMessage(message, '*')", message)
    victim.page.wait_for_function("new Promise((done) => setTimeout(() => done(true), 0))")
    assert victim.store("s.run.id") == run


def until(visit, condition: str) -> None:
    """Wait for a condition on the Tree page's state `s`."""
    visit.page.wait_for_function(f"(() => {{ const s = window.explorer.tree.state; return {condition}; }})()")
