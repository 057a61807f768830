"""CausalLM keeps the contract of language_model.py on tiny models of many families, loaded as real ones are."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tiny_models import (
    ALIGNED,
    CONFIGS,
    MAX_LENGTH,
    TOLERANCE,
    VOCAB_SIZE,
    largest_error,
    loaded,
    save_model,
    wandering_calls,
)

from sampler.models.causal_lm import CausalLM

TEXT = (*range(1, 21), *range(40, 52))


def difference(one: CausalLM, other: CausalLM, text: tuple[int, ...]) -> float:
    [row], [other_row] = one.next_logprobs([text]), other.next_logprobs([text])
    return abs(np.asarray(row) - np.asarray(other_row)).max()


@pytest.fixture
def llama():
    return loaded("llama").fresh()


# ---- rows are the model's own


@pytest.mark.parametrize("kind", CONFIGS)
def test_rows_equal_plain_forwards_after_any_calls(kind):
    calls = wandering_calls(seed=3, count=60 if kind in ALIGNED else 10)
    assert largest_error(loaded(kind).fresh(), kind, calls) < TOLERANCE


@pytest.mark.parametrize("kind", CONFIGS)
def test_chain_rule(kind):
    """log p(a text) is the same from one pass and summed token by token, and every row sums to 1."""
    model, start = loaded(kind).fresh(), 5
    rows = model.logprobs(TEXT, start)
    assert rows.shape == (len(TEXT) - start + 1, VOCAB_SIZE)
    single = np.concatenate([model.next_logprobs([TEXT[:i]]) for i in range(start, len(TEXT) + 1)])
    assert rows.dtype == single.dtype == np.float64
    assert np.allclose(np.exp([rows, single]).sum(axis=-1), 1, rtol=0, atol=1e-12)
    new = range(len(TEXT) - start)
    whole, summed = (sum(r[i, TEXT[start + i]] for i in new) for r in (rows, single))
    assert abs(whole - summed) < TOLERANCE * len(new)


@pytest.mark.parametrize("kind", CONFIGS)
def test_answers_do_not_depend_on_call_order_or_batch(kind):
    contexts = list({context for call in wandering_calls(seed=5, count=8) for context in call})
    together = np.array(loaded(kind).fresh().next_logprobs(contexts))
    for seed in range(3):
        model = loaded(kind).fresh()
        order = random.Random(seed).sample(range(len(contexts)), len(contexts))
        alone = np.concatenate([model.next_logprobs([contexts[i]]) for i in order])
        assert abs(alone - together[order]).max() < TOLERANCE


@pytest.mark.parametrize("kind", ["gpt2", "sliding-gemma2", "mamba"])
def test_same_calls_same_bits(kind):
    first, second = loaded(kind).fresh(), loaded(kind).fresh()
    for contexts in wandering_calls(seed=8, count=20):
        assert np.array_equal(first.next_logprobs(contexts), second.next_logprobs(contexts))
    assert (first.tokens_fed, first.forward_calls) == (second.tokens_fed, second.forward_calls)


def test_the_sliding_window_is_at_work(tmp_path):
    window = loaded("sliding-mistral").fresh()
    wide = CausalLM.load(save_model(tmp_path, "sliding-mistral", sliding_window=MAX_LENGTH))  # the same weights
    assert difference(window, wide, TEXT[:8]) < TOLERANCE
    assert difference(window, wide, TEXT) > 0.1


def test_a_caller_cannot_spoil_what_is_remembered(llama):
    rows = llama.next_logprobs([TEXT, TEXT])
    kept = np.array(rows[0])
    assert np.array_equal(rows[1], kept)
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(rows[0])[:] = 0
    assert np.array_equal(llama.next_logprobs([list(TEXT)])[0], kept)


def test_no_contexts_no_rows(llama):
    assert llama.next_logprobs([]) == []
    assert llama.forward_calls == 0


def test_logprobs_stands_apart_from_every_memory(llama):
    row = llama.logprobs(TEXT, 32)
    assert (llama.tokens_fed, llama.forward_calls) == (32, 1)
    llama.next_logprobs([TEXT])
    assert (llama.tokens_fed, llama.forward_calls) == (64, 2)
    assert np.array_equal(llama.logprobs(TEXT, 32), row)
    assert (llama.tokens_fed, llama.forward_calls) == (96, 3)
    fresh = llama.fresh()
    assert (fresh.tokens_fed, fresh.forward_calls) == (0, 0)


def test_threads_do_not_disturb_each_other():
    def run(seed):
        model = loaded("llama").fresh()
        rows = [model.next_logprobs(contexts) for contexts in wandering_calls(seed, count=60)]
        return rows, (model.tokens_fed, model.encode("the" * (seed + 1)), model.decode(range(seed)))

    alone = [run(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(run, range(4)))
    for (rows, rest), (other_rows, other_rest) in zip(alone, at_once, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(rows, other_rows, strict=True))
        assert rest == other_rest


@pytest.mark.parametrize("kind", ["llama", "mamba"])
@pytest.mark.parametrize(
    ("contexts", "words"),
    [
        ([()], "1 to .* tokens long, not 0"),
        ([TEXT, ()], "1 to .* tokens long, not 0"),
        ([(1,) * 3000], "1 to .* tokens long, not 3000"),
        ([(1, VOCAB_SIZE)], "from 0 to 299, not 300"),
        ([TEXT, (-1, 2)], "from 0 to 299, not -1"),
    ],
)
def test_wrong_contexts_are_refused(kind, contexts, words):
    model = loaded(kind).fresh()
    with pytest.raises(ValueError, match=words):
        model.next_logprobs(contexts)
    assert model.forward_calls == 0


def test_the_longest_context_leaves_room_for_one_token(llama):
    llama.next_logprobs([(1,) * (MAX_LENGTH - 1)])
    with pytest.raises(ValueError, match="1 to 63 tokens long, not 64"):
        llama.next_logprobs([(1,) * MAX_LENGTH])
    assert len(llama.logprobs((1,) * MAX_LENGTH, 60)) == 5
    with pytest.raises(ValueError, match="1 to 64 tokens long, not 65"):
        llama.logprobs((1,) * (MAX_LENGTH + 1), 60)


@pytest.mark.parametrize("start", [0, 33, -1])
def test_a_start_outside_the_text_is_refused(llama, start):
    with pytest.raises(ValueError, match="start must be from 1 to the number of tokens, 32"):
        llama.logprobs(TEXT, start)
