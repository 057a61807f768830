"""Exact laws by enumeration, for models small enough: targets, and the shipped kernel's own transition matrix."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from sampler.core import kernel
from sampler.core.draws import Draws, enumerate_outcomes
from sampler.core.kernel import Revise, Stage
from sampler.core.records import ChainState, Law, Segment
from sampler.models.contract import NextToken
from sampler.models.lock_step import alone

Completion = tuple[int, ...]
Distribution = dict[Completion, float]


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
    stage = _stage(model, prompt_ids, 0, length, Law(1 / temperature, temperature))
    return extension_law(model, stage, {(): 1.0})


def extension_law(model: NextToken, stage: Stage, law: Distribution) -> Distribution:
    """The law of the completion after the kernel has extended one drawn from `law`."""
    result: Distribution = {}
    for ids, mass in law.items():
        state = state_of(model, stage, ids)
        for (_, after), prob in enumerate_outcomes(_extending(model, stage, state)):
            after_ids = after.segment.token_ids
            result[after_ids] = result.get(after_ids, 0.0) + mass * prob
    return result


def _extending(model: NextToken, stage: Stage, state: ChainState) -> Callable[[Draws], tuple[Segment, ChainState]]:
    return lambda draws: alone(model, kernel.extend(stage, state, draws))


def one_revision(model: NextToken, stage: Stage, ids: Completion, revise: Revise = kernel.revise) -> Distribution:
    """The law of the completion after one `revise` of this one."""
    result: Distribution = {}
    state = state_of(model, stage, ids)
    for (_, after), prob in enumerate_outcomes(lambda draws: alone(model, revise(stage, state, draws))):
        after_ids = after.segment.token_ids
        result[after_ids] = result.get(after_ids, 0.0) + prob
    return result


def transition_matrix(
    model: NextToken, stage: Stage, states: list[Completion], revise: Revise = kernel.revise
) -> np.ndarray:
    """K [S, S]: K[i, j] = probability that one `revise` takes states[i] to states[j]. KeyError if it leaves them."""
    return matrix_of([one_revision(model, stage, ids, revise) for ids in states], states)


def matrix_of(laws: Sequence[Distribution], states: Sequence[Completion]) -> np.ndarray:
    """[R, S]: the probabilities that R laws give to each state. KeyError for a text that is none of the states."""
    index = {ids: i for i, ids in enumerate(states)}
    matrix = np.zeros((len(laws), len(states)))
    for row, law in zip(matrix, laws, strict=True):
        row[[index[ids] for ids in law]] = list(law.values())
    return matrix


def run_law(
    model: NextToken,
    prompt_ids: Completion,
    alpha: float,
    temperature: float,
    length: int,
    block_size: int,
    steps_per_block: int,
    scope: str,
) -> Distribution:
    """The exact law of the completion that a whole block-wise run ends with, through the shipped kernel."""
    law: Distribution = {(): 1.0}
    for start in range(0, length, block_size):
        stage = _stage(
            model,
            prompt_ids,
            start if scope == "block" else 0,
            min(start + block_size, length),
            Law(alpha, temperature),
        )
        law = extension_law(model, stage, law)
        law = revised_law(model, stage, law, steps_per_block)
    return law


def revised_law(model: NextToken, stage: Stage, law: Distribution, steps: int) -> Distribution:
    """The law after `steps` revisions of a completion drawn from `law`; what ended before `stage.start` stays."""
    frozen = {ids: mass for ids, mass in law.items() if len(ids) <= stage.start}
    result = dict(frozen)
    prefixes = {ids[: stage.start] for ids in law if ids not in frozen}
    for prefix in sorted(prefixes):
        tails = completions(model, stage.prompt_ids + prefix, stage.end - stage.start)
        states = [prefix + ids for ids, _ in tails]
        matrix = np.linalg.matrix_power(transition_matrix(model, stage, states), steps)
        after = np.array([law.get(ids, 0.0) for ids in states]) @ matrix
        result.update(zip(states, after.tolist(), strict=True))
    return result


def total_variation(p: Distribution, q: Distribution) -> float:
    """Half the sum of |p - q|, from 0 to 1."""
    return 0.5 * math.fsum(abs(p.get(ids, 0.0) - q.get(ids, 0.0)) for ids in p.keys() | q.keys())


def state_of(model: NextToken, stage: Stage, ids: Completion) -> ChainState:
    """A completion as the kernel sees it, measured by the model under the stage's law."""
    whole = kernel.Stage(stage.prompt_ids, stage.eos_ids, 0, stage.end, stage.law, stage.alternatives)
    zeros = (0.0,) * len(ids)
    bare = Segment(ids, zeros, zeros, zeros, zeros, ((),) * len(ids))
    state: ChainState = alone(model, kernel.remeasure(whole, ChainState(bare, bool(ids) and ids[-1] in stage.eos_ids)))
    return state


def _stage(model: NextToken, prompt_ids: Completion, start: int, end: int, law: Law) -> Stage:
    return Stage(prompt_ids, model.eos_ids, start, end, law, alternatives=0)
