"""An evaluation as rows for the Compare page: for every choice of tasks, one list of rows a figure.

Wherever methods stand side by side point by point they are compared on the problems that all of them answered; every
row says on how many (n). Logs are natural, in nats.
"""

from collections.abc import Iterable
from functools import cache
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np
import pandas as pd

from explorer.analysis.findings import findings
from explorer.analysis.methods import DRAWN, FIGURE_4, group_of, leading_power, neighbours, representatives, said_of
from sampler.classroom.results import Answered, Method, Results
from sampler.classroom.statistics import pass_at_k, wilson

Row = dict[str, Any]
ALL = "all tasks"
LARGEST_K = 64
BINS, RANK_BINS = 32, 20
MARKED = ("base", "best_of", "tuned")  # named beside their points
once_for_each = cache(pass_at_k)


def comparison(results: Results) -> dict[str, dict[str, Any]]:
    """Rows by choice (ALL, then each task) and figure, with `findings`: what each view comes to, as sentences."""
    table = answers_frame(results.answered)
    tasks = [task for task in results.started.tasks if task in set(table["task"])]
    methods = results.started.methods
    by_task = {task: rows_of(table[table["task"] == task], table, methods) for task in tasks}
    together = {ALL: rows_of(table, table, methods)} if len(tasks) > 1 else {}
    return {
        choice: rows | {"findings": findings(rows, by_task if choice == ALL else {choice: rows})}
        for choice, rows in (together | by_task).items()
    }


def every_task(results: Results) -> dict[str, Any]:
    """Rows by figure for all tasks together."""
    return next(iter(comparison(results).values()), {})


def answers_frame(answered: Iterable[Answered]) -> pd.DataFrame:
    """One row an answer, with `share` (of its samples that are right), `log_p_per_token`, and `place`: its problem."""
    table = pd.DataFrame(map(vars, answered), columns=list(Answered.__dataclass_fields__))
    table["share"] = (table["right"] / table["samples"]).clip(0, 1).astype(float)
    table["log_p_per_token"] = (table["log_p"] / table["length"]).astype(float)
    table["place"] = table.groupby(["task", "problem"]).ngroup()
    return table.astype({"rank": float, "confidence": float, "method": "category", "task": "category"})


def rows_of(table: pd.DataFrame, every_task: pd.DataFrame, methods: list[Method]) -> dict[str, list[Row]]:
    """The rows of every figure for some of the tasks; histograms share their bins with those of all tasks.

    The first figure has each group's own method, and others asked as widely; of targets only the chosen one.
    """
    coverage = table["method"].value_counts().to_dict()
    methods = [m for m in methods if coverage.get(m.name)]
    chosen, leading = representatives(methods, coverage), leading_power(methods, coverage)
    most, own = max(coverage.values(), default=0), list(chosen.values())
    widest = [m for m in methods if m in own or (m.kind != "target" and 2 * coverage[m.name] >= most)]
    return {
        "accuracy": accuracy(table, widest),
        "log_likelihood_histogram": histogram(table, every_task, chosen, "log_p_per_token"),
        "confidence_histogram": histogram(table, every_task, chosen, "confidence"),
        "pass_at_k": pass_rows(table, chosen),
        "by_alpha": sweep(table, methods, leading, "alpha", None),
        "by_steps": sweep(table, methods, leading, "steps_per_block", chosen.get("target")),
        "by_block_size": sweep(table, methods, leading, "block_size", chosen.get("target")),
        "costs": costs(table, methods, chosen, leading),
        "novelty": novelty(table, chosen),
        "ranks": ranks(table, chosen),
    }


# ---- accuracy, and what it costs


def accuracy(table: pd.DataFrame, methods: list[Method]) -> list[Row]:
    """One row a method, each on all the problems that it answered; the best stands last, on top of the figure."""
    rows = [measured(table, m) for m in methods]
    shorts = [row["short"] for row in rows]
    for row in rows:
        row["tick"] = row["short"] if shorts.count(row["short"]) == 1 else row["label"]
        row["drawn_text"] = f"{row['drawn']:.0f}"
    return sorted(rows, key=lambda row: row["accuracy"])


