"""Display text of single tokens: which bytes of a text each token of a Hugging Face tokenizer stands for."""

from collections.abc import Iterable

from transformers import PreTrainedTokenizerBase
from transformers.convert_slow_tokenizer import bytes_to_unicode

BYTE_OF = {character: byte for byte, character in bytes_to_unicode().items()}  # type: ignore[no-untyped-call]
BEFORE = "a"  # a token is read in mid-text, since decoders drop a space at the start


class Pieces:
    """The text behind token ids. Never changes, so it may be shared between threads.

    Knows byte-level BPE, SentencePiece with byte fallback, and any tokenizer whose decoder joins tokens one by one.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, eos_ids: Iterable[int]) -> None:
        self._backend = tokenizer.backend_tokenizer
        self._decoder = self._backend.decoder
        self._is_byte_level = self._decoder is not None and self._decoder.decode(["Ġ"]) == " "
        self._has_bytes = self._decoder is not None and self._decoder.decode(["<0x41>"]) == "A"
        special = {token_id for token_id, token in tokenizer.added_tokens_decoder.items() if token.special}
        self._silent = frozenset(special) | frozenset(eos_ids)

    def piece(self, token_id: int) -> str:
        """Display text of one token; bytes that are no UTF-8 on their own as surrogate escapes (PEP 383).

        A special token shows its name, an id that the tokenizer does not know shows as `<id>`.
        """
        token: str | None = self._backend.id_to_token(token_id)
        if token is None:
            return f"<{token_id}>"
        if token_id in self._silent:
            return token
        return self._bytes(token).decode("utf-8", "surrogateescape")

    def decode(self, token_ids: Iterable[int]) -> str:
        """Text of a completion: its pieces joined, without special tokens; bytes that are no UTF-8 show as U+FFFD.

        A space at the start stays, so that prompt + completion is the whole text.
        """
        tokens = (self._backend.id_to_token(token_id) for token_id in token_ids if token_id not in self._silent)
        return b"".join(self._bytes(token) for token in tokens if token is not None).decode("utf-8", "replace")

    def _bytes(self, token: str) -> bytes:
        if self._is_byte_level:
            known = all(character in BYTE_OF for character in token)
            return bytes(BYTE_OF[character] for character in token) if known else token.encode()
        if self._has_bytes and len(token) == 6 and token.startswith("<0x"):
            return bytes([int(token[3:5], 16)])
        if self._decoder is None:
            return token.encode()
        text: str = self._decoder.decode([BEFORE, token])
        return text.removeprefix(BEFORE).encode()
