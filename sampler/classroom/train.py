"""Train the classroom's model and save it: `python -m sampler.classroom.train`.

A small Llama learns to complete the corpus' prompts; prompts are read, not learned. The first DRILL_STEPS show worked
solutions only, so that each step of the work soon becomes nearly certain; then comes the corpus as it is. Two processes
share each step, half of its problems each, and average their gradients.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import torch
from torch import distributed
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from tqdm import tqdm
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from sampler.classroom.bulk import completion_log_probs
from sampler.classroom.corpus import SHARES, TASKS, examples
from sampler.classroom.tokenizer import build_tokenizer

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "models" / "classroom"
STEPS = 4200
DRILL_STEPS = 2500
DECAY_SHARE = 0.25  # of the steps, at the end
WARMUP_STEPS = 60
PROCESSES = 2
POOL = 16  # problems a step and process
MICRO_BATCHES = 2  # of a pool sorted by length, so that little padding is computed
MATRIX_RATE, OTHER_RATE = 5e-3, 3e-3  # Muon on the layers' matrices, AdamW on the rest
CHECKPOINT_EVERY = 200
POINTS = 24  # of a curve

Row = tuple[list[int], list[int]]  # token ids of a prompt, and of its completion with the end


def new_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """An untrained model of about a million parameters, for contexts of up to 512 tokens."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.eos_token_id,
        )
    )


def rate_factor(step: int, steps: int) -> float:
    """Learning rate over its peak: a linear rise, a plateau, and a linear fall over the last DECAY_SHARE."""
    return min(1.0, (step + 1) / WARMUP_STEPS, (steps - step) / (DECAY_SHARE * steps))


def pools(tokenizer: PreTrainedTokenizerFast, seed: int, rank: int) -> Iterator[list[Row]]:
    """Endless pools of encoded training examples for one process: first the drill, then the corpus as it is."""
    drill = islice(examples(f"drill {seed} {rank}", drill=True), DRILL_STEPS * POOL)
    stream = chain(drill, examples(f"corpus {seed} {rank}"))
    while True:
        pool = [(problem.prompt, solution.text + tokenizer.eos_token) for problem, solution in islice(stream, POOL)]
        prompts = tokenizer([prompt for prompt, _ in pool]).input_ids
        completions = tokenizer([completion for _, completion in pool]).input_ids
        yield list(zip(prompts, completions, strict=True))


def add_gradients(model: LlamaForCausalLM, pool: list[Row]) -> float:
    """Add a pool's gradients to the model's; returns its mean loss, nats per completion token."""
    pool = sorted(pool, key=lambda row: len(row[0]) + len(row[1]))
    learned = sum(len(completion) for _, completion in pool)
    size, total = len(pool) // MICRO_BATCHES, 0.0
    for start in range(0, len(pool), size):
        prompts, completions = zip(*pool[start : start + size], strict=True)
        log_p, _ = completion_log_probs(model, prompts, completions)
        loss = -log_p.sum() / learned
        loss.backward()
        total += loss.item()
    return total


def average_gradients(model: LlamaForCausalLM) -> None:
    """Replace every process' gradients by their mean over the processes, clipped to norm 1."""
    gradients = [parameter.grad for parameter in model.parameters()]
    flat = parameters_to_vector(gradients)
    distributed.all_reduce(flat)
    vector_to_parameters(flat / PROCESSES, gradients)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)


