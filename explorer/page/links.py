"""Links: what a browser must know to read one, and the handlers that bring the page into the state it names."""

import math
import os
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import gradio as gr

from explorer.analysis.comparison import ALL
from explorer.page import library
from explorer.page.controls import (
    ALPHAS,
    MAX_BLOCK_SIZE,
    MAX_BLOCKS,
    MAX_SEED,
    MAX_STEPS,
    TEMPERATURES,
    Controls,
    panel_values,
    settings_of,
)
from explorer.page.explore.session import Session
from explorer.page.explore.wiring import LIVE, STREAMED, new_run, show_recorded, wish_of
from explorer.page.packets import packet
from explorer.page.tree.worlds import WORLDS
from sampler.classroom.corpus import TASKS
from sampler.classroom.presets import PRESETS
from sampler.core.records import MAX_PROMPT, SCOPES, PowerSettings, checked_text, quoted

Wish = dict[str, Any]
PAGES = ("explore", "tree", "compare", "learn")  # Gradio ignores one that is not there


def known(models: library.Models) -> dict[str, Any]:
    """What a link may name here, with ranges and defaults; `address` is where links lead, "" for the page's own."""
    own = library.DEFAULTS
    return {
        "models": models.names,
        "recorded": library.RECORDED_MODEL,
        "presets": [{"id": each.id, "prompt": each.prompt, "answer": each.answer} for each in PRESETS],
        "ranges": {
            "alpha": ALPHAS, "tau": TEMPERATURES, "B": (1, MAX_BLOCK_SIZE), "blocks": (1, MAX_BLOCKS),
            "N": (0, MAX_STEPS), "seed": (0, MAX_SEED),
        },
        "defaults": {
            "alpha": own.alpha, "B": own.block_size, "blocks": own.num_blocks, "N": own.steps_per_block,
            "scope": own.scope, "seed": own.seed,
        },
        "scopes": SCOPES,
        "longest": MAX_PROMPT,
        "tasks": [ALL, *TASKS],
        "worlds": [world.described() for world in WORLDS],
        "address": space_address(os.environ.get("SPACE_ID", "")),
    }  # fmt: skip


def space_address(space_id: str) -> str:
    """The public page of a Space, which hands its query on to the app within it; "" for no Space."""
    return f"https://huggingface.co/spaces/{space_id}" if re.fullmatch(r"[\w.-]+/[\w.-]+", space_id) else ""


def wire_links(
    bus: gr.HTML, pages: gr.Tabs, explore: tuple[Controls, gr.HTML, gr.State], models: library.Models
) -> None:
    """Attach the handlers; `explore` is what a link acts on: the panel, its wire and its session.

    Every ask is numbered by its browser and answered with that number, and with a sentence where it is refused.
    """
    controls, chain_bus, session = explore

    def set_controls(event: gr.EventData) -> list[Any]:
        wish = wish_of(event)
        try:
            model, prompt, settings = asked_for(wish, models)
        except ValueError as error:
            return [answer(wish, error), *[gr.skip()] * 12]
        preset = next((each.id for each in PRESETS if each.prompt == prompt), gr.skip())
        return [answer(wish), preset, prompt, model, *panel_values(settings)]

    async def run(session: Session, event: gr.EventData) -> AsyncIterator[str]:
        try:
            async with aclosing(new_run(session, models, *asked_for(wish_of(event), models))) as packets:
                async for news in packets:
                    yield news
        except ValueError as error:
            yield packet(refusal=one_sentence(error))

    def recorded(session: Session, event: gr.EventData) -> str:
        try:
            return show_recorded(session, wish_of(event).get("preset"))
        except ValueError as error:
            return packet(refusal=one_sentence(error))

    bus.select(select_page, None, [bus, pages], **LIVE)
    bus.input(set_controls, None, [bus, controls.preset, controls.prompt, controls.model, *controls.settings], **LIVE)
    bus.play(run, session, chain_bus, **STREAMED)
    bus.submit(recorded, session, chain_bus, **STREAMED)


def select_page(event: gr.EventData) -> list[Any]:
    """Open one of the pages."""
    wish = wish_of(event)
    page = wish.get("page")
    return [answer(wish), gr.Tabs(selected=page) if page in list(PAGES) else gr.skip()]


def answer(wish: Wish, error: ValueError | None = None) -> str:
    """The packet that tells a browser that its ask is done, or why not."""
    number = wish.get("number")
    told = {} if error is None else {"sentence": one_sentence(error)}
    return packet(answers=number if type(number) is int else 0, **told)


def one_sentence(error: ValueError) -> str:
    """An error with a capital and a stop."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def asked_for(wish: Wish, models: library.Models) -> tuple[str, str, PowerSettings]:
    """Model, prompt and settings of the run that a link names; ValueError with one sentence for a bad value."""
    model = wish.get("model")
    if model not in list(models.names):
        raise ValueError(f"model must be one of {', '.join(models.names)}, not {quoted(model)}")
    alpha, tau = wish.get("alpha"), wish.get("tau")
    alpha = math.inf if alpha == "inf" else alpha
    others = (wish.get(name) for name in ("B", "blocks", "N", "scope", "seed"))
    settings = settings_of(alpha, False, tau is None, tau, *others)
    return model, checked_text(wish.get("prompt")), settings
