"""Exact laws by enumeration, for models small enough: targets, and the shipped kernel's own transition matrix."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sampler.core import kernel
from sampler.core.draws import Draws, enumerate_outcomes
from sampler.core.kernel import Revise, Stage
from sampler.core.records import ChainState, Law, Segment
from sampler.core.requests import Asks
from sampler.core.rows import Row
from sampler.models.contract import NextToken
from sampler.models.lock_step import alone

Completion = tuple[int, ...]
Distribution = dict[Completion, float]
Procedure = Callable[[Stage, ChainState, Draws], Asks[tuple[Any, ChainState]]]


def completions(model: NextToken, prompt_ids: Completion, length: int) -> Iterator[tuple[Completion, float]]:
    """Every completion that ends, or has `length` tokens, with its log p under the base model."""
    pending: list[tuple[Completion, float]] = [((), 0.0)]
    while pending:
        ids, log_p = pending.pop()
        if len(ids) == length or (ids and ids[-1] in model.eos_ids):
            yield ids, log_p
            continue
        [row] = model.next_logprobs([prompt_ids + ids])
        pending.extend(((*ids, v), log_p + row[v]) for v in np.flatnonzero(np.isfinite(row)).tolist())


def power_target(model: NextToken, prompt_ids: Completion, length: int, alpha: float) -> Distribution:
    """p(x)^alpha normalised over all completions of at most `length` tokens; at alpha = inf the likeliest ones."""
    log_p = dict(completions(model, prompt_ids, length))
    top = max(log_p.values())
    weights = {ids: math.exp(alpha * (value - top)) if value < top else 1.0 for ids, value in log_p.items()}
    total = math.fsum(weights.values())
    return {ids: weight / total for ids, weight in weights.items()}


def temperature_law(model: NextToken, prompt_ids: Completion, length: int, temperature: float) -> Distribution:
    """The law of token-level temperature sampling over completions of at most `length` tokens."""
    stage = Stage(prompt_ids, model.eos_ids, 0, length, Law(1 / temperature, temperature), alternatives=0)
    return law_after(model, stage, (), kernel.extend)


def law_after(model: NextToken, stage: Stage, ids: Completion, procedure: Procedure) -> Distribution:
    """The law of the completion that one `extend` or `revise` of the kernel, or a wrong one, makes of this one."""
    result: Distribution = {}
    state = state_of(model, stage, ids)
    for (_, after), prob in enumerate_outcomes(lambda draws: alone(model, procedure(stage, state, draws))):
        after_ids = after.segment.token_ids
        result[after_ids] = result.get(after_ids, 0.0) + prob
    return result


def transition_matrix(
    model: NextToken, stage: Stage, states: list[Completion], revise: Revise = kernel.revise
) -> np.ndarray:
    """K [S, S]: K[i, j] = probability that one `revise` takes states[i] to states[j]. KeyError if it leaves them."""
    return matrix_of([law_after(model, stage, ids, revise) for ids in states], states)


def matrix_of(laws: Sequence[Distribution], states: Sequence[Completion]) -> np.ndarray:
    """[R, S]: the probabilities that R laws give to each state. KeyError for a text that is none of the states."""
    index = {ids: i for i, ids in enumerate(states)}
    matrix = np.zeros((len(laws), len(states)))
    for row, law in zip(matrix, laws, strict=True):
        row[[index[ids] for ids in law]] = list(law.values())
    return matrix


def total_variation(p: Distribution, q: Distribution) -> float:
    """Half the sum of |p - q|, from 0 to 1."""
    return 0.5 * math.fsum(abs(p.get(ids, 0.0) - q.get(ids, 0.0)) for ids in p.keys() | q.keys())


def state_of(model: NextToken, stage: Stage, ids: Completion) -> ChainState:
    """A completion as the kernel sees it, measured by the model under the stage's law."""
    whole = replace(stage, start=0)
    state: ChainState = alone(model, kernel.remeasure(whole, kernel.closed(whole, Segment(ids))))
    return state


class Remembering:
    """A model whose rows are computed once and kept by their contexts."""

    def __init__(self, model: NextToken) -> None:
        self.eos_ids, self.max_length = model.eos_ids, model.max_length
        self.rows: dict[Completion, Row] = {}
        self._model = model

    def next_logprobs(self, contexts: Sequence[Sequence[int]]) -> list[Row]:
        asked = [tuple(context) for context in contexts]
        if unknown := [context for context in dict.fromkeys(asked) if context not in self.rows]:
            self.rows |= zip(unknown, self._model.next_logprobs(unknown), strict=True)
        return [self.rows[context] for context in asked]
