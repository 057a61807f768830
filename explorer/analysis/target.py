"""Rows for what is known of p^alpha itself: shares of answers, pivotal positions, and what else could have stood there.

Every figure says whether it is exact, certified to lie in an interval, or estimated from rollouts, and how surely.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict
from itertools import accumulate
from typing import Any, NamedTuple

from explorer.analysis.tokens import display_tokens, nats
from sampler.exact.certified import CertifiedTarget, Interval
from sampler.exact.pivots import TOLERANCE, Alternative, Pivot
from sampler.exact.rollouts import Measure, Rollouts

Row = dict[str, Any]
Text = tuple[int, ...]

LISTED = 5  # answers with a row of their own
OTHERS = object()  # the answer of all the others
MOST_OF_IT = 0.9  # the share of a token's power mass that its strongest futures are counted to


class Reading(NamedTuple):
    """How answers are read off whole completions, what they are called, and which one is right (None: not known)."""

    answer: Callable[[Text], Hashable]
    label: Callable[[Hashable], str]
    right: Hashable | None


def answer_rows(
    target: CertifiedTarget, alpha: float, reading: Reading, final: Text, samples: Sequence[Text],
    rolled: Rollouts | None = None,
) -> list[Row]:  # fmt: skip
    """One row an answer, the likeliest first, all the others together last.

    Fields: answer, is_others, is_final (the chain's), is_right, sampled (of the temperature samples); low, high and
    is_exact (width at most TOLERANCE) of its share of p^alpha; estimate and error where rollouts say more than those;
    base_low, base_high of its probability under the base model; words and base_words say both intervals.
    """
    listed = listed_answers(target, alpha, reading, final, samples, rolled)

    def key(ids: Text) -> Hashable:
        answer = reading.answer(ids)
        return answer if answer in listed else OTHERS

    known, base = target.shares(key, alpha), target.shares(key, 1.0)
    estimates = rolled.shares(key) if rolled else {}
    none_drawn = Measure(0.0, 1 / rolled.weights.shape[1], False) if rolled else None
    sampled = Counter(map(key, samples))
    unseen, unseen_base = Interval(0.0, target.missing(alpha)), Interval(0.0, target.missing(1.0))
    rows = []
    for answer in [*listed, OTHERS]:
        share, own = known.get(answer, unseen), base.get(answer, unseen_base)
        estimate = estimates.get(answer, none_drawn)
        says_more = estimate is not None and 2 * estimate.error < share.width
        rows.append({
            "answer": "any other answer" if answer is OTHERS else reading.label(answer),
            "is_others": answer is OTHERS,
            "is_final": answer == key(final),
            "is_right": reading.right is not None and answer == reading.right,
            "sampled": sampled[answer],
            "low": share.low, "high": share.high, "is_exact": share.width <= TOLERANCE,
            "estimate": estimate.value if says_more else None, "error": estimate.error if says_more else None,
            "base_low": own.low, "base_high": own.high,
            "words": certified_words(share), "base_words": certified_words(own),
        })  # fmt: skip
    return rows


def listed_answers(
    target: CertifiedTarget, alpha: float, reading: Reading, final: Text, samples: Sequence[Text],
    rolled: Rollouts | None,
) -> list[Hashable]:  # fmt: skip
    """Up to LISTED answers: the chain's, the right one, then the likeliest as far as known, then the most sampled."""
    known = {answer: share.low for answer, share in target.shares(reading.answer, alpha).items()}
    if rolled and target.missing(alpha) > TOLERANCE:
        known |= {answer: estimate.value for answer, estimate in rolled.shares(reading.answer).items()}
    sampled = Counter(map(reading.answer, samples))
    must = [reading.answer(final)] + [reading.right] * (reading.right is not None)
    order = sorted({*known, *sampled}, key=lambda a: (-known.get(a, 0.0), -sampled[a], str(a)))
    chosen = list(dict.fromkeys([*must, *order]))[:LISTED]
    return sorted(chosen, key=lambda a: (-known.get(a, 0.0), -sampled[a], str(a)))


def search_sentence(target: CertifiedTarget, alpha: float) -> str:
    """What a search did and what it left."""
    done = target.enumeration
    ends = {
        "width": "narrow enough",
        "exhausted": "nothing left to search",
        "nodes": f"stopped after {done.nodes:,} texts",
        "seconds": f"stopped after {done.seconds:.0f} s",
    }
    return (
        f"Searched {done.nodes:,} texts in {done.seconds:.1f} s, the likeliest first ({ends[done.reason]}): "
        f"{len(done.completions):,} completions found. Not searched: {percent(target.base_mass_left.high)} of the base "
        f"model's mass, at most {percent(target.missing(alpha))} of p^α."
    )


def pivot_rows(pivots: Sequence[Pivot]) -> list[Row]:
    """One row a position: position, and the measures power_gain and success_delta, None where not known."""
    return [
        {
            "position": pivot.position,
            "power_gain": pivot_measure("power gain", pivot.power_gain),
            "success_delta": pivot_measure("success delta", pivot.success_delta),
        }
        for pivot in pivots
    ]


def pivot_measure(name: str, measure: Measure | None) -> Row | None:
    """A measure with what its bar and hover need: `below`, how far its error reaches down, and `words`."""
    if measure is None:
        return None
    is_gain, error = name == "power gain", measure.error
    value = f"{nats(measure.value)} nats" if is_gain else f"{measure.value:+.3f}".replace("-", "−")
    within = "0.0005" if error < 5e-4 else f"{error:.3f}"
    kind = f"exact within {within}" if measure.is_exact else f"estimated, ± {within}"
    below = min(error, measure.value) if is_gain else error
    return asdict(measure) | {"below": below, "words": f"{name} {value}, {kind}"}


def alternative_rows(alternatives: Sequence[Alternative], piece: Callable[[int], str]) -> list[Row]:
    """One row a token: token, base, temperature, power (a measure), and its futures: text, log_p, share; words."""
    return [
        {
            "token": display_tokens([piece(a.token)])[0],
            "id": a.token,
            "base": a.base,
            "temperature": a.temperature,
            "power": asdict(a.power),
            "words": futures_words([future.share for future in a.futures]),
            "futures": [
                {"text": "".join(display_tokens([piece(v) for v in f.token_ids])), "log_p": f.log_p, "share": f.share}
                for f in a.futures
            ],
        }
        for a in alternatives
    ]


def futures_words(shares: Sequence[float]) -> str:
    """How many of a token's futures, strongest first, hold MOST_OF_IT of its power mass; `shares` are of the first."""
    if not shares:
        return "no future found"
    number = next((i for i, held in enumerate(accumulate(shares), 1) if held >= MOST_OF_IT), None)
    if number is None:
        weak = "many weak: " if sum(shares) < 0.5 else ""
        return f"{weak}the best {len(shares)} hold {percent(sum(shares))}"
    held = percent(sum(shares[:number]))
    return f"1 future holds {held}" if number == 1 else f"{number} futures hold {held}"


def certified_words(share: Interval) -> str:
    if share.width <= TOLERANCE:
        return f"{share.middle:.4f}, certified within {max(share.width / 2, 1e-16):.0e}".replace("e-0", "e-")
    return f"between {math.floor(1000 * share.low) / 1000:g} and {math.ceil(1000 * share.high) / 1000:g}"


def percent(share: float) -> str:
    """A share that is never rounded to an untrue whole."""
    return f"{100 * share:.3g} %" if share < 0.9995 else "over 99.9 %"
