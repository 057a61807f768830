"""Wrong kernels: each error found in published power samplers (METHOD.md, section 4), one at a time.

Those that the Tree page teaches with are the product's own (sampler/exact/wrong_kernels.py); the others replace a
part of its `Anatomy` here. `CATALOGUE` names for each the case that shows it and the laws that it breaks there.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np
from worlds import Case

from sampler.core import kernel, power
from sampler.core.draws import Draws
from sampler.core.kernel import Revise, Stage
from sampler.core.records import ChainState, Revision, Segment
from sampler.core.requests import Asks, NextRows, by_rows
from sampler.core.rows import ArrayRow, Row
from sampler.exact.wrong_kernels import WRONG_KERNELS, Anatomy, Question, as_long_as_current

# ---- the cut


def second_token_first(stage: Stage, state: ChainState, draws: Draws) -> int:
    return stage.start + 1 + draws.cut(len(state.segment) - stage.start - 1)


def anywhere(stage: Stage, state: ChainState, draws: Draws) -> int:
    return draws.cut(len(state.segment))


# ---- the proposal


def without_prompt(stage: Stage, state: ChainState, kept: tuple[int, ...], draws: Draws) -> Asks[Segment]:
    return kernel.write(replace(stage, prompt_ids=()), kept, draws)


def ending_after_prompt(stage: Stage, state: ChainState, kept: tuple[int, ...], draws: Draws) -> Asks[Segment]:
    ended = any(token in stage.eos_ids for token in stage.prompt_ids)
    return kernel.write(replace(stage, end=len(kept) + 1) if ended else stage, kept, draws)


def with_cropped_cache(stage: Stage, state: ChainState, kept: tuple[int, ...], draws: Draws) -> Asks[Segment]:
    """Rows from a cache that was cropped one token short before the last kept token was fed again."""
    kept_length = len(stage.prompt_ids) + len(kept)

    def cropped(context: tuple[int, ...]) -> tuple[int, ...]:
        return context[: kept_length - 2] + context[kept_length - 1 :]

    return asking_for(cropped, kernel.write(stage, kept, draws))


def asking_for(change: Callable, writer: Generator) -> Asks[Segment]:
    """The writer with every context changed on its way to the model."""
    rows = by_rows(writer)
    try:
        request = next(rows)
        while True:
            request = rows.send((yield NextRows([change(context) for context in request.contexts])))
    except StopIteration as end:
        return end.value


class TopTwo:
    """Draws as of a generator with top_k = 2 left at its default."""

    def __init__(self, draws: Draws) -> None:
        self.cut, self.accept, self.seed, self._draws = draws.cut, draws.accept, draws.seed, draws

    def token(self, log_q: Row, position: int) -> int:
        row = np.asarray(log_q)
        return self._draws.token(ArrayRow(power.temper(np.where(row >= np.sort(row)[-2], row, -np.inf), 1.0)), position)


def top_two(stage: Stage, state: ChainState, kept: tuple[int, ...], draws: Draws) -> Asks[Segment]:
    return kernel.write(stage, kept, TopTwo(draws))


# ---- the ratio


def over_the_whole_text(asked: Question) -> float:
    return replace(asked, stage=replace(asked.stage, start=0), n=asked.n + asked.stage.start).log_ratio()


def proposal_sign_reversed(asked: Question) -> float:
    return asked.log_ratio() - 2 * asked.proposal()


def proposal_at_temperature_one(asked: Question) -> float:
    with_p = [replace(part, log_q=part.log_p) for part in (asked.proposed, asked.replaced)]
    return replace(asked, proposed=with_p[0], replaced=with_p[1]).log_ratio()


def scored_one_row_off(asked: Question) -> float:
    """Each token scored by the row before its own, which the case's alternatives hold in full."""
    return replace(asked, proposed=_shifted(asked.proposed), replaced=_shifted(asked.replaced)).log_ratio()


def _shifted(part: Segment) -> Segment:
    rows = [dict(row) for row in part.alternatives]
    log_p = (rows[max(0, i - 1)][token] for i, token in enumerate(part.token_ids))
    return replace(part, log_p=tuple(log_p))


def with_top_two_of_q(asked: Question) -> float:
    """log q as the truncating generator itself reports it: -inf for a token outside of its top two."""
    temperature = asked.stage.law.temperature
    both = [replace(part, log_q=_top_two_log_q(part, temperature)) for part in (asked.proposed, asked.replaced)]
    return replace(asked, proposed=both[0], replaced=both[1]).log_ratio()


