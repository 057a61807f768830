"""The Explore page, pressed as a person would press it."""

import json
import re

import pytest
from conftest import Visit

from sampler.trace.trace import Trace

pytestmark = pytest.mark.browser


def test_opens_on_a_recorded_run_with_every_view_drawn(visit):
    visit.open()
    assert visit.store("s.run.recorded") is True
    assert visit.page.locator(".kind").inner_text() == "recorded run"
    for figure in ("log_likelihood", "block_history", "proposals", "pivotal_positions"):
        visit.page.wait_for_selector(f"[data-part={figure}] .main-svg")
    assert visit.page.locator(".text .token").count() == visit.store("s.moments.at(-1).length")
    assert visit.page.locator(".samples tr").count() == visit.store("s.samples.length") + 1
    assert "Replay" in visit.page.locator('[data-action="play"]').inner_text()


def test_replays_in_two_beats(visit):
    visit.open()
    visit.page.locator("[data-scrub]").fill("0")
    visit.until("s.head === 0")
    visit.press("step")
    visit.until("s.head === 1 && s.phase === 'proposed'")
    assert "not judged yet" in visit.page.locator("[data-part=decision-title]").inner_text()
    assert visit.page.locator(".accept").count() == 0
    visit.press("step")
    visit.until("s.head === 1 && s.phase === 'judged'")
    assert visit.page.locator(".accept").count() == 1
    visit.press("back")
    visit.until("s.head === 1 && s.phase === 'proposed'")
    visit.press("back")
    visit.until("s.head === 0")


def test_a_block_freezes_with_its_last_verdict_not_before(visit):
    visit.open("__theme=light&step=10p")  # the last of ten of the first block
    visit.until("s.phase === 'proposed' && s.moments[s.selected].draw === 9")
    frozen = visit.page.locator(".text .block.frozen")
    assert frozen.count() == 0
    visit.press("step")
    visit.until("s.phase === 'judged'")
    assert frozen.count() == 1


def pressed(visit, action: str, expression: str) -> object:
    """A value of the store `s` at the moment of a press; seen from outside it may be over on a busy machine."""
    click = f"""document.querySelector('[data-action="{action}"]').click()"""
    return visit.page.evaluate(f"() => {{ const s = window.explorer.store; {click}; return {expression}; }}")


def test_again_shows_the_same_step_once_more(visit):
    visit.open()
    head = visit.store("s.head")
    assert pressed(visit, "again", "s.phase") == "proposed"
    visit.until("s.phase === 'judged'")
    assert visit.store("s.head") == head


def test_play_goes_through_the_recorded_run(visit):
    visit.open()
    visit.page.select_option("[data-speed]", "0")
    assert pressed(visit, "play", "[s.playing, s.head]") == [True, 0]
    visit.until("!s.playing && s.head === s.moments.length - 1")


def test_a_live_run_streams_ends_and_draws_samples(visit):
    visit.open()
    visit.run_to_end()
    assert visit.store("s.run.recorded") is False
    assert visit.store("s.ended.reason") == "completed"
    assert visit.store("s.ended.totals.steps") == visit.store("s.moments.filter((m) => m.kind === 'step').length")
    drawn = visit.store("s.samples.reduce((sum, x) => sum + x.length, 0)")
    assert drawn > 0.25 * visit.store("s.ended.totals.tokens_drawn")


def test_pause_step_block_and_stop_of_a_living_chain(visit):
    visit.open()
    visit.run(speed="1")
    visit.press("play")  # shows Pause while playing
    visit.until("!s.playing && !s.waiting && s.phase === 'judged'")
    before = visit.store("s.moments.length")
    visit.press("step")
    visit.until(f"s.moments.length === {before + 1} && s.phase === 'proposed'")
    visit.press("step")
    visit.until("s.phase === 'judged'")
    assert visit.store("s.moments.length") == before + 1
    block = visit.store("s.moments.at(-1).block")
    visit.press("block")
    visit.until("!s.waiting")
    assert visit.store("s.moments.at(-1).step") == visit.store("s.run.settings.steps_per_block - 1")
    assert visit.store("s.moments.at(-1).block") in (block, block + 1)
    kept = visit.store("s.moments.length")
    visit.press("stop")
    visit.until("s.ended && s.ended.reason === 'stopped'")
    assert visit.store("s.moments.length") == kept
    assert visit.page.locator(".kind").inner_text() == "stopped run"


