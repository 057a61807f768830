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
from pathlib import Path
from random import Random

import torch
from torch import Tensor
from tqdm import tqdm
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from sampler.classroom.bulk import completion_log_probs, rollouts
from sampler.classroom.corpus import TASKS
from sampler.classroom.methods import LONGEST
from sampler.classroom.problems import Problem, draw_problem
from sampler.classroom.train import FOLDER, card, curve, save
from sampler.models.row_memory import Text

TUNED_FOLDER = FOLDER.with_name("classroom-tuned")
UPDATES = 160
PROBLEMS = 32  # in one update
SAMPLES = 8  # completions of each, the group
RATE = 3e-4  # AdamW, after a rise over the first WARMUP updates
WARMUP = 10
TOGETHER = 64  # completions whose gradients are computed at once


def problems(seed: int) -> Iterator[list[Problem]]:
    """Yield batches of training problems without end, each task equally often."""
    rng, tasks = Random(f"reinforce {seed}"), list(TASKS.values())
    while True:
        yield [draw_problem(tasks[i % len(tasks)], rng, held_out=False) for i in range(PROBLEMS)]


def advantages(rewards: Tensor) -> Tensor:
    """(r - mean) / std within each group, [P, G]; all zero where every completion earned the same."""
    std, mean = torch.std_mean(rewards, dim=1, correction=0, keepdim=True)
    return (rewards - mean) / (std + 1e-6)


class Tuning:
    """A policy being tuned; `rewards` holds the mean reward of each update so far."""

    def __init__(self, policy: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, seed: int) -> None:
        self.policy, self.tokenizer, self.seed = policy, tokenizer, seed
        self.optimizer = torch.optim.AdamW(policy.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.0)
        self.rewards: list[float] = []

    def update(self, batch: list[Problem]) -> None:
        contexts, completions, rewards = self.drawn(batch)
        self.optimizer.param_groups[0]["lr"] = RATE * min(1.0, (len(self.rewards) + 1) / WARMUP)
        self.optimizer.zero_grad()
        self.add_gradients(contexts, completions, advantages(rewards))
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), 1.0)
        self.optimizer.step()
        self.rewards.append(float(rewards.mean()))

    def drawn(self, batch: list[Problem]) -> tuple[list[Text], list[Text], Tensor]:
        """SAMPLES contexts and completions of every problem by the policy as it is, and their rewards [P, SAMPLES]."""
        asked = [problem for problem in batch for _ in range(SAMPLES)]
        contexts = [tuple(self.tokenizer(problem.prompt).input_ids) for problem in asked]
        places = [(self.seed, len(self.rewards) * len(asked) + row) for row in range(len(asked))]
        written = rollouts(self.policy, (self.tokenizer.eos_token_id,), contexts, places, 1.0, LONGEST)
        completions = [rollout.token_ids for rollout in written]
        rewards = [self.reward(problem, ids) for problem, ids in zip(asked, completions, strict=True)]
        return contexts, completions, torch.tensor(rewards).reshape(-1, SAMPLES)

    def reward(self, problem: Problem, completion: tuple[int, ...]) -> float:
        """1 for a completion that ends and whose answer is right, otherwise 0."""
        text = self.tokenizer.decode(completion, skip_special_tokens=True)
        is_right = TASKS[problem.task].is_correct(problem.prompt, text)
        return float(is_right and completion[-1] == self.tokenizer.eos_token_id)

    def add_gradients(self, contexts: list[Text], completions: list[Text], advantages: Tensor) -> None:
        """Add the objective's gradient; completions without advantage add nothing and are left out."""
        rows = [row for row in zip(contexts, completions, advantages.flatten().tolist(), strict=True) if row[2] != 0]
        rows.sort(key=lambda row: len(row[0]) + len(row[1]))  # to compute little padding
        for first in range(0, len(rows), TOGETHER):
            *texts, weights = zip(*rows[first : first + TOGETHER], strict=True)
            log_p, _ = completion_log_probs(self.policy, *texts)
            means = log_p.sum(dim=1) / torch.tensor([len(completion) for completion in texts[1]])
            loss = -(torch.tensor(weights) * means).sum() / advantages.numel()
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
