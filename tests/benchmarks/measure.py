"""What is measured, one function a question; each yields rows of a table. Ratios hold within one run only."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch

from sampler.core.records import PowerSettings
from sampler.methods.run import run_power
from sampler.methods.speed import Speed
from sampler.models.causal_lm import CausalLM
from tests.benchmarks import reference
from tests.benchmarks.models import PROMPT, open_model
from tests.benchmarks.reference import Cost

SETTINGS = PowerSettings(max_new_tokens=64, block_size=16, steps_per_block=10, scope="completion", alternatives=0)
SPEEDS = {
    "serial": Speed(),
    "prefetched": Speed(prefetch=16),
    "prefetched, guessing": Speed(prefetch=16, guess=8),
    "prefetched 8, guessing 4": Speed(prefetch=8, guess=4),
}
Row = dict[str, object]


def ours(model: CausalLM, settings: PowerSettings, speed: Speed) -> Cost:
    """One run of this sampler."""
    start = time.perf_counter()
    *_, ended = run_power(model, PROMPT, settings, speed=speed)
    seconds, t = time.perf_counter() - start, ended.totals
    return Cost(t.forward_calls, t.tokens_fed, seconds, t.accepted / max(1, t.steps))


def mean(runs: list[Cost]) -> Row:
    """The means of some runs as one row."""
    return {
        "passes": np.mean([run.passes for run in runs]),
        "tokens fed": np.mean([run.tokens_fed for run in runs]),
        "seconds": np.mean([run.seconds for run in runs]),
        "acceptance": np.mean([run.acceptance for run in runs]),
    }


def against_reference(name: str, seeds: int, device: str = "cpu") -> Iterator[Row]:
    """Seconds and passes against a plain implementation, run by turns, with the ratios to it and to our own serial."""
    model = open_model(name, device)
    prompt_ids = model.encode(PROMPT)
    ways: dict[str, Callable[[PowerSettings], Cost]] = {
        "reference": lambda s: reference.run(model.module, prompt_ids, s)
    }
    ways |= {way: lambda s, speed=speed: ours(model, s, speed) for way, speed in SPEEDS.items()}
    short = replace(SETTINGS, max_new_tokens=8, block_size=8, steps_per_block=1)
    for run in ways.values():  # warm up
        run(short)
    runs: dict[str, list[Cost]] = {way: [] for way in ways}
    for seed in range(seeds):
        for way, run in ways.items():
            runs[way].append(run(replace(SETTINGS, seed=seed)))
    rows = {way: mean(own) for way, own in runs.items()}
    for way, row in rows.items():
        faster = rows["reference"]["seconds"] / row["seconds"]
        fewer = rows["serial"]["passes"] / row["passes"]
        yield {"model": name, "device": device, "way": way, **row, "times faster": faster, "times fewer passes": fewer}


def growth(name: str, lengths: tuple[int, ...] = (64, 128, 256, 512)) -> Iterator[Row]:
    """Tokens fed for each token kept, against the length, in both scopes."""
    model = open_model(name)
    prompt = len(model.encode(PROMPT))
    for scope in ("block", "completion"):
        for length in lengths:
            cost = ours(model, replace(SETTINGS, scope=scope, max_new_tokens=length), Speed(prefetch=16))
            fed = (cost.tokens_fed - prompt) / length
            yield {"model": name, "scope": scope, "T": length, "tokens fed per token kept": fed,
                   "seconds": cost.seconds}  # fmt: skip


def knobs(name: str, seeds: int) -> Iterator[Row]:
    """Prefetched proposals K, and torch's threads."""
    model = open_model(name)
    chosen = torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for prefetch in (1, 2, 4, 8, 16):
            runs = [ours(model, replace(SETTINGS, seed=seed), Speed(prefetch)) for seed in range(seeds)]
            yield {"model": name, "threads": threads, "chosen": threads == chosen, "K": prefetch, **mean(runs)}
    torch.set_num_threads(chosen)


def floor(name: str) -> Iterator[Row]:
    """One decoding step for some rows: the bare matrix products by torch, and our whole call.

    Packed weights are read quicker than that, so a call may take less.
    """
    model = open_model(name)
    weights = [p for p in model.module.parameters() if p.ndim == 2]
    weights.remove(model.module.get_input_embeddings().weight)
    if model.module.config.tie_word_embeddings:
        weights.append(model.module.get_output_embeddings().weight)
    for rows in (1, 8, 32):
        products = seconds_of(lambda rows=rows: [torch.ones(rows, w.shape[1]) @ w.T for w in weights])
        texts, step = [(*range(1, 40), row) for row in range(rows)], iter(range(50, 400))
        model.next_logprobs(texts)
        call = seconds_of(lambda texts=texts, step=step: model.next_logprobs(grown(texts, next(step))))
        yield {"model": name, "rows": rows, "products, ms": 1e3 * products, "whole call, ms": 1e3 * call,
               "share of the floor": products / call}  # fmt: skip


def grown(texts: list[tuple[int, ...]], token: int) -> list[tuple[int, ...]]:
    """The texts, each one token longer, in place."""
    texts[:] = [(*text, token) for text in texts]
    return texts


@torch.inference_mode()
def seconds_of(action: Callable[[], object], count: int = 20) -> float:
    """The median time of an action."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def replay(seeds: int) -> Iterator[Row]:
    """The page's default run once more and at other alphas, with the rows that the first one left."""
    model = CausalLM.load("classroom")
    for seed in range(seeds):
        own = model.fresh()
        for alpha, again in ((4.0, False), (4.0, True), (3.9, True), (3.0, True), (2.0, True), (8.0, True)):
            cost = ours(own, PowerSettings(alpha=alpha, seed=seed), Speed(keep_rows=True))
            yield {"seed": seed, "alpha": alpha, "again": again, "passes": cost.passes, "seconds": cost.seconds,
                   "rows kept": len(own.rows), "megabytes": own.rows.nbytes / 2**20}  # fmt: skip
