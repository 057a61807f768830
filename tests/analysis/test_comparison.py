"""Rows of the Compare page against values worked out by hand."""

import json
import math

import pytest
from made_up_results import BASE, BEST, GREEDY, TARGETS, TUNED, made_up, power, temperature

from explorer.analysis.answers import answers
from explorer.analysis.comparison import ALL, RANK_BINS, comparison
from explorer.analysis.methods import Said, group_of, representatives, said_of
from explorer.page.packets import packet
from sampler.classroom.results import Answered, Method, Results, Started

MODEL = {"name": "classroom", "revision": "0"}


def row(problem: int, method: Method, right: float, samples: int = 1, task: str = "cups", **more) -> Answered:
    first = {"answer": "a", "is_right": right > 0, "length": 10, "log_p": -5.0, "confidence": -0.2, "rank": 0.97}
    return Answered(task, problem, method.name, samples, right, 20.0, 50.0, **(first | more))


def results(rows: list[Answered], methods: list[Method], tasks: tuple[str, ...] = ("cups",)) -> Results:
    return Results(Started("x", list(tasks), 4, 1, methods, MODEL, None, {}, "2026-01-01"), rows)


def rows_for(rows: list[Answered], *methods: Method) -> dict:
    return comparison(results(rows, list(methods)))["cups"]


def test_accuracy_is_the_mean_over_problems_with_wilson_on_problems():
    shares = [(4, 4), (4, 2), (8, 0), (1, 1)]  # samples, right: 1, .5, 0, 1
    [found] = rows_for([row(i, BASE, right, n) for i, (n, right) in enumerate(shares)], BASE)["accuracy"]
    assert found["accuracy"] == 0.625 and found["n"] == 4
    z2 = 1.959964**2
    centre = (0.625 + z2 / 8) / (1 + z2 / 4)
    half = math.sqrt(z2) * math.sqrt(0.625 * 0.375 / 4 + z2 / 64) / (1 + z2 / 4)
    assert (found["low"], found["high"]) == pytest.approx((centre - half, centre + half))
    assert found["up"] == pytest.approx(found["high"] - 0.625)
    assert (found["drawn"], found["fed"]) == (20.0, 50.0)
    assert found["group"] == "base" and found["tick"] == "base" and found["drawn_text"] == "20"


def test_pass_at_k_by_hand_and_only_as_far_as_samples_reach():
    rows = [row(0, BASE, 1, 4), row(1, BASE, 2, 4), row(0, TUNED, 2, 2), row(1, TUNED, 0, 2)]
    found = rows_for(rows, BASE, TUNED)["pass_at_k"]
    assert [r["k"] for r in found] == [1, 2, 3, 4]
    # 1 of 4 right: 1/4, 1 - C(3,2)/C(4,2) = 1/2, 3/4, 1; 2 of 4: 1/2, 1 - 1/6, 1, 1
    expected = [3 / 8, (1 / 2 + 5 / 6) / 2, 7 / 8, 1]
    assert [r["base"] for r in found] == pytest.approx(expected)
    assert [r.get("tuned") for r in found] == [0.5, 0.5, None, None]
    assert {r["n"] for r in found} == {2}


def test_pass_at_k_stands_on_the_problems_with_most_samples():
    chain = power()
    rows = [row(0, chain, 1, 4), row(1, chain, 1, 1), row(0, BASE, 1, 8), row(1, BASE, 8, 8)]
    found = rows_for(rows, BASE, chain)["pass_at_k"]
    assert {r["n"] for r in found} == {1} and len(found) == 8
    assert found[0]["base"] == 1 / 8 and found[0]["power_block"] == 1 / 4


