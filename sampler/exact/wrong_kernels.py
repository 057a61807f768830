"""Wrong kernels for teaching: errors found in published power samplers, each in the place of `kernel.revise`.

They stand outside of the kernel, which has no such options. `Anatomy` is `kernel.revise` in parts: its defaults are the
right kernel (a test compares the two), and every wrong kernel replaces one part or two.
Sources, as listed in METHOD.md, section 4: github.com/aakaran/reasoning-with-sampling, `power_samp_utils.py`, whose
rules for texts that end do not preserve p^alpha (issue 10 there), and its forks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean

from sampler.core import kernel, power
from sampler.core.draws import Draws
from sampler.core.kernel import Revise, Stage
from sampler.core.records import ChainState, Revision, Segment
from sampler.core.requests import Asks


@dataclass(frozen=True, slots=True)
class Question:
    """What an acceptance ratio is asked about: n cuts, this one drawn, and the two texts from it on."""

    stage: Stage
    n: int
    cut: int
    proposed: Segment
    replaced: Segment

    def log_ratio(self) -> float:
        """The right answer: log A of Karan & Du 2025, eq. 9, with the cut term."""
        return self.target() + self.proposal() + self.cuts()

    def target(self) -> float:
        return power.log_target_ratio(self.stage.law.alpha, self.proposed.log_p, self.replaced.log_p)

    def proposal(self) -> float:
        return power.log_proposal_ratio(self.proposed.log_q, self.replaced.log_q)

    def cuts(self) -> float:
        return power.log_cut_ratio(self.n, self.cut + len(self.proposed) - self.stage.start)


@dataclass(frozen=True)
class Anatomy:
    """The parts of one revision; `revise` puts them together as `kernel.revise` does.

    A wrong ratio need not have three terms, so its revisions report the whole log A as `log_target_ratio`.
    """

    cut: Callable[[Stage, ChainState, Draws], int] = lambda stage, state, draws: (
        stage.start + draws.cut(len(state.segment) - stage.start)
    )
    write: Callable[[Stage, ChainState, tuple[int, ...], Draws], Asks[Segment]] = lambda stage, state, kept, draws: (
        kernel.write(stage, kept, draws)
    )
    log_ratio: Callable[[Question], float] = Question.log_ratio
    accept: Callable[[Draws, float], tuple[bool, float]] = lambda draws, log_ratio: draws.accept(log_ratio)

    def revise(self, stage: Stage, state: ChainState, draws: Draws) -> Asks[tuple[Revision, ChainState]]:
        """One step of the chain, with the signature of `kernel.revise`."""
        cut = self.cut(stage, state, draws)
        kept, replaced = state.segment[:cut], state.segment[cut:]
        proposed = yield from self.write(stage, state, kept.token_ids, draws)
        question = Question(stage, len(state.segment) - stage.start, cut, proposed, replaced)
        log_ratio = self.log_ratio(question)
        is_accepted, log_u = self.accept(draws, log_ratio)
        after = kernel.closed(stage, kept + proposed) if is_accepted else state
        return Revision(cut, proposed, replaced, log_ratio, 0.0, 0.0, log_ratio, log_u, is_accepted), after


# ---- the wrong parts


def as_long_as_current(stage: Stage, state: ChainState, kept: tuple[int, ...], draws: Draws) -> Asks[Segment]:
    """A proposal that is never longer than the current text, and stops there unfinished."""
    return kernel.write(replace(stage, end=len(state.segment)), kept, draws)


def against_a_slice(asked: Question) -> Question:
    """Compared with as many of the replaced tokens as there are proposed ones."""
    return replace(asked, replaced=asked.replaced[: len(asked.proposed)])


def without_cut_term(asked: Question) -> float:
    """As if every text had as many places to cut."""
    return asked.target() + asked.proposal()


def without_proposal_term(asked: Question) -> float:
    """As if every text were as likely to be proposed."""
    return asked.target() + asked.cuts()


def averaged_over_length(asked: Question) -> float:
    """Mean log-probabilities in the place of their sums."""
    proposed, replaced, alpha = asked.proposed, asked.replaced, asked.stage.law.alpha
    target = power.log_target_ratio(alpha, [fmean(proposed.log_p)], [fmean(replaced.log_p)])
    proposal = power.log_proposal_ratio([fmean(proposed.log_q)], [fmean(replaced.log_q)])
    return target + proposal + asked.cuts()


# ---- the switches


@dataclass(frozen=True, slots=True)
class WrongKernel:
    """A switch: its visible name, one plain sentence on the error and what it does, and the step itself."""

    title: str
    sentence: str
    revise: Revise


WRONG_KERNELS = {
    "official-end-rules": WrongKernel(
        "the official code's rules for texts that end",
        "A proposal is never longer than the current text and is compared with a slice of it, without the cut term: "
        "a text that has become short stays short, so completions shrink and may stop unfinished.",
        Anatomy(write=as_long_as_current, log_ratio=lambda asked: without_cut_term(against_a_slice(asked))).revise,
    ),
    "no-cut-term": WrongKernel(
        "no cut term",
        "The ratio leaves out log n - log n', as if every text had as many places to cut: "
        "where completions differ in length, their lengths get the wrong weights.",
        Anatomy(log_ratio=without_cut_term).revise,
    ),
    "no-proposal-term": WrongKernel(
        "no reverse proposal term",
        "The ratio ignores how likely each text was to be proposed, so what the proposal likes is counted twice: "
        "the chain aims at a law sharper than p^alpha.",
        Anatomy(log_ratio=without_proposal_term).revise,
    ),
    "truncated-comparison": WrongKernel(
        "truncated comparison",
        "The proposal is compared with only as many of the replaced tokens as it has itself, so the rest of a longer "
        "text costs nothing: texts of unequal length are weighed by unequal parts of them (with τ = 1/α little worlds "
        "hardly show it, with τ = 1 they do).",
        Anatomy(log_ratio=lambda asked: against_a_slice(asked).log_ratio()).revise,
    ),
    "greedy": WrongKernel(
        "greedy acceptance",
        "A proposal is accepted only if log A > 0, never by chance: "
        "the chain climbs and then sits still, so it ends with a few texts instead of sampling p^alpha.",
        Anatomy(accept=lambda draws, log_ratio: (log_ratio > 0, 0.0)).revise,
    ),
    "length-averaged": WrongKernel(
        "length-averaged ratio",
        "The ratio takes mean log-probabilities a token instead of sums over the text: "
        "differences count less the longer the text is, and a long text of fair tokens beats a short one.",
        Anatomy(log_ratio=averaged_over_length).revise,
    ),
}
