"""Power sampling as it is usually implemented: one chain, one row, the model's cache, the prefix fed anew each time.

Fixed horizon, as in Karan & Du's code: no end token, so that all texts of a stage are equally long.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from sampler.core.records import PowerSettings


@dataclass
class Cost:
    """What a run has taken."""

    passes: int = 0
    tokens_fed: int = 0
    seconds: float = 0.0
    acceptance: float = 0.0


@torch.inference_mode()
def written(
    module: PreTrainedModel, text: Sequence[int], count: int, temperature: float, cost: Cost
) -> tuple[list[int], list[float], list[float]]:
    """`count` tokens after a text, with log p and log q of each, by the loop of every `generate`."""
    fed, cache = torch.tensor([text], device=module.device), None
    tokens, log_p, log_q = [], [], []
    for _ in range(count):
        output = module(input_ids=fed, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cost.passes, cost.tokens_fed = cost.passes + 1, cost.tokens_fed + fed.shape[1]
        cache, logits = output.past_key_values, output.logits[0, -1].float()
        rows = torch.log_softmax(logits, -1), torch.log_softmax(logits / temperature, -1)
        token = int(torch.multinomial(rows[1].exp(), 1))
        tokens.append(token)
        log_p.append(float(rows[0][token]))
        log_q.append(float(rows[1][token]))
        fed = torch.tensor([[token]], device=module.device)
    return tokens, log_p, log_q


def run(module: PreTrainedModel, prompt_ids: Sequence[int], settings: PowerSettings) -> Cost:
    """One whole run of the settings; equal lengths, so the acceptance ratio has no cut term."""
    torch.manual_seed(settings.seed)
    rng, law, cost, accepted, steps = random.Random(settings.seed), settings.law, Cost(), 0, 0
    ids, log_p, log_q = [], [], []
    start = time.perf_counter()
    for block in range(settings.num_blocks):
        end = min((block + 1) * settings.block_size, settings.max_new_tokens)
        new = written(module, [*prompt_ids, *ids], end - len(ids), law.temperature, cost)
        ids, log_p, log_q = ids + new[0], log_p + new[1], log_q + new[2]
        for _ in range(settings.steps_per_block):
            cut = rng.randrange(block * settings.block_size if settings.scope == "block" else 0, end)
            new = written(module, [*prompt_ids, *ids[:cut]], end - cut, law.temperature, cost)
            log_ratio = law.alpha * (sum(new[1]) - sum(log_p[cut:])) + sum(log_q[cut:]) - sum(new[2])
            steps += 1
            if rng.random() < torch.tensor(log_ratio).exp():
                accepted += 1
                ids, log_p, log_q = ids[:cut] + new[0], log_p[:cut] + new[1], log_q[:cut] + new[2]
    cost.seconds, cost.acceptance = time.perf_counter() - start, accepted / max(1, steps)
    return cost
