"""What the sampler asks of a model, as protocols: small ones, since few callers need a whole language model."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from sampler.core.records import Segment
from sampler.core.requests import Request
from sampler.core.rows import Row


class NextToken(Protocol):
    """A distribution over token sequences, one next-token row at a time: all that exact laws and searches ask.

    Rows are **pure**: they depend on the contexts alone, never on earlier calls; a cache may only change what a call
    costs. Probabilities are the model's own, over the whole vocabulary, never truncated.
    """

    eos_ids: tuple[int, ...]  # tokens that end a completion; each counts like any other token
    max_length: int  # longest prompt + completion, in tokens

    def next_logprobs(self, contexts: Sequence[Sequence[int]]) -> Sequence[Row]:
        """Next-token rows for contexts of any lengths (each 1..max_length-1 tokens) in one batch."""


@runtime_checkable
class Engine(Protocol):
    """A model that gives no rows: it draws texts with its own generator, and says their log p and log q."""

    eos_ids: tuple[int, ...]
    max_length: int

    def answers(self, requests: Sequence[Request]) -> Sequence[Segment]:
        """A segment for each `Continue` and `Score` (requests.py; `engine_segment` makes one), in one batch."""


Answering = NextToken | Engine  # what a kernel procedure may run against


class LanguageModel(NextToken, Protocol):
    """A model that a run can be made with, recorded and verified."""

    name: str
    revision: str
    vocab_size: int  # V
    tokens_fed: int  # tokens put through the network since `fresh`
    forward_calls: int  # passes of the network since `fresh`

    def encode(self, text: str) -> tuple[int, ...]:
        """Token ids of a prompt, with the model's own start token where it has one."""

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of a completion; end-of-text tokens have no text."""

    def piece(self, token_id: int) -> str:
        """Display text of one token. Bytes that are no UTF-8 on their own stand as surrogate escapes (PEP 383),
        so that `"".join(pieces).encode("utf-8", "surrogateescape")` is the text's bytes."""

    def fresh(self, keep_rows: bool = False, guess: int = 0) -> "LanguageModel":
        """The same model with an empty cache and its counters at zero; shares the weights, so it costs nothing.

        `keep_rows`: shares the next-token rows that it remembers, too, where it does: what either computes, both know.
        `guess`: how many tokens past each text it reads along in a pass, where what came before lets it guess them.
        """

    def hold(self, text: Sequence[int], start: int) -> None:
        """Announce that calls will return to this text, past its first `start` tokens; a cache forgets it last."""

    def logprobs(self, token_ids: Sequence[int], start: int) -> np.ndarray:
        """Rows [len(token_ids)-start+1, V] in one pass without any cache: row i is the next-token row after
        `token_ids[:start+i]`, 1 <= start <= len(token_ids). The independent path that `verify` trusts."""
