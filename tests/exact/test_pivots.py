"""The three pivot measures against brute force: to 1e-9 where exact, within their stated error where estimated.

Estimates come from seeded rollouts, whose error is never below 1/M. A right one strays by more than SIGMAS = 14 of its
errors if a mean strays by 14 standard errors (below 1e-40 by the normal law), or if all M rollouts miss a future of
probability 14/M, (1 - 14/M)^M < 1e-6. Of fewer than 300 checks that makes a false alarm of at most 3e-4 for the file.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import little_worlds

from sampler.exact import pivots as pivots_module
from sampler.exact import rollouts
from sampler.exact.best_first import Budget
from sampler.exact.certified import Interval, certify
from sampler.exact.enumeration import completions
from sampler.exact.pivots import Pivot, Question, alternatives, completed, exact_pivots, exact_power_gain
from sampler.models.table import TableModel, endless_world, flat_world, peaked_world, pivot_world

SIGMAS = 14
ROLLOUTS = 200
LENGTH = 4
WORLDS = [flat_world(), peaked_world(), endless_world()]
every_world = pytest.mark.parametrize("model", WORLDS, ids=lambda model: model.name)
every_alpha = pytest.mark.parametrize("alpha", [1.0, 2.0, 4.0])


def is_right(text: str) -> bool:
    return text.count("a") >= 2


def asked(model: TableModel, alpha: float, budget: Budget | None) -> Question:
    target = certify(model, (0,), LENGTH, alpha, budget) if budget else None
    return Question(model, (0,), alpha, LENGTH, target, is_right, rollouts=ROLLOUTS)


def conditional(model: TableModel, alpha: float, prefix: tuple[int, ...]) -> dict[tuple[int, ...], float]:
    """p^alpha of what goes on after a prefix, in full, by enumeration alone."""
    if prefix and (prefix[-1] in model.eos_ids or len(prefix) == LENGTH):
        return {(): 1.0}
    tails = dict(completions(model, (0, *prefix), LENGTH - len(prefix)))
    total = math.fsum(math.exp(alpha * log_p) for log_p in tails.values())
    return {tail: math.exp(alpha * log_p) / total for tail, log_p in tails.items()}


def next_power(model: TableModel, alpha: float, prefix: tuple[int, ...]) -> np.ndarray:
    shares = np.zeros(model.vocab_size)
    for tail, prob in conditional(model, alpha, prefix).items():
        shares[tail[0]] += prob
    return shares


def true_gain(model: TableModel, alpha: float, prefix: tuple[int, ...]) -> float:
    log_t = model.next_logprobs([(0, *prefix)])[0].tempered(1 / alpha)
    shares = next_power(model, alpha, prefix)
    return math.fsum(p * (math.log(p) - t) for p, t in zip(shares, log_t, strict=True) if p > 0)


def true_success(model: TableModel, alpha: float, prefix: tuple[int, ...]) -> float:
    law = conditional(model, alpha, prefix)
    return math.fsum(prob for tail, prob in law.items() if is_right(model.decode(prefix + tail)))


def pivots(question: Question, ids: tuple[int, ...]) -> list[Pivot]:
    return [completed(question, ids, pivot) for pivot in exact_pivots(question, ids)]


def some_completions(model: TableModel) -> list[tuple[int, ...]]:
    return sorted(ids for ids, _ in completions(model, (0,), LENGTH))[::20]


@settings(max_examples=30)
@given(little_worlds(), st.floats(1, 8))
def test_exact_measures_are_those_of_brute_force(model, alpha):
    question = asked(model, alpha, Budget(width=0))
    for ids in some_completions(model):
        for i, pivot in enumerate(pivots(question, ids)):
            assert (pivot.position, pivot.token) == (i, ids[i])
            assert pivot.power_gain.is_exact and pivot.success_delta.is_exact
            assert pivot.power_gain.value == pytest.approx(true_gain(model, alpha, ids[:i]), abs=1e-9)
            change = true_success(model, alpha, ids[: i + 1]) - true_success(model, alpha, ids[:i])
            assert pivot.success_delta.value == pytest.approx(change, abs=1e-9)
            assert max(pivot.power_gain.error, pivot.success_delta.error) < 1e-9
            [row] = model.next_logprobs([(0, *ids[:i])])
            assert pivot.entropy == pytest.approx(-math.fsum(math.exp(v) * v for v in row if v > -math.inf), abs=1e-9)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr("sampler.exact.best_first.BATCH", 2)


@pytest.mark.usefixtures("small_batches")
@settings(max_examples=40)
@given(little_worlds(), st.floats(1, 8), st.integers(1, 16))
def test_intervals_of_an_unfinished_search_hold(model, alpha, nodes):
    question = asked(model, alpha, Budget(width=0, nodes=nodes))
    for ids in some_completions(model):
        log_p = 0.0
        for i in range(len(ids)):
            [row] = model.next_logprobs([(0, *ids[:i])])
            gain = exact_power_gain(question.target, ids[:i], row, log_p, alpha)
            assert gain.low - 1e-12 <= true_gain(model, alpha, ids[:i]) <= gain.high + 1e-12
            delta = pivots_module.exact_success_delta(question, question.target, ids[:i], ids[i])
            change = true_success(model, alpha, ids[: i + 1]) - true_success(model, alpha, ids[:i])
            assert delta.low - 1e-12 <= change <= delta.high + 1e-12
            log_p += row[ids[i]]


def outside(estimate, truth: float) -> bool:
    assert not estimate.is_exact
    return abs(estimate.value - truth) > SIGMAS * estimate.error + 1e-9


def strays(model: TableModel, alpha: float) -> list[str]:
    """The estimates that lie outside of their stated error."""
    wrong = []
    for ids in some_completions(model)[:2]:
        for i, pivot in enumerate(pivots(asked(model, alpha, None), ids)):
            change = true_success(model, alpha, ids[: i + 1]) - true_success(model, alpha, ids[:i])
            wrong += ["gain"] * outside(pivot.power_gain, true_gain(model, alpha, ids[:i]))
            wrong += ["delta"] * outside(pivot.success_delta, change)
    truth = next_power(model, alpha, ())
    return wrong + ["power" for a in alternatives(asked(model, alpha, None), ()) if outside(a.power, truth[a.token])]


@every_world
@every_alpha
def test_estimates_lie_within_their_stated_error(model, alpha):
    assert strays(model, alpha) == []


@every_world
@every_alpha
def test_shares_of_answers_lie_within_their_stated_error(model, alpha):
    """A kind of answer whose share depends on more than the first token: how many a's there are."""
    found = rollouts.roll_out(model, (0,), (), 0, alpha, LENGTH, ROLLOUTS, 0).shares(lambda ids: ids.count(1))
    truth: dict[int, float] = {}
    for ids, prob in conditional(model, alpha, ()).items():
        truth[ids.count(1)] = truth.get(ids.count(1), 0.0) + prob
    assert math.fsum(estimate.value for estimate in found.values()) == pytest.approx(1, abs=1e-9)
    assert all(abs(found[key].value - truth[key]) <= SIGMAS * found[key].error for key in found)


