"""How each kind of method answers a few problems of one task, and what is recorded of its answers."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from statistics import fmean

import numpy as np

from sampler.classroom.bulk import Opinion, Rollout, opinions, rollouts
from sampler.classroom.methods import LONGEST, Ask
from sampler.classroom.problems import Problem, Task
from sampler.classroom.results import Answered, Method, run_seed
from sampler.core.records import PowerSettings
from sampler.methods.chain import whole_run
from sampler.methods.registry import METHODS
from sampler.models.causal_lm import CausalLM
from sampler.models.lock_step import in_lock_step

ROWS = 256  # completions written side by side
CHAINS = 128  # chains side by side
TIE = 1e-3  # nats
SEEDS_APART = 2**45  # beyond every seed of a problem

Completion = tuple[int, ...]
Key = tuple[str, int, str]  # task, problem, method


@dataclass(frozen=True)
class Given:
    """One method's answers to one problem, and what one of them cost."""

    completions: list[Completion]
    tokens_drawn: float
    tokens_fed: float


@dataclass(frozen=True)
class Sitting:
    """Some problems of one task and the models that answer them. Samples that several methods use are drawn once."""

    models: dict[str, CausalLM]  # "base" and, where it is asked, "tuned"
    task: Task
    problems: dict[int, Problem]
    seed: int
    pool_size: int  # base samples of each problem

    @cached_property
    def contexts(self) -> dict[int, Completion]:
        return {number: self.base.encode(problem.prompt) for number, problem in self.problems.items()}

    @property
    def base(self) -> CausalLM:
        return self.models["base"]

    @cached_property
    def pool(self) -> dict[int, list[Rollout]]:
        """Base samples at temperature 1."""
        return self.written("base", list(self.problems), 1.0, self.pool_size)

    def written(self, model: str, numbers: Sequence[int], temperature: float, samples: int) -> dict[int, list[Rollout]]:
        """`samples` completions of each problem, with the random numbers of `run_temperature`."""
        addresses = [(number, sample) for number in numbers for sample in range(samples)]
        found = []
        for first in range(0, len(addresses), ROWS):
            part = addresses[first : first + ROWS]
            places = [(run_seed(self.seed, number), sample) for number, sample in part]
            contexts = [self.contexts[number] for number, _ in part]
            language_model = self.models[model]
            found += rollouts(language_model.module, language_model.eos_ids, contexts, places, temperature, LONGEST)
        return {number: found[i * samples : (i + 1) * samples] for i, number in enumerate(numbers)}

    def answers(self, ask: Ask, done: Container[Key] = ()) -> Iterator[Answered]:
        """The rows of one ask that are not done yet."""
        asked = [number for number in self.problems if ask.first <= number < ask.problems]
        numbers = [number for number in asked if (self.task.name, number, ask.method.name) not in done]
        if not numbers:
            return
        if ask.method.kind == "target":
            yield from (self.target_row(number, ask.method) for number in numbers)
            return
        given = ANSWERERS.get(ask.method.kind, by_registered)(self, numbers, ask)
        firsts = [given[number].completions[0] for number in numbers]
        seen = opinions(self.base.module, [self.contexts[number] for number in numbers], firsts)
        for number, opinion in zip(numbers, seen, strict=True):
            yield self.row(number, ask.method, given[number], opinion)

    def row(self, number: int, method: Method, given: Given, opinion: Opinion) -> Answered:
        answers = [self.task.answer(self.base.decode(ids)) for ids in given.completions]
        is_right = [answer is not None and answer == self.problems[number].answer for answer in answers]
        return Answered(
            self.task.name, number, method.name,
            samples=len(answers),
            right=sum(is_right),
            tokens_drawn=round(given.tokens_drawn, 2),
            tokens_fed=round(given.tokens_fed, 2),
            answer=answers[0],
            is_right=is_right[0],
            length=len(given.completions[0]),
            log_p=round(opinion.log_p, 4),
            confidence=round(-opinion.mean_entropy, 5),
            rank=round(rank(opinion.log_p, [rollout.log_p for rollout in self.pool[number]]), 4),
        )  # fmt: skip

    def target_row(self, number: int, method: Method) -> Answered:
        """The probability of a right answer under p^alpha: base samples weighted by p^(alpha-1), self-normalised."""
        pool = self.pool[number]
        log_weights = (method.settings["alpha"] - 1) * np.array([rollout.log_p for rollout in pool])
        weights = np.exp(log_weights - log_weights.max())
        answers = [self.task.answer(self.base.decode(rollout.token_ids)) for rollout in pool]
        is_right = np.array([answer == self.problems[number].answer for answer in answers])
        drawn, fed = costs(self.contexts[number], pool)
        share = float((weights * is_right).sum() / weights.sum())
        return Answered(self.task.name, number, method.name, 1, round(share, 6), drawn * len(pool), fed * len(pool))


