"""How soon answer shares are certified to 1e-3 at alpha = 4 on the classroom model, by task.

    python -m tests.benchmarks.certified --problems 20 --out certified.json

Each held-out problem is searched anew by a model without any memory. Wall seconds are what a user waits for; CPU
seconds are the same on a busy machine and on an idle one, and count all threads.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np

from sampler.classroom.corpus import TASKS, held_out
from sampler.exact.best_first import Budget
from sampler.exact.certified import certify
from sampler.models.causal_lm import CausalLM

ALPHA, WIDTH, LENGTH, SEED = 4.0, 1e-3, 80, 1
GOAL = 2.0  # seconds
COLUMNS = ("seconds", "cpu_seconds", "nodes", "completions", "base_mass_left", "missing_at_goal")
HEADER = ("seconds", "CPU seconds", "nodes", "completions", "base mass left", "width after 2 s")


def measured(model: CausalLM, task: str, prompt: str, seconds: float) -> dict[str, object]:
    """One prompt's search until the width, or until `seconds` have passed: what it took, and what it found."""
    own = model.fresh()
    cpu = time.process_time()
    target = certify(own, own.encode(prompt), LENGTH, ALPHA, Budget(WIDTH, 10_000_000, seconds))
    cpu = time.process_time() - cpu
    search = target.enumeration
    shares = target.shares(lambda ids: TASKS[task].answer(own.decode(ids)), ALPHA)
    return {
        "task": task,
        "prompt": prompt,
        "reason": search.reason,
        "seconds": search.seconds,
        "cpu_seconds": cpu,
        "nodes": search.nodes,
        "completions": len(target.completions),
        "base_mass_left": target.base_mass_left.high,
        "widest_share": max((interval.width for interval in shares.values()), default=1.0),
        "missing_at_goal": target.missing(ALPHA) if search.seconds <= GOAL else missing_at_goal(model, prompt),
    }


def missing_at_goal(model: CausalLM, prompt: str) -> float:
    """The width that the goal's seconds buy."""
    own = model.fresh()
    return certify(own, own.encode(prompt), LENGTH, ALPHA, Budget(WIDTH, 10_000_000, GOAL)).missing(ALPHA)


def quantile(rows: list[dict], column: str, share: float) -> float:
    """An order statistic; what a search that ran out of time would have taken counts as infinitely much."""
    unknown = column in ("seconds", "cpu_seconds", "nodes")
    values = [math.inf if unknown and row["reason"] == "seconds" else row[column] for row in rows]
    return float(np.quantile(values, share, method="inverted_cdf"))


def table(rows: list[dict]) -> str:
    """Median / 90th percentile of each task, in Markdown."""
    lines = [f"| task | within {GOAL:g} s | {' | '.join(HEADER)} |", "|---" * (len(HEADER) + 2) + "|"]
    for task in dict.fromkeys(row["task"] for row in rows):
        own = [row for row in rows if row["task"] == task]
        within = sum(row["reason"] != "seconds" and row["seconds"] <= GOAL for row in own)
        cells = [" / ".join(f"{quantile(own, column, q):.3g}" for q in (0.5, 0.9)) for column in COLUMNS]
        lines.append(f"| {task} | {within} of {len(own)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, and write every row where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.certified", description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=20, help="held-out problems a task")
    parser.add_argument("--seconds", type=float, default=20.0, help="when a search gives up")
    parser.add_argument("--out", type=Path, help="a JSON file for every prompt's figures")
    parsed = parser.parse_args()
    model = CausalLM.load("classroom")
    measured(model, "cups", held_out("cups", 1, SEED + 1)[0].prompt, 1.0)  # the first passes of a process are slow
    problems = [problem for task in TASKS for problem in held_out(task, parsed.problems, SEED)]
    rows = [measured(model, problem.task, problem.prompt, parsed.seconds) for problem in problems]
    print(table(rows))
    if parsed.out:
        parsed.out.write_text(json.dumps({"model": model.revision, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
