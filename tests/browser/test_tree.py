"""The Tree page in real Chromium: its laws against Python's exact ones, its dials, worlds, runs, and bad input."""

import json
import math
from itertools import product

import pytest
from conftest import Visit

from explorer.page.library import Models
from explorer.page.tree.answers import planted_tree
from sampler.core.records import Law
from sampler.exact.best_first import Budget
from sampler.exact.block_dial import RunLaws
from sampler.exact.enumeration import completions, power_target, temperature_law
from sampler.exact.prefix_tree import grow
from sampler.models.table import endless_world, flat_world, paper_example, peaked_world

pytestmark = pytest.mark.browser
STATE = "window.explorer.tree.state"
SETTLED = 3000  # steps after which an exact law has settled to rounding
SMALL = [(paper_example(), "", 2), (flat_world(), "b", 3), (peaked_world(), "a", 3), (endless_world(), "", 3)]
LAWS = """([tree, alpha, size]) => {
  const { prepared, law, given } = window.explorer.tree.laws;
  const ready = prepared(tree);
  const shares = law(ready, alpha, size);
  return [...Array(ready.n).keys()].map((node) => given(ready, shares, 0, node));
}"""


@pytest.fixture
def tree(visit: Visit) -> Visit:
    visit.open()
    visit.page.get_by_role("tab", name="Tree").click()
    until(visit, "s.tree && s.dial")
    return visit


def until(visit: Visit, condition: str) -> None:
    """Wait for a condition on the page's state `s`, and for the views to have drawn it."""
    visit.page.wait_for_function(f"(() => {{ const s = {STATE}; return {condition}; }})()")
    visit.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def state(visit: Visit, expression: str) -> object:
    return visit.page.evaluate(f"(() => {{ const s = {STATE}; return {expression}; }})()")


def text(visit: Visit, part: str) -> str:
    return visit.page.locator(f"#tree [data-part={part}]").inner_text()


def choose(visit: Visit, world: str) -> None:
    visit.page.select_option("[data-part=world]", world)
    until(visit, f"s.world.world === {world!r}")


def turn(visit: Visit, dial: str, value: float) -> None:
    visit.page.locator(f"[data-dial={dial}]").fill(str(value))


def packed(grown) -> dict:
    columns = {name: getattr(grown, name) for name in ("length", "parents", "tokens", "log_p", "rest_counts")}
    for name in ("rest_log_p", "rest_largest"):
        columns[name] = [x if n else 0 for x, n in zip(getattr(grown, name), grown.rest_counts, strict=True)]
    return columns


def texts_of(grown) -> list[tuple[int, ...]]:
    texts = [()]
    for parent, token in zip(grown.parents[1:], grown.tokens[1:], strict=True):
        texts.append((*texts[parent], token))
    return texts


def exact(model, prompt, length, alpha, size) -> dict[tuple[int, ...], float]:
    """The law of block-wise sampling that has settled, through the shipped kernel."""
    laws = RunLaws(model, prompt, Law(alpha, 1 / alpha), length)
    return dict(zip(laws.states(length), laws.after("block", size, SETTLED)[-1].tolist(), strict=True))


def test_the_laws_in_the_browser_hold_the_exact_ones(tree):
    for (model, prompt, length), rows in product(SMALL, (None, 3, 6)):
        ids = model.encode(prompt)
        grown = grow(model, ids, length, budget=Budget(width=0.0, nodes=rows or 10_000))
        known = {
            (1, 1): {text: math.exp(log_p) for text, log_p in completions(model, ids, length)},
            (4, 1): temperature_law(model, ids, length, 0.25),
            (4, 2): exact(model, ids, length, 4.0, 2),
            (4, length): power_target(model, ids, length, 4.0),
            (2.5, length): power_target(model, ids, length, 2.5),
        }
        for (alpha, size), law in known.items():
            intervals = tree.page.evaluate(LAWS, [packed(grown), alpha, size])
            for prefix, (low, high) in zip(texts_of(grown), intervals, strict=True):
                mass = math.fsum(p for text, p in law.items() if text[: len(prefix)] == prefix)
                assert low - 1e-9 <= mass <= high + 1e-9
                assert rows or high - low < 1e-12


