"""What is known of p^alpha under a finished run: its certified target, estimates where that is wide, alternatives.

Searching threads compute it, one at a time.
"""

import math
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, NamedTuple

from anyio import to_thread

from explorer.analysis.target import Reading, Row, Text, alternative_rows, answer_rows, pivot_rows, search_sentence
from explorer.analysis.tokens import display_tokens
from explorer.page.explore.session import Session, opening
from explorer.page.library import LARGEST_VOCABULARY, Checker, Models
from explorer.page.serving.sharing import SEARCHES
from explorer.page.wire import contract
from explorer.page.wire.tab import Tab, answers
from sampler.core.records import RunStarted
from sampler.exact.best_first import Budget
from sampler.exact.certified import certify
from sampler.exact.pivots import Question, alternatives, completed, exact_pivots
from sampler.exact.rollouts import Rollouts, roll_out
from sampler.models.contract import LanguageModel

BUDGET = Budget(width=1e-3, nodes=15_000, seconds=6.0)  # the texts take 3 s on a core that has nothing else to do
SHARE_ROLLOUTS = 32  # futures a first token, for shares of answers that are known less well than by 2/32
PIVOT_ROLLOUTS = 16  # futures a token, for the measures of one position
ESTIMATED = 6  # positions estimated unasked, the most uncertain first
ALTERNATIVE_ROLLOUTS = 32  # futures a token, for a position that somebody clicked
TARGETS_KEPT = 4
TEXTS_KEPT = 16  # final texts, and their positions, remembered with a target


class Run(NamedTuple):
    """A finished run, as far as its target is concerned; `alpha` is the last that was in force."""

    started: RunStarted
    alpha: float
    token_ids: Text
    samples: tuple[Text, ...]
    checker: Checker


def finished_run(session: Session, run_id: str) -> Run:
    """The run on a session's screen; ValueError if it is not the one asked about, or not over."""
    with session.lock:
        if session.trace is None or session.run_id != run_id or not session.is_over or session.can_continue:
            raise ValueError("the run asked about is not the finished run on screen")
        trace, steps = session.trace, session.trace.steps_taken
        alpha = steps[-1].alpha if steps else trace.started.settings.alpha
        samples = session.sample_trace.samples_drawn if session.sample_trace else []
        drawn = tuple(tuple(event.segment.token_ids) for event in samples)
        return Run(trace.started, alpha, tuple(trace.ended.token_ids), drawn, session.checker)


class Target:
    """A certified target and all that has been asked of it; one thread at a time."""

    def __init__(self, model: LanguageModel, prompt: str, found: Checker, length: int, alpha: float) -> None:
        self.alpha, self.model, prompt_ids = alpha, model, model.encode(prompt)
        self.certified = certify(model.fresh(), prompt_ids, length, alpha, BUDGET)
        is_right = (lambda text: found.answer_of(text) == found.answer) if found.answer_of else None
        self.question = Question(model, prompt_ids, alpha, length, self.certified, is_right)
        self.reading = reading(model, found)
        self.rolled: Rollouts | None = None
        self.pivots = lru_cache(TEXTS_KEPT)(lambda text: exact_pivots(self._asking(PIVOT_ROLLOUTS), text))
        self.alternatives = lru_cache(TEXTS_KEPT * length)(self._alternatives)

    def told(self, run: Run) -> Iterator[dict[str, Any]]:
        """What is known of p^alpha under a run, more and more: shares of answers, then measures of its positions."""
        content = {
            "alpha": self.alpha,
            "search": {"sentence": search_sentence(self.certified, self.alpha)},
            "samples": len(run.samples),
            "has_checker": self.question.is_right is not None,
            "pivot_rollouts": PIVOT_ROLLOUTS,
            "alternative_rollouts": ALTERNATIVE_ROLLOUTS,
            "pivots": [],
        } | self._answers(run)
        yield content
        if self.rolled is None and self.certified.missing(self.alpha) > 2 / SHARE_ROLLOUTS:
            q = self._asking(SHARE_ROLLOUTS)
            [row] = q.model.next_logprobs([q.prompt_ids])
            likeliest = row.top_tokens(1)[0][0]
            self.rolled = roll_out(q.model, q.prompt_ids, (), likeliest, q.alpha, q.length, q.rollouts)
            content |= self._answers(run)
            yield content
        if not run.token_ids:
            return
        known = self.pivots(run.token_ids)
        yield content | {"pivots": pivot_rows(known)}
        needed = ("power_gain", "success_delta") if self.question.is_right else ("power_gain",)
        for i in sorted(range(len(known)), key=lambda i: -known[i].entropy)[:ESTIMATED]:
            if any(getattr(known[i], name) is None for name in needed):  # the target does not tell all of it
                known[i] = completed(self._asking(PIVOT_ROLLOUTS), run.token_ids, known[i])
                yield content | {"pivots": pivot_rows(known)}

    def _answers(self, run: Run) -> dict[str, Any]:
        rows = answer_rows(self.certified, self.alpha, self.reading, run.token_ids, run.samples, self.rolled)
        return {"answers": rows, "rollouts": self.rolled.weights.size if self.rolled else 0}

    def _alternatives(self, prefix: Text) -> list[Row]:
        return alternative_rows(alternatives(self._asking(ALTERNATIVE_ROLLOUTS), prefix), self.model.piece)

    def _asking(self, rollouts: int) -> Question:
        """The question with a model whose cache starts empty: what a search or rollouts read is not kept."""
        return replace(self.question, model=self.model.fresh(), rollouts=rollouts)