@every_world
def test_what_the_target_does_not_tell_is_none_until_it_is_estimated(model):
    question, ids = asked(model, 4.0, Budget(width=0, nodes=1)), some_completions(model)[0]
    lacking = [pivot for pivot in exact_pivots(question, ids) if pivot.power_gain is None]
    assert lacking
    for pivot in lacking:
        estimated = completed(question, ids, pivot)
        assert not estimated.power_gain.is_exact and estimated.entropy == pivot.entropy


@every_world
def test_standard_errors_are_the_size_of_the_real_errors(model):
    """Without the 1/M that is joined to them; over N = 60 seeds the squares' sums differ by a factor of 0.3 to 2.

    Were the errors normal with the stated variance, N times that factor would be chi-square with N degrees of freedom,
    above 2 N with a probability below 1e-5 and below 0.3 N with one below 1e-7.
    """
    count, alpha = 50, 2.0
    truths = true_gain(model, alpha, ()), true_success(model, alpha, (0,)) - true_success(model, alpha, ())
    real, stated = np.zeros(2), np.zeros(2)
    for seed in range(60):
        found = rollouts.roll_out(model, (0,), (), 0, alpha, LENGTH, count, seed)
        delta = found.success_delta(0, lambda ids: is_right(model.decode(ids)))
        real += [(own.value - truth) ** 2 for own, truth in zip((found.power_gain(), delta), truths, strict=True)]
        stated += [own.error**2 - 1 / count**2 for own in (found.power_gain(), delta)]
    assert (real < 2 * stated).all() and (real > 0.3 * stated).all(), real / stated