def test_alpha_acts_on_the_next_step_and_the_trace_says_so(visit, tmp_path):
    visit.open()
    visit.run(speed="1")
    visit.press("play")
    visit.until("!s.waiting && s.phase === 'judged'")
    visit.dial("alpha", "2")
    visit.until("s.whatIfAlpha === 2")
    for _ in range(20):  # the dial travels on its own request, a step on another
        known = visit.store("s.moments.length")
        visit.press("step")
        visit.until(f"s.moments.length > {known} && !s.waiting")
        if visit.store("s.moments.at(-1).alpha") == 2:
            break
        if visit.store("s.phase") == "proposed":
            visit.press("step")
            visit.until("s.phase === 'judged'")
    assert visit.store("s.moments.at(-1).alpha") == 2
    trace = saved(visit, tmp_path)
    changed = [event for event in map(json.loads, trace.lines()) if event["event"] == "settings_changed"]
    assert [event["alpha"] for event in changed] == [2.0]


def test_what_if_is_the_line_in_alpha(visit):
    visit.open()
    visit.dial("alpha", "1.5")
    visit.until("s.whatIfAlpha === 1.5")
    steps = visit.store("s.moments.filter((m) => m.kind === 'step')")
    turned = sum(
        (m["log_u"] < 1.5 * m["delta_log_p"] + m["log_proposal_ratio"] + m["log_cut_ratio"]) != m["is_accepted"]
        for m in steps
    )
    line = visit.page.locator("[data-part=what-if]").inner_text()
    assert f"{turned} of {len(steps)} decisions would turn" in line


def test_one_selection_for_all_views(visit):
    visit.open()
    first = visit.page.locator(".text .token").first
    first.hover()
    visit.until("s.position === 0")
    visit.page.wait_for_selector("[data-part=block_history] .mark-position")
    first.click()
    visit.until("s.chosen === 0")
    assert "Token 0" in visit.page.locator("[data-part=alternatives]").inner_text()
    visit.page.locator(".jump").first.click()
    visit.until("s.chosen !== null && s.chosen === s.position")


def test_a_press_that_began_before_a_redraw_ends_as_a_click(visit):
    """What the server says about the run comes at any time, between a press and its release too."""
    visit.open()
    visit.until("s.target?.pivots?.length")
    visit.page.locator(".jump").first.hover()
    visit.page.mouse.down()
    visit.page.evaluate("() => { const { store } = window.explorer; store.target = { ...store.target }; }")
    visit.page.evaluate("() => document.querySelector('[name=colouring][value=entropy]').click()")
    visit.page.mouse.up()
    visit.until("s.chosen !== null")


MOVED = """() => {
  window.moved = [];
  new PerformanceObserver((list) => {
    for (const { sources } of list.getEntries()) {
      for (const { node } of sources) if (node?.matches?.(".card, .jumps, .figure")) window.moved.push(node.className);
    }
  }).observe({ type: "layout-shift" });
}"""


def test_nothing_moves_under_the_pointer_while_figures_come_into_sight(visit):
    """They are drawn, with their menus, and replays are asked for: each finds its place kept."""
    visit.open()
    visit.until("s.target?.pivots?.length")
    places = "[...document.querySelectorAll('.explore .figure')]"  # those of the closed drawer too, not drawn yet
    assert visit.page.evaluate(f"{places}.every((place) => place.nextElementSibling?.matches('.pictures'))")
    visit.page.evaluate(MOVED)
    for place in (".jump", "[data-part=replays-card]", "[data-part=block_history]", "[data-part=diagnostics]"):
        visit.page.locator(place).first.scroll_into_view_if_needed()
        visit.page.wait_for_timeout(700)  # ms; a figure waits up to 400 for those in sight
    visit.until("Object.keys(s.replays).length === 2")
    assert visit.page.evaluate("window.moved") == []


