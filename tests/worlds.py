"""Tiny worlds, stages cut out of them with their exact targets, and how far a kernel is from the laws there."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from zlib import crc32

import numpy as np
from hypothesis import strategies as st

from sampler.core import kernel
from sampler.core.draws import Draws
from sampler.core.kernel import Revise, Stage
from sampler.core.records import SCOPES, ChainState, Law, PowerSettings, Step
from sampler.core.requests import Asks
from sampler.exact.enumeration import Completion, Distribution, completions, law_after, transition_matrix
from sampler.models.table import Row, TableModel, endless_world, flat_world, peaked_world


def forbidding_world() -> TableModel:
    """Impossible tokens: no end at the start, no `a` after `a`, and after `b` only one way on."""
    rows = {"": {"a": 0.7, "b": 0.3}, "a": {"b": 0.2, "$": 0.8}, "b": {"a": 1.0}}
    return TableModel("forbidding-world", "ab$", lambda text: rows.get(text[-1:], {"$": 1.0}))


def uniform_world() -> TableModel:
    """Every completion of one length is as likely as every other."""
    return TableModel("uniform-world", "ab", lambda text: {"a": 1.0, "b": 1.0})


def wide_world() -> TableModel:
    """Twenty pieces of falling probability, so that a run meets them one after another."""
    row: Row = {piece: 1 / (1 + i) for i, piece in enumerate("abcdefghijklmnopqrst")}
    return TableModel("wide-world", "abcdefghijklmnopqrst", lambda text: row)


@st.composite
def little_worlds(draw: st.DrawFn) -> TableModel:
    """Two to four pieces, with or without an end token; rows from uniform to near certain, some with impossible tokens.

    A few rows are drawn, and the text of a context chooses among them.
    """
    alphabet = draw(st.sampled_from(("a$", "ad", "ab$", "abd", "abc$", "abcd")))
    weight = st.one_of(st.just(0.0), st.floats(-12, 12).map(math.exp))
    row = st.lists(weight, min_size=len(alphabet), max_size=len(alphabet)).filter(any)
    rows = draw(st.lists(row, min_size=1, max_size=6))

    def chosen(text: str) -> Row:
        return dict(zip(alphabet, rows[crc32(text.encode()) % len(rows)], strict=True))

    return TableModel("little-world", alphabet, chosen)


@st.composite
def power_settings(draw: st.DrawFn) -> PowerSettings:
    """Short chains at any alpha, at temperatures from 1/alpha up, with blocks of any size."""
    alpha = draw(st.sampled_from((1.0, 1.5, 2.0, 4.0, 8.0, math.inf)) | st.floats(1, 8))
    tied = 1.0 if math.isinf(alpha) else None
    temperature = draw(st.sampled_from((tied, 1.0, 0.9)))
    longest = draw(st.integers(1, 12))
    return PowerSettings(
        alpha,
        1.0 if temperature is not None and temperature * alpha < 1 else temperature,
        max_new_tokens=longest,
        block_size=draw(st.integers(1, longest)),
        steps_per_block=draw(st.integers(0, 9)),
        scope=draw(st.sampled_from(SCOPES)),
        seed=draw(st.integers(0, 2**40)),
        alternatives=draw(st.sampled_from((0, 3))),
    )


def dial_moves() -> st.SearchStrategy[dict[int, dict]]:
    """Dials that a person moves, by the step after which."""
    dials = ({"alpha": 2.0}, {"alpha": 3.0, "proposal_temperature": 1.0}, {"proposal_temperature": 2.0})
    return st.dictionaries(st.integers(0, 11), st.sampled_from(dials), max_size=2)


WORLDS: dict[str, Callable[[], TableModel]] = {
    "flat": flat_world,
    "peaked": peaked_world,
    "endless": endless_world,
    "forbidding": forbidding_world,
}


@dataclass(frozen=True)
class Case:
    """One stage of a chain in a world: revisions of the positions from len(frozen) to `end`, aiming at p^alpha."""

    world: str
    alpha: float
    temperature: float
    prompt: str = "b"
    frozen: str = ""
    end: int = 3
    alternatives: int = 0

    def __str__(self) -> str:
        scope = f"after-{self.frozen}" if self.frozen else "whole"
        return f"{self.world}-alpha{self.alpha:g}-tau{self.temperature:g}-{scope}"

    @cached_property
    def model(self) -> TableModel:
        return WORLDS[self.world]()

    @cached_property
    def stage(self) -> Stage:
        law = Law(self.alpha, self.temperature)
        prompt_ids = self.model.encode(self.prompt)
        return Stage(prompt_ids, self.model.eos_ids, len(self.frozen), self.end, law, self.alternatives)

    @cached_property
    def log_p(self) -> dict[Completion, float]:
        """Every text that the stage may hold, with the log p of its revisable part."""
        frozen = self.model.encode(self.frozen)
        tails = completions(self.model, self.stage.prompt_ids + frozen, self.end - len(frozen))
        return {frozen + ids: log_p for ids, log_p in tails}

    @property
    def states(self) -> list[Completion]:
        return list(self.log_p)

    @cached_property
    def target(self) -> np.ndarray:
        """pi [S], p(revisable part | frozen part)^alpha normalised over the states."""
        weights = np.exp(self.alpha * np.array(list(self.log_p.values())))
        return weights / weights.sum()

    def matrix(self, revise: Revise = kernel.revise) -> np.ndarray:
        """K [S+1, S+1] of one revision; the last index holds every text that the stage must never hold."""
        states = self.states
        return transition_matrix(self.model, self.stage, [*states, ()], _fenced(revise, set(states)))


def _fenced(revise: Revise, states: set[Completion]) -> Revise:
    """The same step with everything outside of `states` as one absorbing text, the empty one."""

    def step(stage: Stage, state: ChainState, draws: Draws) -> Asks:
        if not state.segment:
            return None, state
        revision, after = yield from revise(stage, state, draws)
        return revision, after if after.segment.token_ids in states else ChainState()

    return step


def violations(case: Case, revise: Revise = kernel.revise) -> dict[str, float]:
    """How far one revision is from each law, as a probability, 0 where it holds.

    rows: |sum of a row of K - 1|. invariance: total variation between pi K and pi. balance: probability flow
    pi(i) K(i, j) that does not come back. reach: share of the pairs of states without a way from one to the other.
    """
    matrix, pi = case.matrix(revise), np.append(case.target, 0.0)
    flow = pi[:, None] * matrix
    return {
        "rows": float(np.abs(matrix.sum(axis=1) - 1).max()),
        "invariance": 0.5 * float(np.abs(pi @ matrix - pi).sum()),
        "balance": 0.5 * float(np.abs(flow - flow.T).sum()),
        "reach": unreachable_share(matrix[:-1, :-1]),
    }


def unreachable_share(matrix: np.ndarray) -> float:
    """Share of the ordered pairs (i, j) for which no number of steps leads from i to j."""
    size = len(matrix)
    reach = (matrix > 0) | np.eye(size, dtype=bool)
    for _ in range(size.bit_length()):  # paths of up to 2, 4, 8, ... steps
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    return 1 - float(reach.mean())


def revised(step: Step, **changes: object) -> Step:
    """A step with other numbers in its revision."""
    return replace(step, revision=replace(step.revision, **changes))


def run_law(
    model: TableModel,
    prompt_ids: Completion,
    alpha: float,
    temperature: float,
    length: int,
    block_size: int,
    steps_per_block: int,
    scope: str,
) -> Distribution:
    """The exact law of the completion that a whole block-wise run ends with, block by block: what RunLaws must find."""
    law: Distribution = {(): 1.0}
    for start in range(0, length, block_size):
        first, end = start if scope == "block" else 0, min(start + block_size, length)
        stage = Stage(prompt_ids, model.eos_ids, first, end, Law(alpha, temperature), alternatives=0)
        law = revised_law(model, stage, extended_law(model, stage, law), steps_per_block)
    return law


def extended_law(model: TableModel, stage: Stage, law: Distribution) -> Distribution:
    result: Distribution = {}
    for ids, mass in law.items():
        for after, prob in law_after(model, stage, ids, kernel.extend).items():
            result[after] = result.get(after, 0.0) + mass * prob
    return result


def revised_law(model: TableModel, stage: Stage, law: Distribution, steps: int) -> Distribution:
    """What ended before `stage.start` stays."""
    frozen = {ids: mass for ids, mass in law.items() if len(ids) <= stage.start}
    result = dict(frozen)
    for prefix in sorted({ids[: stage.start] for ids in law if ids not in frozen}):
        tails = completions(model, stage.prompt_ids + prefix, stage.end - stage.start)
        states = [prefix + ids for ids, _ in tails]
        matrix = np.linalg.matrix_power(transition_matrix(model, stage, states), steps)
        after = np.array([law.get(ids, 0.0) for ids in states]) @ matrix
        result.update(zip(states, after.tolist(), strict=True))
    return result
