"""Answers to what the Tree page asks: a tree, whole runs beside it, the block dial, the self-test."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from anyio import to_thread

from explorer.analysis.tokens import display_tokens
from explorer.page.library import Models
from explorer.page.serving.sharing import QUESTIONS, TURNS
from explorer.page.tree.whole_runs import MOST_EXACT, Batch, has_exact_laws
from explorer.page.tree.worlds import Values, own_fields, planted
from explorer.page.wire import contract
from explorer.page.wire.tab import Tab, answers
from sampler.core.records import Law
from sampler.exact.best_first import Budget
from sampler.exact.block_dial import block_dial
from sampler.exact.prefix_tree import PrefixTree, grow
from sampler.exact.selftest import selftest

SEARCH = Budget(width=1e-3, nodes=8000, seconds=6.0)  # of a network's completions
DIAL_STEPS = 40
LONGEST = 60.0  # seconds of whole runs
END = "⟨end⟩"  # how an end token is shown


@answers(contract.Tree, limiter=QUESTIONS)
def tree(tab: Tab, question: contract.Tree) -> dict[str, Any]:
    return planted_tree(question.world, question.alpha, tab.setup.models)


def planted_tree(world: Values, alpha: float, models: Models) -> dict[str, Any]:
    """A tree with the display text of its tokens, what it is, and the world that it stands for."""
    place = planted(world, models)
    own = own_fields(world)
    alpha = Law.of(alpha, None).alpha
    tree = _network_tree(json.dumps(own), alpha, models) if place.is_network else grow(*place[:3])
    told = {name: getattr(tree, name) for name in ("length", "parents", "tokens", "log_p", "rest_counts")}
    for name in ("rest_log_p", "rest_largest"):  # 0 where a node has no rest
        told[name] = [x if n else 0.0 for x, n in zip(getattr(tree, name), tree.rest_counts, strict=True)]
    model, ids = place.model, sorted(set(tree.tokens[1:]))
    pieces = {str(v): END if v in model.eos_ids else display_tokens([model.piece(v)])[0] for v in ids}
    return {"tree": {**told, "pieces": pieces, "sentence": said(tree)}, "world": own}


@lru_cache(maxsize=16)
def _network_tree(world: str, alpha: float, models: Models) -> PrefixTree:
    return grow(*planted(json.loads(world), models)[:3], alpha, SEARCH)


def said(tree: PrefixTree) -> str:
    """How much of the model the tree holds, in words."""
    inner = set(tree.parents)
    ends = sum(i not in inner and not n for i, n in enumerate(tree.rest_counts))
    if not any(tree.rest_counts):
        return f"all {ends} completions of at most {tree.length} tokens, every probability exact"
    why = {"width": "p^α is known to 0.001", "nodes": "its budget of rows was spent", "seconds": "its time was over"}
    return (
        f"{ends} completions of at most {tree.length} tokens found with {tree.rows} rows of the model in "
        f"{tree.seconds:.1f} s; the search stopped when {why[tree.reason]}; intervals hold whatever was left out"
    )


@answers(contract.Chains)
async def chains(tab: Tab, question: contract.Chains) -> AsyncIterator[dict[str, Any]]:
    """The counts of whole runs as they end, until all have or their time is over."""
    batch = await to_thread.run_sync(Batch, question, tab.setup.models, limiter=QUESTIONS)
    deadline = time.monotonic() + LONGEST
    while not batch.is_over and time.monotonic() < deadline:
        await to_thread.run_sync(batch.advance, limiter=TURNS)
        yield {"sampled": await to_thread.run_sync(batch.summary, limiter=QUESTIONS)}


@answers(contract.Dial, limiter=QUESTIONS)
def dial(tab: Tab, question: contract.Dial) -> dict[str, Any]:
    """Every point of the block dial at an alpha, or why there are none."""
    return {"dial": dial_rows(question.world, question.alpha, tab.setup.models)}


def dial_rows(world: Values, alpha: float, models: Models) -> dict[str, Any]:
    """The same for a page without a server."""
    place = planted(world, models)
    alpha = Law.of(alpha, None).alpha
    if not has_exact_laws(place):
        reason = f"Exact laws of whole runs need a world of at most {MOST_EXACT} completions; this one has more."
        return {"alpha": alpha, "sentence": reason}
    return {"alpha": alpha, "rows": _dial(json.dumps(own_fields(world)), alpha, models), "length": place.length}


@lru_cache(maxsize=128)
def _dial(world: str, alpha: float, models: Models) -> list[dict[str, Any]]:
    model, prompt_ids, length, _ = planted(json.loads(world), models)
    points = map(asdict, block_dial(model, prompt_ids, alpha, 1 / alpha, length, DIAL_STEPS))
    return [{"steps": point.pop("steps_per_block"), **point} for point in points]  # as the figures name them


@answers(contract.Checks)
async def checks(tab: Tab, question: contract.Checks) -> AsyncIterator[dict[str, Any]]:
    told = checks_told()
    while content := await to_thread.run_sync(next, told, None, limiter=QUESTIONS):
        yield {"checks": content}


def checks_told() -> Iterator[dict[str, Any]]:
    """The self-test's rows as they are done; what it came to is said last."""
    rows, started = [], time.monotonic()
    for check in selftest():
        rows.append(asdict(check) | {"passed": check.passed})
        yield {"rows": rows, "sentence": f"{len(rows)} checks done …"}
    broken = sum(not row["passed"] for row in rows)
    verdict = f"{broken} broken" if broken else "all hold"
    yield {"rows": rows, "sentence": f"{len(rows)} checks in {time.monotonic() - started:.1f} s: {verdict}."}
