"""Links: what a browser must know to read one."""

import os
import re
from typing import Any

from explorer.analysis.comparison import ALL
from explorer.page import library
from explorer.page.controls import CONTROLS
from explorer.page.tree.worlds import WORLDS
from sampler.classroom.corpus import TASKS
from sampler.classroom.presets import PRESETS
from sampler.core.records import MAX_PROMPT


def known(models: library.Models) -> dict[str, Any]:
    """What a link may name here, with ranges and defaults; `address` is where links lead, "" for the page's own."""
    return {
        "models": models.names,
        "recorded": library.RECORDED_MODEL,
        "presets": [{"id": each.id, "prompt": each.prompt, "answer": each.answer} for each in PRESETS],
        "panel": [each.described() for each in CONTROLS],
        "longest": MAX_PROMPT,
        "tasks": [ALL, *TASKS],
        "worlds": [world.described() for world in WORLDS],
        "address": space_address(os.environ.get("SPACE_ID", "")),
    }


def space_address(space_id: str) -> str:
    """The public page of a Space, which hands its query on to the app within it; "" for no Space."""
    return f"https://huggingface.co/spaces/{space_id}" if re.fullmatch(r"[\w.-]+/[\w.-]+", space_id) else ""
