"""Tuning by reward: advantages and gradients by hand, on a network small enough to check."""

import math

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from sampler.classroom import reinforce
from sampler.classroom.corpus import TASKS
from sampler.classroom.reinforce import Tuning, advantages
from sampler.classroom.train import FOLDER


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast.from_pretrained(FOLDER)


@pytest.fixture
def tuning(tokenizer) -> Tuning:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    policy = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=128, **sizes))
    return Tuning(policy, tokenizer, seed=3)


def test_advantages_are_standardised_within_a_group():
    expected = [0.75 / math.sqrt(3 / 16), *[-0.25 / math.sqrt(3 / 16)] * 3]
    found = advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]))
    assert found[0].tolist() == pytest.approx(expected, abs=1e-4)
    assert found[1].tolist() == [0.0] * 4


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_a_group_of_equals_teaches_nothing(reward):
    assert advantages(torch.full((1, 4), reward)).tolist() == [[0.0] * 4]


def test_gradients_are_those_of_the_objective(tuning):
    """Against 1/G sum_i 1/|o_i| sum_t A_i log pi(o_i,t | ...), written out with one pass for each completion."""
    contexts = [(5, 6, 7)] * 3 + [(15, 16)] * 3
    completions = [(8, 9, 0), (10, 0), (11, 12, 13, 14), (17, 0), (18, 19, 0), (20, 0)]
    weights = advantages(torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]))
    tuning.add_gradients(contexts, completions, weights)
    ours = [parameter.grad.clone() for parameter in tuning.policy.parameters()]
    tuning.policy.zero_grad()
    objective = 0.0
    for context, completion, advantage in zip(contexts, completions, weights.flatten(), strict=True):
        rows = torch.log_softmax(tuning.policy(torch.tensor([context + completion])).logits[0], dim=-1)
        own = [rows[len(context) + t - 1, token] for t, token in enumerate(completion)]
        objective = objective + advantage * sum(own) / len(own) / len(completions)
    (-objective).backward()
    for own, parameter in zip(ours, tuning.policy.parameters(), strict=True):
        assert torch.allclose(own, parameter.grad, atol=1e-6)
    assert max(gradient.abs().max() for gradient in ours) > 1e-4


def test_reward_is_for_a_right_answer_that_ends(tuning, tokenizer):
    problem = TASKS["cups"].draw(__import__("random").Random(1))
    right = tuple(tokenizer(f" So it is {problem.answer}.").input_ids)
    wrong = tuple(tokenizer(f" So it is {'a' if problem.answer != 'a' else 'b'}.").input_ids)
    end = (tokenizer.eos_token_id,)
    assert tuning.reward(problem, right + end) == 1
    assert tuning.reward(problem, right) == tuning.reward(problem, wrong + end) == tuning.reward(problem, end) == 0


def test_an_update_is_repeatable_and_moves_the_policy(tokenizer, tuning, monkeypatch):
    monkeypatch.setattr(reinforce, "LONGEST", 6)
    monkeypatch.setattr(Tuning, "reward", lambda self, problem, completion: float(completion[0] % 2))
    batch = next(reinforce.problems(0))
    before = tuning.policy.lm_head.weight.detach().clone()
    tuning.update(batch)
    first = tuning.policy.lm_head.weight.detach().clone()
    assert not torch.equal(first, before)
    tuning.policy.lm_head.weight.data.copy_(before)
    contexts, completions, rewards = tuning.drawn(batch)
    assert rewards.shape == (reinforce.PROBLEMS, reinforce.SAMPLES)
    assert len(contexts) == len(completions) == rewards.numel()


def test_reward_is_learned(tokenizer, tuning, monkeypatch):
    """Completions that start with an odd token: by chance one in two, after 30 updates nearly all."""
    monkeypatch.setattr(reinforce, "LONGEST", 1)
    monkeypatch.setattr(reinforce, "RATE", 1e-2)
    monkeypatch.setattr(Tuning, "reward", lambda self, problem, completion: float(completion[0] % 2))
    stream = reinforce.problems(0)
    for _ in range(30):
        tuning.update(next(stream))
    assert tuning.rewards[0] < 0.65 < 0.9 < tuning.rewards[-1]