def test_points_are_compared_on_the_problems_that_all_answered():
    slow, fast = power(steps=20), power(steps=2)
    rows = [row(i, power(), i == 0) for i in range(4)] + [row(0, slow, 1), row(1, slow, 0), row(0, fast, 0)]
    found = rows_for(rows, power(), slow, fast)
    assert [(r["x"], r["accuracy"], r["n"]) for r in found["by_steps"]] == [(2, 0, 1), (10, 1, 1), (20, 1, 1)]
    assert {r["n"] for r in found["costs"]} == {1}
    assert found["by_alpha"] == [] and found["by_block_size"] == []
    assert [r["n"] for r in found["accuracy"] if r["method"] == power().name] == [4]


def test_alpha_stands_beside_its_temperature_and_the_ceiling():
    target = TARGETS[2]
    methods = (power(), power(alpha=2.0), target, temperature(0.5), BASE)
    none = {"answer": None, "is_right": None, "length": None, "log_p": None, "confidence": None, "rank": None}
    rows = [row(0, m, 0.25 if m == target else 1, **(none if m == target else {})) for m in methods]
    found = rows_for(rows, *methods)["by_alpha"]
    assert sorted((r["x"], r["group"]) for r in found) == [
        (1, "base"), (2, "power_block"), (2, "temperature"), (4, "power_block"), (4, "target"),
    ]  # fmt: skip
    assert [r["accuracy"] for r in found if r["group"] == "target"] == [0.25]
    assert [r["mark"] for r in found if r["mark"]] == ["ceiling"]


def test_the_ceiling_is_a_line_across_steps():
    methods = (power(), power(steps=2), TARGETS[2])
    found = rows_for([row(0, m, 1) for m in methods], *methods)["by_steps"]
    assert [r["x"] for r in found if r["group"] == "target"] == [2, 10]


def test_novelty_counts_what_the_base_model_reaches():
    rows = [row(i, TUNED, 1, 2, is_right=i < 3) for i in range(4)]
    rows += [row(0, BASE, 1, 2), row(1, BASE, 2, 2), row(2, BASE, 0, 2), row(3, BASE, 0, 2)]
    found = rows_for(rows, BASE, TUNED)
    told = [(r["k"], r["n"], r["n_every"], r["unreached"]) for r in found["novelty"]]
    assert told == [(1, 3, 4, 1), (2, 3, 4, 1)]
    assert [r["solved"] for r in found["novelty"]] == pytest.approx([1 / 2, 2 / 3])
    assert [r["every"] for r in found["novelty"]] == pytest.approx([3 / 8, 1 / 2])
    sentence = found["findings"]["novelty"]
    assert sentence.startswith("Of 3 problems") and "66.7 % within 2; 1 is out of reach" in sentence


def test_histograms_are_shares_on_the_same_problems():
    rows = [row(i, BASE, 1, log_p=-5.0 - i) for i in range(4)] + [row(i, TUNED, 1, log_p=-1.0) for i in range(3)]
    found = rows_for(rows, BASE, TUNED)
    bins, closing = found["log_likelihood_histogram"][:-1], found["log_likelihood_histogram"][-1]
    assert sum(r["base"] for r in bins) == pytest.approx(1) and sum(r["tuned"] for r in bins) == pytest.approx(1)
    assert {r["n"] for r in bins} == {3} and sum(r["base_count"] for r in bins) == 3
    assert closing["x"] == pytest.approx(-0.1) and closing["tuned"] == 1
    ranks = found["ranks"]
    assert len(ranks) == RANK_BINS + 1 and ranks[-2]["tuned"] == 1 and ranks[-2]["span"] == "0.95 to 1.00"
    assert "100 % of 3 RL completions" in found["findings"]["ranks"]


@pytest.mark.parametrize(
    ("power_right", "tuned_right", "words"),
    [(16, 15, "is at least that of"), (16, 16, "is at least that of"), (0, 3, "pass@16 of power is lower on cups")],
)
def test_the_statement_on_pass_at_16_follows_the_numbers(power_right, tuned_right, words):
    rows = [row(0, power(), power_right, 16), row(0, TUNED, tuned_right, 64 if tuned_right == 3 else 16)]
    assert words in rows_for(rows, power(), TUNED)["findings"]["pass_at_k"]


