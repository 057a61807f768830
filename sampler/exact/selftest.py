"""A self-test of a few seconds: the exact laws of the installed kernel, and seeded runs compared with them."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sampler.core.kernel import Stage
from sampler.core.records import SCOPES, Law, PowerSettings, RunEnded, checked_int
from sampler.exact.block_dial import RunLaws
from sampler.exact.enumeration import Distribution, power_target, temperature_law, total_variation, transition_matrix
from sampler.methods.run import run_power
from sampler.models.contract import LanguageModel
from sampler.models.table import endless_world, flat_world, peaked_world

ROUNDING = 1e-12  # room for rounding in an exact law; the kernels of published code are off by 2e-2 and more
FALSE_ALARM = 1e-6  # of each check on random numbers
LENGTH, ALPHA, STEPS = 3, 2.0, 3
RUNS = 500


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the self-test: a figure that must not exceed its threshold.

    `false_alarm` is the probability that a correct program fails the check: 0 where nothing in it is random.
    """

    law: str
    world: str
    figure: float
    threshold: float
    false_alarm: float

    @property
    def passed(self) -> bool:
        return self.figure <= self.threshold


def selftest(seed: int = 0) -> Iterator[Check]:
    """Yield each check when it is done: first the exact laws, then seeded runs; `seed` is from 0 to 2^31-1.

    The exact laws (METHOD.md, sections 2 and 3) are checked by enumerating every random decision of the kernel. The
    runs are compared with their exact law by total variation and by Pearson's chi-square.
    """
    checked_int("seed", seed, 0, 2**31 - 1)
    for model in (flat_world(), peaked_world()):
        yield from kernel_laws(model)
        yield from dial_laws(model)
    yield from dial_laws(endless_world())
    for scope in SCOPES:
        yield from running_code(flat_world(), scope, seed)


def kernel_laws(model: LanguageModel) -> Iterator[Check]:
    """Rows of K sum to 1, pi K = pi, pi(i) K(i, j) = pi(j) K(j, i), for pi = p^alpha; total variation or its like."""
    prompt_ids = model.encode("b")
    law = power_target(model, prompt_ids, LENGTH, ALPHA)
    pi = np.array(list(law.values()))
    stage = Stage(prompt_ids, model.eos_ids, 0, LENGTH, Law(ALPHA, 1.0), alternatives=0)
    matrix = transition_matrix(model, stage, list(law))
    flow = pi[:, None] * matrix
    figures = {
        "rows of K sum to 1": np.abs(matrix.sum(axis=1) - 1).max(),
        "p^α is invariant: π K = π": 0.5 * np.abs(pi @ matrix - pi).sum(),
        "detailed balance: π(i) K(i, j) = π(j) K(j, i)": 0.5 * np.abs(flow - flow.T).sum(),
    }
    for name, figure in figures.items():
        yield Check(name, model.name, float(figure), ROUNDING, 0.0)


def dial_laws(model: LanguageModel) -> Iterator[Check]:
    """One token a block is token-level temperature exactly; one block for all keeps p^alpha, and tends to it."""
    prompt_ids, length = model.encode("b"), 2
    laws = RunLaws(model, prompt_ids, Law(ALPHA, 1 / ALPHA), length)
    tempered = temperature_law(model, prompt_ids, length, 1 / ALPHA)
    small = laws.law("block", 1, STEPS)
    yield Check("B = 1 is token-level temperature", model.name, total_variation(small, tempered), ROUNDING, 0.0)
    power = power_target(model, prompt_ids, length, ALPHA)
    large = laws.law("block", length, 2000)
    yield Check("B = T is p^α after many steps", model.name, total_variation(large, power), ROUNDING, 0.0)


def running_code(model: LanguageModel, scope: str, seed: int) -> Iterator[Check]:
    """RUNS seeded runs of two blocks against the exact law of what they end with."""
    law = RunLaws(model, model.encode("b"), Law(ALPHA, 1 / ALPHA), LENGTH).law(scope, 2, STEPS)
    found = Counter(_ended(model, scope, seed * RUNS + run) for run in range(RUNS))
    shares = {ids: count / RUNS for ids, count in found.items()}
    threshold = total_variation_threshold(law, RUNS)
    name = f"{RUNS} seeded runs, scope {scope}"
    yield Check(f"{name}: total variation", model.name, total_variation(shares, law), threshold, FALSE_ALARM)
    observed, expected = _binned(found, law)
    figure = math.fsum((n - e) ** 2 / e for n, e in zip(observed, expected, strict=True))
    figure = figure if found.keys() <= law.keys() else math.inf  # a text outside the law is always a failure
    yield Check(f"{name}: chi-square", model.name, figure, chi_square_threshold(len(expected) - 1), FALSE_ALARM)


def total_variation_threshold(law: Distribution, n: int) -> float:
    """A total variation between a law and the shares of n draws that is exceeded with probability FALSE_ALARM at most.

    Holds for every n: Jensen bounds the mean, McDiarmid (1989) the deviation above it.
    """
    mean = 0.5 * math.fsum(math.sqrt(p * (1 - p) / n) for p in law.values())
    return mean + math.sqrt(math.log(1 / FALSE_ALARM) / (2 * n))


def chi_square_threshold(degrees: int) -> float:
    """A value that a chi-square variable exceeds with probability FALSE_ALARM at most (Laurent & Massart 2000)."""
    x = math.log(1 / FALSE_ALARM)
    return degrees + 2 * math.sqrt(degrees * x) + 2 * x


def _ended(model: LanguageModel, scope: str, seed: int) -> tuple[int, ...]:
    settings = PowerSettings(ALPHA, None, LENGTH, 2, STEPS, scope, seed, alternatives=0)
    *_, ended = run_power(model, "b", settings)
    assert isinstance(ended, RunEnded)
    return ended.token_ids


def _binned(found: Counter[tuple[int, ...]], law: Distribution) -> tuple[list[float], list[float]]:
    """Observed and expected counts; rare completions share a bin until it expects a hundred draws."""
    observed, expected = [0.0], [0.0]
    for ids in sorted(law, key=law.__getitem__):
        if expected[-1] >= 100:
            observed.append(0.0)
            expected.append(0.0)
        observed[-1] += found[ids]
        expected[-1] += RUNS * law[ids]
    return observed, expected
