"""Block size as a dial: how far the exact law of a whole run is from p^alpha and from token-level temperature."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sampler.exact import Completion, completions, extension_law, power_target, temperature_law, transition_matrix
from sampler.kernel import Stage
from sampler.language_model import LanguageModel
from sampler.records import SCOPES, Law, checked_alpha, checked_int, checked_temperature

MAX_COMPLETIONS = 1000  # the cost of enumerating the kernel grows with their square


@dataclass(frozen=True, slots=True)
class DialPoint:
    """Total variation, 0 to 1, between the law that a run of N = `steps_per_block` ends with and two targets."""

    scope: str
    block_size: int
    steps_per_block: int
    to_power: float  # p^alpha over whole completions
    to_temperature: float  # each token from p^(1/temperature), the proposal's own law


def block_dial(
    model: LanguageModel, prompt_ids: Completion, alpha: float, temperature: float, length: int, max_steps: int
) -> list[DialPoint]:
    """Every scope, block size 1..length and N = 0..max_steps, exactly, for completions of at most `length` tokens.

    Through the shipped kernel alone, each of its decisions enumerated. The work grows with the square of the number of
    completions: a few seconds for 81 of them. ValueError beyond MAX_COMPLETIONS, or for a setting out of range.
    """
    checked_alpha(alpha)
    checked_temperature("temperature", temperature)
    checked_int("length", length, 1, 12)
    checked_int("max_steps", max_steps, 0, 10_000)
    laws = RunLaws(model, prompt_ids, Law(alpha, temperature), length)
    states = laws.states(length)
    power, tempered = (
        np.array([law.get(ids, 0.0) for ids in states])
        for law in (
            power_target(model, prompt_ids, length, alpha),
            temperature_law(model, prompt_ids, length, temperature),
        )
    )
    return [
        DialPoint(scope, block_size, steps, *(0.5 * float(np.abs(row - target).sum()) for target in (power, tempered)))
        for scope in SCOPES
        for block_size in range(1, length + 1)
        for steps, row in enumerate(laws.after(scope, block_size, max_steps))
    ]


class RunLaws:
    """Exact laws of block-wise runs of one model, prompt and law; matrices are made once and serve every N and B."""

    def __init__(self, model: LanguageModel, prompt_ids: Completion, law: Law, length: int) -> None:
        self.length = length
        self._model = _Remembering(model)
        self._prompt_ids = prompt_ids
        self._law = law
        self._states: dict[int, list[Completion]] = {}
        self._extensions: dict[tuple[int, int], np.ndarray] = {}
        self._revisions: dict[tuple[int, int], np.ndarray] = {}

    def states(self, end: int) -> list[Completion]:
        """Every text that a run may hold after `end` positions: those that have ended, and those of that length."""
        if end not in self._states:
            found = [ids for ids, _ in completions(self._model, self._prompt_ids, end)] if end else [()]
            if len(found) > MAX_COMPLETIONS:
                raise ValueError(f"completions must be at most {MAX_COMPLETIONS} to be enumerated, not {len(found)}")
            self._states[end] = found
        return self._states[end]

    def after(self, scope: str, block_size: int, max_steps: int) -> np.ndarray:
        """[max_steps+1, S], row N: the law over `states(length)` of a run with N steps a block."""
        laws = np.ones((max_steps + 1, 1))
        for start in range(0, self.length, block_size):
            end = min(start + block_size, self.length)
            laws = laws @ self._extension(start, end)
            revision = self._revision(start if scope == "block" else 0, end)
            power = np.eye(len(revision))
            for steps in range(max_steps + 1):
                laws[steps] = laws[steps] @ power
                power = power @ revision
        return laws

    def _stage(self, start: int, end: int) -> Stage:
        return Stage(self._prompt_ids, self._model.eos_ids, start, end, self._law, alternatives=0)

    def _extension(self, start: int, end: int) -> np.ndarray:
        """[S(start), S(end)]: what writing one block does to each text."""
        if (start, end) not in self._extensions:
            stage, after = self._stage(start, end), self.states(end)
            laws = [extension_law(self._model, stage, {ids: 1.0}) for ids in self.states(start)]
            self._extensions[start, end] = np.array([[law.get(ids, 0.0) for ids in after] for law in laws])
        return self._extensions[start, end]

    def _revision(self, start: int, end: int) -> np.ndarray:
        """[S(end), S(end)]: what one revision does to each text; one that ended before `start` stays."""
        if (start, end) not in self._revisions:
            states = self.states(end)
            matrix = np.eye(len(states))
            for places in _by_prefix(states, start):
                group = [states[i] for i in places]
                matrix[np.ix_(places, places)] = transition_matrix(self._model, self._stage(start, end), group)
            self._revisions[start, end] = matrix
        return self._revisions[start, end]


class _Remembering:
    """A model that computes each row once."""

    def __init__(self, model: LanguageModel) -> None:
        self.eos_ids = model.eos_ids
        self._model = model
        self._rows: dict[Completion, np.ndarray] = {}

    def next_logprobs(self, contexts: Sequence[Completion]) -> np.ndarray:
        for context in contexts:
            if context not in self._rows:
                [self._rows[context]] = self._model.next_logprobs([context])
        return np.array([self._rows[context] for context in contexts])


def _by_prefix(states: Sequence[Completion], start: int) -> list[list[int]]:
    """Indices of the texts longer than `start`, by what they start with."""
    groups: dict[Completion, list[int]] = {}
    for i, ids in enumerate(states):
        if len(ids) > start:
            groups.setdefault(ids[:start], []).append(i)
    return list(groups.values())