def test_it_opens_on_the_papers_example(tree):
    assert state(tree, "s.world.world") == "paper"
    assert "0.766" in text(tree, "finding") and "0.291" in text(tree, "finding")  # METHOD.md, section 1
    turn(tree, "alpha", 2)
    until(tree, "s.alpha === 2")
    assert "0.561" in text(tree, "finding") and "0.390" in text(tree, "finding")


def test_blocks_of_one_are_temperature_and_one_block_is_power(tree):
    choose(tree, "blocks")
    law = "(() => { const l = window.explorer.tree.laws; return [...l.law(s.tree, s.alpha, s.blockSize).middle]; })()"
    for size, other in ((1, "1"), (4, "s.tree.length")):
        turn(tree, "block", size)
        until(tree, f"s.blockSize === {size}")
        same = f"[...window.explorer.tree.laws.law(s.tree, s.alpha, {other}).middle]"
        assert state(tree, law) == state(tree, same)
    assert text(tree, "block") == "4 of 4"


def test_a_prefix_is_entered_and_left_by_keys_and_by_mouse(tree):
    choose(tree, "endings")
    tree.page.locator("[data-icicle=base]").focus()
    for key in ("ArrowRight", "ArrowRight"):
        tree.page.keyboard.press(key)
    until(tree, "s.pointed && s.tree.depth[s.pointed.node] === 2")
    assert text(tree, "pointed").startswith("“a ")
    tree.page.keyboard.press("ArrowLeft")
    tree.page.keyboard.press("Enter")
    until(tree, "s.tree.depth[s.zoom] === 1")
    tree.page.keyboard.press("Backspace")
    until(tree, "s.zoom === 0")
    tree.page.locator("[data-icicle=power], [data-icicle=blocks]").first.click(position={"x": 5, "y": 100})
    until(tree, "s.tree.depth[s.zoom] === 1")
    tree.page.click("[data-part=way] [data-zoom='0']")
    until(tree, "s.zoom === 0")


def test_the_pivot_follows_its_sliders(tree):
    choose(tree, "pivot")
    for _ in range(2):
        tree.page.locator("[data-field=futures]").fill("1")
        until(tree, "s.world.futures === 1")
    assert "power and temperature agree" in text(tree, "finding")  # a single future each: nothing to prefer
    tree.page.locator("[data-field=eps]").fill("0.7")
    tree.page.wait_for_function("document.querySelector('#tree [data-part=kind]').classList.contains('alert')")
    assert "eps" in text(tree, "kind")
    assert state(tree, "s.world.eps") == 0.3  # the old tree stays


def run_chains(visit: Visit, **fields: str) -> None:
    for name, value in fields.items():
        place = visit.page.locator(f"[data-part=chain-fields] [data-field={name}]")
        place.select_option(value) if name in ("kernel", "scope") else place.fill(value)
    visit.page.evaluate("() => { window.before = window.explorer.tree.state.sampled; }")
    visit.page.click("[data-part=run-chains]")
    visit.page.wait_for_function(
        "window.explorer.tree.state.sampled && window.explorer.tree.state.sampled !== window.before"
    )
    visit.page.wait_for_function("document.querySelector('[data-part=run-chains]').textContent === 'Run'")


def test_runs_stand_over_the_exact_law_and_a_wrong_kernel_leaves_it(tree):
    choose(tree, "endings")
    turn(tree, "alpha", 2)
    run_chains(tree, runs="300", steps="40", kernel="right")
    until(tree, "s.sampled.n === 300")
    right = state(tree, "s.sampled")
    assert right["bias"]["own_limit"] < 1e-9
    run_chains(tree, runs="300", steps="40", kernel="greedy")
    until(tree, "s.sampled.n === 300 && s.sampled.bias.right !== undefined")
    wrong = state(tree, "s.sampled")
    assert wrong["bias"]["right"] == right["bias"]["own"]
    assert wrong["bias"]["own"] > right["bias"]["own"] + 0.05  # both exact
    assert wrong["counts"] != right["counts"]
    drawn = tree.page.evaluate("document.querySelector('[data-figure=completions]').data.map((d) => d.name)")
    assert "runs (95 % interval)" in drawn and "p^α" in drawn
    assert sum(wrong["law"].values()) == pytest.approx(1.0, abs=1e-4)


