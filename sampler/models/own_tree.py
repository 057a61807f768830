"""A tree of one's own, pasted as text or CSV, as an exact language model.

Two forms, told apart by their first line:

    prefix,token,probability          the 0.6          two spaces a level,
    ,the,0.6                            cat 0.5        `token probability` a line
    the,cat,0.5                         dog 0.5
    the,dog,0.5                       a 0.4
    ,a,0.4

In CSV (commas, semicolons or tabs) the prefix holds the tokens so far, joined by spaces, and is empty at the root. A
tree of prefixes cannot lead back to itself; a prefix that the root does not lead to is refused.
"""

import csv
import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sampler.core.records import quoted
from sampler.models.table import TableModel

MAX_LINES, MAX_CHARACTERS = 5_000, 200_000
MAX_DEPTH, MAX_TOKEN = 12, 40
SUM_TOLERANCE = 1e-6
HEADER = ["prefix", "token", "probability"]
END = "$"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)

Prefix = tuple[str, ...]
Rows = dict[Prefix, dict[str, float]]


class Entry(NamedTuple):
    """One line of the text: this token follows this prefix with this probability."""

    line: int
    prefix: Prefix
    token: str
    probability: float


class OwnTree(TableModel):
    """A language model given by its tree: the root's row under `()`, and one row under each prefix that goes on.

    Pieces are whole tokens, and a text is tokens joined by spaces. A token that nothing follows is a leaf: after it
    the end token `$` is certain (log p 0), so completions may end early, and `depth`, the number of tokens on the
    longest path, is a length at which none is cut short.
    """

    between = " "

    def __init__(self, rows: Rows) -> None:
        tokens = sorted({token for row in rows.values() for token in row})
        super().__init__("own-tree", (*tokens, END), lambda text: rows.get(tuple(text.split()), {END: 1.0}))
        told = [(prefix, sorted(row.items())) for prefix, row in sorted(rows.items())]
        self.revision = hashlib.sha256(repr(told).encode()).hexdigest()[:12]
        self.depth = 1 + max(map(len, rows))
        self._rows = rows

    def encode(self, text: str) -> tuple[int, ...]:
        """A path from the root that goes on: tokens joined by spaces, nothing for the root; ValueError if not."""
        prefix = tuple(text.split())
        if prefix not in self._rows:
            raise ValueError(f"prompt must be tokens of the tree from its root on that go on, not {quoted(text)}")
        return tuple(self.alphabet.index(token) for token in prefix)


def parse_tree(text: str, normalise: bool = False) -> OwnTree:
    """The tree that a text describes, in either form; ValueError in one sentence with line, value and what is allowed.

    Probabilities of one prefix must sum to 1 within SUM_TOLERANCE, or to anything above 0 with `normalise`, which
    divides them by their sum. At most MAX_LINES lines, MAX_CHARACTERS characters, MAX_DEPTH tokens on a path and
    MAX_TOKEN characters a token. Tokens are plain text, whatever markup they look like; `$` is the end token's name.
    """
    lines = _checked_lines(text)
    found: dict[Prefix, dict[str, Entry]] = {}
    for entry in _entries(lines):
        row = found.setdefault(entry.prefix, {})
        if entry.token in row:
            known = f"line {row[entry.token].line} gave it {row[entry.token].probability:g} already"
            raise ValueError(
                f"line {entry.line}: token {quoted(entry.token)} must follow {_told(entry.prefix)} once; {known}"
            )
        row[entry.token] = entry
    if not found:
        raise ValueError("tree must have at least one line with a token and its probability, not none")
    _check_reached(found)
    rows = {prefix: {token: e.probability for token, e in row.items()} for prefix, row in found.items()}
    return OwnTree({prefix: _checked_row(prefix, row, normalise) for prefix, row in rows.items()})


def _checked_lines(text: str) -> list[str]:
    if not isinstance(text, str):
        raise ValueError(f"tree must be a text, not {quoted(text)}")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"tree must be at most {MAX_CHARACTERS} characters long, not {len(text)}")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    if len(lines) > MAX_LINES:
        raise ValueError(f"tree must be at most {MAX_LINES} lines long, not {len(lines)}")
    return lines


