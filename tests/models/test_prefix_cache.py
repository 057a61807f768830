"""The prefix cache changes what rows cost, never what they are; broken ones are caught."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from tiny_models import ALIGNED, TOLERANCE, WHOLE, largest_error, loaded, plain_row, wandering_calls

from sampler.models import causal_lm, prefix_cache
from sampler.models.causal_lm import CausalLM

A, B, C = tuple(range(1, 21)), tuple(range(40, 52)), tuple(range(70, 73))  # pieces of contexts


@pytest.fixture(autouse=True, scope="module")
def own_models() -> Iterator[None]:
    """What is loaded here is of no use to others."""
    yield
    loaded.cache_clear()


@pytest.fixture(autouse=True)
def no_tree(monkeypatch):
    """Every model that can takes the cache of rows, as models with sliding windows do."""
    right = CausalLM.__init__
    monkeypatch.setattr(
        CausalLM, "__init__", lambda s, shared, *a, **k: right(s, replace(shared, can_branch=False), *a, **k)
    )


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


# ---- broken caches


def columns_shifted(batch, row, count):
    first = max(0, RIGHT["columns"](batch, row, count).start - 1)
    return slice(first, first + count)


def prefix_too_long(a, b):
    return min(len(a), len(b), RIGHT["_common_prefix"](a, b) + 1)


def positions_of_columns(texts, width):
    ids, mask, positions = RIGHT["aligned"](texts, width)
    return ids, mask, np.tile(np.arange(mask.shape[1])[-width:], (len(positions), 1))


def padding_seen(texts, width):
    ids, mask, positions = RIGHT["aligned"](texts, width)
    return ids, np.ones_like(mask), positions


def rows_mixed_up(held, texts):
    return RIGHT["_common_extension"](held[-1:], texts[-1:]) if len(held) == len(texts) else 0


RIGHT = {
    "columns": prefix_cache.Batch.columns,
    "_common_prefix": prefix_cache._common_prefix,
    "_common_extension": prefix_cache._common_extension,
    "aligned": prefix_cache.aligned,
}
MUTANTS = [
    (prefix_cache.Batch, "columns", columns_shifted),
    (prefix_cache, "_common_prefix", prefix_too_long),
    (prefix_cache, "_common_extension", rows_mixed_up),
    (causal_lm, "aligned", positions_of_columns),
    (causal_lm, "aligned", padding_seen),
]


@pytest.mark.parametrize(("owner", "name", "mutant"), MUTANTS, ids=[mutant.__name__ for *_, mutant in MUTANTS])
@pytest.mark.parametrize("kind", ["gpt2", "sliding-gemma2"])
def test_a_broken_cache_shows(monkeypatch, kind, owner, name, mutant):
    monkeypatch.setattr(owner, name, mutant)
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


def test_a_decode_step_copies_nothing(monkeypatch):
    model = loaded("llama").fresh()
    model.next_logprobs([A, B])
    monkeypatch.setattr(prefix_cache, "_stacked", None)
    assert cost(model, [A + C, B + C]) == (6, 1)


# ---- bounds


@pytest.mark.parametrize(("name", "bound"), [("ROW_BYTES", 10_000), ("KEPT_BYTES", 20_000), ("KEPT_BATCHES", 1)])
def test_forgetting_changes_no_answer(monkeypatch, name, bound):
    monkeypatch.setattr(prefix_cache, name, bound)
    assert largest_error(loaded("llama").fresh(), "llama", wandering_calls(seed=4, count=40)) < TOLERANCE


def test_what_is_kept_stays_within_its_bounds(monkeypatch):
    monkeypatch.setattr(prefix_cache, "ROW_BYTES", 20_000)
    monkeypatch.setattr(prefix_cache, "KEPT_BYTES", 60_000)
    monkeypatch.setattr(prefix_cache, "KEPT_BATCHES", 4)
    model = loaded("llama").fresh()
    for contexts in wandering_calls(seed=6, count=40):
        model.next_logprobs(contexts)
        rows, batches = model.rows._rows, model._prefixes._batches
        assert model.rows.nbytes == sum(row.nbytes + 8 * len(text) for text, row in rows.items()) <= 20_000
        assert len(batches) == 1 or sum(batch.nbytes() for batch in batches) <= 60_000
        assert len(batches) <= 4


def test_the_row_used_longest_ago_is_forgotten_first(monkeypatch):
    model = loaded("llama").fresh()
    monkeypatch.setattr(prefix_cache, "ROW_BYTES", 3 * (2 * 300 * 8 + 8 * 20))
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
