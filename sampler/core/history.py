"""A completion as the events of its run write it, and the text that its tokens spell. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sampler.core.records import BlockStarted, Event, Segment, Step, StepTaken


class TraceError(ValueError):
    """Events that contradict each other, or a file that is no trace of a known schema; says where and what."""


@dataclass(frozen=True)
class Moment:
    """One point of a power run's history: the completion after a block was written or a step was taken.

    `event` is the BlockStarted or StepTaken that led here; `before` and `after` are the completions around it.
    """

    event: BlockStarted | StepTaken
    before: Segment
    after: Segment


def replay(events: Iterable[Event]) -> Iterator[Moment]:
    """The history of a run from its events alone. TraceError where an event contradicts the text before it."""
    text = Segment()
    for event in events:
        if isinstance(event, BlockStarted | StepTaken):
            after = following(text, event)
            yield Moment(event, text, after)
            text = after


def following(text: Segment, event: BlockStarted | StepTaken) -> Segment:
    """The completion after an event. TraceError if the event does not follow from the completion before it."""
    if isinstance(event, BlockStarted):
        if event.start != len(text):
            raise TraceError(f"block {event.block} starts at {event.start}, but the text has {len(text)} tokens")
        return text + event.extension
    step, revision = event.step, event.step.revision
    if not 0 <= revision.cut < len(text) or text.token_ids[revision.cut :] != revision.replaced.token_ids:
        raise TraceError(
            f"step {step.draw} replaces tokens that are not the text's own from position {revision.cut} on"
        )
    if revision.stopped_early and step.is_accepted:
        raise TraceError(f"step {step.draw} accepts a proposal that was stopped early")
    return text[: revision.cut] + (revision.proposed if step.is_accepted else revision.replaced)


def completion(events: Iterable[Event]) -> Segment:
    """The completion of a power run as far as its events go."""
    text = Segment()
    for moment in replay(events):
        text = moment.after
    return text


def joined(pieces: Iterable[str]) -> str:
    """The text of consecutive pieces, which stand for bytes (contract.py); what is no UTF-8 becomes U+FFFD."""
    return "".join(pieces).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def tokens_differing(step: Step) -> int:
    """At how many positions the proposed text has another token, or none, than the replaced one."""
    old, new = step.revision.replaced.token_ids, step.revision.proposed.token_ids
    return max(len(old), len(new)) - sum(a == b for a, b in zip(old, new, strict=False))


def tokens_changed(step: Step) -> int:
    """At how many positions the text after the step has another token, or none; 0 if it was rejected."""
    return tokens_differing(step) if step.is_accepted else 0