def test_a_saved_trace_opens_again(visit, tmp_path):
    visit.open()
    visit.run_to_end()
    text = visit.store("s.moments.at(-1).text")
    trace = saved(visit, tmp_path)
    path = tmp_path / "again.jsonl"
    trace.save(path)
    before = visit.store("s.run.id")
    visit.page.locator("input[type=file]").first.set_input_files(path)
    visit.until(f"s.run.id !== {before!r}")
    assert visit.store("s.moments.at(-1).text") == text


def saved(visit, folder) -> Trace:
    with visit.page.expect_download() as download:
        visit.page.click("#save")
    path = folder / "saved.jsonl"
    download.value.save_as(path)
    return Trace.load(path)


def test_a_bad_prompt_is_one_sentence_and_loses_nothing(visit):
    visit.open()
    run = visit.store("s.run.id")
    refused = [("", "Prompt must be 1 to 10000 characters long, not 0"), ("ball " * 1900, "Prompt must be at most")]
    for prompt, words in refused:
        visit.page.locator("#prompt textarea").fill(prompt)
        visit.page.click("#run")
        assert words in visit.toast()
        assert visit.store("s.run.id") == run
        assert visit.store("s.moments.length") > 0
        visit.dismiss()


def test_alpha_and_transport_stay_in_sight_and_clear_of_each_other(visit):
    visit.open()
    for width, is_tied in ((1280, True), (1280, False), (390, False), (390, True)):
        visit.page.set_viewport_size({"width": width, "height": 900})
        visit.page.evaluate("scrollTo(0, 0)")
        visit.page.locator("#tied input").set_checked(is_tied)
        assert visit.page.locator("#temperature").is_visible() is not is_tied
        visit.page.evaluate("scrollTo(0, 700)")
        visit.page.wait_for_function("scrollY === 700")
        dials, transport = (visit.page.locator(name).bounding_box() for name in ("#dials", ".transport"))
        assert -1 <= dials["y"] <= 1
        assert -2 <= transport["y"] - (dials["y"] + dials["height"]) <= 6


def test_infinite_alpha_needs_its_own_temperature(visit):
    visit.open()
    visit.page.locator("#infinite input").check()
    assert "must be given when alpha is inf" in visit.toast()
    visit.page.locator("#tied input").uncheck()
    visit.run_to_end()
    assert visit.store("s.run.settings.alpha === Infinity")
    assert visit.store("s.moments.filter((m) => m.kind === 'step').every((m) => !m.is_accepted || m.delta_log_p > 0)")


def test_a_foreign_trace_is_refused_in_one_sentence(visit, tmp_path):
    visit.open()
    moments = visit.store("s.moments.length")
    path = tmp_path / "foreign.jsonl"
    path.write_text('{"event":"run_started","schema":"<img src=x onerror=window.hacked=1>"}\n')
    visit.page.locator("input[type=file]").first.set_input_files(path)
    assert "schema must be 1 or 2, not '<img src=x" in visit.toast()
    assert visit.page.evaluate("window.hacked") is None
    assert visit.store("s.moments.length") == moments


def test_markup_and_emoji_in_a_prompt_stay_text(visit):
    visit.open()
    markup = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
    visit.page.locator("#prompt textarea").fill(f"{markup} 🎲 a")
    visit.run_to_end()
    assert visit.page.evaluate("window.hacked") is None
    assert visit.store("s.run.prompt").endswith("🎲 a")


def test_two_visitors_never_see_each_other(visit, browser, address):
    other = Visit(browser.new_context().new_page(), address)
    visit.open()
    other.open()
    visit.run(speed="1")
    other.run(speed="1")
    assert visit.store("s.run.id") != other.store("s.run.id")
    other.press("stop")
    other.until("s.ended")
    visit.until("!s.canContinue || s.moments.length > 3")
    assert visit.store("s.ended === null || s.ended.reason === 'completed'")
    other.page.context.close()


def test_keyboard_alone_reaches_step(visit):
    visit.open()
    visit.page.locator("[data-scrub]").focus()
    visit.page.keyboard.press("Home")
    visit.until("s.head === 0")
    visit.page.locator('[data-action="step"]').focus()
    visit.page.keyboard.press("Enter")
    visit.until("s.head === 1 && s.phase === 'proposed'")
    live = visit.page.locator("[data-part=live]").inner_text()
    assert re.match(r"Step 1: cut at token \d+; proposed, not judged yet\.", live)
