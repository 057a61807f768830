"""Display text of tokens."""

from explorer.analysis.tokens import CONTINUED, display_tokens, visible
from sampler.core.history import joined

DICE = "🎲".encode()


def piece(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def test_white_space_is_visible():
    assert display_tokens([" a", "\n", "\t"]) == ["␣a", "⏎", "⇥"]


def test_split_characters_are_repaired():
    pieces = ["x", piece(DICE[:1]), piece(DICE[1:3]), piece(DICE[3:]), "y"]
    assert display_tokens(pieces) == ["x", "🎲", CONTINUED, CONTINUED, "y"]
    assert joined(pieces) == "x🎲y"
    assert display_tokens([piece(bytes([b])) for b in DICE]) == ["🎲", *[CONTINUED] * 3]


def test_a_cut_character_stays_a_replacement_sign():
    assert display_tokens(["x", piece(DICE[:2])]) == ["x", "\ufffd"]


def test_length_is_always_kept():
    pieces = [piece(bytes([b])) for b in range(256)]
    assert len(display_tokens(pieces)) == 256


def test_control_and_direction_characters_are_spelled_out():
    assert visible("a\u202eb\x00") == "a\\u202eb\\u0000"