def test_too_few_samples_for_pass_at_16_is_said():
    rows = [row(0, power(), 4, 4), row(0, TUNED, 16, 16)]
    assert "cannot both be told" in rows_for(rows, power(), TUNED)["findings"]["pass_at_k"]


def test_all_tasks_together_and_each_alone():
    found = comparison(made_up(("cups", "sums"), problems=12, few=6))
    assert list(found) == [ALL, "cups", "sums"]
    together, cups, sums = ({r["method"]: r for r in found[c]["accuracy"]} for c in found)
    assert together["t1"]["n"] == cups["t1"]["n"] + sums["t1"]["n"] == 24
    assert together["t1"]["accuracy"] == pytest.approx((cups["t1"]["accuracy"] + sums["t1"]["accuracy"]) / 2)
    assert "cups" in found[ALL]["findings"]["pass_at_k"] and "sums" in found[ALL]["findings"]["pass_at_k"]
    assert [r["x"] for r in found["cups"]["confidence_histogram"]] == [
        r["x"] for r in found["sums"]["confidence_histogram"]
    ]


@pytest.mark.parametrize("kept", range(0, 120, 7))
def test_a_partial_run_has_rows_without_nan(kept):
    whole = made_up(problems=3, few=2)
    found = comparison(Results(whole.started, whole.answered[:kept]))
    packet(choices=found)  # refuses NaN
    assert bool(found) == bool(kept)


def test_representatives_are_the_widest_and_nearest():
    methods = [temperature(0.1), temperature(0.25), *BEST, *TARGETS, power(steps=2), power(), GREEDY]
    coverage = {m.name: 5 for m in methods} | {power().name: 9, GREEDY.name: 0}
    chosen = {group: m.name for group, m in representatives(methods, coverage).items()}
    assert chosen == {
        "temperature": "t0.25", "best_of": "b64", "target": "p4", "power_block": power().name,
    }  # fmt: skip


def test_accuracy_shows_who_answered_half_as_many_problems_as_anyone():
    """The largest n stands for best of n; of the others one was asked half of its problems, one fewer."""
    fewer, half, most = BEST
    rows = [row(i, method, 1) for method, n in ((most, 4), (half, 2), (fewer, 1)) for i in range(n)]
    assert {found["n"] for found in rows_for(rows, *BEST)["accuracy"]} == {4, 2}


def test_methods_are_told_by_kind_and_settings_never_by_name():
    odd = Method("power base greedy", "temperature", {"temperature": 0.5})
    words = "base model, token by token from p^(1/τ), τ 0.5; answers counted"
    assert (group_of(odd), said_of(odd)) == ("temperature", Said("temperature, τ 0.5", "τ 0.5", words))
    assert group_of(Method("base", "tuned", {"temperature": 1.0})) == "tuned"
    for method in (BASE, GREEDY, *BEST, *TARGETS, TUNED, power(), power(scope="completion")):
        assert all(said_of(method))


def test_the_table_of_problems():
    none = {"answer": None, "is_right": None}
    rows = [row(1, BASE, 0, answer="<b>"), row(1, TARGETS[0], 0.5, **none), row(0, BASE, 1, answer=None)]
    asked = {("cups", 1): ("Where?", "c")}
    found = answers(results(rows, [TARGETS[0], BASE]), lambda task, problem: asked.get((task, problem)))
    assert [m["label"] for m in found["methods"]] == ["base, τ 1"]
    assert found["problems"] == [
        {"task": "cups", "problem": 0, "prompt": "", "right": "", "given": {"0": [None, True]}},
        {"task": "cups", "problem": 1, "prompt": "Where?", "right": "c", "given": {"0": ["<b>", False]}},
    ]
    json.dumps(found)
