"""Completions in bulk: hundreds of texts in one batch, for evaluation and for training by reward.

The same random numbers give the same texts as `run_temperature`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel

from sampler.core.draws import SAMPLE, uniform
from sampler.models.row_memory import Text
from sampler.models.token_tree import aligned


class Rollout(NamedTuple):
    """A completion, end token included, and its log p under the network that wrote it, nats, at temperature 1."""

    token_ids: Text
    log_p: float


class Opinion(NamedTuple):
    """A completion under a network: its log p, nats, and the mean entropy of its rows, nats a token."""

    log_p: float
    mean_entropy: float


@torch.inference_mode()
def rollouts(
    module: PreTrainedModel,
    eos_ids: Sequence[int],
    contexts: Sequence[Text],
    places: Sequence[tuple[int, int]],
    temperature: float,
    max_new_tokens: int,
) -> list[Rollout]:
    """One completion of each context [R], tokens from p^(1/temperature); temperature 0 takes the likeliest.

    `places` [R] are the seed of a run and the number of the sample in it that each text is to be. Equal contexts are
    read once. When half of the batch has ended, those rows leave it.
    """
    writing = _Writing(module, contexts)
    written: list[list[int]] = [[] for _ in contexts]
    log_p = np.zeros(len(contexts))
    for position in range(max_new_tokens):
        rows = writing.log_rows  # (A, V) of the rows still in the batch
        aims = np.array([uniform(*places[row], 0, 0, SAMPLE, position) for row in writing.rows])
        tokens = chosen(rows, temperature, aims)
        for row, token, value in zip(writing.rows, tokens, rows[np.arange(len(rows)), tokens], strict=True):
            if not (written[row] and written[row][-1] in eos_ids):
                written[row].append(int(token))
                log_p[row] += value
        going = [i for i, row in enumerate(writing.rows) if written[row][-1] not in eos_ids]
        if not going or position == max_new_tokens - 1:
            break
        if 2 * len(going) <= len(writing.rows):
            writing.narrow(going)
            tokens = tokens[going]
        writing.feed(tokens)
    return [Rollout(tuple(ids), float(value)) for ids, value in zip(written, log_p, strict=True)]


def chosen(log_rows: np.ndarray, temperature: float, aims: np.ndarray) -> np.ndarray:
    """Token ids [R] by inverse CDF at the numbers `aims` [R] in (0, 1), as `rows.inverse_cdf` for each row [R, V]."""
    if temperature == 0:
        return log_rows.argmax(axis=1)
    weights = np.exp((log_rows - log_rows.max(axis=1, keepdims=True)) / temperature)
    cumulative = weights.cumsum(axis=1)
    return (cumulative <= (aims * cumulative[:, -1])[:, None]).sum(axis=1)


class _Writing:
    """A batch of texts that grow together: keys and values, and the next-token rows [A, V] of the rows [A] in it."""

    def __init__(self, module: PreTrainedModel, contexts: Sequence[Text]) -> None:
        self.module, self.rows = module, list(range(len(contexts)))
        unique = list(dict.fromkeys(contexts))
        ids, mask, positions = aligned(unique, max(map(len, unique)))
        self.cache = None
        self.mask, self.ends = torch.from_numpy(mask).long(), torch.from_numpy(positions[:, -1])
        self._read(torch.from_numpy(ids), torch.from_numpy(positions))
        index = {context: i for i, context in enumerate(unique)}
        self._select(torch.tensor([index[context] for context in contexts]))

    def feed(self, tokens: np.ndarray) -> None:
        self.ends = self.ends + 1
        self.mask = torch.cat([self.mask, torch.ones_like(self.mask[:, :1])], dim=1)
        self._read(torch.from_numpy(tokens)[:, None], self.ends[:, None])

    def narrow(self, kept: list[int]) -> None:
        self.rows = [self.rows[i] for i in kept]
        self._select(torch.tensor(kept))

    def _read(self, ids: Tensor, positions: Tensor) -> None:
        device = self.module.device
        out = self.module(
            input_ids=ids.to(device),
            attention_mask=self.mask.to(device),
            position_ids=positions.to(device),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self.cache = out.past_key_values
        self.log_rows = torch.log_softmax(out.logits[:, -1].double(), dim=-1).cpu().numpy()

    def _select(self, indices: Tensor) -> None:
        self.cache.batch_select_indices(indices.to(self.module.device))
        self.mask, self.ends, self.log_rows = self.mask[indices], self.ends[indices], self.log_rows[indices.numpy()]


def completion_log_probs(
    module: PreTrainedModel, contexts: Sequence[Text], completions: Sequence[Text]
) -> tuple[Tensor, Tensor]:
    """Log p of each token of the completions, [R, W], 0 where there is none, and the rows [R, W, V] that they are from.

    One pass over prompt and completion; W is the longest completion. Gradients flow if they are on.
    """
    texts = [context + completion for context, completion in zip(contexts, completions, strict=True)]
    ids = pad_sequence([torch.tensor(text) for text in texts], batch_first=True)  # on the right, never read
    starts, lengths = (torch.tensor([[len(part)] for part in parts]) for parts in (contexts, completions))
    steps = torch.arange(int(lengths.max()))
    places = (starts - 1 + steps).clamp(max=ids.shape[1] - 1)
    hidden = module.model(input_ids=ids.to(module.device), use_cache=False).last_hidden_state
    taken = hidden[torch.arange(len(texts))[:, None], places]  # (R, W, width of the network)
    rows = torch.log_softmax(module.lm_head(taken), dim=-1)
    drawn = pad_sequence([torch.tensor(completion) for completion in completions], batch_first=True)
    return rows.gather(-1, drawn.to(rows.device)[..., None])[..., 0] * (steps < lengths).to(rows.device), rows


@torch.inference_mode()
def opinions(
    module: PreTrainedModel, contexts: Sequence[Text], completions: Sequence[Text], together: int = 64
) -> list[Opinion]:
    """Completions under a network, after their contexts, by fresh passes of `together` texts."""
    found = []
    for first in range(0, len(contexts), together):
        part = completions[first : first + together]
        own, rows = completion_log_probs(module, contexts[first : first + together], part)
        entropies = -(rows.exp() * rows).sum(dim=-1)  # (R, W)
        for row, completion in enumerate(part):
            entropy = float(entropies[row, : len(completion)].double().mean())
            found.append(Opinion(float(own[row].double().sum()), entropy))
    return found
