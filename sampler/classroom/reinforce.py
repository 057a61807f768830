"""Tune the classroom's model by reward and save the result: `python -m sampler.classroom.reinforce`.

Group relative policy optimisation (Shao et al. 2024, arXiv 2402.03300, eq. 3), on policy. For each problem a group of
completions o_1..o_G is drawn at temperature 1. The reward is 1 for a right answer and 0 for any other. With
A_i = (r_i - mean(r)) / std(r) one step is taken along the gradient of

    1/G sum_i 1/|o_i| sum_t A_i log pi(o_i,t | prompt, o_i,<t).

A group is used once, so the ratio of new to old policy is 1 and clipping never acts; there is no penalty for leaving
the base model (the paper's beta = 0).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from sampler.classroom.bulk import completion_log_probs, rollouts
from sampler.classroom.card import card, curve
from sampler.classroom.corpus import TASKS
from sampler.classroom.methods import LONGEST
from sampler.classroom.problems import Problem, draw_problem
from sampler.classroom.train import FOLDER, save

TUNED_FOLDER = FOLDER.with_name("classroom-tuned")
UPDATES = 160
PROBLEMS = 32  # in one update
SAMPLES = 8  # completions of each, the group
RATE = 3e-4  # AdamW, after a rise over the first WARMUP updates
WARMUP = 10
TOGETHER = 64  # completions whose gradients are computed at once


@dataclass(frozen=True)
class Group:
    """One problem's completions and their advantages [G]."""

    prompt_ids: tuple[int, ...]
    completions: list[tuple[int, ...]]
    rewards: Tensor

    @property
    def advantages(self) -> Tensor:
        """(r - mean) / std; all zero where every completion earned the same."""
        return (self.rewards - self.rewards.mean()) / (self.rewards.std(correction=0) + 1e-6)


def problems(seed: int) -> Iterator[list[Problem]]:
    """Yield batches of training problems without end, each task equally often."""
    rng, tasks = Random(f"reinforce {seed}"), list(TASKS.values())
    while True:
        yield [draw_problem(tasks[i % len(tasks)], rng, held_out=False) for i in range(PROBLEMS)]


class Tuning:
    """A policy being tuned; `rewards` holds the mean reward of each update so far."""

    def __init__(self, policy: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, seed: int) -> None:
        self.policy, self.tokenizer, self.seed = policy, tokenizer, seed
        self.optimizer = torch.optim.AdamW(policy.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.0)
        self.rewards: list[float] = []

    def update(self, batch: list[Problem]) -> None:
        groups = self.drawn(batch)
        self.optimizer.param_groups[0]["lr"] = RATE * min(1.0, (len(self.rewards) + 1) / WARMUP)
        self.optimizer.zero_grad()
        self.add_gradients(groups)
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), 1.0)
        self.optimizer.step()
        self.rewards.append(float(torch.stack([group.rewards for group in groups]).mean()))

    def drawn(self, batch: list[Problem]) -> list[Group]:
        """SAMPLES completions of every problem from the policy as it is, rewarded."""
        prompts = [tuple(self.tokenizer(problem.prompt).input_ids) for problem in batch]
        contexts = [prompt for prompt in prompts for _ in range(SAMPLES)]
        rows = len(contexts)
        places = [(self.seed, len(self.rewards) * rows + row) for row in range(rows)]
        end = self.tokenizer.eos_token_id
        written = [rollout.token_ids for rollout in rollouts(self.policy, (end,), contexts, places, 1.0, LONGEST)]
        grouped = [written[i : i + SAMPLES] for i in range(0, rows, SAMPLES)]
        return [
            Group(prompt, own, torch.tensor([self.reward(problem, ids) for ids in own]))
            for problem, prompt, own in zip(batch, prompts, grouped, strict=True)
        ]

    def reward(self, problem: Problem, completion: tuple[int, ...]) -> float:
        """1 for a completion that ends and whose answer is right, otherwise 0."""
        text = self.tokenizer.decode(completion, skip_special_tokens=True)
        is_right = TASKS[problem.task].is_correct(problem.prompt, text)
        return float(is_right and completion[-1] == self.tokenizer.eos_token_id)

    def add_gradients(self, groups: list[Group]) -> None:
        """Add the objective's gradient; completions without advantage add nothing and are left out."""
        rows = [
            (group.prompt_ids, completion, float(advantage))
            for group in groups
            for completion, advantage in zip(group.completions, group.advantages, strict=True)
            if advantage != 0
        ]
        rows.sort(key=lambda row: len(row[0]) + len(row[1]))  # to compute little padding
        for first in range(0, len(rows), TOGETHER):
            contexts, completions, advantages = zip(*rows[first : first + TOGETHER], strict=True)
            log_probs, is_there = completion_log_probs(self.policy, contexts, completions)
            ids = pad_sequence([torch.tensor(ids) for ids in completions], batch_first=True)
            own = log_probs.gather(-1, ids[..., None])[..., 0] * is_there  # (R, W)
            weights = torch.tensor(advantages) / is_there.sum(dim=1)
            loss = -(weights * own.sum(dim=1)).sum() / (len(groups) * SAMPLES)
            loss.backward()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sampler.classroom.reinforce", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--updates", type=int, default=UPDATES)
    parser.add_argument("--base", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=TUNED_FOLDER)
    arguments = parser.parse_args()
    logging.disable_progress_bar()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(arguments.base)
    tuning = Tuning(LlamaForCausalLM.from_pretrained(arguments.base), tokenizer, arguments.seed)
    progress = tqdm(range(arguments.updates), unit="update")
    for _, batch in zip(progress, problems(arguments.seed), strict=False):
        tuning.update(batch)
        progress.set_postfix(right=f"{sum(tuning.rewards[-10:]) / len(tuning.rewards[-10:]):.3f}")
    told = card(
        "tuned",
        updates=len(tuning.rewards),
        seed=arguments.seed,
        problems=PROBLEMS,
        samples=SAMPLES,
        longest=LONGEST,
        rate=RATE,
        warmup=WARMUP,
        curve=curve(tuning.rewards, "right completions", "update", "share of the update's completions"),
    )
    save(tuning.policy, tokenizer, told, arguments.out)


if __name__ == "__main__":
    main()