def _entries(lines: Sequence[str]) -> Iterator[Entry]:
    first = next(filter(str.strip, lines), "")
    for delimiter in ",;\t":
        if [name.strip().lower() for name in first.split(delimiter)] == HEADER:
            return _from_csv(lines, delimiter)
    return _from_indented(lines)


def _from_csv(lines: Sequence[str], delimiter: str) -> Iterator[Entry]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, fields) for fields in reader if any(field.strip() for field in fields)]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num} must be {','.join(HEADER)} as CSV, not broken: {error}") from None
    for line, fields in rows[1:]:
        if len(fields) != len(HEADER):
            raise ValueError(f"line {line} must have 3 fields, {', '.join(HEADER)}, not {len(fields)}")
        prefix, token, probability = fields
        tokens = tuple(_checked_token(line, t) for t in prefix.split())
        yield _checked_entry(line, tokens, token.strip(), probability.strip())


def _from_indented(lines: Sequence[str]) -> Iterator[Entry]:
    path: list[str] = []
    for line, content in enumerate(lines, start=1):
        if not content.strip():
            continue
        indent = len(content) - len(content.lstrip())
        level, odd = divmod(indent, 2)
        if odd or level > len(path) or content[:indent].strip(" "):
            allowed = ", ".join(str(2 * i) for i in range(len(path) + 1))
            raise ValueError(f"line {line} must be indented by {allowed} spaces, two a level, not {quoted(content)}")
        fields = content.split()
        if len(fields) != 2:
            header = ",".join(HEADER)
            raise ValueError(
                f"line {line} must be `token probability`, or line 1 {header}, not {quoted(content.strip())}"
            )
        yield _checked_entry(line, tuple(path[:level]), *fields)
        path[level:] = [fields[0]]


def _checked_entry(line: int, prefix: Prefix, token: str, probability: str) -> Entry:
    if len(prefix) >= MAX_DEPTH:
        raise ValueError(f"line {line}: a path must be at most {MAX_DEPTH} tokens long, not {len(prefix) + 1}")
    if not NUMBER.fullmatch(probability) or not 0 <= float(probability) <= 1:
        raise ValueError(f"line {line}: probability must be a number from 0 to 1, not {quoted(probability)}")
    return Entry(line, prefix, _checked_token(line, token), float(probability))


def _checked_token(line: int, token: str) -> str:
    if not 1 <= len(token) <= MAX_TOKEN:
        raise ValueError(f"line {line}: token must be 1 to {MAX_TOKEN} characters long, not {len(token)}")
    if not token.isprintable() or " " in token:
        raise ValueError(f"line {line}: token must be visible characters without spaces, not {quoted(token)}")
    if token == END:
        raise ValueError(f"line {line}: token must not be '{END}', the end that follows every leaf by itself")
    return token


def _check_reached(found: dict[Prefix, dict[str, Entry]]) -> None:
    for prefix, row in found.items():
        for end in range(len(prefix)):
            if prefix[end] not in found.get(prefix[:end], {}):
                line = next(iter(row.values())).line
                lacking = f"{quoted(prefix[end])} does not follow {_told(prefix[:end])}"
                raise ValueError(f"line {line}: {_told(prefix)} must be reached from the root, but {lacking}")


def _checked_row(prefix: Prefix, row: dict[str, float], normalise: bool) -> dict[str, float]:
    total = math.fsum(row.values())
    if normalise and total > 0:
        return {token: probability / total for token, probability in row.items()}
    if normalise:
        raise ValueError(f"probabilities after {_told(prefix)} must sum to more than 0, not 0")
    if abs(total - 1) > SUM_TOLERANCE:
        raise ValueError(f"probabilities after {_told(prefix)} must sum to 1 within {SUM_TOLERANCE:g}, not {total:.9g}")
    return row


def _told(prefix: Prefix) -> str:
    return f"prefix {quoted(' '.join(prefix))}" if prefix else "the root"
