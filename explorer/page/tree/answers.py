"""The Tree page: what its browser asks, answered: a tree, whole runs beside it, the block dial, the self-test."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import gradio as gr
from anyio import to_thread

from explorer.analysis.tokens import display_tokens
from explorer.page.library import Models
from explorer.page.packets import packet
from explorer.page.serving.sharing import QUESTIONS, TURNS
from explorer.page.tree.whole_runs import MOST_EXACT, Batch, number_of_completions
from explorer.page.tree.worlds import Planted, Wish, own_fields, planted
from sampler.core.records import Law
from sampler.exact.best_first import Budget
from sampler.exact.block_dial import DialPoint, block_dial
from sampler.exact.prefix_tree import PrefixTree, grow
from sampler.exact.selftest import Check, selftest

QUEUED = {"show_progress": "hidden", "concurrency_limit": None, "trigger_mode": "multiple", "api_visibility": "private"}
SEARCH = Budget(width=1e-3, nodes=8000, seconds=6.0)  # of a network's completions
DIAL_STEPS = 40
LONGEST = 60.0  # seconds of whole runs
END = "⟨end⟩"  # how an end token is shown


class Runs:
    """One browser's runs. `ticket` names those that may go on."""

    def __init__(self) -> None:
        self.ticket = 0

    def __deepcopy__(self, memo: dict) -> "Runs":
        return Runs()

    def take_ticket(self) -> int:
        """End the runs that are going on; returns the number of the new ones."""
        self.ticket += 1
        return self.ticket

    leave = take_ticket


def wire_tree(bus: gr.HTML, models: Models) -> None:
    """Attach the handlers to the hidden element; each answers with packets and names the ask it has answered."""
    runs = gr.State(Runs())

    async def plant(event: gr.EventData) -> str:
        return await answered("tree", lambda wish: planted_packet(wish, models), event)

    async def turn(event: gr.EventData) -> str:
        return await answered("dial", lambda wish: dial_packet(wish, models), event)

    async def run(runs: Runs, event: gr.EventData) -> AsyncIterator[str]:
        async with aclosing(stream_runs(runs, wish_of(event), models)) as packets:
            async for news in packets:
                yield news

    bus.select(plant, None, bus, **QUEUED)
    bus.input(turn, None, bus, **QUEUED)
    bus.play(run, runs, bus, **QUEUED)
    bus.submit(stream_checks, None, bus, **QUEUED)
    bus.stop(lambda runs: runs.take_ticket() and None, runs, None, queue=False, api_visibility="private")


def wish_of(event: gr.EventData) -> Wish:
    """What the browser asks, whatever it sent."""
    return event._data if isinstance(event._data, dict) else {}


async def answered(kind: str, answer: Callable[[Wish], dict[str, Any]], event: gr.EventData) -> str:
    """An ask's answer, or one sentence that says why there is none; the page keeps what it shows."""
    try:
        found = await to_thread.run_sync(answer, wish_of(event), limiter=QUESTIONS)
    except ValueError as error:
        found = {"sentence": sentence(error)}
    return packet(answers=kind, **found)


