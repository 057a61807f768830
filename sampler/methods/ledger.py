"""What a run records besides its steps: where it comes from, how tokens are displayed, and what it has cost."""

import platform
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib import metadata

from sampler.core.records import RunStarted, Segment, Settings, Totals
from sampler.models.contract import Engine, LanguageModel

SMALL_VOCABULARY = 2048  # up to here RunStarted has every piece, beyond it each piece comes when its token first occurs


@cache  # reading it from a package's files takes longer than a run in a tiny world
def version(package: str) -> str | None:
    """The version of an installed package; None without it, as a tiny world needs no torch."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def run_started(
    method: str,
    model: LanguageModel,
    prompt: str,
    prompt_ids: tuple[int, ...],
    settings: Settings,
    pieces: "PieceLedger",
) -> RunStarted:
    """The first event, with the versions that made the run."""
    packages = {name: found for name in ("numpy", "torch", "transformers") if (found := version(name))}
    return RunStarted(
        method=method,
        model_name=model.name,
        model_revision=model.revision,
        prompt=prompt,
        prompt_ids=prompt_ids,
        settings=settings,
        pieces=pieces.at_start(prompt_ids),
        versions={"python": platform.python_version(), **packages},
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        schema=2 if isinstance(model, Engine) else 1,  # an engine cannot say entropies
    )


def checked_prompt(model: LanguageModel, prompt: str, max_new_tokens: int) -> tuple[int, ...]:
    """Token ids of a prompt that leaves room for the completion; ValueError with the numbers if it does not."""
    prompt_ids = model.encode(prompt)
    room = model.max_length - max_new_tokens
    if len(prompt_ids) > room:
        raise ValueError(
            f"prompt must be at most {max(room, 0)} tokens long for {max_new_tokens} new ones (the model's context "
            f"is {model.max_length}), not {len(prompt_ids)}"
        )
    return prompt_ids


class PieceLedger:
    """Display pieces, each recorded once: `known` are the tokens whose pieces are in the events so far."""

    def __init__(self, model: LanguageModel, known: frozenset[int] = frozenset()) -> None:
        self._model = model
        self.known = known

    def at_start(self, prompt_ids: tuple[int, ...]) -> dict[int, str]:
        """Every piece of a small vocabulary, those of the prompt of a large one."""
        small = self._model.vocab_size <= SMALL_VOCABULARY
        return self._unseen(range(self._model.vocab_size) if small else prompt_ids)

    def new(self, segment: Segment) -> dict[int, str]:
        """Pieces of the tokens and alternatives of a segment that no event has yet."""
        alternatives = (token for position in segment.alternatives for token, _ in position)
        return self._unseen((*segment.token_ids, *alternatives))

    def _unseen(self, token_ids: Iterable[int]) -> dict[int, str]:
        unseen = sorted(set(token_ids) - self.known)
        self.known = self.known.union(unseen) if unseen else self.known
        return {token: self._model.piece(token) for token in unseen}


class Meter:
    """What the model has cost since the last reading."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._last = self._now()

    def read(self) -> Totals:
        """Tokens fed, calls and seconds since the last reading, or since the meter was made."""
        last, self._last = self._last, self._now()
        seconds = round(self._last[2] - last[2], 6)
        return Totals(tokens_fed=self._last[0] - last[0], forward_calls=self._last[1] - last[1], seconds=seconds)

    def _now(self) -> tuple[int, int, float]:
        return self._model.tokens_fed, self._model.forward_calls, time.perf_counter()


def added(a: Totals, b: Totals) -> Totals:
    """Field by field; seconds to the microsecond."""
    return Totals(*(round(getattr(a, name) + getattr(b, name), 6) for name in Totals.__slots__))
