"""The history of a power run, one row a moment: what the text was, what was proposed, and what became of it.

A moment is a block's extension or a step. Its row says everything that any view shows of it, so a view only fills in.
"""

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any

from explorer.analysis.kinds import Increment
from explorer.analysis.tokens import count, display_tokens, nats
from sampler.core.history import following, joined, tokens_changed, tokens_differing
from sampler.core.records import (
    BlockFrozen,
    BlockStarted,
    Event,
    Law,
    RunStarted,
    Segment,
    SettingsChanged,
    Step,
    StepTaken,
)

Row = dict[str, Any]
AnswerOf = Callable[[str], str | None]
CUT_OUTCOMES = {
    "rejected": "rejected_cuts",
    "accepted, text changed": "changed_cuts",
    "accepted, same text": "same_cuts",
}
SHARE_WINDOW = 10  # moments over which the share of the most common token is taken


class History:
    """Folds the events of a power run into rows, one a block's extension or step, each of the text as it then is.

    `rows` are all so far; kinds.py has the fields that figures draw.
    """

    def __init__(self, answer_of: AnswerOf | None = None) -> None:
        self._answer_of = answer_of
        self._text = Segment()
        self.rows: list[Row] = []
        self._recent: deque[tuple[int, ...]] = deque(maxlen=SHARE_WINDOW)
        self._pieces: dict[int, str] = {}
        self._draws = 0
        self._temperature = 1.0
        self.frozen = 0
        self._cuts: dict[str, Counter[int]] = {name: Counter() for name in CUT_OUTCOMES.values()}

    def extend(self, events: Iterable[Event]) -> list[Row]:
        """Fold several events; returns the rows they made."""
        return [row for event in events if (row := self.add(event)) is not None]

    def add(self, event: Event) -> Row | None:
        """Fold one event; returns its row if it is a moment."""
        self._pieces.update(getattr(event, "pieces", {}))
        if isinstance(event, BlockFrozen):
            self.frozen += len(event.token_ids)
        if isinstance(event, RunStarted):
            self._temperature = event.settings.law.temperature
        if isinstance(event, SettingsChanged):
            self._temperature = Law.of(event.alpha, event.proposal_temperature).temperature
        if not isinstance(event, BlockStarted | StepTaken):
            return None
        before, self._text = self._text, following(self._text, event)
        row = self._step(event.step, before) if isinstance(event, StepTaken) else self._extension(event)
        self.rows.append(row)
        return row

    def _extension(self, event: BlockStarted) -> Row:
        row = self._common("extension", event.block, event.extension, event.start, event.start)
        sentence = f"Block {event.block + 1}: {count(len(event.extension), 'token')} written at once."
        return row | {"x": self._draws + 0.5, "when": f"as block {event.block + 1} was written", "sentence": sentence}

    def _step(self, step: Step, before: Segment) -> Row:
        self._draws += 1
        self._cuts[CUT_OUTCOMES[outcome(step)]][step.revision.cut] += 1
        changed_from = first_difference(step) if step.is_changed else None
        row = self._common("step", step.block, step.revision.proposed, changed_from, step.revision.cut)
        row |= {
            "x": step.draw + 1.0,
            "when": f"after draw {step.draw + 1}",
            "replaced": self._segment(step.revision.replaced),
        }
        return row | judged(step, before) | {"increments": increments(step, row["written"], row["replaced"])}

    def _common(self, kind: str, block: int, written: Segment, changed_from: int | None, cut: int) -> Row:
        previous = self.rows[-1] if self.rows else None
        length = len(self._text)
        pieces = [self._pieces.get(v, "") for v in self._text.token_ids]
        cuts = {name: [counter[i] for i in range(length)] for name, counter in self._cuts.items()}
        kept = length if changed_from is None else changed_from
        survived = carried(previous, "survived", length, kept, 0)
        self._recent.append(self._text.token_ids)
        columns = [[ids[i] for ids in self._recent if i < len(ids)] for i in range(length)]
        return {
            "index": len(self.rows),
            "kind": kind,
            "block": block,
            "cut": cut,  # the first new position
            "tokens": display_tokens(pieces),
            "log_p": list(self._text.log_p),
            "entropy": list(self._text.entropy),
            "source": carried(previous, "source", length, kept, len(self.rows)),  # what wrote the token
            "age": carried(previous, "age", length, kept, 0, add=1),  # moments since the token changed
            "survived": [n + (cut <= i < kept) for i, n in enumerate(survived)],  # proposals over it that left it
            "share": [Counter(ids).most_common(1)[0][1] / len(ids) for ids in columns],  # of the commonest token lately
            "written": self._segment(written),  # the new segment
            "total_log_p": math.fsum(self._text.log_p),
            "length": length,
            "text": joined(pieces),
            "answer": self._answer_of(joined(pieces)) if self._answer_of else None,
            "frozen": self.frozen,  # positions frozen by then
            "cuts": [sum(here) for here in zip(*cuts.values(), strict=True)],
            **cuts,
        }

    def _segment(self, segment: Segment) -> Row:
        """A segment for the views, lists over its own positions; `top`: likeliest tokens as [text, log p, log q]."""
        return {
            "tokens": display_tokens([self._pieces.get(v, "") for v in segment.token_ids]),
            "log_p": list(segment.log_p),
            "log_q": list(segment.log_q),
            "entropy": list(segment.entropy),
            "top": [self._top(segment, i) for i in range(len(segment))],
        }

    def _top(self, segment: Segment, i: int) -> list[list]:
        # log q(v) = log p(v)/tau - log Z_tau, and the drawn token tells log Z_tau
        log_z = segment.log_p[i] / self._temperature - segment.log_q[i]
        texts = ((display_tokens([self._pieces.get(v, "")])[0], p) for v, p in segment.alternatives[i])
        return [[text, p, p / self._temperature - log_z] for text, p in texts]


