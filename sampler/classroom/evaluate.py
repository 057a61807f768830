"""Measure the classroom's model: `python -m sampler.classroom.evaluate --problems 500`.

How often it is right on held-out problems when sampled at several token temperatures, and under p^alpha over whole
completions. The latter weighs a pool of base samples by p^(alpha-1) (method.md, section 8), so no chain is involved.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from sampler.causal_lm import CausalLM
from sampler.classroom.corpus import TASKS, held_out
from sampler.classroom.problems import Problem
from sampler.language_model import LanguageModel

ALPHA = 4.0
SHARP_TEMPERATURES = (0.7, 0.5, 0.25, 0.1)
SHARP_SAMPLES = 16  # completions for each problem and sharp temperature
LONGEST = 96  # tokens of a completion
TOGETHER = 64  # completions written at the same time
Z95 = 1.959964  # two-sided 95 % of the normal law


class Completion(NamedTuple):
    """A sampled completion and its base log-probability, nats, end token included."""

    text: str
    log_p: float


@dataclass(frozen=True)
class Accuracy:
    """The mean over a task's problems of the probability of a right answer, with its Wilson 95 % interval.

    The interval treats each problem as one right-or-wrong trial. A problem's value is a share between 0 and 1, which
    varies less than such a trial, so the interval is wide enough.
    """

    task: str
    method: str
    problems: int
    accuracy: float
    low: float
    high: float


def wilson(mean: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share `mean` of `n` trials."""
    centre = (mean + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * sqrt(mean * (1 - mean) / n + Z95**2 / (4 * n**2)) / (1 + Z95**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def sample(model: LanguageModel, prompt: str, temperature: float, count: int, seed: int) -> list[Completion]:
    """`count` independent completions, each token drawn from p^(1/temperature)."""
    rng = np.random.default_rng(seed)
    sizes = [min(TOGETHER, count - start) for start in range(0, count, TOGETHER)]
    return [completion for size in sizes for completion in written(model, prompt, temperature, size, rng)]


def written(
    model: LanguageModel, prompt: str, temperature: float, count: int, rng: np.random.Generator
) -> Iterator[Completion]:
    """`count` completions in lock-step: one call of the model for each position. Whatever is cut off has no text."""
    start = tuple(model.encode(prompt))
    going = [(start, 0.0)] * count
    for _ in range(LONGEST):
        rows = model.next_logprobs([context for context, _ in going])  # (R, V)
        tokens = drawn(rows, temperature, rng)
        going = [
            ((*context, token), log_p + row[token])
            for (context, log_p), row, token in zip(going, rows, tokens, strict=True)
        ]
        yield from (
            Completion(model.decode(context[len(start) :]), log_p)
            for context, log_p in going
            if context[-1] in model.eos_ids
        )
        going = [(context, log_p) for context, log_p in going if context[-1] not in model.eos_ids]
        if not going:
            return
    yield from (Completion("", log_p) for _, log_p in going)


def drawn(rows: np.ndarray, temperature: float, rng: np.random.Generator) -> list[int]:
    """One token from each row of rows^(1/temperature), [R], by inverse CDF."""
    weights = np.exp((rows - rows.max(axis=1, keepdims=True)) / temperature).cumsum(axis=1)
    aims = rng.random(len(rows)) * weights[:, -1]
    return [int(np.searchsorted(row, aim, side="right")) for row, aim in zip(weights, aims, strict=True)]


def power_accuracy(pool: list[Completion], is_right: np.ndarray) -> float:
    """Probability of a right answer under p^ALPHA, from base samples weighed by p^(ALPHA-1)."""
    log_weights = (ALPHA - 1) * np.array([completion.log_p for completion in pool])
    weights = np.exp(log_weights - log_weights.max())
    return float((weights * is_right).sum() / weights.sum())


def measured(model: LanguageModel, problem: Problem, samples: int, seed: int) -> dict[str, float]:
    """Probability of a right answer to one problem, by method."""
    task, model = TASKS[problem.task], model.fresh()
    pool = sample(model, problem.prompt, 1.0, samples, seed)
    is_right = np.array([task.is_correct(problem.prompt, completion.text) for completion in pool])
    result = {f"power {ALPHA:g}": power_accuracy(pool, is_right), "temperature 1": float(is_right.mean())}
    for temperature in SHARP_TEMPERATURES:
        found = sample(model, problem.prompt, temperature, SHARP_SAMPLES, seed)
        right = [task.is_correct(problem.prompt, completion.text) for completion in found]
        result[f"temperature {temperature:g}"] = sum(right) / len(right)
    return result


def evaluate(model: LanguageModel, task: str, problems: int, samples: int, seed: int) -> list[Accuracy]:
    """Accuracy of each method on held-out problems of a task, each from `samples` base completions."""
    chosen = held_out(task, problems, seed)
    table = [measured(model, problem, samples, seed) for problem in tqdm(chosen, desc=task, unit="problem")]
    means = {method: float(np.mean([row[method] for row in table])) for method in table[0]}
    return [Accuracy(task, method, problems, mean, *wilson(mean, problems)) for method, mean in means.items()]


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m sampler.classroom.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="classroom")
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--samples", type=int, default=256, help="base completions per problem")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    model = CausalLM.load(arguments.model)
    found = [
        row for task in TASKS for row in evaluate(model, task, arguments.problems, arguments.samples, arguments.seed)
    ]
    if arguments.json:
        print(json.dumps([asdict(row) for row in found], indent=1))
        return
    for row in found:
        print(f"{row.task:8} {row.method:16} {row.accuracy:.3f}  95 % {row.low:.3f}-{row.high:.3f}  n={row.problems}")


if __name__ == "__main__":
    main()
