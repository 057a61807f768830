"""Whether a long chain's answers come as often as the certified shares say, at alpha 1, 2 and 4.

    python -m tests.benchmarks.long_chains --problems 5 --out long_chains.jsonl

For each prompt and alpha one chain of scope `completion` goes through its blocks as `run_power` would, then takes 5,000
more steps; the answer of the text after each of these counts. Compared are the answers with a certified share of COMMON
or more, and all others together. Such answers depend on each other: each group's effective sample size comes from batch
means (BATCHES batches of 250 steps), and the least of them gives the standard error of every share. The verdict holds
Student's t, with BATCHES - 1 degrees of freedom, against how many errors a share lies outside of its certified
interval, at FALSE_ALARM for each chain by Bonferroni. That rate is nominal: batch means are normal and independent only
if a chain changes its answer often within a batch, so one with an effective sample size below LEAST_ESS gets no verdict
but `too slow`. An unfinished file is resumed.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sampler.classroom.corpus import TASKS, held_out
from sampler.classroom.problems import Problem
from sampler.core import kernel
from sampler.core.draws import PROPOSE
from sampler.core.records import PowerSettings
from sampler.core.requests import Asks
from sampler.exact.best_first import Budget
from sampler.exact.certified import CertifiedTarget, Interval, certify
from sampler.methods.chain import Chain, whole_run
from sampler.models.causal_lm import CausalLM
from sampler.models.lock_step import in_lock_step

ALPHAS = (1.0, 2.0, 4.0)
STEPS = 5_000  # after the last block's own
BATCHES = 20
COMMON = 0.05
LEAST_ESS = 30
FALSE_ALARM = 1e-3
SEED = 1
BUDGET = Budget(width=2e-4, nodes=40_000, seconds=120)
OTHERS = "(others)"

Text = tuple[int, ...]


def long_run(prompt_ids: Text, eos_ids: Text, settings: PowerSettings) -> Asks[list[Text]]:
    """The texts after each of STEPS revisions that follow a whole run."""
    state = (yield from whole_run(prompt_ids, eos_ids, settings)).state
    chain, last = Chain(prompt_ids, eos_ids, settings), settings.num_blocks - 1
    stage = chain.stage(last, settings.law)
    texts = []
    for step in range(settings.steps_per_block, settings.steps_per_block + STEPS):
        _, state = yield from kernel.revise(stage, state, chain.draws(last, step, PROPOSE))
        texts.append(state.segment.token_ids)
    return texts


def measured(model: CausalLM, problem: Problem) -> Iterable[dict[str, object]]:
    """One prompt's chains, side by side, against its certified targets."""
    own, task = model.fresh(), TASKS[problem.task]
    prompt_ids = own.encode(problem.prompt)
    settings = [PowerSettings(alpha=alpha, scope="completion", seed=SEED, alternatives=0) for alpha in ALPHAS]
    targets = [certify(own, prompt_ids, settings[0].max_new_tokens, alpha, BUDGET) for alpha in ALPHAS]
    chains = dict(in_lock_step(own, (long_run(prompt_ids, own.eos_ids, dials) for dials in settings)))
    known: dict[Text, str] = {}

    def answer(ids: Text) -> str:
        if ids not in known:
            known[ids] = str(task.answer(own.decode(ids)))
        return known[ids]

    for i, alpha in enumerate(ALPHAS):
        row = {"model": model.revision, "task": problem.task, "prompt": problem.prompt, "alpha": alpha}
        yield row | compared([answer(ids) for ids in chains[i]], grouped(targets[i], answer, alpha))


def grouped(target: CertifiedTarget, answer, alpha: float) -> dict[str, Interval]:
    """The certified share of each common answer and of all others together."""
    shares = target.shares(answer, alpha)
    common = {key for key, interval in shares.items() if interval.low >= COMMON}
    groups = target.shares(lambda ids: answer(ids) if answer(ids) in common else OTHERS, alpha)
    return {OTHERS: Interval(0.0, target.missing(alpha))} | groups


def compared(answers: list[str], certified: dict[str, Interval]) -> dict[str, object]:
    """A chain's answers against the certified shares of groups of answers."""
    seen = [answer if answer in certified else OTHERS for answer in answers]
    series = {key: np.array([own == key for own in seen]) for key in certified}
    ess = min(filter(None, map(effective_size, series.values())), default=0.0)
    groups = {key: group(series[key], interval, ess) for key, interval in certified.items()}
    return {
        "groups": groups,
        "width": max(interval.width for interval in certified.values()),
        "tv": list(total_variation(groups.values())),
        "expected_tv": 0.5 * math.fsum(math.sqrt(2 / math.pi) * own["error"] for own in groups.values()),
        "ess": ess,
        "answers": len(set(answers)),
        "verdict": verdict(list(groups.values()), ess),
    }


