"""Texts read each in a row of its own: what is held changes what rows cost, never what they are; broken ones show."""

from collections.abc import Iterator
from copy import copy

import numpy as np
import pytest
from tiny_models import ALIGNED, TOLERANCE, WHOLE, largest_error, loaded, plain_row, wandering_calls

from sampler.models import row_memory, token_tree
from sampler.models.causal_lm import CausalLM
from sampler.models.token_tree import TokenTree

A, B, C = tuple(range(1, 21)), tuple(range(40, 52)), tuple(range(70, 73))  # pieces of contexts


@pytest.fixture(autouse=True, scope="module")
def own_models() -> Iterator[None]:
    """What is loaded here is of no use to others."""
    yield
    loaded.cache_clear()


@pytest.fixture(autouse=True)
def no_branches(monkeypatch):
    """Every model reads one text a row, as models with sliding windows do."""
    right = CausalLM.__init__

    def without_branches(self, shared, *arguments, **named):
        plain = copy(shared)
        plain.can_branch, plain.lean = False, None
        right(self, plain, *arguments, **named)

    monkeypatch.setattr(CausalLM, "__init__", without_branches)


CALLS = {
    "one token at a time": [[A[:i]] for i in range(5, 12)],
    "several tokens at a time": [[A[:3]], [A[:9]], [A]],
    "back to a shorter prefix": [[A], [A[:7]], [A[:7] + B], [A[:7] + B[:4] + C]],
    "back to the shortest prefix": [[A], [A[:1]], [A[:1] + B]],
    "fully held, then extended": [[A + B], [A], [A + C], [A + B + C]],
    "current text and proposal by turns": [[A + B], [A + C], [A + B + C], [A + C + B], [A + B + C + C]],
    "forked rows": [[A], [A + B[:1], A + B[1:2], A + B[2:3]], [A + B[:1] + C, A + B[1:2] + C, A + B[2:3] + C]],
    "ragged rows": [[A, B, C], [A + C, B + A + C, C + A[:1]], [A + C + B, B + A + C + C, C + A]],
    "ragged rows with a common beginning": [[A[:3], A, A + B, A[:11] + C], [A[:3] + C, A + B + C, A + C]],
    "rows leaving": [[A, B, C], [A + C, C + C], [A + C + C], [A + C + C + B]],
    "rows joining": [[A], [A + B, C], [A + B + C, C + B, B]],
    "rows in another order": [[A, B, C], [C + A, A + C, B + A], [B + A + C, A + C + A, C + A + A]],
    "the same context twice": [[A, A, B], [B + C, A + C, A + C], [A, B]],
    "nothing shared": [[A], [B], [C], [A[1:], B[1:], C[1:]]],
    "an end token inside": [[(0, *A)], [(0, *A, 0)], [(0, *A, 0, 0), (0, 0)]],
}


@pytest.mark.parametrize("kind", ALIGNED)
def test_rows_equal_plain_forwards(subtests, kind):
    for name, calls in CALLS.items():
        with subtests.test(name):
            assert largest_error(loaded(kind).fresh(), kind, calls) < TOLERANCE


# ---- broken layouts


def columns_shifted(self, texts):
    read = RIGHT["rows"](self, texts)
    for pool in read.cache.layers:
        pool.columns = np.roll(pool.columns, 1, axis=1)
    return read


def prefix_too_long(self, text):
    """The first token that is not held is taken for one that is."""
    known = RIGHT["_known"](self, text)
    self._paths.setdefault(text[: known + 1], np.arange(known + 1))
    return min(known + 1, len(text) - 1)


def positions_of_columns(self, texts):
    read = RIGHT["rows"](self, texts)
    return read._replace(positions=np.tile(np.arange(read.mask.shape[1])[-read.ids.shape[1] :], (len(read.ids), 1)))


def padding_seen(self, texts):
    read = RIGHT["rows"](self, texts)
    return read._replace(mask=np.ones_like(read.mask))


def rows_mixed_up(self, texts):
    read = RIGHT["rows"](self, texts)
    for pool in read.cache.layers:
        pool.columns = pool.columns[::-1].copy()
    return read


RIGHT = {"rows": TokenTree.rows, "_known": TokenTree._known}
MUTANTS = [
    ("rows", columns_shifted),
    ("_known", prefix_too_long),
    ("rows", positions_of_columns),
    ("rows", padding_seen),
    ("rows", rows_mixed_up),
]


@pytest.mark.parametrize(("name", "mutant"), MUTANTS, ids=[mutant.__name__ for _, mutant in MUTANTS])
@pytest.mark.parametrize("kind", ["gpt2", "sliding-gemma2"])
def test_a_broken_layout_shows(monkeypatch, kind, name, mutant):
    monkeypatch.setattr(TokenTree, name, mutant)
    errors = [largest_error(loaded(kind).fresh(), kind, calls) for calls in CALLS.values()]
    assert max(errors) > 1000 * TOLERANCE


# ---- what a call costs


