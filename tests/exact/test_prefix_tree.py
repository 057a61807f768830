"""The tree of prefixes against full enumeration: nothing is missing, nothing counted twice, the rest adds up."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import forbidding_world, little_worlds, wide_world

from sampler.exact.best_first import Budget
from sampler.exact.enumeration import completions
from sampler.exact.prefix_tree import PrefixTree, grow
from sampler.models.table import flat_world, paper_example


def texts_of(tree: PrefixTree) -> list[tuple[int, ...]]:
    texts = [()]
    for parent, token in zip(tree.parents[1:], tree.tokens[1:], strict=True):
        texts.append((*texts[parent], token))
    return texts


def leaves(tree: PrefixTree) -> list[int]:
    return [i for i in range(len(tree)) if i not in set(tree.parents) and tree.rest_counts[i] == 0]


@given(little_worlds())
def test_a_whole_tree_holds_every_completion_once_with_its_log_p(model):
    prompt = (0,)
    tree = grow(model, prompt, 3)
    assert tree.reason == "exhausted" and not any(tree.rest_counts)
    texts, log_p = texts_of(tree), [0.0]
    for i in range(1, len(tree)):
        log_p.append(log_p[tree.parents[i]] + tree.log_p[i])
    found = {texts[i]: log_p[i] for i in leaves(tree)}
    assert found == pytest.approx(dict(completions(model, prompt, 3)), abs=1e-12)


def test_parents_stand_before_their_children_and_siblings_by_their_probability():
    tree = grow(wide_world(), (0,), 2)
    assert all(parent < i for i, parent in enumerate(tree.parents))
    for parent in set(tree.parents[1:]):
        own = [tree.log_p[i] for i in range(1, len(tree)) if tree.parents[i] == parent]
        assert own == sorted(own, reverse=True)


@given(st.integers(1, 20))
def test_children_and_rest_make_a_whole_however_early_the_search_stops(rows):
    model = wide_world()
    tree = grow(model, (0,), 4, budget=Budget(width=0.0, nodes=rows))
    assert tree.reason == "nodes" and tree.rows == rows
    inner = [i for i in range(len(tree)) if i in set(tree.parents) or tree.rest_counts[i]]
    assert len(inner) == rows
    for i in inner:
        own = [math.exp(tree.log_p[j]) for j in range(1, len(tree)) if tree.parents[j] == i]
        assert math.fsum([*own, math.exp(tree.rest_log_p[i])]) == pytest.approx(1.0, abs=1e-12)
        assert len(own) + tree.rest_counts[i] == model.vocab_size
        if tree.rest_counts[i]:
            mean = tree.rest_log_p[i] - math.log(tree.rest_counts[i])
            assert mean - 1e-12 <= tree.rest_largest[i] <= tree.rest_log_p[i] + 1e-12


def test_impossible_tokens_have_no_place_in_the_tree():
    model = forbidding_world()
    tree = grow(model, model.encode("b"), 3)
    assert np.isfinite(tree.log_p).all()
    assert [model.alphabet[v] for v in tree.tokens[1:2]] == ["a"] and tree.parents.count(0) == 1


def test_bad_lengths_and_alphas_are_named():
    with pytest.raises(ValueError, match="length must be a whole number from 1"):
        grow(paper_example(), (), 0)
    with pytest.raises(ValueError, match="alpha must be a number from 1 to inf, not 0"):
        grow(flat_world(), (1,), 3, alpha=0)