def _top_two_log_q(part: Segment, temperature: float) -> tuple[float, ...]:
    def log_q(token: int, row: tuple[tuple[int, float], ...]) -> float:
        tempered = power.temper(np.array([log_p for _, log_p in row[:2]]), temperature)
        return dict(zip((v for v, _ in row[:2]), tempered, strict=True)).get(token, -np.inf)

    return tuple(log_q(token, row) for token, row in zip(part.token_ids, part.alternatives, strict=True))


# ---- what is kept


def tokenised_again(stage: Stage, state: ChainState, draws: Draws) -> Asks[tuple[Revision, ChainState]]:
    """Decoded and tokenised again, where `a`, `b`, `c` read "x", "xy", "yx": x-yx has the same text as xy-x."""
    revision, state = yield from kernel.revise(stage, state, draws)
    text = "".join("abc"[token] for token in state.segment.token_ids)
    while "ac" in text:
        text = text.replace("ac", "ba")
    ids = tuple("abc".index(piece) for piece in text)
    relabelled = ChainState(replace(state.segment, token_ids=ids), state.finished)
    return revision, (yield from kernel.remeasure(replace(stage, start=0), relabelled))


@dataclass(frozen=True)
class Mutant:
    """A wrong kernel, a case that shows it, and exactly the laws of `worlds.violations` that it breaks there."""

    name: str
    revise: Revise
    case: Case
    caught_by: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {' + '.join(self.caught_by)}"


FLAT = Case("flat", alpha=2, temperature=0.5)
FLAT_ROWS = replace(FLAT, alternatives=3)
FLAT_UNTIED = replace(FLAT, temperature=1)
ENDLESS = Case("endless", alpha=2, temperature=0.5)
ENDED_PROMPT = replace(FLAT, prompt="b$")
LATER_BLOCK = replace(FLAT, frozen="ab", end=4)

LAW = ("invariance", "balance")
ALL = (*LAW, "reach")

CATALOGUE = [
    Mutant("never-longer", Anatomy(write=as_long_as_current).revise, FLAT, ALL),
    Mutant("slice-of-replaced", WRONG_KERNELS["truncated-comparison"].revise, FLAT_UNTIED, LAW),
    Mutant("no-cut-term", WRONG_KERNELS["no-cut-term"].revise, FLAT, LAW),
    Mutant("all-three", WRONG_KERNELS["official-end-rules"].revise, FLAT_UNTIED, ALL),
    Mutant("top-k-drawn", Anatomy(write=top_two).revise, FLAT, ALL),
    Mutant(
        "top-k-drawn-and-reported", Anatomy(write=top_two, log_ratio=with_top_two_of_q).revise, FLAT_ROWS, ("reach",)
    ),
    Mutant("sign-reversed", Anatomy(log_ratio=proposal_sign_reversed).revise, FLAT, LAW),
    Mutant("no-proposal-term", WRONG_KERNELS["no-proposal-term"].revise, FLAT, LAW),
    Mutant("log-q-at-temperature-1", Anatomy(log_ratio=proposal_at_temperature_one).revise, FLAT, LAW),
    Mutant("prompt-dropped", Anatomy(write=without_prompt).revise, FLAT, LAW),
    Mutant("length-averaged", WRONG_KERNELS["length-averaged"].revise, FLAT, LAW),
    Mutant("first-token-fixed", Anatomy(cut=second_token_first).revise, ENDLESS, ("reach",)),
    Mutant("cache-cropped-by-one", Anatomy(write=with_cropped_cache).revise, FLAT, LAW),
    Mutant("scores-shifted-by-one", Anatomy(log_ratio=scored_one_row_off).revise, FLAT_ROWS, LAW),
    Mutant("end-token-in-prompt", Anatomy(write=ending_after_prompt).revise, ENDED_PROMPT, ALL),
    Mutant("tokenised-again", tokenised_again, replace(ENDLESS, end=2), ALL),
    Mutant("greedy", WRONG_KERNELS["greedy"].revise, FLAT, ALL),
    Mutant("frozen-block-cut", Anatomy(cut=anywhere, log_ratio=over_the_whole_text).revise, LATER_BLOCK, LAW),
]
BY_NAME = {mutant.name: mutant for mutant in CATALOGUE}
