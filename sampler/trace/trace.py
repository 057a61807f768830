"""Trace files: a run as JSON lines, one event a line, gzipped where the name ends in .gz.

Opening one needs no torch.
"""

import gzip
import io
import json
import math
import reprlib
import typing
import zlib
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from sampler.core.history import Moment, TraceError, completion, joined, replay
from sampler.core.records import BlockStarted, Event, RunEnded, RunStarted, SampleDrawn, Segment, Step, StepTaken
from sampler.methods.recomputation import Verification
from sampler.methods.registry import method_named
from sampler.models.contract import LanguageModel
from sampler.trace import frames
from sampler.trace.format import from_json, to_json

if typing.TYPE_CHECKING:
    import pandas as pd

ENDLESS = 2**60
MAX_PROBLEMS = 20  # after which a verification ends


class Trace:
    """The events of one run in order, from RunStarted on; `note` says what is missing of a damaged file."""

    def __init__(self, events: Iterable[Event] = (), note: str = "") -> None:
        self.events: list[Event] = list(events)
        self.note = note

    @property
    def started(self) -> RunStarted:
        return typing.cast(RunStarted, self.events[0])

    @property
    def ended(self) -> RunEnded | None:
        """The last event, if the run came to its end."""
        last = self.events[-1]
        return last if isinstance(last, RunEnded) else None

    @property
    def steps_taken(self) -> list[Step]:
        return [event.step for event in self.events if isinstance(event, StepTaken)]

    @property
    def samples_drawn(self) -> list[SampleDrawn]:
        return [event for event in self.events if isinstance(event, SampleDrawn)]

    @property
    def text(self) -> str:
        """The completion as far as the run goes; of independent samples, the first one."""
        for drawn in self.samples_drawn:
            if drawn.sample == 0:
                return self.sample_text(drawn)
        return self.ended.text if self.ended else self._text(completion(self.events).token_ids)

    def sample_text(self, drawn: SampleDrawn) -> str:
        """The text of one independent sample; an end token has none."""
        return self._text(drawn.segment.token_ids[: -1 if drawn.finished else None])

    def _text(self, token_ids: tuple[int, ...]) -> str:
        pieces = self.pieces()
        return joined(pieces[token] for token in token_ids)

    @property
    def acceptance_rate(self) -> float:
        """The share of the steps that were accepted, from 0 to 1; NaN without a step."""
        steps = self.steps_taken
        return sum(step.is_accepted for step in steps) / len(steps) if steps else math.nan

    def pieces(self) -> dict[int, str]:
        """Display text by token id, of every id that occurs."""
        pieces: dict[int, str] = {}
        for event in self.events:
            pieces.update(getattr(event, "pieces", {}))
        return pieces

    def replay(self) -> Iterator[Moment]:
        """The run's history from its events alone. TraceError where an event contradicts the text before it."""
        return replay(self.events)

    def steps(self) -> "pd.DataFrame":
        """One row a step: cut, acceptance terms, verdict, cost (frames.py)."""
        return _frame(frames.step_rows(self._chain, self.events))

    def tokens(self) -> "pd.DataFrame":
        """One row a token of the completion, or of every sample (frames.py)."""
        return _frame(frames.token_rows(self._chain, self.events, self.pieces()))

    def samples(self) -> "pd.DataFrame":
        """One row a completion: the text after each step, or each independent sample (frames.py)."""
        return _frame(frames.sample_rows(self._chain, self.events, self.pieces()))

    def verify(self, model: LanguageModel) -> Verification:
        """Check it against its model, without the sampler's own code path: fresh, uncached passes over whole texts.

        An engine without rows scores the texts instead, and the random numbers behind its tokens stay unchecked.

        Recomputed: prompt ids, log p, log q, log Z, entropy and alternatives of every token, the random number behind
        every cut, token and verdict, the three acceptance terms, the verdicts, block bounds, frozen tokens, the ending;
        and that no block, step or sample is missing before it.
        """
        model, started, pieces = model.fresh(), self.started, self.pieces()
        run = method_named(started.method).recomputation(started, started.settings, model)
        run.expect(model.revision == started.model_revision, "the model is not the one of the trace")
        largest = max(pieces, default=0)
        run.expect(largest < model.vocab_size, f"token id {largest} is outside the model's vocabulary")
        if not run.found.ok:
            return run.found
        run.expect(all(model.piece(v) == text for v, text in pieces.items()), "a piece is not its token's text")
        run.expect(model.encode(started.prompt) == started.prompt_ids, "prompt_ids differ")
        if not run.found.ok:
            return run.found
        for event in self.events[1:]:
            if len(run.found.problems) >= MAX_PROBLEMS:
                break
            run.follow(event)
        return run.found

    @property
    def _chain(self) -> int:
        return getattr(self.started.settings, "chain", 0)

    def __repr__(self) -> str:
        if not self.events:
            return "Trace()"
        count = f"{len(self.samples_drawn)} samples"
        if self.steps_taken:
            count = f"{len(self.steps_taken)} steps, {self.acceptance_rate:.0%} accepted"
        return f"Trace({self.started.method} of {self.started.model_name}, {count}: {reprlib.repr(self.text)})"

    def _repr_html_(self) -> str:
        """For a notebook: the text, with a line under every other block."""
        if not self.events:
            return escape(repr(self))
        blocks = [self.sample_text(drawn) for drawn in self.samples_drawn] or self._block_texts()
        styles = ("border-bottom: 2px solid", "border-bottom: 2px dotted")
        parts = [f'<span style="{styles[i % 2]}">{escape(text)}</span>' for i, text in enumerate(blocks)]
        gap = "<br>" if self.samples_drawn else ""
        title = escape(repr(self).partition(": ")[0].removeprefix("Trace("))
        return f'<p>{title}</p><div style="white-space: pre-wrap">{gap.join(parts)}</div>'

    def _block_texts(self) -> list[str]:
        starts = [event.start for event in self.events if isinstance(event, BlockStarted)]
        ids = completion(self.events).token_ids
        return [self._text(ids[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True)]

    def lines(self) -> Iterator[str]:
        """The file's lines, without line ends."""
        return map(to_json, self.events)

    def save(self, path: Path | str) -> None:
        """Write the whole trace; OSError if the path cannot be written."""
        with open_text(path, "w") as file:
            file.writelines(f"{line}\n" for line in self.lines())

    @classmethod
    def load(cls, path: Path | str, characters: int = ENDLESS, lines: int = ENDLESS) -> "Trace":
        """Read a trace file of at most so many characters, unpacked, and so many lines.

        A truncated one opens with what it holds and says so in `note`; TraceError if it is too long or foreign.
        """
        try:
            with open_text(path, "r") as file:
                read, cut_short = _readable_lines(file, characters, lines)
        except (UnicodeDecodeError, gzip.BadGzipFile, zlib.error) as error:
            raise TraceError(f"{Path(path).name} is not a trace: it is no text of JSON lines") from error
        return cls.parse(read, cut_short)

    @classmethod
    def parse(cls, lines: list[str], cut_short: bool = False) -> "Trace":
        """A trace from its lines; only the last line may be damaged."""
        events: list[Event] = []
        for number, line in enumerate(lines, 1):
            try:
                events.append(from_json(line, number))
            except (json.JSONDecodeError, RecursionError) as error:
                if number < len(lines) or not events:
                    raise TraceError(f"line {number} is not JSON") from error
                cut_short = True
        note = "the file is cut short" if cut_short else ""
        trace = cls(events, note or ("" if events and isinstance(events[-1], RunEnded) else "the run did not end"))
        trace.check()
        return trace

    def check(self) -> None:
        """TraceError unless the events fit together: one start, known tokens, each text following from the last."""
        if [isinstance(event, RunStarted) for event in self.events[:1]] != [True]:
            raise TraceError("a trace starts with a run_started event")
        if any(isinstance(event, RunStarted) for event in self.events[1:]):
            raise TraceError("a trace holds one run_started event")
        if any(isinstance(event, RunEnded) for event in self.events[:-1]):
            raise TraceError("nothing follows a run_ended event")
        kinds = (RunStarted, *method_named(self.started.method).events, RunEnded)
        if not all(isinstance(event, kinds) for event in self.events):
            raise TraceError(f"a {self.started.method} run has no such event")
        drawn = [segment for segment in segments(self.events) if segment]
        if drawn and any(None in segment.entropy for segment in drawn) != (self.started.schema == 2):
            raise TraceError("a trace is of schema 2 if an entropy is absent, and of schema 1 if none is")
        if not mentioned(self.events) <= self.pieces().keys():
            raise TraceError("a token has no piece")
        for _ in self.replay():
            pass


def _frame(rows: Iterator[frames.Row]) -> "pd.DataFrame":
    import pandas as pd  # only for who asks for a frame

    return pd.DataFrame(rows)


verify = Trace.verify


def segments(events: Iterable[Event]) -> Iterator[Segment]:
    for event in events:
        match event:
            case BlockStarted():
                yield event.extension
            case StepTaken():
                yield event.step.revision.proposed
                yield event.step.revision.replaced
            case SampleDrawn():
                yield event.segment


def mentioned(events: Iterable[Event]) -> set[int]:
    """Every token id that occurs in a segment, drawn or as an alternative."""
    tokens: set[int] = set()
    for segment in segments(events):
        tokens.update(segment.token_ids)
        tokens.update(token for top in segment.alternatives for token, _ in top)
    return tokens


def open_text(path: Path | str, mode: str) -> typing.TextIO:
    """A UTF-8 text file, gzipped if its name ends in .gz; the same events give the same bytes."""
    path = Path(path)
    if path.suffix != ".gz":
        return typing.cast(typing.TextIO, path.open(mode, encoding="utf-8", newline="\n"))
    return io.TextIOWrapper(gzip.GzipFile(path, f"{mode}b", mtime=0), encoding="utf-8", newline="\n")


def _readable_lines(file: typing.TextIO, characters: int, lines: int) -> tuple[list[str], bool]:
    read: list[str] = []
    most = f"{lines} lines and {characters} characters"
    try:
        while line := file.readline(characters + 1):  # never more of a line than may be kept
            characters -= len(line)
            read.append(line)
            if characters < 0 or len(read) > lines:
                raise TraceError(f"a trace must have at most {most}, and this one has more")
    except EOFError:  # a gzip file that was cut
        return read, True
    return read, False
