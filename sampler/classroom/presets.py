"""Held-out problems worth watching, which the page and the command line offer (presets.json)."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Preset:
    id: str
    task: str
    prompt: str
    answer: str


FILE = Path(__file__).with_name("presets.json")
PRESETS = tuple(Preset(**preset) for preset in json.loads(FILE.read_text("utf-8")))
