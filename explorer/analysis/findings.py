"""What the rows of a comparison come to, as sentences computed from the numbers."""

from typing import Any

Rows = dict[str, Any]
MANY = 16  # the k of the statement on pass@k


def findings(rows: Rows, by_task: dict[str, Rows]) -> dict[str, str]:
    """One sentence a view; `by_task` holds the rows of each task within the choice."""
    likely = rows["log_likelihood_histogram"]
    return {
        "accuracy": on_accuracy(rows["accuracy"]),
        "pass_at_k": on_pass_at_k(by_task),
        "costs": on_costs(rows["costs"]),
        "by_steps": on_ceiling(rows["by_steps"]),
        "novelty": on_novelty(rows["novelty"]),
        "ranks": on_ranks(rows["ranks"]),
        "log_likelihood_histogram": f"First answers to {same(likely[0]['n'])}." if likely else "",
        "by_alpha": on_best_alpha(rows["by_alpha"]),
    }


def best(rows: list[Rows], *groups: str) -> Rows | None:
    """The row of highest accuracy among some groups."""
    return max((r for r in rows if r["group"] in groups), key=lambda r: r["accuracy"], default=None)


def on_accuracy(rows: list[Rows]) -> str:
    """Who is right how often, at what price."""
    base, sharp = best(rows, "base"), best(rows, "temperature", "greedy")
    power, tuned = best(rows, "power_block", "power_completion"), best(rows, "tuned")
    parts = [f"base {percent(base)}"] if base else []
    parts += [f"the best lower temperature {percent(sharp)} ({sharp['label']})"] if sharp else []
    parts += [f"power sampling {percent(power)}"] if power else []
    parts += [f"the RL-tuned model {percent(tuned)}"] if tuned else []
    price = f"; power draws {power['drawn'] / base['drawn']:.1f} times the tokens of base" if power and base else ""
    return f"Right answers: {listed(parts)}{price}." if parts else ""


def on_pass_at_k(by_task: dict[str, Rows]) -> str:
    """On which tasks power's pass@16 is at least that of the RL-tuned model, and on which not."""
    reached, missed = [], []
    for task, rows in by_task.items():
        for k, power, tuned, n in ((r["k"], r["power_block"], r["tuned"], r["n"]) for r in rows["pass_at_k"]):
            if k == MANY and None not in (power, tuned):
                (reached if power >= tuned else missed).append(f"{task} ({power:.3f} against {tuned:.3f}, n {n})")
    if not reached + missed:
        return f"pass@{MANY} of power and of the RL-tuned model cannot both be told from these samples."
    yes = f"pass@{MANY} of power is at least that of the RL-tuned model on {listed(reached)}" if reached else ""
    no = f"{'it' if yes else f'pass@{MANY} of power'} is lower on {listed(missed)}" if missed else ""
    return f"{'; '.join(part for part in (yes, no) if part)}."


def on_costs(rows: list[Rows]) -> str:
    """The most accurate way without training, and its price."""
    power, other = best(rows, "power_block", "power_completion"), best(rows, "base", "temperature", "greedy", "best_of")
    if not (power and other):
        return ""
    return (
        f"Best chain: {power['label']}, {percent(power)} at {power['drawn']:.0f} tokens an answer; best without a "
        f"chain: {other['label']}, {percent(other)} at {other['drawn']:.0f} ({same(power['n'])})."
    )


def on_ceiling(rows: list[Rows]) -> str:
    """How near the chain comes to what it aims at."""
    power, ceiling = best(rows, "power_block", "power_completion"), best(rows, "target")
    if not (power and ceiling):
        return ""
    return (
        f"At {power['x']:g} steps a block the chain reaches {percent(power)} ({power['label']}), the ceiling is "
        f"{percent(ceiling)} ({same(power['n'])})."
    )


def on_best_alpha(rows: list[Rows]) -> str:
    power = best(rows, "power_block", "power_completion")
    return f"The chain does best at α = {power['x']:g}: {percent(power)}, {same(power['n'])}." if power else ""


def on_novelty(rows: list[Rows]) -> str:
    """How much of what the RL-tuned model solves lies within the base model's reach."""
    if not rows:
        return ""
    last, never = rows[-1], rows[-1]["unreached"]
    rest = "none is" if never == 0 else "1 is" if never == 1 else f"{never} are"
    return (
        f"Of {last['n']} problems that the RL-tuned model solves at its first try, the base model solves "
        f"{100 * rows[0]['solved']:.1f} % with one sample and {100 * last['solved']:.1f} % within {last['k']}; {rest} "
        "out of reach of all its samples."
    )


def on_ranks(rows: list[Rows]) -> str:
    """Where RL completions stand among the base model's own samples."""
    if not rows or rows[0]["tuned"] is None:
        return ""
    top = sum(row["tuned"] for row in rows if 0.499 < row["x"] < 1)
    n = rows[0]["n"]
    return f"{100 * top:.0f} % of {n} RL completions are likelier, to the base model, than half of its own samples."


def same(n: int) -> str:
    return f"the same {n} problems" if n != 1 else "1 problem"


def percent(row: Rows) -> str:
    return f"{100 * row['accuracy']:.1f} % ({100 * row['low']:.1f} to {100 * row['high']:.1f})"


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
