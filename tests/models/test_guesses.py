"""What a guess is worth and what it may not touch: rows stay the same, passes become fewer."""

import numpy as np
from tiny_models import loaded

from sampler.models import guesses
from sampler.models.guesses import Guesses

SONG = (1, 2, 3, 4, 5, 6, 7, 8)


def taught(depth: int, *texts: tuple[int, ...]) -> Guesses:
    known = Guesses(depth)
    for text in texts:
        known.learn(text[:length] for length in range(1, len(text) + 1))
    return known


def test_a_text_seen_before_goes_on_as_it_did():
    assert taught(3, SONG).after((9, 3, 4)) == [(9, 3, 4, 5), (9, 3, 4, 5, 6), (9, 3, 4, 5, 6, 7)]
    assert taught(3, SONG).after((9, 6, 7)) == [(9, 6, 7, 8)]


def test_the_longest_ending_known_decides_and_the_newest_of_equals():
    known = taught(1, (1, 2, 3, 4), (9, 2, 3, 5))
    assert known.after((1, 2, 3)) == [(1, 2, 3, 4)]
    assert known.after((7, 2, 3)) == [(7, 2, 3, 5)]


def test_nothing_is_guessed_from_nothing():
    assert taught(5).after(SONG) == taught(0, SONG).after((3, 4)) == taught(5, SONG).after((4, 3)) == []


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(guesses, "MOST", 10)
    known = taught(1, SONG)
    known.learn([(5, 5, 5)])
    assert known.after((3, 4)) == [] and known.after((5, 5)) == [(5, 5, 5)]


def test_a_right_guess_saves_a_pass_and_a_wrong_one_changes_nothing():
    plain, guessing = loaded("llama").fresh(), loaded("llama").fresh(guess=4)
    texts = [SONG[:length] for length in range(1, 9)] + [(9, *SONG[:length]) for length in range(3, 9)]
    rows = [(plain.next_logprobs([text]), guessing.next_logprobs([text])) for text in texts]
    assert plain.forward_calls == len(texts)
    assert guessing.forward_calls == 8 + 2  # of the second text's six four follow from the first, then one is asked
    assert all(np.abs(np.subtract(own, guessed)).max() < 5e-5 for [own], [guessed] in rows)


def test_known_texts_cost_nothing_however_much_could_be_guessed():
    model = loaded("llama").fresh(guess=4)
    texts = [SONG[:length] for length in range(1, 9)]
    for text in texts * 2:
        model.next_logprobs([text])
    assert model.forward_calls == len(texts)


def test_no_guess_reaches_past_the_longest_context():
    """GPT-2 has no position there; a text that repeats itself is guessed on and on."""
    plain, guessing = loaded("gpt2").fresh(), loaded("gpt2").fresh(guess=4)
    text = (SONG * plain.max_length)[: plain.max_length - 1]
    for length in range(len(text) - 20, len(text) + 1):
        guessing.next_logprobs([text[:length]])
    again = (*SONG[::-1], *text)[: len(text)]  # another text that ends alike, and has come to the longest context
    assert guessing._guesses.after(again)
    [row], [guessed] = (model.next_logprobs([again]) for model in (plain, guessing))
    assert np.abs(np.subtract(row, guessed)).max() < 5e-5