def cost(model, contexts):
    """(tokens fed, forward calls) of one call."""
    fed, calls = model.tokens_fed, model.forward_calls
    model.next_logprobs(contexts)
    return model.tokens_fed - fed, model.forward_calls - calls


@pytest.mark.parametrize("kind", ALIGNED)
def test_only_new_tokens_are_fed(kind):
    model, current = loaded(kind).fresh(), A + B
    assert cost(model, [A]) == (20, 1)
    assert [cost(model, [current[:i]]) for i in range(21, 33)] == [(1, 1)] * 12
    assert cost(model, [current[:25]]) == (0, 0)  # its row is remembered
    assert cost(model, [current[:25] + C[:1]]) == (1, 1)  # a proposal leaves the current text
    assert cost(model, [current[:25] + C[:2]]) == (1, 1)
    assert cost(model, [current[:29] + C[:1]]) == (1, 1)  # the current text is still held past the proposal's cut
    assert cost(model, [current[:25] + C]) == (1, 1)  # and so is the proposal
    assert cost(model, [A[:10] + B]) == (12, 1)


def test_rows_in_lock_step_cost_one_token_each():
    model = loaded("llama").fresh()
    assert cost(model, [A, B, C]) == (20 + 12 + 3, 1)
    assert cost(model, [A + C[:1], B + C[:1], C + C[:1]]) == (3, 1)
    assert cost(model, [C + C[:2], A + C[:2]]) == (2, 1)  # one has left; the others come in another order
    assert cost(model, [C + C, C + C, A + C]) == (2, 1)  # a context twice is read once


def test_in_a_ragged_call_every_row_is_as_wide_as_the_newest():
    model = loaded("llama").fresh()
    assert cost(model, [A, C]) == (23, 1)
    assert cost(model, [A + B, C + B[:1]]) == (12 + 4, 1)  # the second has only four


@pytest.mark.parametrize("kind", WHOLE)
def test_models_whose_cache_cannot_be_cut_are_fed_whole_contexts_by_length(kind):
    model = loaded(kind).fresh()
    assert cost(model, [A, B, A[1:], C]) == (20 + 12 + 19 + 3, 4)
    assert cost(model, [A + C, B + A[:11]]) == (23 + 23, 1)
    assert cost(model, [A + C]) == (0, 0)


# ---- bounds


@pytest.mark.parametrize(("name", "bound"), [("ROW_BYTES", 10_000), ("KEPT_BYTES", 20_000)])
def test_forgetting_changes_no_answer(monkeypatch, name, bound):
    monkeypatch.setattr(row_memory if name == "ROW_BYTES" else token_tree, name, bound)
    assert largest_error(loaded("llama").fresh(), "llama", wandering_calls(seed=4, count=40)) < TOLERANCE


def test_rows_kept_stay_within_their_bound(monkeypatch):
    monkeypatch.setattr(row_memory, "ROW_BYTES", 20_000)
    model = loaded("llama").fresh()
    for contexts in wandering_calls(seed=6, count=40):
        model.next_logprobs(contexts)
        rows = model.rows._rows
        assert model.rows.nbytes == sum(row.nbytes + 8 * len(text) for text, row in rows.items()) <= 20_000


@pytest.mark.parametrize("kind", ["llama", "sliding-gemma2"])
def test_of_more_than_may_be_kept_the_held_text_stays(monkeypatch, kind):
    monkeypatch.setattr(token_tree, "KEPT_BYTES", 20_000)
    model = loaded(kind).fresh()
    model.next_logprobs([A + B])
    model.hold(A + B, 0)
    for token in range(100, 160):
        model.next_logprobs([(*C, token, *A)])
    assert len(model._tree) < 200
    assert cost(model, [(*A, *B, 7)]) == (1, 1)


def test_the_row_used_longest_ago_is_forgotten_first(monkeypatch):
    model = loaded("llama").fresh()
    monkeypatch.setattr(row_memory, "ROW_BYTES", 3 * (3 * 300 * 8 + 8 * 20))
    model.next_logprobs([A, B, C])
    model.next_logprobs([A])
    model.next_logprobs([A[:5]])
    assert [cost(model, [text]) for text in (A, C)] == [(0, 0), (0, 0)]
    assert cost(model, [B])[1] == 1


def test_a_failed_pass_loses_only_its_own_batch(monkeypatch):
    model = loaded("llama").fresh()
    model.next_logprobs([A])
    monkeypatch.setattr(CausalLM, "_forward", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.next_logprobs([A + B])
    monkeypatch.undo()
    assert largest_error(model, "llama", [[A + B], [A + C]]) < TOLERANCE


def test_a_large_call_is_split_and_keeps_its_order():
    model, contexts = loaded("gpt2").fresh(), [(i, *C[: i % 4]) for i in range(290)]
    rows = model.next_logprobs(contexts[::-1])[::-1]
    assert model.forward_calls == 5  # of at most 64 rows
    assert max(abs(row - plain_row("gpt2", c)).max() for row, c in zip(rows, contexts, strict=True)) < TOLERANCE
