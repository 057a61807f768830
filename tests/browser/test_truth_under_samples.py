"""The truth under the samples on the Explore page: answers' shares, measures of a position, futures behind a token.

A search ends by its seconds where the machine is busy, so two searches are compared by what holds for any two: true
intervals meet, and estimates lie within SIGMAS of their errors (the false-alarm rate is that of tests/test_pivots.py).
"""

import pytest

from explorer.page.explore.session import opening
from explorer.page.explore.target import BUDGET
from explorer.page.library import checker
from sampler.exact.certified import certify
from sampler.exact.pivots import Question, alternatives
from sampler.models.causal_lm import CausalLM

pytestmark = pytest.mark.browser

SIGMAS = 14
TOLD = "s.target && s.target.search"
MEASURED = "s.target && s.target.pivots.some((p) => p.power_gain)"


@pytest.fixture(scope="module")
def model() -> CausalLM:
    return CausalLM.load("classroom")


def sharp_run(visit) -> None:
    """A run at alpha 10, whose target is narrow after fewer texts."""
    visit.open()
    visit.dial("alpha", "10")
    visit.until("s.whatIfAlpha === 10")
    visit.run_to_end()


def test_the_opening_run_gets_its_target(visit):
    visit.open()
    visit.until(TOLD)
    target = visit.store("s.target")
    assert target["alpha"] == visit.store("s.run.settings.alpha")
    assert target["samples"] == visit.store("s.samples.length") == sum(row["sampled"] for row in target["answers"])
    assert [row["answer"] for row in target["answers"] if row["is_final"]] == [visit.store("s.moments.at(-1).answer")]
    assert [row["answer"] for row in target["answers"] if row["is_right"]] == [visit.store("s.run.answer")]
    low, high = (sum(row[end] for row in target["answers"]) for end in ("low", "high"))
    assert low - 1e-5 <= 1 <= high + 1e-5
    shares = visit.page.locator("[data-part=shares]")
    assert shares.locator("tr").count() == len(target["answers"]) + 1
    assert target["search"]["sentence"] in shares.inner_text()
    assert "the chain's" in shares.inner_text() and "any other answer" in shares.inner_text()


def test_shares_are_those_of_certify(visit, model):
    sharp_run(visit)
    visit.until(TOLD)
    run, target = visit.store("s.run"), visit.store("s.target")
    assert target["alpha"] == 10
    settings, found = run["settings"], checker(run["prompt"])
    own = certify(model.fresh(), model.encode(run["prompt"]), settings["max_new_tokens"], 10.0, BUDGET)
    expected = own.shares(lambda ids: found.answer_of(model.decode(ids)), 10.0)
    for row in target["answers"][:-1]:
        low, high = expected.get(row["answer"], (0.0, own.missing(10.0)))
        assert row["low"] <= high + 1e-5 and low <= row["high"] + 1e-5


def test_the_measure_can_be_chosen_and_belongs_to_the_final_text(visit):
    visit.open()
    visit.until(MEASURED)
    visit.page.locator("[name=measure][value=power_gain]").check()
    visit.until("s.measure === 'power_gain'")
    title = visit.page.locator("[data-part=pivotal_positions] .ytitle")
    title.filter(has_text="power gain").wait_for()
    known = visit.store("s.target.pivots.filter((p) => p.power_gain).map((p) => [p.position, p.power_gain.value])")
    highest = max(known, key=lambda pair: pair[1])[0]
    jump = visit.page.locator(".jump").first
    assert jump.inner_text().endswith(f"at {highest}") and "power gain" in jump.get_attribute("title")
    visit.page.locator("[data-scrub]").fill("0")
    visit.until("s.head === 0")
    caption = visit.page.locator("[data-part=measure-caption]").inner_text()
    assert "is of the final text; this is an earlier one" in caption
    assert visit.page.locator(".jump").first.get_attribute("title").endswith("nats, exact")


def test_a_clicked_token_shows_what_power_makes_of_it(visit, model):
    visit.open()
    visit.until(MEASURED)
    position = visit.store("s.moments.at(-1).entropy.indexOf(Math.max(...s.moments.at(-1).entropy))")
    visit.page.locator(".text .token").nth(position).click()
    visit.until(f"s.chosen === {position} && s.alternatives[{position}]")
    told, run, target = visit.store("s.alternatives[s.chosen].rows"), visit.store("s.run"), visit.store("s.target")
    settings, prompt_ids = run["settings"], model.encode(run["prompt"])
    own = model.fresh()
    certified = certify(own, prompt_ids, settings["max_new_tokens"], 4.0, BUDGET)
    prefix = opening().trace.ended.token_ids[:position]
    rollouts = target["alternative_rollouts"]
    question = Question(own, prompt_ids, 4.0, settings["max_new_tokens"], certified, None, rollouts=rollouts)
    for row, expected in zip(told, alternatives(question, prefix), strict=True):
        assert row["id"] == expected.token
        assert row["base"] == pytest.approx(expected.base, abs=1e-4)
        assert row["temperature"] == pytest.approx(expected.temperature, abs=1e-4)
        error = row["power"]["error"] + expected.power.error
        assert abs(row["power"]["value"] - expected.power.value) <= SIGMAS * error + 1e-4
    words = visit.page.locator("[data-part=alternatives] summary").first
    words.click()
    assert visit.page.locator("[data-part=alternatives] .futures li").first.is_visible()
