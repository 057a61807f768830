"""Block size as a dial: how far the exact law of a whole run is from p^alpha and from token-level temperature."""

from dataclasses import dataclass
from functools import cache, partial
from itertools import product

import numpy as np

from sampler.core import kernel
from sampler.core.kernel import Revise, Stage
from sampler.core.records import SCOPES, Law, checked_alpha, checked_int, checked_temperature
from sampler.exact.enumeration import (
    Completion,
    Distribution,
    Procedure,
    Remembering,
    completions,
    law_after,
    matrix_of,
    power_target,
    temperature_law,
)
from sampler.models.contract import NextToken

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
    model: NextToken,
    prompt_ids: Completion,
    alpha: float,
    temperature: float,
    length: int,
    max_steps: int,
    revise: Revise = kernel.revise,
) -> list[DialPoint]:
    """Every scope, block size 1..length and N = 0..max_steps, exactly, for completions of at most `length` tokens.

    Through the shipped kernel alone, or a wrong one in its place, each of its decisions enumerated. The work grows with
    the square of the number of completions: about a second for 81 of them. ValueError beyond MAX_COMPLETIONS, or
    for a setting out of range.
    """
    checked_alpha(alpha)
    checked_temperature("temperature", temperature)
    checked_int("length", length, 1, 12)
    checked_int("max_steps", max_steps, 0, 10_000)
    laws = RunLaws(model, prompt_ids, Law(alpha, temperature), length, revise)
    laws.states(length)  # refuses what is too much
    power = power_target(model, prompt_ids, length, alpha)
    tempered = temperature_law(model, prompt_ids, length, temperature)
    points: list[DialPoint] = []
    for scope, block_size in product(SCOPES, range(1, length + 1)):
        rows = laws.after(scope, block_size, max_steps)
        distances = [
            0.5 * np.abs(rows - [target.get(ids, 0.0) for ids in laws.states(length)]).sum(axis=1)
            for target in (power, tempered)
        ]
        points += map(partial(DialPoint, scope, block_size), range(max_steps + 1), *np.array(distances).tolist())
    return points


class RunLaws:
    """Exact laws of block-wise runs of one model, prompt and law; each step is enumerated once for every N and B."""

    def __init__(
        self, model: NextToken, prompt_ids: Completion, law: Law, length: int, revise: Revise = kernel.revise
    ) -> None:
        self.length = length
        self._model = Remembering(model)
        self._prompt_ids = prompt_ids
        self._law = law
        self._revise = revise
        self._states: dict[int, list[Completion]] = {}
        self._law_after = cache(self._enumerated)

    def states(self, end: int) -> list[Completion]:
        """Every text that a run may hold after `end` positions: those that have ended, and those of that length.

        A wrong kernel may hold others, unfinished before `end`; they stand behind, once `after` has met them.
        """
        if end not in self._states:
            found: list[Completion] = [()]
            if end:
                found = [ids for ids, _ in completions(self._model, self._prompt_ids, end)]
            if len(found) > MAX_COMPLETIONS:
                raise ValueError(f"completions must be at most {MAX_COMPLETIONS} to be enumerated, not {len(found)}")
            self._states[end] = found
        return self._states[end]

    def law(self, scope: str, block_size: int, steps: int) -> Distribution:
        """The law of the completion that a run with so many steps a block ends with."""
        row = self.after(scope, block_size, steps)[-1]
        return dict(zip(self.states(self.length), row.tolist(), strict=True))

    def after(self, scope: str, block_size: int, max_steps: int) -> np.ndarray:
        """[max_steps+1, S], row N: the law over `states(length)` of a run with N steps a block.

        For a wrong kernel ask for `states(length)` afterwards: it may have grown.
        """
        laws = np.ones((max_steps + 1, 1))
        for start in range(0, self.length, block_size):
            end = min(start + block_size, self.length)
            written = self._laws(self.states(start), 0, end, kernel.extend)
            revised = self._laws(self.states(end), start if scope == "block" else 0, end, self._revise)
            laws = laws @ matrix_of(written, self.states(end))
            revision = matrix_of(revised, self.states(end))
            for steps in range(1, max_steps + 1):
                laws[steps:] = laws[steps:] @ revision
        return laws

    def _laws(self, texts: list[Completion], start: int, end: int, procedure: Procedure) -> list[Distribution]:
        """What a procedure makes of each text; what that leads to joins states(end), which may be `texts` itself."""
        laws, states = [], self.states(end)
        known = set(states)
        for ids in texts:
            laws.append(self._law_after(ids, start, end, procedure))
            states += [found for found in laws[-1] if found not in known]
            known |= laws[-1].keys()
        return laws

    def _enumerated(self, ids: Completion, start: int, end: int, procedure: Procedure) -> Distribution:
        if 0 < len(ids) <= start:  # it ended before this block
            return {ids: 1.0}
        stage = Stage(self._prompt_ids, self._model.eos_ids, start, end, self._law, alternatives=0)
        return law_after(self._model, stage, ids, procedure)