BAD_SETTINGS = [
    ("seed", "1.5", "Seed must be a whole number from 0"),
    ("steps", "-1", "Steps per block must be a whole number from 0 to 100, not -1."),
    ("runs", "0", "Runs must be a whole number from 1 to 2000, not 0."),
    ("runs", "99999", "Runs must be a whole number from 1 to 2000, not 99999."),
]


def test_bad_settings_are_one_sentence_and_the_page_keeps_its_state(tree):
    before = state(tree, "s.tree.n")
    for name, value, sentence in BAD_SETTINGS:
        field = tree.page.locator(f"[data-part=chain-fields] [data-field={name}]")
        good = field.input_value()
        field.fill(value)
        tree.page.click("[data-part=run-chains]")
        told = f"document.querySelector('#tree [data-part=kind]').innerText.includes({sentence!r})"
        tree.page.wait_for_function(told)
        assert state(tree, "s.tree.n") == before
        assert text(tree, "run-chains") == "Run"
        field.fill(good)


def test_a_language_models_tree_has_certified_intervals(tree):
    choose(tree, "network")
    intervals = state(tree, "[...window.explorer.tree.laws.law(s.tree, 4, s.tree.length).low]")
    assert len(intervals) == state(tree, "s.tree.n") > 100
    prompt = state(tree, "s.world.prompt")
    own = planted_tree({"world": "network", "prompt": prompt, "model": "classroom"}, 4.0, Models(["classroom"]))
    assert state(tree, "s.tree.parents.length") == len(own["tree"]["parents"]) or "time" in own["tree"]["sentence"]
    run_chains(tree, runs="4", steps="2")
    until(tree, "s.sampled.n === 4")
    tree.page.locator("[data-field=prompt]").fill(" ")
    tree.page.click("[data-part=plant]")
    tree.page.wait_for_function("document.querySelector('#tree [data-part=kind]').innerText.includes('Prompt must be')")


def test_a_tree_of_ones_own_and_its_markup(tree):
    choose_only(tree, "own")
    rows = "prefix,token,probability\n,<img/src=x/onerror=window.hacked=1>,0.4\n,b,0.6\n"
    tree.page.locator("[data-field=text]").fill(rows)
    tree.page.click("[data-part=plant]")
    until(tree, "s.world.world === 'own'")
    assert tree.page.evaluate("window.hacked") is None
    assert "<img/src=x" in text(tree, "children")
    tree.page.locator("[data-field=text]").fill("prefix,token,probability\n,a,0.4\n,b,0.5\n")
    tree.page.click("[data-part=plant]")
    tree.page.wait_for_function("document.querySelector('#tree [data-part=kind]').classList.contains('alert')")
    assert "0.9" in text(tree, "kind")
    assert state(tree, "s.tree.n") == 3  # the tree that was there


def choose_only(visit: Visit, world: str) -> None:
    visit.page.select_option("[data-part=world]", world)
    visit.page.wait_for_selector("[data-part=plant]")


def test_the_self_test_runs_and_holds(tree):
    tree.page.click("[data-part=selftest]")
    tree.page.wait_for_function("document.querySelector('[data-part=selftest-finding]').innerText.includes(' s: ')")
    assert text(tree, "selftest-finding").endswith("all hold.")
    assert tree.page.locator("[data-part=selftest-rows] tr").count() > 10


def test_alpha_moves_without_the_server(tree):
    choose(tree, "network")
    asked = []
    until(tree, "true")
    tree.page.on("request", lambda request: asked.append(request.url))
    took = tree.page.evaluate(
        """() => { const l = window.explorer.tree.laws, s = window.explorer.tree.state, begun = performance.now();
        l.law(s.tree, 3.3, 1); l.law(s.tree, 3.3, s.tree.length); return performance.now() - begun; }"""
    )
    assert took >= 0
    tree.page.locator("[data-dial=block]").fill("7")
    until(tree, "s.blockSize === 7")
    assert "blocks of 7" in text(tree, "icicles")
    assert not asked


def test_the_first_tree_is_a_packet_of_plain_json(tree):
    raw = tree.page.evaluate("fetch('explorer/tree.json').then((response) => response.text())")
    assert {world["id"] for world in json.loads(raw)["worlds"]} == set(state(tree, "s.worlds.map((w) => w.id)"))
