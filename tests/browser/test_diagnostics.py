"""The diagnostics drawer, opened and used as a person would."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
ROWS = "s.diagnosis && s.diagnosis.rows && !s.diagnosis.progress"
PRESSED_AND_CANCELLED = """async () => {  // from outside the page, the chains may be there before Cancel is pressed
  document.querySelector("[data-part=chain-run]").click();
  for (let frame = 0; frame < 4; frame += 1) await new Promise(requestAnimationFrame);
  if (!window.explorer.store.diagnosis.progress) throw new Error("nothing to cancel any more");
  document.querySelector("[data-part=chain-cancel]").click();
}"""
FIGURES = ("chain_traces", "cut_outcomes", "autocorrelation", "chain_agreement", "target_distance")


def opened(visit):
    visit.open_drawer()
    return visit


def figure(visit, name):
    return visit.page.locator(f"[data-diagnostic={name}]")


def legend(visit) -> list[str]:
    return visit.page.locator("[data-diagnostic=chain_traces] .legendtext").all_text_contents()


def run_others(visit, chains: int) -> None:
    visit.page.select_option("[data-part=chain-count]", str(chains))
    visit.page.click("[data-part=chain-run]")
    visit.until(f"{ROWS} && s.diagnosis.rows.chains.length === {chains}")


def test_opens_on_the_run_alone_with_reasons_for_what_one_chain_cannot_tell(visit):
    opened(visit.open())
    assert visit.store("s.diagnosis.rows.chains") == [0]
    figure(visit, "chain_traces").locator(".main-svg").first.wait_for()
    figure(visit, "cut_outcomes").locator(".main-svg").first.wait_for()
    assert figure(visit, "chain_agreement").is_hidden()
    told = visit.page.locator("[data-part=diagnostics]").inner_text()
    assert "R-hat needs 4 chains, this run has 1." in told
    assert "too short for an autocorrelation: at least 20." in told
    assert "Energy, divergences and tree depth do not apply" in told
    assert "NaN" not in told and "undefined" not in told


def test_runs_four_chains_of_a_recorded_run_on_the_real_model(visit):
    opened(visit.open())
    assert visit.page.locator("[data-part=chain-run]").inner_text() == "Run the other 3 chains"
    run_others(visit, 4)
    for name in FIGURES[:2] + FIGURES[3:4]:
        figure(visit, name).locator(".main-svg").first.wait_for()
    visit.page.wait_for_function("document.querySelectorAll('[data-diagnostic=chain_traces] .legendtext').length === 4")
    assert legend(visit) == ["chain 0", "chain 1", "chain 2", "chain 3"]
    own = visit.store("s.diagnosis.rows.draws.filter((row) => row.chain === 0).map((row) => row.log_p)")
    assert own == pytest.approx(visit.store("s.moments.map((m) => m.total_log_p)"), rel=1e-5)
    told = visit.page.locator("[data-part=diagnostics]").inner_text()
    assert "chains (of 4)" in told and "NaN" not in told and "undefined" not in told


def test_a_live_run_of_long_stages_has_an_autocorrelation_and_effective_sizes(visit):
    visit.open()
    visit.page.click("#details button")
    visit.dial("blocks", "1")
    visit.dial("steps", "40")
    visit.run_to_end()
    assert visit.store("s.run.settings.max_new_tokens") == 16
    opened(visit)
    run_others(visit, 4)
    stages = visit.store("s.diagnosis.rows.autocorrelation")
    lines = {(row["block"], row["chain"]) for row in stages["lines"]}
    assert len(lines) + sum(left_out["stages"] for left_out in stages["reasons"]) == 4
    if stages["mean"]:
        figure(visit, "autocorrelation").locator(".main-svg").first.wait_for()
    assert len(visit.store("s.diagnosis.rows.blocks[0].ess")) == 4
    assert len(visit.store("s.diagnosis.rows.distances")) == 41
    figure(visit, "target_distance").locator(".main-svg").first.wait_for()
    assert "certified share" in visit.page.locator("[data-part=chain-answers]").inner_text()


def test_cancelling_keeps_what_was_shown_and_hears_no_more(visit):
    opened(visit.open())
    visit.page.select_option("[data-part=chain-count]", "8")
    visit.page.evaluate(PRESSED_AND_CANCELLED)
    expect(visit.page.locator("[data-part=chain-progress]")).to_contain_text("Cancelled")
    run_others(visit, 2)
    assert visit.store("s.diagnosis.rows.chains") == [0, 1]


def test_another_run_drops_the_chains_of_the_one_before(visit):
    opened(visit.open())
    visit.page.select_option("[data-speed]", "0")
    before = visit.store("s.run.id")
    visit.page.evaluate("for (const e of ['[data-part=chain-run]', '#run']) document.querySelector(e).click()")
    visit.until(f"s.run.id !== {before!r} && !s.canContinue && s.ended")
    visit.until(f"{ROWS} && s.diagnosis.runId === s.run.id")
    assert visit.store("s.diagnosis.rows.chains") == [0]


def test_the_drawer_opens_and_runs_by_keyboard(visit):
    visit.open()
    visit.page.focus("[data-part=diagnostics] summary")
    visit.page.keyboard.press("Enter")
    visit.until(ROWS)
    visit.page.select_option("[data-part=chain-count]", "2")
    visit.page.focus("[data-part=chain-run]")
    visit.page.keyboard.press("Enter")
    visit.until(f"{ROWS} && s.diagnosis.rows.chains.length === 2")
