"""The power sampler as a method: Metropolis-Hastings on blocks, which leaves p^alpha invariant (Karan & Du 2025)."""

import math
from dataclasses import replace
from typing import Any

from sampler.core import power
from sampler.core.draws import ACCEPT, CUT, EXTEND, PROPOSE, uniform
from sampler.core.history import following
from sampler.core.records import (
    SCOPES,
    BlockFrozen,
    BlockStarted,
    Event,
    Law,
    PowerSettings,
    RunEnded,
    RunStarted,
    Segment,
    SettingsChanged,
    Step,
    StepTaken,
    Totals,
    checked_int,
)
from sampler.methods.method import REAL, WHOLE, Method
from sampler.methods.recomputation import RATIO_TOLERANCE, Recomputation
from sampler.methods.run import run_power, steady
from sampler.models.contract import LanguageModel

Address = tuple[int, int, int, int]  # seed, chain, block, step
MAX_NEW_TOKENS = 32_768  # as in PowerSettings


def settings_of(*, block_size: int = 16, blocks: int = 5, steps: int = 10, **others: Any) -> PowerSettings:
    """The settings of a run whose length is a number of blocks; `steps` of them a block."""
    checked_int("block_size", block_size, 1, MAX_NEW_TOKENS)
    length = block_size * checked_int("blocks", blocks, 1, MAX_NEW_TOKENS // block_size)
    return PowerSettings(max_new_tokens=length, block_size=block_size, steps_per_block=steps, **others)


class PowerRecomputation(Recomputation[PowerSettings]):
    """Blocks and steps: bounds, draws, acceptance terms, verdicts, frozen tokens, and that none is missing."""

    def __init__(self, started: RunStarted, settings: PowerSettings, model: LanguageModel) -> None:
        super().__init__(started, settings, model)
        self.blocks = 0
        self.frozen: list[int] = []

    def follow(self, event: Event) -> None:
        match event:
            case BlockStarted():
                self._block(event)
            case StepTaken():
                self._step(event)
            case BlockFrozen():
                size = self.settings.block_size
                expected = self.text.token_ids[event.block * size : (event.block + 1) * size]
                self.expect(event.token_ids == expected, f"block {event.block} froze other tokens than the text has")
                self.frozen.extend(event.token_ids)
            case SettingsChanged():
                self.expect(event.draw == self.totals.steps, "settings changed at another step than recorded")
                self.law = Law.of(event.alpha, event.proposal_temperature)
            case RunEnded():
                self.follow_end(event)

    def expect_complete(self) -> None:
        settings = self.settings
        is_closed = settings.scope == "block" and self.is_closed(self.text)
        self.expect(self.blocks == settings.num_blocks or is_closed, "blocks are missing at the end")
        self.expect(self.totals.steps == self.blocks * settings.steps_per_block, "steps are missing at the end")
        self.expect(tuple(self.frozen) == self.text.token_ids, "the frozen tokens are not the final text")

    def end(self, block: int) -> int:
        return min((block + 1) * self.settings.block_size, self.settings.max_new_tokens)

    @property
    def _chain(self) -> tuple[int, int]:
        return self.settings.seed, self.settings.chain

    def _block(self, event: BlockStarted) -> None:
        where, address = f"block {event.block}", (*self._chain, event.block, 0, EXTEND)
        self.expect(event.block == self.blocks, f"{where} is not the next one")
        self.expect(
            self.totals.steps == self.blocks * self.settings.steps_per_block, f"steps are missing before {where}"
        )
        self.expect(event.start == len(self.text), f"{where} does not start where the text ends")
        self.expect(event.end == self.end(event.block), f"{where} ends at another position than its settings say")
        self.measured(self.text, event.extension, where, address)
        self.text = following(self.text, event)
        self.expect_whole(self.text, event.block, where)
        self.blocks += 1
        self.totals = replace(self.totals, tokens_drawn=self.totals.tokens_drawn + len(event.extension))

    def _step(self, event: StepTaken) -> None:
        step, revision, where = event.step, event.step.revision, f"step {event.step.draw}"
        self.expect(step.draw == self.totals.steps, f"{where} is not the next one")
        self.expect((step.alpha, step.temperature) == (self.law.alpha, self.law.temperature), f"{where}: its dials")
        kept, address = self.text[: revision.cut], (*self._chain, step.block, step.step)
        proposed = self.measured(kept, revision.proposed, f"{where}, proposed", (*address, PROPOSE))
        replaced = self.measured(kept, revision.replaced, f"{where}, replaced")
        if revision.stopped_early:
            self._unfinished(kept + revision.proposed, step, where)
        else:
            self.expect_whole(kept + revision.proposed, step.block, where)
        self._judged(step, proposed, replaced, address, where)
        self.text = following(self.text, event)
        t, drawn = self.totals, len(revision.proposed)
        self.totals = Totals(
            t.steps + 1, t.accepted + step.is_accepted, t.changed + step.is_changed, t.tokens_drawn + drawn
        )
        self.found.steps += 1

    def _unfinished(self, text: Segment, step: Step, where: str) -> None:
        """A proposal that was stopped early was rejected, could have gone on, and could not have come back."""
        could_go_on = len(text) < self.end(step.block) and not set(text.token_ids) & set(self.model.eos_ids)
        self.expect(could_go_on, f"{where} stopped early, but its proposal is whole")
        self.expect(not step.is_accepted, f"{where} stopped early, yet was accepted")
        is_bounded = math.isinf(self.law.alpha) or 1 - 1e-9 <= self.law.alpha * self.law.temperature <= self.law.alpha
        self.expect(is_bounded, f"{where} stopped early where log A is no bound")

    def _judged(self, step: Step, proposed: Segment, replaced: Segment, address: Address, where: str) -> None:
        revision = step.revision
        start = step.block * self.settings.block_size if self.settings.scope == "block" else 0
        n = len(self.text) - start
        if revision.cut < max(start, len(self.frozen)):
            self.expect(False, f"{where} cuts into a frozen block")
            return
        self.expect(revision.cut == start + int(uniform(*address, CUT, 0) * n), f"{where}: its cut")
        self.expect(revision.log_u == math.log(uniform(*address, ACCEPT, 0)), f"{where}: its log u")
        same = proposed.token_ids == replaced.token_ids  # equal texts have equal probabilities, whatever the rounding
        target = power.log_target_ratio(step.alpha, proposed.log_p, (proposed if same else replaced).log_p)
        proposal = power.log_proposal_ratio(proposed.log_q, (proposed if same else replaced).log_q)
        length = revision.cut + len(proposed)
        if revision.stopped_early:  # as many tokens as it would have had at least, which is its best case
            length = length + 1 if self.model.eos_ids else self.end(step.block)
        cuts = power.log_cut_ratio(n, length - start)
        ratio = power.log_accept_ratio(step.alpha, target, proposal, cuts)
        for name, value in (("target", target), ("proposal", proposal), ("cut", cuts), ("accept", ratio)):
            self.compare(getattr(revision, f"log_{name}_ratio"), value, f"{where}, log_{name}_ratio")
        self.expect(step.is_accepted == (revision.log_u < revision.log_accept_ratio), f"{where}: its verdict")
        is_close = abs(revision.log_u - ratio) <= RATIO_TOLERANCE  # rounding may decide there
        self.expect(is_close or step.is_accepted == (revision.log_u < ratio), f"{where}: its verdict by fresh passes")


METHOD = Method(
    name="power",
    label="Power sampling",
    invariant="p^alpha over completions; each step leaves it invariant (METHOD.md, section 3)",
    settings=PowerSettings,
    settings_of=settings_of,
    options={
        "--alpha": {"type": REAL, "default": 4.0, "help": "sharpen to p^alpha: from 1 to inf (%(default)s)"},
        "--temperature": {"type": REAL, "dest": "proposal_temperature", "help": "of the proposal, to 100 (1/alpha)"},
        "--block-size": {"type": WHOLE, "default": 16, "help": "tokens (%(default)s)"},
        "--blocks": {"type": WHOLE, "default": 5, "help": "how many to write at most (%(default)s)"},
        "--steps": {"type": WHOLE, "default": 10, "help": "revisions of a block (%(default)s)"},
        "--scope": {"choices": SCOPES, "default": "block", "help": "where a revision may cut (%(default)s)"},
        "--chain": {"type": WHOLE, "default": 0, "help": "which of several chains of this run (%(default)s)"},
    },
    steering=steady,
    run=run_power,
    events=(BlockStarted, StepTaken, BlockFrozen, SettingsChanged),
    recomputation=PowerRecomputation,
    work=lambda settings: (settings.num_blocks * settings.steps_per_block, "step"),
)
