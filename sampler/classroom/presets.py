"""Held-out problems worth watching, which the page and the command line offer (presets.json)."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Preset:
    """A problem by its id, with its task, its prompt and the right answer."""

    id: str
    task: str
    prompt: str
    answer: str


_TEXT = Path(__file__).with_name("presets.json").read_text("utf-8")
PRESETS = tuple(Preset(**preset) for preset in json.loads(_TEXT))
