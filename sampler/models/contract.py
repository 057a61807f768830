"""The one thing that the sampler asks of a language model, as a written contract."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from sampler.core.rows import Row


class LanguageModel(Protocol):
    """A distribution over token sequences, given one next-token row at a time.

    Every answer is **pure**: it depends on the arguments alone, never on earlier calls. A cache may only change
    what a call costs, and `tokens_fed` and `forward_calls` count that cost. Probabilities are the model's own:
    natural logs in float64, over the whole vocabulary, never truncated; -inf is an impossible token.
    """

    name: str
    revision: str
    vocab_size: int  # V
    eos_ids: tuple[int, ...]  # tokens that end a completion; each counts like any other token
    max_length: int  # longest prompt + completion, in tokens
    tokens_fed: int  # tokens put through the network since `fresh`
    forward_calls: int  # passes of the network since `fresh`

    def fresh(self, keep_rows: bool = False, guess: int = 0) -> "LanguageModel":
        """The same model with an empty cache and its counters at zero; shares the weights, so it costs nothing.

        `keep_rows`: shares the next-token rows that it remembers, too, where it does: what either finds, both know.
        `guess`: how many tokens past each text it reads along in a pass, where what came before lets it guess them.
        """
        ...

    def hold(self, text: Sequence[int], start: int) -> None:
        """Announce that calls will return to this text, past its first `start` tokens; a cache forgets it last."""
        ...

    def encode(self, text: str) -> tuple[int, ...]:
        """Token ids of a prompt, with the model's own start token where it has one."""
        ...

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of a completion; end-of-text tokens have no text."""
        ...

    def piece(self, token_id: int) -> str:
        """Display text of one token. Bytes that are no UTF-8 on their own stand as surrogate escapes (PEP 383),
        so that `"".join(pieces).encode("utf-8", "surrogateescape")` is the text's bytes."""
        ...

    def next_logprobs(self, contexts: Sequence[Sequence[int]]) -> Sequence[Row]:
        """Next-token rows for contexts of any lengths (each 1..max_length-1 tokens) in one batch."""
        ...

    def logprobs(self, token_ids: Sequence[int], start: int) -> np.ndarray:
        """Rows [len(token_ids)-start+1, V] in one pass without any cache: row i is the next-token row after
        `token_ids[:start+i]`, 1 <= start <= len(token_ids). The independent path that `verify` trusts."""
        ...
