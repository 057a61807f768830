"""The results of an evaluation, and their file: JSON lines, schema 1, gzipped where the name ends in .gz. No torch.

Line 1 is the header `evaluation_started`; every other line contains one method's answers to one problem, in any order.
A truncated file opens with the lines it has; a file of another schema is refused.
"""

import gzip
import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = 1


@dataclass(frozen=True)
class Method:
    """One way of answering; `name` is its key in a file.

    settings by kind. temperature, tuned: `temperature`. greedy: none. best_of (the likeliest of n base samples): `n`.
    power (the chain): `alpha`, `block_size`, `steps_per_block`, `max_new_tokens`, `scope`. target (p^alpha itself, by
    weights on the base samples): `alpha`. Any other kind is the name of a registered method, with its options.
    """

    name: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answered:
    """One method's answers to one problem; `problem` counts the held-out problems of the task from 0.

    samples: answers given. right: how many of them are right (for kind target the probability of a right answer, of
    one). tokens_drawn, tokens_fed: mean tokens sampled, and put through the network, per answer. The rest is
    about the first answer: the answer itself, whether it is right, tokens, its log p in nats and its confidence (minus
    the mean entropy, nats a token) under the base model, and its rank: the share of the base samples that are less
    likely than it, ties counted half. None where there is no first answer (kind target).
    """

    task: str
    problem: int
    method: str
    samples: int
    right: float
    tokens_drawn: float
    tokens_fed: float
    answer: str | None = None
    is_right: bool | None = None
    length: int | None = None
    log_p: float | None = None
    confidence: float | None = None
    rank: float | None = None

    @property
    def key(self) -> tuple[str, int, str]:
        return self.task, self.problem, self.method


@dataclass(frozen=True)
class Started:
    """The header: what was measured, how and with what. Models are {"name", "revision"}."""

    command: str
    tasks: list[str]
    problems: int
    seed: int
    methods: list[Method]
    base: dict[str, str]
    tuned: dict[str, str] | None
    versions: dict[str, str]
    created_at: str


@dataclass
class Results:
    """A header and the answers; `note` says what a damaged file lacks."""

    started: Started
    answered: list[Answered]
    note: str = ""

    @classmethod
    def load(cls, path: str | Path) -> "Results":
        """Read a file; ValueError with one sentence if it is no results file of schema 1, OSError if there is none."""
        lines, note = _lines(path)
        started = _header(lines[0] if lines else "", path)
        answered = []
        for number, line in enumerate(lines[1:], start=2):
            try:
                answered.append(Answered(**json.loads(line)))
            except (ValueError, TypeError):
                note = note or f"line {number} of {len(lines)} is damaged; what stands before it is shown"
                break
        return cls(started, answered, note)

    def save(self, path: str | Path) -> None:
        header = json.dumps({"event": "evaluation_started", "schema": SCHEMA, **asdict(self.started)})
        Path(path).write_bytes(_packed(path, [header, *map(answered_line, self.answered)]))


def answered_line(row: Answered) -> str:
    """One row as a line of JSON, without what is None."""
    return json.dumps({name: value for name, value in asdict(row).items() if value is not None})


def append(path: str | Path, rows: Iterable[Answered]) -> None:
    with Path(path).open("ab") as file:
        file.write(_packed(path, map(answered_line, rows)))


def run_seed(seed: int, problem: int) -> int:
    """The seed with which every method answers one problem of an evaluation with this seed."""
    return seed * 10_000 + problem


def _packed(path: str | Path, lines: Iterable[str]) -> bytes:
    """Lines as they stand in a file; several packed parts make one packed file."""
    data = "".join(f"{line}\n" for line in lines).encode()
    return gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data


def _lines(path: str | Path) -> tuple[list[str], str]:
    opened = gzip.open if str(path).endswith(".gz") else open
    lines: list[str] = []
    try:
        with opened(path, "rt", encoding="utf-8", errors="replace") as file:
            for line in file:
                lines.append(line)
    except EOFError:
        return lines, "the file was cut short; what it holds is shown"
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"results must be a gzipped file of schema {SCHEMA}; {path} is no gzip file") from error
    return lines, ""


def _header(line: str, path: str | Path) -> Started:
    try:
        header = json.loads(line)
        event, schema = header.pop("event"), header.pop("schema")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"results must start with a line evaluation_started; {path} does not") from error
    if event != "evaluation_started" or schema != SCHEMA:
        raise ValueError(f"results must be of schema {SCHEMA}, not {schema!r} ({path})")
    try:
        methods = [Method(**method) for method in header.pop("methods")]
        return Started(methods=methods, **header)
    except (TypeError, KeyError) as error:
        raise ValueError(f"results of schema {SCHEMA} have another header than {path}") from error
