"""The token tree changes what rows of a wide call cost, never what they are; broken trees are caught."""

import numpy as np
import pytest
from test_texts_in_rows import CALLS, A, B, C, cost
from tiny_models import ALIGNED, TOLERANCE, WHOLE, largest_error, loaded, wandering_calls

from sampler.models import causal_lm, token_tree
from sampler.models.token_tree import TokenTree

FULL = [kind for kind in ALIGNED if not kind.startswith("sliding")]


@pytest.mark.parametrize("kind", FULL)
def test_rows_equal_plain_forwards(subtests, kind):
    for name, calls in CALLS.items():
        with subtests.test(name):
            assert largest_error(loaded(kind).fresh(), kind, calls) < TOLERANCE


@pytest.mark.parametrize("kind", FULL)
def test_rows_equal_plain_forwards_after_any_calls(kind):
    assert largest_error(loaded(kind).fresh(), kind, wandering_calls(seed=3, count=40)) < TOLERANCE


def test_wide_and_narrow_calls_take_turns():
    wide = [[(*A, token) for token in range(100, 140)], [(*A, token, *C) for token in range(100, 140)]]
    assert (
        largest_error(loaded("llama").fresh(), "llama", [[A], wide[0], [A + B], wide[1], [(*A, 100, *B)]]) < TOLERANCE
    )


@pytest.mark.parametrize("kind", ALIGNED + WHOLE)
def test_only_full_attention_branches(kind):
    """Elsewhere the tree's own mask would take the place of a sliding window or of a bias by distance."""
    assert loaded(kind)._loaded.can_branch == (kind in FULL)


# ---- broken trees


def branches_mixed(self, texts):
    read = RIGHT["start"](self, texts)
    read.mask[:] = True
    return read


def blind_to_the_new(self, texts):
    """Each new token sees itself and what was held, no other new one."""
    held, read = self._held, RIGHT["start"](self, texts)
    columns = read.cache.layers[0].columns[:, None, None, :]
    own = held + np.arange(read.ids.size).reshape(read.ids.shape)[:, None, :, None]
    read.mask[(columns >= held) & (columns != own)] = False
    return read


def position_of_the_column(self, texts):
    read = RIGHT["start"](self, texts)
    return read._replace(positions=read.positions * 0 + np.arange(read.ids.size).reshape(read.ids.shape))


def columns_of_the_first_row(self, texts):
    read = RIGHT["start"](self, texts)
    for pool in read.cache.layers:
        pool.columns = pool.columns[:1].repeat(len(pool.columns), axis=0)
    return read


RIGHT = {"start": TokenTree.start}
MUTANTS = [branches_mixed, blind_to_the_new, position_of_the_column, columns_of_the_first_row]
FORKED = [[A], [(*A, 100), (*A, 101)], [(*A, 100, *B), (*A, 101, *C)], [(*A, 100, *B, 7)]]
ONE_BY_ONE = [[A], [(*A, 100), (*A, 101), (*A, 102)], [(*A, 100, 7), (*A, 101, 7), (*A, 102, 7)]]


@pytest.fixture
def short_rows(monkeypatch):
    """Rows of two texts, so that three need two rows and leave a place open."""
    monkeypatch.setattr(token_tree, "ROW_TEXTS", 2)


@pytest.mark.usefixtures("short_rows")
@pytest.mark.parametrize("kind", FULL)
def test_rows_equal_plain_forwards_in_several_rows_of_a_pass(kind):
    assert largest_error(loaded(kind).fresh(), kind, ONE_BY_ONE) < TOLERANCE
    assert largest_error(loaded(kind).fresh(), kind, wandering_calls(seed=5, count=40)) < TOLERANCE


@pytest.mark.usefixtures("short_rows")
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_tree_shows(monkeypatch, mutant):
    monkeypatch.setattr(TokenTree, "start", mutant)
    assert largest_error(loaded("llama").fresh(), "llama", FORKED + ONE_BY_ONE) > 1000 * TOLERANCE


# ---- what a call costs


def test_a_common_beginning_is_fed_once():
    model = loaded("llama").fresh()
    assert cost(model, [A, A + B, A + C]) == (20 + 12 + 3, 1)
    assert cost(model, [A + B + C, A + C + B[:1]]) == (3 + 1, 1)
    assert cost(model, [A[:9] + B]) == (12, 1)
    assert cost(model, [A]) == (0, 0)


@pytest.mark.parametrize("kind", FULL)
def test_more_new_tokens_than_a_pass_takes_are_read_in_several(monkeypatch, kind):
    monkeypatch.setattr(causal_lm, "TREE_TOKENS", 10)
    assert largest_error(loaded(kind).fresh(), kind, [[A, B], [A + C, B + C], [A, B, *FORKED[2]]]) < TOLERANCE
    model = loaded(kind).fresh()
    assert cost(model, [A, A + C]) == (20 + 3, 3)


def test_of_a_tree_grown_too_large_the_held_text_stays(monkeypatch):
    monkeypatch.setattr(token_tree, "KEPT_BYTES", 20_000)
    model = loaded("llama").fresh()
    assert largest_error(model, "llama", wandering_calls(seed=4, count=40)) < TOLERANCE
    assert model._tree._held < 200
    model.hold(A + B, 0)
    model.next_logprobs([A + B])
    for token in range(100, 160):
        model.next_logprobs([(*C, token, *A)])
    assert model._tree._held < 200
    assert cost(model, [(*A, *B, 7)]) == (1, 1)