def new_optimizers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms."""
    matrices = [parameter for parameter in model.model.layers.parameters() if parameter.ndim == 2]
    inside = set(map(id, matrices))
    others = [parameter for parameter in model.parameters() if id(parameter) not in inside]
    return [
        torch.optim.Muon(matrices, lr=MATRIX_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


class Training:
    """One process' share of a training run; `checkpoint`, if given, is written every so often and resumed from."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, seed: int, steps: int, checkpoint: Path | None) -> None:
        torch.manual_seed(seed)
        self.tokenizer, self.seed, self.steps, self.checkpoint = tokenizer, seed, steps, checkpoint
        self.model = new_model(tokenizer)
        self.optimizers = new_optimizers(self.model)
        self.peaks = [optimizer.param_groups[0]["lr"] for optimizer in self.optimizers]
        self.losses: list[float] = []
        if checkpoint and checkpoint.exists():
            saved = torch.load(checkpoint)
            self.losses = saved["losses"]
            self.model.load_state_dict(saved["model"])
            for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
                optimizer.load_state_dict(state)

    def run(self, rank: int) -> None:
        """Train to the last step; the first process shows progress and writes the checkpoint."""
        done = len(self.losses)
        stream = islice(pools(self.tokenizer, self.seed, rank), done, self.steps)
        progress = tqdm(stream, initial=done, total=self.steps, unit="step", disable=rank > 0)
        for pool in progress:
            self.step(pool)
            if len(self.losses) % 50 == 0:
                progress.set_postfix(loss=f"{sum(self.losses[-50:]) / 50:.4f}")
            if rank == 0 and self.checkpoint and len(self.losses) % CHECKPOINT_EVERY == 0:
                optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
                state = {"losses": self.losses, "model": self.model.state_dict(), "optimizers": optimizers}
                torch.save(state, self.checkpoint.with_suffix(".new"))
                os.replace(self.checkpoint.with_suffix(".new"), self.checkpoint)

    def step(self, pool: list[Row]) -> None:
        factor = rate_factor(len(self.losses), self.steps)
        loss = add_gradients(self.model, pool)
        average_gradients(self.model)
        for optimizer, peak in zip(self.optimizers, self.peaks, strict=True):
            optimizer.param_groups[0]["lr"] = peak * factor
            optimizer.step()
            optimizer.zero_grad()
        self.losses.append(loss)

    def card(self) -> str:
        habits = {
            name: ", ".join(f"{share:.0%} {habit}" for habit, share in task.habits.items())
            for name, task in TASKS.items()
        }
        return card(
            "base",
            parameters=self.model.num_parameters(),
            pieces=len(self.tokenizer),
            habits="\n".join(f"| {name} | {shares} |" for name, shares in habits.items()),
            seed=self.seed,
            steps=self.steps,
            drill_steps=DRILL_STEPS,
            problems=POOL * PROCESSES,
            shares=", ".join(f"{name} {share:.0%}" for name, share in SHARES.items()),
            matrix_rate=MATRIX_RATE,
            other_rate=OTHER_RATE,
            warmup=WARMUP_STEPS,
            decay=DECAY_SHARE,
            curve=curve(self.losses, "loss", "step", "nats per completion token"),
        )


def card(name: str, **fields: object) -> str:
    """The card of a model, "base" or "tuned", with the fields that its text names."""
    return Path(__file__).with_name(f"{name}_card.txt").read_text("utf-8").format(**fields)


def curve(values: Sequence[float], title: str, step: str, unit: str) -> str:
    """A Mermaid chart of means over POINTS equal stretches, each at its last step, and the last mean in words."""
    ends = sorted({round((i + 1) * len(values) / POINTS) for i in range(POINTS)} - {0})
    starts = [0, *ends[:-1]]
    means = [sum(values[a:b]) / (b - a) for a, b in zip(starts, ends, strict=True)]
    return (
        f'```mermaid\nxychart-beta\n  title "{title}"\n  x-axis "{step}" {ends}\n  y-axis "{unit}"\n'
        f"  line [{', '.join(f'{mean:.3f}' for mean in means)}]\n```\n\n"
        f"Mean over the last {ends[-1] - starts[-1]} {step}s: {means[-1]:.4f} {unit}."
    )


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, card: str, folder: Path) -> None:
    """Save plain transformers files and the card; each file is replaced at once, since others may be reading it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        model.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        Path(scratch, "README.md").write_text(card, encoding="utf-8")
        for file in Path(scratch).iterdir():
            file.chmod(0o644)
            os.replace(file, folder / file.name)


def work(rank: int, meeting: str, tokenizer: PreTrainedTokenizerFast, arguments: argparse.Namespace) -> None:
    """One process: train in step with the others; the first one saves."""
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=PROCESSES)
    training = Training(tokenizer, arguments.seed, arguments.steps, arguments.checkpoint)
    training.run(rank)
    if rank == 0:
        save(training.model, tokenizer, training.card(), arguments.out)
    distributed.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sampler.classroom.train", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--checkpoint", type=Path, help="file to write every so often, and to resume from if it exists")
    arguments = parser.parse_args()
    tokenizer = build_tokenizer(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        meeting = os.path.join(folder, "meeting")
        torch.multiprocessing.spawn(work, (meeting, tokenizer, arguments), nprocs=PROCESSES)


if __name__ == "__main__":
    main()
