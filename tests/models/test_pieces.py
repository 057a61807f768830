"""Pieces: joined they are the text's bytes, whatever the tokenizer cuts through."""

import pytest
from tiny_models import END, byte_level_tokenizer, metaspace_tokenizer
from tokenizers import Tokenizer, decoders, models
from transformers import PreTrainedTokenizerFast

from sampler.models.pieces import BYTE_OF, Pieces

TEXTS = ["the cat", "  two  spaces ", "a\n\tb", "naïve café", "🙂👩‍🚀", "日本語 and a 🙂", "½\x00\x7f\xa0\xad"]


def joined(pieces: Pieces, token_ids: list[int]) -> bytes:
    return "".join(map(pieces.piece, token_ids)).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("text", TEXTS)
def test_byte_level_pieces_join_to_the_text(text):
    tokenizer = byte_level_tokenizer()
    pieces = Pieces(tokenizer, ())
    ids = tokenizer(text)["input_ids"]
    assert joined(pieces, ids) == text.encode()
    assert pieces.decode(ids) == text


@pytest.mark.parametrize("text", TEXTS)
def test_byte_fallback_pieces_join_to_the_text(text):
    tokenizer = metaspace_tokenizer()
    pieces = Pieces(tokenizer, ())
    start, *ids = tokenizer(text)["input_ids"]
    assert pieces.piece(start) == "<s>"
    assert joined(pieces, ids).removeprefix(b" ") == text.encode().removeprefix(b" ")
    assert pieces.decode([start, *ids]).removeprefix(" ") == text.removeprefix(" ")


def test_an_emoji_is_cut_into_lone_bytes():
    tokenizer = byte_level_tokenizer()
    pieces = Pieces(tokenizer, ())
    ids = tokenizer("🙂")["input_ids"]
    assert [pieces.piece(i) for i in ids] == ["\udcf0", "\udc9f", "\udc99", "\udc82"]
    assert pieces.decode(ids[:2]) == "�"  # half a character still has a text
    assert pieces.decode([*ids, *tokenizer(" the")["input_ids"]]) == "🙂 the"


def test_decode_agrees_with_the_tokenizer():
    tokenizer = byte_level_tokenizer()
    pieces = Pieces(tokenizer, ())
    for first in range(len(tokenizer) - 3):
        ids = [first, first + 2, 0, first + 1]
        assert pieces.decode(ids) == tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def test_a_completion_keeps_its_first_space():
    tokenizer = metaspace_tokenizer()
    ids = tokenizer.convert_tokens_to_ids(["▁abc", "▁a"])
    assert Pieces(tokenizer, ()).decode(ids) == " abc a"


def test_special_tokens_show_their_name_and_have_no_text():
    pieces = Pieces(byte_level_tokenizer(), ())
    assert pieces.piece(0) == END
    assert pieces.decode([0]) == ""


def test_end_tokens_have_no_text_even_if_the_tokenizer_calls_them_ordinary():
    ordinary = byte_level_tokenizer().convert_tokens_to_ids("a")
    pieces = Pieces(byte_level_tokenizer(), (ordinary,))
    assert pieces.piece(ordinary) == "a"
    assert pieces.decode([ordinary]) == ""


def test_ids_beyond_the_tokenizer_show_their_number():
    pieces = Pieces(byte_level_tokenizer(), ())
    assert pieces.piece(299) == "<299>"
    assert pieces.decode([299]) == ""


def test_a_token_that_only_looks_like_a_byte():
    tokens = ["<0x41>", "a", "🙂x"]
    backend = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}, unk_token="a"))
    plain = Pieces(PreTrainedTokenizerFast(tokenizer_object=backend), ())
    assert [plain.piece(i) for i in range(3)] == tokens
    backend.decoder = decoders.WordPiece(prefix="##")
    spaced = Pieces(PreTrainedTokenizerFast(tokenizer_object=backend), ())
    assert [spaced.piece(i) for i in range(3)] == [" <0x41>", " a", " 🙂x"]


def test_the_byte_alphabet_is_the_tokenizers_own():
    assert sorted(BYTE_OF.values()) == list(range(256))
    backend = byte_level_tokenizer().backend_tokenizer
    for byte in range(0x80):
        [token] = backend.encode(chr(byte)).tokens
        assert BYTE_OF[token] == byte
