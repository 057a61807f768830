"""Completions in bulk: the very texts of run_temperature, and what a network thinks of them."""

import math

import numpy as np
import pytest
import torch

from sampler.classroom.bulk import chosen, completion_log_probs, opinions, rollouts
from sampler.classroom.presets import PRESETS
from sampler.core.records import SampleDrawn, TemperatureSettings
from sampler.core.rows import inverse_cdf
from sampler.methods.temperature import run_temperature
from sampler.models.causal_lm import CausalLM

PROMPTS = [PRESETS[0].prompt, PRESETS[-1].prompt]
LONGEST, SAMPLES = 60, 5


@pytest.fixture(scope="module")
def model() -> CausalLM:
    return CausalLM.load("classroom")


@pytest.mark.parametrize("temperature", [0.25, 1.0, 1.6])
def test_the_same_draws_give_the_texts_of_run_temperature(model, temperature):
    expected = {}
    for seed, prompt in enumerate(PROMPTS):
        settings = TemperatureSettings(temperature, LONGEST, SAMPLES, seed)
        for event in run_temperature(model, prompt, settings):
            if isinstance(event, SampleDrawn):
                expected[seed, event.sample] = event.segment
    contexts = [model.encode(PROMPTS[seed]) for seed, _ in expected]
    found = rollouts(model.module, model.eos_ids, contexts, list(expected), temperature, LONGEST)
    for rollout, segment in zip(found, expected.values(), strict=True):
        assert rollout.token_ids == segment.token_ids
        assert rollout.log_p == pytest.approx(math.fsum(segment.log_p), abs=1e-3)


def test_temperature_zero_takes_the_likeliest(model):
    context = model.encode(PROMPTS[0])
    [found] = rollouts(model.module, model.eos_ids, [context], [(0, 0)], 0, 8)
    for i, token in enumerate(found.token_ids):
        [row] = np.asarray(model.next_logprobs([context + found.token_ids[:i]]))
        assert token == row.argmax()


def test_rows_are_independent_of_their_neighbours(model):
    contexts = [model.encode(prompt) for prompt in PROMPTS] * 2
    together = rollouts(model.module, model.eos_ids, contexts, [(3, 0), (4, 0), (3, 0), (5, 1)], 1.0, LONGEST)
    [alone] = rollouts(model.module, model.eos_ids, contexts[1:2], [(4, 0)], 1.0, LONGEST)
    assert together[0].token_ids == together[2].token_ids
    assert together[1].token_ids == alone.token_ids


def test_choice_is_inverse_cdf_row_by_row():
    rng = np.random.default_rng(0)
    rows = np.log(rng.dirichlet(np.full(7, 0.3), size=200))
    aims = rng.random(200)
    for temperature in (0.3, 1.0, 2.0):
        expected = []
        for row, aim in zip(rows, aims, strict=True):
            scaled = row / temperature
            expected.append(inverse_cdf(scaled - np.log(np.exp(scaled).sum()), aim))
        assert chosen(rows, temperature, aims).tolist() == expected


def test_opinions_are_those_of_fresh_rows(model):
    contexts = [model.encode(prompt) for prompt in PROMPTS]
    completions = [model.encode(" Okay, let me look at this."), model.encode(" So it is b. That is right.")]
    for context, completion, opinion in zip(
        contexts, completions, opinions(model.module, contexts, completions), strict=True
    ):
        rows = model.logprobs(context + completion, len(context))[:-1]
        own = rows[np.arange(len(completion)), completion]
        entropies = -(np.exp(rows) * rows).sum(axis=1)
        assert opinion.log_p == pytest.approx(own.sum(), abs=1e-3)
        assert opinion.mean_entropy == pytest.approx(entropies.mean(), abs=1e-4)


def test_gradients_flow_through_completions_only(model):
    contexts, completions = [model.encode(PROMPTS[0])], [model.encode(" So it is b.")]
    log_p, rows = completion_log_probs(model.module, contexts, completions)
    assert log_p.requires_grad and rows.shape[:2] == log_p.shape == (1, len(completions[0]))
    assert torch.allclose(rows.exp().sum(dim=-1), torch.ones(()), atol=1e-4)