def measured(table: pd.DataFrame, method: Method) -> Row:
    """A method's accuracy on its rows: the mean over problems of the share of right answers, with Wilson's interval.

    The interval takes each problem as one right-or-wrong trial; a share varies less, so it is wide enough.
    """
    own = table[table["method"] == method.name]
    share, n = float(own["share"].mean()), len(own)
    low, high = wilson(share, n)
    return {
        "method": method.name,
        "group": group_of(method),
        **said_of(method)._asdict(),
        "accuracy": share,
        "low": low,
        "high": high,
        "up": high - share,
        "down": share - low,
        "n": n,
        "mark": "",
        "drawn": float(own["tokens_drawn"].mean()),
        "fed": float(own["tokens_fed"].mean()),
    }


def shared(table: pd.DataFrame, methods: Iterable[Method]) -> pd.DataFrame:
    """The rows of these methods on the problems that all of them answered; methods without any row do not count."""
    own = table[table["method"].isin([m.name for m in methods])]
    answered_by = np.bincount(own["place"], minlength=1)[own["place"]]
    return own[answered_by == own["method"].nunique()]


def costs(table: pd.DataFrame, methods: list[Method], chosen: dict[str, Method], leading: Method | None) -> list[Row]:
    """All methods on the problems that all answered, by the tokens drawn for one answer.

    `path` names the group of a chain that differs from the leading one in steps and scope alone.
    """
    own = shared(table, methods)
    answered, by_steps = set(own["method"]), neighbours(methods, leading, "steps_per_block") if leading else []
    paths = {m.name: group_of(m) if m in by_steps else "" for m in methods}
    rows = [measured(own, m) | {"path": paths[m.name]} for m in methods if m.name in answered]
    marked = {chosen[group].name for group in MARKED if group in chosen}
    for row in rows:
        row["mark"] = row["short"] if row["method"] in marked else row["mark"]
    return sorted(rows, key=lambda row: row["drawn"])


def sweep(
    table: pd.DataFrame, methods: list[Method], leading: Method | None, dial: str, target: Method | None
) -> list[Row]:
    """Accuracy against one dial of the chain, the others as in the leading power method, with the ceiling, in order.

    Against alpha the ceiling is a curve and temperature 1/alpha stands beside it; against the other dials it is the
    line of one target.
    """
    places = [(m.settings[dial], m) for m in neighbours(methods, leading, dial)] if leading else []
    xs = {x for x, _ in places}
    if len(xs) < 2:
        return []
    if dial == "alpha":
        places += [(m.settings["alpha"], m) for m in methods if m.kind == "target"]
        places += [(1 / m.settings["temperature"], m) for m in methods if m.kind == "temperature"]
    elif target:
        places += [(x, target) for x in (min(xs), max(xs))]
    own = shared(table, [m for _, m in places])
    answered = set(own["method"])
    rows = [measured(own, m) | {"x": x} for x, m in places if m.name in answered]
    rows.sort(key=lambda row: row["x"])
    if ceiling := next((row for row in rows if row["group"] == "target"), None):
        ceiling["mark"] = "ceiling"
    return rows


# ---- pass@k


def pass_rows(table: pd.DataFrame, chosen: dict[str, Method]) -> list[Row]:
    """pass@k by k, a column a group with its interval, None beyond its samples; `n` problems, of every curve.

    They are those that all share, of each method's problems with the most samples, where it took several.
    """
    methods = [chosen[group] for group in DRAWN if group in chosen]
    own = table[table["method"].isin([m.name for m in methods]) & (table["samples"] > 1)]
    most = own.groupby("method", observed=True)["samples"].transform("max")
    own = shared(own[own["samples"] == most], methods)
    curves = [pass_curve(own[own["method"] == chosen[group].name]) if group in chosen else [] for group in DRAWN]
    n = own["place"].nunique()
    rows: list[Row] = []
    for k, values in enumerate(zip_longest(*curves), start=1):
        row = {"k": k, "n": n}
        for group, value in zip(DRAWN, values, strict=True):
            row[group] = value
            row[f"{group}_interval"] = None if value is None else "{:.3f} to {:.3f}".format(*wilson(min(1, value), n))
        rows.append(row)
    return rows


