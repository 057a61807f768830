"""Certified intervals hold the truth of full enumeration, on random little worlds and at any budget."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from worlds import little_worlds, uniform_world

from sampler.exact import best_first, certified
from sampler.exact.best_first import Budget
from sampler.exact.certified import CertifiedTarget, Interval, certify
from sampler.exact.enumeration import Distribution, completions, power_target
from sampler.models.table import TableModel, endless_world, flat_world, peaked_world

ALPHAS = (1.0, 1.5, 2.0, 4.0, 16.0)
LENGTH = 3


def first_token(ids: tuple[int, ...]) -> int:
    return ids[0]


def last_token(ids: tuple[int, ...]) -> int:
    return ids[-1]


def mass(law: Distribution, holds) -> float:
    return math.fsum(prob for ids, prob in law.items() if holds(ids))


def holds(interval: Interval, truth: float) -> bool:
    """Whether the truth, itself known to some 1e-12 of its size, lies inside."""
    low, high = interval
    return 0 <= low <= high <= 1 and low <= truth * (1 + 1e-12) and truth * (1 - 1e-12) <= high


def modes(model: TableModel, prompt: tuple[int, ...]) -> Distribution:
    """p^inf: uniform on the likeliest completions, those within rounding counted as equal."""
    log_p = dict(completions(model, prompt, LENGTH))
    best = [ids for ids, value in log_p.items() if value > max(log_p.values()) - 1e-12]
    return {ids: (1 / len(best) if ids in best else 0.0) for ids in log_p}


def misses(target: CertifiedTarget, model: TableModel, prompt: tuple[int, ...], alpha: float) -> list[str]:
    """What lies outside of its interval."""
    law = modes(model, prompt) if math.isinf(alpha) else power_target(model, prompt, LENGTH, alpha)
    wrong = []
    for answer in (first_token, last_token, len):
        found = target.shares(answer, alpha)
        for key in {answer(ids) for ids in law}:
            truth = mass(law, lambda ids, a=answer, k=key: a(ids) == k)
            if not holds(found.get(key, Interval(0.0, target.missing(alpha))), truth):
                wrong.append(f"share of {answer.__name__} {key}")
            if not holds(target.event(lambda ids, a=answer, k=key: a(ids) == k, alpha), truth):
                wrong.append(f"event {answer.__name__} {key}")
    normaliser = 0.0 if math.isinf(alpha) else log_normaliser(model, prompt, alpha)
    wrong += [f"completion {ids}" for ids in list(law)[:5] if not holds(target.event(ids.__eq__, alpha), law[ids])]
    for prefix in {ids[:cut] for ids in law for cut in range(len(ids))}:
        whole = mass(law, lambda ids, p=prefix: ids[: len(p)] == p)
        if whole < 1e-280:
            continue
        if not math.isinf(alpha):
            low, high = target.log_normaliser(alpha, prefix)
            if not low - 1e-12 <= normaliser + math.log(whole) <= high + 1e-12:
                wrong.append(f"normaliser after {prefix}")
        told = target.next_token(prefix, alpha)
        others = 0.0
        for v in range(model.vocab_size):
            part = mass(law, lambda ids, p=(*prefix, v): ids[: len(p)] == p)
            others += part * (v not in told.tokens)
            is_known = part > 1e-280 or alpha != 16  # at 16 it may have lost digits to the smallness of doubles
            if is_known and not holds(told.tokens.get(v, told.others), part / whole):
                wrong.append(f"token {v} after {prefix}")
        if not holds(told.others, others / whole):
            wrong.append(f"others after {prefix}")
    return wrong


def log_normaliser(model: TableModel, prompt: tuple[int, ...], alpha: float) -> float:
    weights = np.array([alpha * log_p for _, log_p in completions(model, prompt, LENGTH)])
    return float(weights.max() + np.log(np.exp(weights - weights.max()).sum()))


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(best_first, "BATCH", 3)


@pytest.mark.usefixtures("small_batches")
@given(little_worlds(), st.sampled_from(ALPHAS), st.integers(1, 7))
def test_every_true_value_lies_inside_its_interval(model, searched, few):
    """Searched for one alpha, asked at all; with a budget of few rows, of many, and of all."""
    prompt = (0,)
    for nodes in (few, 12, 10_000):
        target = certify(model, prompt, LENGTH, searched, Budget(width=0, nodes=nodes))
        assert target.enumeration.nodes <= nodes
        for alpha in (*ALPHAS, math.inf):
            assert misses(target, model, prompt, alpha) == []
            assert math.isinf(alpha) or target.log_normaliser(alpha).high <= 0
    assert target.enumeration.reason == "exhausted"
    assert max(interval.width for interval in target.shares(last_token, 4.0).values()) < 1e-11
    assert target.completions == sorted(ids for ids, _ in completions(model, prompt, LENGTH))


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("model", [flat_world(), peaked_world(), endless_world()], ids=lambda model: model.name)
@pytest.mark.parametrize("alpha", [1.0, 2.0, 4.0])
def test_the_bound_is_that_of_the_method_or_better(model, alpha):
    """Missing power mass at most p_max^(alpha-1) r, of which the sum over the frontier is a refinement."""
    truth = log_normaliser(model, (0,), alpha)
    for nodes in (1, 4, 9, 20):
        target = certify(model, (0,), LENGTH, alpha, Budget(width=0, nodes=nodes))
        found = math.fsum(np.exp(alpha * target.log_p))
        p_max = math.exp(target.enumeration.frontier.log_max.max(initial=-math.inf))
        coarse = found + p_max ** (alpha - 1) * target.base_mass_left.high
        assert truth - 1e-15 <= target.log_normaliser(alpha).high <= math.log(coarse) + 1e-12
        left = 1 - math.fsum(np.exp(target.log_p))
        assert target.base_mass_left.low - 1e-14 <= left <= target.base_mass_left.high + 1e-14


@pytest.mark.usefixtures("small_batches")
def test_a_wrong_bound_is_caught(monkeypatch):
    """A frontier that counts for p_max^alpha r, a power too few, loses true values."""

    def too_small(frontier, alpha):
        return frontier.log_max + (frontier.log_mass + frontier.log_mass - frontier.log_max) / alpha

    monkeypatch.setattr(best_first.Frontier, "urgency", too_small)

    def loses(model: TableModel) -> bool:
        return misses(certify(model, (0,), LENGTH, 2.0, Budget(width=0, nodes=5)), model, (0,), 1.0) != []

    find(little_worlds(), loses, settings=settings(phases=[Phase.generate]))


@pytest.mark.usefixtures("small_batches")
def test_a_forgotten_remainder_is_caught(monkeypatch):
    """Tokens below a hundredth of the likeliest are a set of the frontier too."""
    children = best_first._children

    def forgetful(*arguments):
        ended, log_p, frontier = children(*arguments)
        return ended, log_p, frontier[np.isinf(frontier.below)]

    model = TableModel("rare", "abc$", lambda text: {"a": 0.9, "b": 0.095, "c": 0.004, "$": 0.001})
    honest = certify(model, (0,), LENGTH, 1.0, Budget(width=0))
    assert misses(honest, model, (0,), 1.0) == []
    monkeypatch.setattr(best_first, "_children", forgetful)
    assert misses(certify(model, (0,), LENGTH, 1.0, Budget(width=0)), model, (0,), 1.0) != []


def outside_exactly() -> list[str]:
    """Shares that rational arithmetic puts outside of their intervals: long texts whose log p is summed from 40 rows.

    A text a..a$ has probability 0.75^k 0.25, and a..a of the whole length 0.75^40, so every share is a fraction.
    """
    length = 40
    model = TableModel("a coin a token", "a$", lambda text: {"a": 3, "$": 1})
    target = certify(model, (), length, 1.0, Budget(width=0))
    probabilities = {(0,) * k + (1,): Fraction(3, 4) ** k / 4 for k in range(length)} | {
        (0,) * length: Fraction(3, 4) ** 40
    }
    wrong = []
    for alpha in (1, 2, 4, 16, 64):
        normaliser = sum(p**alpha for p in probabilities.values())
        for text, p in probabilities.items():
            low, high = map(Fraction, target.event(text.__eq__, float(alpha)))
            if not low <= p**alpha / normaliser <= high:
                wrong.append(f"{len(text)} tokens at alpha {alpha}")
    return wrong


def test_intervals_hold_in_rational_arithmetic():
    assert outside_exactly() == []


@pytest.mark.parametrize("margin", [0.0, 40 * 2.0**-80], ids=["no margin", "too small a margin"])
def test_a_margin_too_small_for_rounding_is_caught(monkeypatch, margin):
    for module in (best_first, certified):
        monkeypatch.setattr(module, "rounding", lambda *_: margin)
    assert outside_exactly() != []


def test_modes_that_rounding_cannot_tell_apart_are_not_told_apart():
    target = certify(uniform_world(), (0,), 3, math.inf, Budget(width=0))
    assert target.shares(first_token, math.inf) == {0: (0, 1), 1: (0, 1)}
    assert target.event(lambda ids: True, math.inf) == pytest.approx((1, 1), abs=1e-12)
    best = certify(peaked_world(), (0,), LENGTH, math.inf)
    assert max(best.shares(tuple, math.inf).values()).low > 1 - 1e-12


def test_a_remainder_is_bounded_by_its_likeliest_token():
    """Of c and the end token, 0.005 in all, none has more than 0.004, so their p^alpha is at most 0.004^3 0.005."""
    model = TableModel("rare", "abc$", lambda text: {"a": 0.9, "b": 0.095, "c": 0.004, "$": 0.001})
    frontier = certify(model, (0,), 2, 4.0, Budget(width=0, nodes=1)).enumeration.frontier
    [bound] = np.exp(4.0 * frontier[np.isfinite(frontier.below)].urgency(4.0))
    assert bound == pytest.approx(0.004**3 * 0.005)


# ---- budgets


class Clocked(TableModel):
    """A world each of whose calls takes a second of a clock of its own."""

    now = 0.0

    def next_logprobs(self, contexts):
        Clocked.now += 1
        return super().next_logprobs(contexts)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("nodes", [1, 2, 3, 4, 7, 50])
def test_a_budget_of_nodes_is_never_exceeded(nodes):
    model = flat_world()
    search = certify(model, (0,), 8, 1.0, Budget(width=0, nodes=nodes)).enumeration
    assert search.nodes == nodes == model.tokens_fed // model.tokens_fed * nodes and search.reason == "nodes"
    assert -(-nodes // 3) <= model.forward_calls <= nodes


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("seconds", [0.5, 3.0, 4.5])
def test_a_budget_of_seconds_is_exceeded_by_at_most_one_batch(monkeypatch, seconds):
    monkeypatch.setattr(best_first.time, "perf_counter", lambda: Clocked.now)
    model = Clocked("clocked", "ab$", lambda text: {"a": 2, "b": 1, "$": 1})
    search = certify(model, (0,), 20, 1.0, Budget(width=0, seconds=seconds)).enumeration
    assert search.reason == "seconds" and seconds <= search.seconds < seconds + 1
    assert model.forward_calls == math.ceil(seconds)


@pytest.mark.parametrize("width", [0.3, 1e-2, 1e-3])
@pytest.mark.parametrize("alpha", [1.0, 2.0, 4.0])
def test_a_wanted_width_is_reached(width, alpha):
    target = certify(flat_world(), (0,), 8, alpha, Budget(width=width))
    assert target.enumeration.reason in ("width", "exhausted")
    assert max(interval.width for interval in target.shares(last_token, alpha).values()) <= width + 1e-12


BAD = [
    ({"alpha": 0.5}, "alpha must be a number from 1 to inf, not 0.5"),
    ({"alpha": math.nan}, "alpha must be a number from 1 to inf, not nan"),
    ({"alpha": "4"}, "alpha must be a number from 1 to inf, not '4'"),
    ({"length": 0}, "length must be a whole number from 1 to 63, not 0"),
    ({"length": 64}, "length must be a whole number from 1 to 63, not 64"),
]
BAD_BUDGETS = [
    ({"nodes": 0}, "nodes must be a whole number from 1 to 10000000, not 0"),
    ({"nodes": 2.5}, "nodes must be a whole number from 1 to 10000000, not 2.5"),
    ({"width": -0.1}, "width must be a number from 0 to 1, not -0.1"),
    ({"width": math.nan}, "width must be a number from 0 to 1, not nan"),
    ({"seconds": 0}, "seconds must be a number from 0.001 to 3600, not 0"),
    ({"seconds": math.inf}, "seconds must be a number from 0.001 to 3600, not inf"),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_bad_input_is_refused_in_one_sentence(changes, words):
    with pytest.raises(ValueError) as refusal:
        certify(flat_world(), (0,), **({"length": 3, "alpha": 2.0} | changes))
    assert str(refusal.value) == words


@pytest.mark.parametrize(("changes", "words"), BAD_BUDGETS)
def test_bad_budgets_are_refused_in_one_sentence(changes, words):
    with pytest.raises(ValueError) as refusal:
        Budget(**changes)
    assert str(refusal.value) == words


def test_questions_out_of_range_are_refused():
    target = certify(flat_world(), (0,), 3, 2.0)
    with pytest.raises(ValueError, match="alpha must be a number from 1 to below inf for a normaliser, not inf"):
        target.log_normaliser(math.inf)
    with pytest.raises(ValueError, match="alpha must be a number from 1 to inf, not 0"):
        target.shares(first_token, 0)
    with pytest.raises(ValueError, match="prefix must be one that goes on"):
        target.next_token((0, 0, 0), 2.0)
    assert certify(flat_world(), (0,), 3).next_token((0, 0), 2.0).others.high < 1e-3
