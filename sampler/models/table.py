"""TableModel: exact language models small enough to write down, and the tiny worlds used in teaching and tests."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from copy import copy

import numpy as np

from sampler.core.records import checked_int, checked_number
from sampler.core.rows import ArrayRow

Row = Mapping[str, float]


class TableModel:
    """A language model given by a function from a completion's text to the probabilities of its next piece.

    Pieces are single characters, so prompt and completion are plain strings; `$` ends a completion and has no text
    of its own. An empty prompt is allowed. `max_length` counts tokens of prompt and completion together.
    """

    between = ""  # what stands between two pieces of a text

    def __init__(self, name: str, alphabet: Sequence[str], row: Callable[[str], Row], max_length: int = 64) -> None:
        self.name = name
        self.alphabet = alphabet
        self.vocab_size = len(alphabet)
        self.eos_ids: tuple[int, ...] = (alphabet.index("$"),) if "$" in alphabet else ()
        self.max_length = max_length
        self.revision = _fingerprint(alphabet, row)
        self.tokens_fed = 0
        self.forward_calls = 0
        self._row = row

    def fresh(self, keep_rows: bool = False, guess: int = 0) -> "TableModel":
        model = copy(self)
        model.tokens_fed = model.forward_calls = 0
        return model

    def hold(self, text: Sequence[int], start: int) -> None:
        pass  # it remembers nothing

    def encode(self, text: str) -> tuple[int, ...]:
        unknown = sorted(set(text) - set(self.alphabet))
        if unknown:
            raise ValueError(f"prompt must use only the characters {self.alphabet!r}, not {unknown[0]!r}")
        return tuple(self.alphabet.index(c) for c in text)

    def decode(self, token_ids: Sequence[int]) -> str:
        return self.between.join(self.alphabet[v] for v in token_ids if v not in self.eos_ids)

    def piece(self, token_id: int) -> str:
        return self.alphabet[token_id]

    def next_logprobs(self, contexts: Sequence[Sequence[int]]) -> list[ArrayRow]:
        self.forward_calls += 1
        self.tokens_fed += sum(max(1, len(context)) for context in contexts)
        return [ArrayRow(self._log_row(context)) for context in contexts]

    def logprobs(self, token_ids: Sequence[int], start: int) -> np.ndarray:
        self.forward_calls += 1
        self.tokens_fed += len(token_ids)
        return np.array([self._log_row(token_ids[:i]) for i in range(start, len(token_ids) + 1)])

    def _log_row(self, context: Sequence[int]) -> np.ndarray:
        row = self._row(self.between.join(self.alphabet[v] for v in context))
        p = np.array([row.get(piece, 0.0) for piece in self.alphabet])
        with np.errstate(divide="ignore"):
            log_p: np.ndarray = np.log(p) - np.log(p.sum())
        return log_p


def _fingerprint(alphabet: Sequence[str], row: Callable[[str], Row]) -> str:
    """A short hash of the rows after every completion of up to two of the first pieces."""
    first = alphabet[:8]
    texts = ["", *first, *(a + b for a in first for b in first)]
    rows = [{piece: round(p, 12) for piece, p in row(text).items()} for text in texts]
    return hashlib.sha256(json.dumps([alphabet, rows]).encode()).hexdigest()[:12]


def paper_example() -> TableModel:
    """Karan & Du 2025, Example 1: two tokens, p(aa)=0, p(ab)=.40, p(ba)=p(bb)=.25.

    The printed masses sum to 0.90; they are normalised here.
    """
    rows = {"": {"a": 0.40, "b": 0.50}, "a": {"b": 1.0}, "b": {"a": 0.5, "b": 0.5}}
    return TableModel("paper-example-1", "ab", lambda text: rows.get(text, {"a": 0.5, "b": 0.5}))


def pivot_world(eps: float = 0.3, eps_prime: float = 0.4, num_futures: int = 4) -> TableModel:
    """Karan & Du 2025, Prop. 3: `+` leads to one future, `-` to `num_futures` equal ones, `o` takes what is left.

    For eps'/N^(1-1/alpha) < eps < eps' power prefers `+` and temperature prefers `-`. `eps`, `eps_prime`: above 0 and
    below 1, together at most 1; `num_futures` N: 1 to 8; ValueError if not.
    """
    for name, value in (("eps", eps), ("eps'", eps_prime)):
        if not 0 < checked_number(name, value, 0, 1) < 1:
            raise ValueError(f"{name} must be above 0 and below 1, not {value!r}")
    if eps + eps_prime > 1 + 1e-12:  # room for rounding alone
        raise ValueError(f"eps + eps' must be at most 1, not {eps + eps_prime:.6g}")
    futures = "abcdefgh"[: checked_int("num_futures", num_futures, 1, 8)]
    first = {"+": eps, "-": eps_prime, "o": max(0.0, 1 - eps - eps_prime)}

    def row(text: str) -> Row:
        if not text:
            return first
        return dict.fromkeys(futures, 1.0) if text[0] in "-o" else {"a": 1.0}

    return TableModel("pivot-world", "+-o" + futures, row)


def block_world() -> TableModel:
    """A garden path whose block size matters, for completions of four tokens at alpha = 4.

    Many weak futures follow `m` (.55), since each later token is a fork of .7 and .3; one strong future follows
    `f` (.45), without a fork. Token by token the odds of m to f are (.55/.45)^4 = 2.2, so temperature prefers `m`.
    Every fork that a block holds multiplies them by .7^4 + .3^4 = .25: 0.55 with two tokens a block, 0.14 with three,
    0.034 with four, the odds under p^4. No end token.
    """
    first, fork, certain = {"m": 0.55, "f": 0.45}, {"a": 0.7, "b": 0.3}, {"a": 1.0}
    return TableModel("block-world", "mfab", lambda text: first if not text else fork if text[0] == "m" else certain)


def markov_world(name: str, alphabet: str, sharpness: float, seed: int) -> TableModel:
    """A world whose rows are fixed pseudo-random numbers of the last two pieces; `sharpness` 0 is uniform."""

    def row(text: str) -> Row:
        digest = hashlib.sha256(f"{seed}|{text[-2:]}|{len(text)}".encode()).digest()
        weights = {piece: digest[i] / 255 for i, piece in enumerate(alphabet)}
        return {piece: float(np.exp(sharpness * w)) for piece, w in weights.items()}

    return TableModel(name, alphabet, row)


def flat_world() -> TableModel:
    """Three pieces with an end token, rows close to uniform: the world in which a wrong kernel shows most."""
    return markov_world("flat-world", "ab$", 1.5, seed=1)


def peaked_world() -> TableModel:
    """Three pieces with an end token, rows far from uniform, as in a trained model."""
    return markov_world("peaked-world", "ab$", 5.0, seed=2)


def endless_world() -> TableModel:
    """Three pieces without an end token: every completion has the same length."""
    return markov_world("endless-world", "abc", 2.5, seed=3)


WORLDS = {
    world.name: world
    for world in (paper_example(), pivot_world(), block_world(), flat_world(), peaked_world(), endless_world())
}
OPENS = f"a tiny world: {', '.join(WORLDS)}"


def opens(source: object) -> bool:
    """The name of a tiny world."""
    return isinstance(source, str) and source in WORLDS


def opened(source: str, tokenizer: None, **_: object) -> TableModel:
    """The tiny world of a name, on which no device or dtype has a bearing."""
    return WORLDS[source]