def pass_curve(own: pd.DataFrame) -> list[float]:
    """Mean pass@k over problems for k = 1..LARGEST_K, as far as the problem with the fewest samples reaches."""
    if own.empty:
        return []
    counts = [(int(s), round(r)) for s, r in zip(own["samples"], own["right"], strict=True)]
    largest = min(LARGEST_K, min(samples for samples, _ in counts))
    return [float(np.mean([once_for_each(s, r, k) for s, r in counts])) for k in range(1, largest + 1)]


# ---- likelihood under the base model


def histogram(table: pd.DataFrame, every_task: pd.DataFrame, chosen: dict[str, Method], field: str) -> list[Row]:
    """Shares of first answers by bin of a field, a column a group, on the problems that all of them answered."""
    methods = {group: chosen[group] for group in FIGURE_4 if group in chosen}
    values = every_task.loc[every_task["method"].isin([m.name for m in methods.values()]), field].dropna()
    if values.empty:
        return []
    edges = np.histogram_bin_edges(values, BINS)
    return binned(shared(table[table[field].notna()], methods.values()), methods, field, edges)


def binned(own: pd.DataFrame, methods: dict[str, Method], field: str, edges: np.ndarray) -> list[Row]:
    """One row a bin: x (its left end), span, n, each group's share and count; a last row closes the last bin."""
    none = dict.fromkeys((*FIGURE_4, *(f"{group}_count" for group in FIGURE_4)))
    spans = [(a, f"{a:.2f} to {b:.2f}".replace("-", "−")) for a, b in pairwise(edges)]
    rows: list[Row] = [none | {"x": float(a), "span": span} for a, span in spans]
    for group, method in methods.items():
        found = own.loc[own["method"] == method.name, field]
        counts = np.histogram(found, edges)[0]
        for row, count in zip(rows, counts, strict=True):
            row |= {"n": len(found), group: count / max(1, len(found)), f"{group}_count": int(count)}
    return [*rows, rows[-1] | {"x": float(edges[-1])}] if len(own) else []


# ---- does RL make anything new?


def novelty(table: pd.DataFrame, chosen: dict[str, Method]) -> list[Row]:
    """pass@k of the base model: `solved`, on problems that the RL-tuned model's first answer solves; `every`, on all.

    Every row also says n (problems solved), n_every, and unreached: how many of the solved the base model never
    answers right in all its samples.
    """
    if not {"base", "tuned"} <= chosen.keys():
        return []
    both = shared(table, [chosen["base"], chosen["tuned"]])
    base = both[both["method"] == chosen["base"].name].set_index("place")
    tuned = both[both["method"] == chosen["tuned"].name].set_index("place")
    solved = base[tuned["is_right"].reindex(base.index).eq(True)]
    told = {"n": len(solved), "n_every": len(base), "unreached": int((solved["right"] == 0).sum())}
    on_solved, on_every = pass_curve(solved), pass_curve(base)
    return [
        told | {"k": k, "solved": a, "every": b}
        for k, (a, b) in enumerate(zip(on_solved, on_every, strict=False), start=1)
    ]


def ranks(table: pd.DataFrame, chosen: dict[str, Method]) -> list[Row]:
    """Shares of first answers by their rank among the base model's own samples; `even` is what these would give."""
    methods = {group: chosen[group] for group in ("power_block", "tuned") if group in chosen}
    own = shared(table[table["rank"].notna()], methods.values())
    rows = binned(own, methods, "rank", np.linspace(0, 1, RANK_BINS + 1))
    return [row | {"even": 1 / RANK_BINS} for row in rows]