def sentence(error: Exception) -> str:
    """An error with a capital and a stop."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


# ---- a tree


def planted_packet(wish: Wish, models: Models) -> dict[str, Any]:
    """A tree with the display text of its tokens, what it is, and the wish that it stands for."""
    place = planted(wish, models)
    own = own_fields(wish)
    alpha = Law.of(wish.get("alpha"), None).alpha
    tree = _network_tree(json.dumps(own), alpha, models) if place.is_network else grow(*place[:3])
    return {"tree": {**columns(tree), "pieces": shown_pieces(place, tree), "sentence": said(tree)}, "wish": own}


@lru_cache(maxsize=16)
def _network_tree(wish: str, alpha: float, models: Models) -> PrefixTree:
    return grow(*planted(json.loads(wish), models)[:3], alpha, SEARCH)


def columns(tree: PrefixTree) -> dict[str, Any]:
    """The tree as its browser reads it; where a node has no rest, its two logarithms are 0."""
    rests = ("rest_log_p", "rest_largest")
    own = {
        name: [x if n else 0.0 for x, n in zip(getattr(tree, name), tree.rest_counts, strict=True)] for name in rests
    }
    whole = {name: getattr(tree, name) for name in ("length", "parents", "tokens", "log_p", "rest_counts")}
    return {**whole, **own}


def shown_pieces(place: Planted, tree: PrefixTree) -> dict[str, str]:
    """Display text of every token of the tree."""
    ids = sorted(set(tree.tokens[1:]))
    shown = [display_tokens([place.model.piece(v)])[0] for v in ids]
    return {str(v): END if v in place.model.eos_ids else text for v, text in zip(ids, shown, strict=True)}


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


# ---- whole runs


async def stream_runs(runs: Runs, wish: Wish, models: Models) -> AsyncIterator[str]:
    """Packets of whole runs as they end, until all have, their time is over, or they are stopped."""
    ticket = runs.take_ticket()
    try:
        batch = await to_thread.run_sync(Batch, wish, models, limiter=QUESTIONS)
    except ValueError as error:
        yield packet(answers="chains", sentence=sentence(error))
        return
    deadline = time.monotonic() + LONGEST
    while not batch.is_over and runs.ticket == ticket and time.monotonic() < deadline:
        await to_thread.run_sync(batch.advance, limiter=TURNS)
        yield packet(sampled=batch.told(), planting=wish.get("planting"))
    done = await to_thread.run_sync(batch.told, limiter=QUESTIONS)
    yield packet(answers="chains", sampled=done if batch.counts else None, planting=wish.get("planting"))


# ---- the dial and the self-test


def dial_packet(wish: Wish, models: Models) -> dict[str, Any]:
    """Every point of the block dial at an alpha, or why there are none."""
    place = planted(wish, models)
    alpha = Law.of(wish.get("alpha"), None).alpha
    if place.is_network or number_of_completions(place) > MOST_EXACT:
        told = f"Exact laws of whole runs need a world of at most {MOST_EXACT} completions; this one has more."
        return {"dial": {"alpha": alpha, "sentence": told}, "planting": wish.get("planting")}
    rows = _dial(json.dumps(own_fields(wish)), alpha, models)
    return {"dial": {"alpha": alpha, "rows": rows, "length": place.length}, "planting": wish.get("planting")}


@lru_cache(maxsize=128)
def _dial(wish: str, alpha: float, models: Models) -> list[dict[str, Any]]:
    model, prompt_ids, length, _ = planted(json.loads(wish), models)
    return [dial_row(point) for point in block_dial(model, prompt_ids, alpha, 1 / alpha, length, DIAL_STEPS)]


def dial_row(point: DialPoint) -> dict[str, Any]:
    """A point of the dial as the figures name it."""
    row = asdict(point)
    return {"steps": row.pop("steps_per_block"), **row}


async def stream_checks() -> AsyncIterator[str]:
    """The self-test's rows as they are done."""
    checks, rows, started = selftest(), [], time.monotonic()
    while check := await to_thread.run_sync(next, checks, None, limiter=QUESTIONS):
        rows.append(check_row(check))
        yield packet(checks={"rows": rows, "sentence": f"{len(rows)} checks done …"})
    verdict = checks_verdict(rows, time.monotonic() - started)
    yield packet(answers="checks", checks={"rows": rows, "sentence": verdict})


def checks_verdict(rows: list[dict[str, Any]], seconds: float) -> str:
    """What the self-test came to, in words."""
    broken = sum(not row["passed"] for row in rows)
    return f"{len(rows)} checks in {seconds:.1f} s: {f'{broken} broken' if broken else 'all hold'}."


def check_row(check: Check) -> dict[str, Any]:
    """A check as the page shows it."""
    return asdict(check) | {"passed": check.passed}
