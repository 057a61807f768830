"""Whole runs of the sampler in a world of the Tree page, by the right kernel or a wrong one, and their exact laws."""

import time
from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple

from explorer.analysis.tallies import distance, expected_distance, outside
from explorer.page.library import Models
from explorer.page.tree.worlds import BY_ID, Planted, planted
from explorer.page.wire.contract import Chains
from sampler.core import kernel
from sampler.core.records import PowerSettings, checked_int, quoted
from sampler.exact.block_dial import RunLaws
from sampler.exact.enumeration import Completion, power_target, total_variation
from sampler.exact.prefix_tree import grow
from sampler.exact.wrong_kernels import WRONG_KERNELS
from sampler.methods.chain import whole_run
from sampler.models.lock_step import in_lock_step

MOST_EXACT = 100  # completions of a world whose runs have exact laws
MOST_STEPS, MANY_STEPS = 100, 1000  # a block: of runs, and as good as endless in a little world
TELL_EVERY = 0.3  # seconds between two packets
RIGHT = "right"
RIGHT_WORDS = "The sampler as it is: its runs come as near to p^α as their blocks and steps allow."
KERNELS = {
    RIGHT: ("the right one", RIGHT_WORDS, kernel.revise),
    **{name: (wrong.title, wrong.sentence, wrong.revise) for name, wrong in WRONG_KERNELS.items()},
}


class Batch:
    """Whole runs side by side in one lock step; ValueError names a bad setting."""

    def __init__(self, question: Chains, models: Models) -> None:
        place = planted(question.world, models)
        if question.kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}, not {quoted(question.kernel)}")
        self.planned = checked_int("runs", question.runs, 1, BY_ID[question.world["world"]].most_runs)
        self.settings = PowerSettings(
            alpha=question.alpha,
            proposal_temperature=question.temperature,
            max_new_tokens=place.length,
            block_size=question.block_size,
            steps_per_block=checked_int("steps per block", question.steps, 0, MOST_STEPS),
            scope=question.scope,
            seed=question.seed,
            alternatives=0,
        )
        self.exact = exact_laws(place, self.settings, question.kernel) if has_exact_laws(place) else None
        self.counts: Counter[Completion] = Counter()
        self.is_over = False
        revise = KERNELS[question.kernel][2]
        chains = (
            whole_run(place.prompt_ids, place.model.eos_ids, replace(self.settings, chain=chain), revise=revise)
            for chain in range(self.planned)
        )
        self._ends = in_lock_step(place.model, chains)

    def advance(self) -> None:
        """Take the runs that end within TELL_EVERY seconds, one at least."""
        deadline = time.monotonic() + TELL_EVERY
        for _, end in self._ends:
            self.counts[end.state.segment.token_ids] += 1
            if time.monotonic() > deadline:
                return
        self.is_over = True

    def summary(self) -> dict[str, Any]:
        return {
            "counts": [[list(ids), times] for ids, times in self.counts.items()],
            "n": self.counts.total(),
            "alpha": self.settings.alpha,
            "block_size": self.settings.block_size,
            "finding": self.finding(),
            "law": {" ".join(map(str, ids)): mass for ids, mass in self.exact.law.items()} if self.exact else None,
            "bias": self.exact.bias if self.exact else None,
        }

    def finding(self) -> str:
        n = self.counts.total()
        of = f"{n} of {self.planned} runs" if n < self.planned else f"{n} runs"
        if self.exact is None or not n:
            return f"{of}. A world with so many completions has no exact law of a whole run; the dots stand over p^α."
        target, bias = self.exact.target, self.exact.bias
        lost = outside(self.counts, target)
        more = f" {lost} of them ended with a text that p^α cannot produce." if lost else ""
        right = f" (right kernel: {bias['right']:.4f} and {bias['right_limit']:.4f})" if "right" in bias else ""
        return (
            f"{of}: total variation {distance(self.counts, target):.3f} from p^α, where {n} exact draws of p^α would "
            f"show {expected_distance(target, n):.3f} on average.{more} Exactly, such runs end {bias['own']:.4f} from "
            f"p^α, with {MANY_STEPS} steps a block {bias['own_limit']:.4f}{right}."
        )


class Exact(NamedTuple):
    """What runs with a kernel end with, p^alpha, and how far from it they are, now and after MANY_STEPS a block."""

    law: dict[Completion, float]
    target: dict[Completion, float]
    bias: dict[str, float]


def exact_laws(place: Planted, settings: PowerSettings, kernel_name: str) -> Exact:
    """The exact laws of whole runs in a world, and those of the right kernel beside a wrong one."""
    model, prompt_ids, length, _ = place
    target = power_target(model, prompt_ids, length, settings.alpha)

    def ended(name: str) -> tuple[dict[Completion, float], ...]:
        laws = RunLaws(model, prompt_ids, settings.law, length, KERNELS[name][2])
        rows = laws.after(settings.scope, settings.block_size, MANY_STEPS)[[settings.steps_per_block, MANY_STEPS]]
        return tuple(dict(zip(laws.states(length), row.tolist(), strict=True)) for row in rows)

    law, limit = ended(kernel_name)
    bias = {"own": total_variation(law, target), "own_limit": total_variation(limit, target)}
    if kernel_name != RIGHT:
        right = ended(RIGHT)
        bias |= {"right": total_variation(right[0], target), "right_limit": total_variation(right[1], target)}
    return Exact(law, target, bias)


def has_exact_laws(place: Planted) -> bool:
    """Whether a world is no network and has few enough completions."""
    if place.is_network:
        return False
    tree = grow(place.model, place.prompt_ids, place.length)
    return len(tree) - len(set(tree.parents) - {-1}) <= MOST_EXACT