def rank(log_p: float, pool: Sequence[float]) -> float:
    """The share of a pool that is less likely, ties (up to rounding) counted half."""
    gaps = log_p - np.array(pool)
    return float(((gaps > TIE).sum() + 0.5 * (np.abs(gaps) <= TIE).sum()) / len(pool))


def costs(context: Completion, written: Sequence[Rollout]) -> tuple[float, float]:
    """Tokens drawn and fed per completion. The prompt is fed once for all; a completion's last token is never fed."""
    drawn = sum(len(rollout.token_ids) for rollout in written)
    return drawn / len(written), (len(context) + drawn - len(written)) / len(written)


def by_temperature(sitting: Sitting, numbers: list[int], ask: Ask) -> dict[int, Given]:
    """Token by token; at temperature 1 these are the pool's first samples."""
    value = ask.method.settings.get("temperature", 0)  # greedy has none
    model = "tuned" if ask.method.kind == "tuned" else "base"
    if model == "base" and value == 1:
        written = {number: sitting.pool[number][: ask.samples] for number in numbers}
    else:
        written = sitting.written(model, numbers, value, ask.samples)
    return {
        number: Given([rollout.token_ids for rollout in own], *costs(sitting.contexts[number], own))
        for number, own in written.items()
    }


def by_best_of(sitting: Sitting, numbers: list[int], ask: Ask) -> dict[int, Given]:
    """The likeliest of the pool's first n."""
    n, found = ask.method.settings["n"], {}
    for number in numbers:
        pool = sitting.pool[number][:n]
        drawn, fed = costs(sitting.contexts[number], pool)
        best = max(pool, key=lambda rollout: rollout.log_p)
        found[number] = Given([best.token_ids], drawn * n, fed * n)
    return found


def by_power(sitting: Sitting, numbers: list[int], ask: Ask) -> dict[int, Given]:
    """Chains in lock step; chain 0 of a problem is the run that the Explore page shows for its seed."""
    model = sitting.base.fresh()
    addresses = [(number, chain) for number in numbers for chain in range(ask.samples)]
    settings = partial(PowerSettings, **ask.method.settings, alternatives=0)
    runs = (
        whole_run(sitting.contexts[number], model.eos_ids, settings(seed=run_seed(sitting.seed, number), chain=chain))
        for number, chain in addresses
    )
    ends = dict(in_lock_step(model, runs, CHAINS))
    fed, found = model.tokens_fed / len(addresses), {}
    for i, number in enumerate(numbers):
        own = [ends[j] for j in range(i * ask.samples, (i + 1) * ask.samples)]
        drawn = sum(end.tokens_drawn for end in own) / len(own)
        found[number] = Given([end.state.segment.token_ids for end in own], drawn, fed)
    return found


def by_registered(sitting: Sitting, numbers: list[int], ask: Ask) -> dict[int, Given]:
    """Runs of any method of the registry, one after the other; each sample has a seed of its own."""
    method, found = METHODS[ask.method.kind], {}
    for number in numbers:
        prompt, seed = sitting.problems[number].prompt, run_seed(sitting.seed, number)
        seeds = [seed + sample * SEEDS_APART for sample in range(ask.samples)]
        every = [method.settings_of(**ask.method.settings, seed=own) for own in seeds]
        ends = [list(method.run(sitting.base, prompt, settings))[-1] for settings in every]
        drawn, fed = (fmean(getattr(end.totals, name) for end in ends) for name in ("tokens_drawn", "tokens_fed"))
        found[number] = Given([end.token_ids for end in ends], drawn, fed)
    return found


ANSWERERS = {
    "temperature": by_temperature,
    "tuned": by_temperature,
    "greedy": by_temperature,
    "best_of": by_best_of,
    "power": by_power,
}
