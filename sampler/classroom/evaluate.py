"""Measure the classroom's model: `python -m sampler.classroom.evaluate --problems 500`.

How often it is right on held-out problems when sampled at several token temperatures, and under p^alpha over whole
completions. The latter weighs a pool of base samples by p^(alpha-1) (method.md, section 8), so no chain is involved.
"""

import argparse
import json
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


def sample(model: LanguageModel, prompt: str, temperatures: list[float], rng: np.random.Generator) -> list[Completion]:
    """One completion for each temperature, independent, its tokens drawn from p^(1/temperature)."""
    batches = [temperatures[first : first + TOGETHER] for first in range(0, len(temperatures), TOGETHER)]
    return [completion for batch in batches for completion in written(model, prompt, np.array(batch), rng)]


def written(model: LanguageModel, prompt: str, temperatures: np.ndarray, rng: np.random.Generator) -> list[Completion]:
    """Completions in lock-step, one for each temperature: one call of the model for each position."""
    start = tuple(model.encode(prompt))
    contexts, log_p = [start] * len(temperatures), np.zeros(len(temperatures))
    going = list(range(len(temperatures)))
    for _ in range(LONGEST):
        rows = model.next_logprobs([contexts[i] for i in going])  # (R, V)
        for i, row, token in zip(going, rows, drawn(rows, temperatures[going], rng), strict=True):
            contexts[i] += (token,)
            log_p[i] += row[token]
        going = [i for i in going if contexts[i][-1] not in model.eos_ids]
        if not going:
            break
    return [
        Completion(model.decode(ids[len(start) :]), float(value)) for ids, value in zip(contexts, log_p, strict=True)
    ]


def drawn(rows: np.ndarray, temperatures: np.ndarray, rng: np.random.Generator) -> list[int]:
    """One token from each row of p^(1/temperature), [R], by inverse CDF."""
    sharpened = (rows - rows.max(axis=1, keepdims=True)) / temperatures[:, None]
    cumulative = np.exp(sharpened).cumsum(axis=1)
    aims = rng.random(len(rows)) * cumulative[:, -1]
    return [int(np.searchsorted(row, aim, side="right")) for row, aim in zip(cumulative, aims, strict=True)]


def power_accuracy(pool: list[Completion], is_right: np.ndarray) -> float:
    """Probability of a right answer under p^ALPHA, from base samples weighed by p^(ALPHA-1)."""
    log_weights = (ALPHA - 1) * np.array([completion.log_p for completion in pool])
    weights = np.exp(log_weights - log_weights.max())
    return float((weights * is_right).sum() / weights.sum())


def measured(model: LanguageModel, problem: Problem, samples: int, rng: np.random.Generator) -> dict[str, float]:
    """Probability of a right answer to one problem, by method."""
    task, model = TASKS[problem.task], model.fresh()
    temperatures = [1.0] * samples + [t for t in SHARP_TEMPERATURES for _ in range(SHARP_SAMPLES)]
    found = sample(model, problem.prompt, temperatures, rng)
    is_right = np.array([task.is_correct(problem.prompt, completion.text) for completion in found])
    pool, sharp = is_right[:samples], is_right[samples:].reshape(-1, SHARP_SAMPLES)
    result = {f"power {ALPHA:g}": power_accuracy(found[:samples], pool), "temperature 1": float(pool.mean())}
    return result | {f"temperature {t:g}": float(row.mean()) for t, row in zip(SHARP_TEMPERATURES, sharp, strict=True)}


def evaluate(model: LanguageModel, task: str, problems: int, samples: int, seed: int) -> list[Accuracy]:
    """Accuracy of each method on held-out problems of a task, each from `samples` base completions."""
    chosen, rng = held_out(task, problems, seed), np.random.default_rng(seed)
    table = [measured(model, problem, samples, rng) for problem in tqdm(chosen, desc=task, unit="problem")]
    means = {method: float(np.mean([row[method] for row in table])) for method in table[0]}
    return [Accuracy(task, method, problems, mean, *wilson(mean, problems)) for method, mean in means.items()]


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m sampler.classroom.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="classroom")
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--samples", type=int, default=256, help="base completions per problem")
    parser.add_argument("--task", choices=TASKS, help="one task instead of all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    model = CausalLM.load(arguments.model)
    tasks = [arguments.task] if arguments.task else list(TASKS)
    sizes = (arguments.problems, arguments.samples, arguments.seed)
    found = [row for task in tasks for row in evaluate(model, task, *sizes)]
    if arguments.json:
        print(json.dumps([asdict(row) for row in found], indent=1))
        return
    for row in found:
        print(f"{row.task:8} {row.method:16} {row.accuracy:.3f}  95 % {row.low:.3f}-{row.high:.3f}  n={row.problems}")


if __name__ == "__main__":
    main()