def effective_size(is_in: np.ndarray) -> float | None:
    """The number of independent draws whose share would vary as the batch means do; None for one that never changes."""
    variance = is_in.reshape(BATCHES, -1).mean(axis=1).var(ddof=1) / BATCHES
    share = is_in.mean()
    return min(float(len(is_in)), float(share * (1 - share) / variance)) if variance else None


def group(is_in: np.ndarray, interval: Interval, ess: float) -> dict[str, object]:
    """The share of the steps in one group, its standard error, and by how many of them it lies outside.

    The error is that of the certified share nearest to the chain's.
    """
    share, least = float(is_in.mean()), 1 / len(is_in)
    nearest = min(max(share, interval.low), interval.high)
    expected = min(max(nearest, least), 1 - least)
    error = math.sqrt(expected * (1 - expected) / max(ess, 1.0))
    return {"certified": list(interval), "share": share, "error": error, "errors_outside": abs(share - nearest) / error}


def total_variation(groups: Iterable[dict]) -> Interval:
    """The least and the most that it can be, wherever in their intervals the certified shares are."""
    ends = [(own["share"] - own["certified"][0], own["certified"][1] - own["share"]) for own in groups]
    least = max(math.fsum(max(0.0, -end) for end in side) for side in zip(*ends, strict=True))
    return Interval(least, min(1.0, 0.5 * math.fsum(max(pair) for pair in ends)))


def verdict(groups: list[dict], ess: float) -> str:
    """`within` sampling error, `outside` of it, or `too slow` to say."""
    if ess < LEAST_ESS:
        return "too slow"
    limit = t_quantile(FALSE_ALARM / len(groups))
    return "within" if max(own["errors_outside"] for own in groups) <= limit else "outside"


def t_quantile(delta: float) -> float:
    """What |t| of BATCHES - 1 degrees of freedom exceeds with probability delta, by its density summed up."""
    degrees = BATCHES - 1
    t = np.linspace(0, 60, 600_001)
    density = (1 + t**2 / degrees) ** (-(degrees + 1) / 2)
    tail = np.cumsum(density[::-1])[::-1] / density.sum()
    return float(t[np.searchsorted(-tail, -delta)])


def table(rows: list[dict]) -> str:
    """One line a prompt, in Markdown: total variation, that of sampling error alone, least ESS, verdict by alpha."""
    lines = [f"| prompt | {' | '.join(f'α = {alpha:g}' for alpha in ALPHAS)} |", "|---" * (len(ALPHAS) + 1) + "|"]
    names = Counter()
    for prompt in dict.fromkeys(row["prompt"] for row in rows):
        own = {row["alpha"]: row for row in rows if row["prompt"] == prompt}
        task = next(iter(own.values()))["task"]
        names[task] += 1
        lines.append(f"| {task} {names[task]} | {' | '.join(cell(own[alpha]) for alpha in ALPHAS)} |")
    return "\n".join(lines)


def cell(row: dict) -> str:
    """One chain's figures."""
    low, high = row["tv"]
    told = f"{high:.3f}" if high - low < 0.005 else f"{low:.3f}-{high:.3f}"
    return f"{told} ({row['expected_tv']:.3f}), {row['ess']:.0f}, {row['verdict']}"


def main() -> None:
    """Measure what the file lacks, then print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.long_chains", description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=5, help="held-out problems a task")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), help="which tasks")
    parser.add_argument("--most", type=int, default=1000, help="prompts to measure before it stops, to be resumed")
    parser.add_argument("--out", type=Path, default=Path("long_chains.jsonl"), help="one line a chain")
    parsed = parser.parse_args()
    model = CausalLM.load("classroom")
    rows = [json.loads(line) for line in parsed.out.read_text().splitlines()] if parsed.out.exists() else []
    rows = [row for row in rows if row["model"] == model.revision]
    done = {row["prompt"] for row in rows}
    problems = [problem for task in parsed.tasks for problem in held_out(task, parsed.problems, SEED)]
    for problem in [problem for problem in problems if problem.prompt not in done][: parsed.most]:
        new = list(measured(model, problem))
        rows += new
        with parsed.out.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in new)
    print(table(rows))


if __name__ == "__main__":
    main()