def judged(step: Step, before: Segment) -> Row:
    """What a step proposed and how it was judged, against the completion before it."""
    delta = math.fsum(step.revision.proposed.log_p) - math.fsum(step.revision.replaced.log_p)
    log_p_before = math.fsum(before.log_p)
    terms = ("cut", "log_target_ratio", "log_proposal_ratio", "log_cut_ratio", "log_accept_ratio", "log_u")
    row = {name: getattr(step, name) for name in ("step", "draw", "alpha", "temperature", "is_accepted", "is_changed")}
    row |= {name: getattr(step.revision, name) for name in terms}
    return row | {
        "log_p_before": log_p_before,
        "log_p_proposed": log_p_before + delta,
        "delta_log_p": delta,
        "accept_prob": math.exp(min(0.0, step.revision.log_accept_ratio)),
        "outcome": outcome(step),
        "first_difference": first_difference(step),
        "differs": step.revision.proposed.token_ids != step.revision.replaced.token_ids,
        "tokens_changed": tokens_changed(step),
        "flip_alpha": flip_alpha(step, delta),
        "sentence": sentence(step, delta),
        "up": max(0.0, -delta),
        "down": max(0.0, delta),
        "reach": len(step.revision.proposed),
        "zero": 0,
        "number": step.draw + 1,
        "block_number": step.block + 1,
        "last": step.revision.cut + len(step.revision.proposed) - 1,
        "changed_text": changed_text(step),
        "log_a_text": nats(step.revision.log_accept_ratio),
        "log_u_text": nats(step.revision.log_u),
        "would_turn": False,
        "what_if_alpha": "",
        "what_if_verdict": "",
    }


def changed_text(step: Step) -> str:
    if step.revision.proposed.token_ids == step.revision.replaced.token_ids:
        return "the same tokens drawn again"
    return f"{count(tokens_differing(step), 'token')} {'changed' if step.is_accepted else 'would have changed'}"


def increments(step: Step, written: Row, replaced: Row) -> Row:
    """How log A adds up over positions, as columns of kind Increment.

    One position's increment is alpha*log p - log q of the proposed token minus the same of the replaced one (an
    absent token gives 0); with the temperature tied to 1/alpha, alpha*log p - log q = log Z. Empty at alpha = inf,
    where only the sign of delta log p counts.
    """
    found, rows = step.revision, []
    running = found.log_cut_ratio
    sides = [
        [
            (token, step.alpha * p - q)
            for token, p, q in zip(shown["tokens"], shown["log_p"], shown["log_q"], strict=True)
        ]
        for shown in (written, replaced)
    ]
    pairs = [] if math.isinf(step.alpha) else zip_longest(*sides, fillvalue=("nothing", None))
    for i, ((new, gain), (old, loss)) in enumerate(pairs):
        increment = (gain or 0.0) - (loss or 0.0)
        running += increment
        numbers = (found.cut + i, increment, running, increment >= 0, found.log_u)
        rows.append((*numbers, new, nats(gain), old, nats(loss)))
    return {name: [row[i] for row in rows] for i, name in enumerate(Increment.__annotations__)}


def carried(previous: Row | None, field: str, length: int, kept: int, fresh: int, add: int = 0) -> list:
    """A list over positions whose first `kept` are carried on from the previous moment; `fresh` after them."""
    old = previous[field][:kept] if previous else []
    return [value + add for value in old] + [fresh] * (length - len(old))


def first_difference(step: Step) -> int | None:
    """The first position at which proposed and replaced tokens differ; None if they are the same."""
    pairs = zip_longest(step.revision.proposed.token_ids, step.revision.replaced.token_ids)
    return next((step.revision.cut + i for i, (new, old) in enumerate(pairs) if new != old), None)


def flip_alpha(step: Step, delta_log_p: float) -> float | None:
    """The alpha at which this very decision would turn: log A is a straight line in alpha, with this proposal held.

    alpha* = (log u - proposal term - cut term) / delta log p (METHOD.md, section 3); None where the line is flat.
    """
    if delta_log_p == 0:
        return None
    alpha = (step.revision.log_u - step.revision.log_proposal_ratio - step.revision.log_cut_ratio) / delta_log_p
    return alpha if math.isfinite(alpha) else None


def outcome(step: Step) -> str:
    if not step.is_accepted:
        return "rejected"
    return "accepted, text changed" if step.is_changed else "accepted, same text"


def sentence(step: Step, delta_log_p: float) -> str:
    """One step as one sentence, for the live region and the list of steps."""
    if step.revision.proposed.token_ids == step.revision.replaced.token_ids:
        difference = "the same text again"
    else:
        difference = f"{abs(delta_log_p):.2f} nats {'better' if delta_log_p > 0 else 'worse'}"
    verdict = "accepted" if step.is_accepted else "rejected"
    changed = f"; {count(tokens_changed(step), 'token')} changed" if step.is_changed else ""
    return f"Step {step.draw + 1}: cut at token {step.revision.cut}; {difference}; {verdict}{changed}."