def test_rollouts_that_are_not_weighed_are_caught(monkeypatch):
    """As if temperature had drawn from p^alpha."""
    right = rollouts.roll_out

    def unweighed(*arguments):
        found = right(*arguments)
        return replace(found, futures=[[r._replace(weight=1.0) for r in row] for row in found.futures])

    monkeypatch.setattr(pivots_module, "roll_out", unweighed)
    assert "power" in strays(flat_world(), 4.0)


def test_a_bound_without_the_tokens_not_looked_at_is_caught(monkeypatch):
    model = TableModel("rare", "abc$", lambda text: {"a": 0.9, "b": 0.095, "c": 0.004, "$": 0.001})
    [row] = model.next_logprobs([(0,)])
    target, truth = certify(model, (0,), 2, 1.0, Budget(width=0.05, nodes=3)), 0.0
    honest = exact_power_gain(target, (), row, 0.0, 1.0)
    assert honest.low <= truth + 1e-12 and truth <= honest.high
    told = target.next_token((), 1.0)
    assert told.others.high > 0
    shrunk = told._replace(tokens={v: Interval(i.high, i.high) for v, i in told.tokens.items()}, others=Interval(0, 0))
    monkeypatch.setattr(target, "next_token", lambda *_: shrunk)
    assert exact_power_gain(target, (), row, 0.0, 1.0).low > truth + 1e-4


def test_an_improbable_prefix_makes_no_bound_wider():
    """Only what follows it counts: at alpha 1 the gain is 0, known to little more than the share not looked at."""
    model = TableModel("rare", "abc$", lambda text: {"a": 0.9, "b": 0.095, "c": 0.004, "$": 0.001})
    target, improbable = certify(model, (0,), 2, 1.0, Budget(width=0, nodes=3)), (1,)
    [row] = model.next_logprobs([(0, *improbable)])
    left = target.next_token(improbable, 1.0).others.high
    assert left == pytest.approx(0.005)
    assert exact_power_gain(target, improbable, row, math.log(0.095), 1.0).high < 2 * left


@pytest.mark.parametrize("budget", [Budget(width=0), None])
def test_few_strong_futures_against_many_weak(budget):
    """Proposition 3: power prefers `+` with its one future, temperature `-` with its four."""
    model = pivot_world()
    target = certify(model, (), 2, 4.0, budget) if budget else None
    plus, minus, _ = sorted(alternatives(Question(model, (), 4.0, 2, target), ()), key=lambda a: a.token)
    assert plus.base < minus.base and plus.temperature < minus.temperature and plus.power.value > minus.power.value
    assert (len(plus.futures), len(minus.futures)) == (1, 4)
    assert plus.futures[0].share == pytest.approx(1) and minus.futures[0].share == pytest.approx(1 / 4)
    assert minus.futures[0].log_p == pytest.approx(math.log(1 / 4))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alpha": 0.9}, "alpha must be a number from 1 to inf, not 0.9"),
        ({"alpha": math.nan}, "alpha must be a number from 1 to inf, not nan"),
        ({"alpha": math.inf}, "alpha must be a number from 1 to below inf for pivots, not inf"),
        ({"length": 0}, "length must be a whole number from 1 to 63, not 0"),
        ({"rollouts": 1}, "rollouts must be a whole number from 2 to 100000, not 1"),
    ],
)
def test_bad_questions_are_refused_in_one_sentence(changes, words):
    with pytest.raises(ValueError) as refusal:
        Question(**({"model": flat_world(), "prompt_ids": (0,), "alpha": 2.0, "length": 3} | changes))
    assert str(refusal.value) == words


@pytest.mark.parametrize("ids", [(), (2, 0), (0, 0, 0, 0, 0)])
def test_texts_that_are_no_completion_are_refused(ids):
    with pytest.raises(ValueError, match="token_ids must be 1 to 4 tokens without an end before their last"):
        pivots(asked(flat_world(), 2.0, None), ids)
