"""What the page can open: recorded runs from assets/traces, preset problems with their checkers, and models."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from explorer.page.serving.sharing import KEPT_BYTES
from sampler.classroom.corpus import TASKS
from sampler.classroom.presets import PRESETS, Preset
from sampler.core.records import PowerSettings, quoted
from sampler.models.contract import LanguageModel
from sampler.models.registry import open_model
from sampler.trace.trace import Trace

DEFAULTS = PowerSettings()
LARGEST_VOCABULARY = 2048  # pieces; of larger ones rows cannot be searched while a person waits
RECORDED_MODEL, TUNED = "classroom", "classroom-tuned"
IN_ZERO_GPU = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")  # as its own package reads it
TRACES = Path(__file__).resolve().parents[2] / "assets" / "traces"


@dataclass(frozen=True)
class Checker:
    """How to read an answer off a completion, and the right one; both None where the prompt is no known problem."""

    answer_of: Callable[[str], str | None] | None = None
    answer: str | None = None


def checker(prompt: str) -> Checker:
    """The checker of a prompt, found by reading the problem itself."""
    for task in TASKS.values():
        answer = task.truth(prompt)
        if answer is not None:
            return Checker(task.answer, answer)
    return Checker()


def preset(preset_id: str) -> Preset:
    """The preset with this id; ValueError if there is none."""
    found = next((p for p in PRESETS if p.id == preset_id), None)
    if found is None:
        raise ValueError(f"preset must be one of {', '.join(p.id for p in PRESETS)}, not {quoted(preset_id)}")
    return found


@cache
def recorded(preset_id: str) -> tuple[Trace, Trace]:
    """The recorded run of a preset and the temperature samples beside it."""
    preset(preset_id)
    return Trace.load(TRACES / f"{preset_id}.jsonl.gz"), Trace.load(TRACES / f"{preset_id}.temperature.jsonl.gz")


class Models:
    """The models on offer, loaded once each, the first of them in the background right after launch.

    The embedded model brings its RL-tuned sibling along, where that is there.
    """

    def __init__(self, names: list[str]) -> None:
        has_sibling = "classroom" in names and TUNED not in names and (TRACES.parent / "models" / TUNED).is_dir()
        self.names = [*names, TUNED] if has_sibling else names
        self._loaded: dict[str, LanguageModel] = {}
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Load the first model in a background thread, torch and transformers with it."""
        threading.Thread(target=self.get, args=(self.names[0],), daemon=True).start()

    def is_ready(self, name: str) -> bool:
        """Whether `get` returns at once: the model is loaded, or there is none to load."""
        return name not in self.names or name in self._loaded

    def exactly(self, name: str, revision: str) -> LanguageModel:
        """The very model that a trace names; ValueError if it is not on offer here."""
        if name not in self.names:
            raise ValueError(f"this run's model is {quoted(name)}, which is not on offer here")
        model = self.get(name)
        if model.revision != revision:
            raise ValueError(f"this run's model is {name} of revision {revision}, not {model.revision}, which is here")
        return model

    def get(self, name: str) -> LanguageModel:
        """The model, loading it first if need be; ValueError for a name that is not on offer or cannot be loaded."""
        if name not in self.names:
            raise ValueError(f"model must be one of {', '.join(self.names)}, not {quoted(name)}")
        with self._lock:
            if name not in self._loaded:
                from sampler.models.threads import settle_threads  # seconds of imports, kept out of the page's start

                device = "cpu" if IN_ZERO_GPU else "auto"  # whose GPU this process never has (zero_gpu.py)
                try:
                    self._loaded[name] = open_model(name, device=device, kept_bytes=KEPT_BYTES)
                    settle_threads(self._loaded[name])
                except ValueError as error:  # says what lies where, which is for the host alone
                    logging.exception("a model could not be loaded")
                    raise ValueError(f"the model {name} could not be loaded; the host's log says why") from error
            return self._loaded[name]