searched = lru_cache(TARGETS_KEPT)(Target)  # only searching threads call it, one at a time


def target_of(run: Run, models: Models) -> Target:
    """The target of a run, searched for unless it is known; ValueError says in one sentence why there is none."""
    model, started = certifiable(run, models), run.started
    return searched(model, started.prompt, run.checker, started.settings.max_new_tokens, run.alpha)


def certifiable(run: Run, models: Models) -> LanguageModel:
    """The model that made a run, if its target can be searched for; ValueError says in one sentence why not."""
    started, name = run.started, run.started.model_name
    if math.isinf(run.alpha):
        raise ValueError("The exact target is searched for at a finite α; this run's is ∞.")
    if name not in models.names:
        raise ValueError(f"The exact target needs the model that made the run, {name}, which is not on offer here.")
    model = models.get(name)
    if model.vocab_size > LARGEST_VOCABULARY:
        size = f"{name} has {model.vocab_size:,} tokens, and up to {LARGEST_VOCABULARY:,} can be searched here"
        raise ValueError(f"The exact target is not known: {size}.")
    known = range(model.vocab_size)
    is_same = model.revision == started.model_revision and model.encode(started.prompt) == tuple(started.prompt_ids)
    if not is_same or any(v not in known for v in run.token_ids):
        raise ValueError(f"The exact target is not known: the run was made by another revision of {name}.")
    return model


def reading(model: LanguageModel, found: Checker) -> Reading:
    """Answers as the checker reads them, else the completions themselves."""
    if found.answer_of:
        read = cache(lambda ids: found.answer_of(model.decode(ids)))
        return Reading(read, lambda answer: "no answer" if answer is None else answer, found.answer)
    return Reading(tuple, lambda ids: "".join(display_tokens([model.piece(v) for v in ids])), None)


@answers(contract.Target)
async def target(tab: Tab, question: contract.Target) -> AsyncIterator[dict[str, Any]]:
    """What is known of the target, each answer more than the last."""
    run = asked_about(tab, question.run_id)
    steps = (await to_thread.run_sync(target_of, run, tab.setup.models, limiter=SEARCHES)).told(run)
    while (content := await to_thread.run_sync(next, steps, None, limiter=SEARCHES)) is not None:
        yield {"target": content}


@answers(contract.Alternatives, limiter=SEARCHES)
def alternatives_of(tab: Tab, question: contract.Alternatives) -> dict[str, Any]:
    run = asked_about(tab, question.run_id)
    if not 0 <= question.position < len(run.token_ids):
        raise ValueError(f"position must be one of the run's {len(run.token_ids)} tokens, not {question.position}")
    return {"rows": target_of(run, tab.setup.models).alternatives(run.token_ids[: question.position])}


def asked_about(tab: Tab, run_id: str) -> Run:
    """The finished run that a question names: the one on screen, at first the one that the page opens on."""
    session = tab.of(Session)
    return finished_run(session if session.trace else opening(), run_id)
