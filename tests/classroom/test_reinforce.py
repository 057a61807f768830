"""Tuning by reward: advantages and gradients by hand, on a network small enough to check."""

import math

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from sampler.classroom import reinforce
from sampler.classroom.corpus import TASKS
from sampler.classroom.reinforce import Group, Tuning
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
    group = Group((1,), [(2,)] * 4, torch.tensor([1.0, 0.0, 0.0, 0.0]))
    expected = [0.75 / math.sqrt(3 / 16), *[-0.25 / math.sqrt(3 / 16)] * 3]
    assert group.advantages.tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_a_group_of_equals_teaches_nothing(reward):
    assert Group((1,), [(2,)] * 4, torch.full((4,), reward)).advantages.tolist() == [0.0] * 4


def test_gradients_are_those_of_the_objective(tuning):
    """Against 1/G sum_i 1/|o_i| sum_t A_i log pi(o_i,t | ...), written out with one pass for each completion."""
    groups = [
        Group((5, 6, 7), [(8, 9, 0), (10, 0), (11, 12, 13, 14)], torch.tensor([1.0, 0.0, 0.0])),
        Group((15, 16), [(17, 0), (18, 19, 0), (20, 0)], torch.tensor([0.0, 1.0, 1.0])),
    ]
    reinforce_samples = 3 * len(groups)
    tuning.add_gradients(groups)
    scale = reinforce_samples / (len(groups) * reinforce.SAMPLES)
    ours = [parameter.grad.clone() for parameter in tuning.policy.parameters()]
    tuning.policy.zero_grad()
    objective = 0.0
    for group in groups:
        for completion, advantage in zip(group.completions, group.advantages, strict=True):
            ids = torch.tensor([group.prompt_ids + completion])
            rows = torch.log_softmax(tuning.policy(ids).logits[0], dim=-1)
            own = [rows[len(group.prompt_ids) + t - 1, token] for t, token in enumerate(completion)]
            objective = objective + advantage * sum(own) / len(own) / reinforce_samples
    (-objective).backward()
    for own, parameter in zip(ours, tuning.policy.parameters(), strict=True):
        assert torch.allclose(own, scale * parameter.grad, atol=1e-6)
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
    drawn_again = tuning.drawn(batch)
    assert len(drawn_again) == reinforce.PROBLEMS and len(drawn_again[0].completions) == reinforce.SAMPLES


def test_reward_is_learned(tokenizer, tuning, monkeypatch):
    """Completions that start with an odd token: by chance one in two, after 30 updates nearly all."""
    monkeypatch.setattr(reinforce, "LONGEST", 1)
    monkeypatch.setattr(reinforce, "RATE", 1e-2)
    monkeypatch.setattr(Tuning, "reward", lambda self, problem, completion: float(completion[0] % 2))
    stream = reinforce.problems(0)
    for _ in range(30):
        tuning.update(next(stream))
    assert tuning.rewards[0] < 0.65 < 0.9 < tuning.rewards[-1]
