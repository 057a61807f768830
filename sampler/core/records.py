"""The records that flow through the project: settings, segments, steps and events. Standard library only.

Natural logs, nats; positions count from 0 in the completion.
"""

import math
import reprlib
from dataclasses import dataclass, field, fields
from operator import add, attrgetter
from typing import Any

SCOPES = ("block", "completion")
MAX_PROMPT = 10_000  # characters; a model's context usually ends earlier
_brief = reprlib.Repr()
_brief.maxstring = _brief.maxlong = _brief.maxother = 80


def quoted(value: object) -> str:
    """A value as a message may quote it, however long, deep or invisible."""
    return _brief.repr(value)


def checked_int(name: str, value: object, low: int, high: int) -> int:
    """`value` if it is a whole number from `low` to `high`; ValueError naming field, value and range if not."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {quoted(value)}")
    return value


def checked_number(name: str, value: object, low: float, high: float) -> float:
    """`value` as a float if it is a number from `low` to `high`; ValueError naming field, value and range if not."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {quoted(value)}")
    return float(value)


def checked_text(prompt: object) -> str:
    """`prompt` if it is a text of 1 to MAX_PROMPT characters, not all blank; ValueError if not."""
    if not isinstance(prompt, str) or not 1 <= len(prompt) <= MAX_PROMPT:
        length = len(prompt) if isinstance(prompt, str) else 0
        raise ValueError(f"prompt must be 1 to {MAX_PROMPT} characters long, not {length}")
    if not prompt.strip():
        raise ValueError(f"prompt must be 1 to {MAX_PROMPT} characters long, not {len(prompt)} blank ones")
    return prompt


def checked_alpha(value: object) -> float:
    """`value` as a float if it is a number from 1 to inf; ValueError if not."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not (1 <= value < 2**1023 or value == math.inf):
        raise ValueError(f"alpha must be a number from 1 to inf, not {quoted(value)}")
    return float(value)


def checked_temperature(name: str, value: object) -> float:
    """`value` as a float if it is a temperature above 0 and at most 100; ValueError if not."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 100:
        raise ValueError(f"{name} must be a number above 0 and at most 100, not {quoted(value)}")
    return float(value)


@dataclass(frozen=True, slots=True)
class Law:
    """What a chain aims at (p^alpha) and how it proposes (the base model at `temperature`)."""

    alpha: float
    temperature: float

    @classmethod
    def of(cls, alpha: float, proposal_temperature: float | None) -> "Law":
        """The law of two dials; `proposal_temperature` None ties the temperature to 1/alpha."""
        alpha = checked_alpha(alpha)
        if proposal_temperature is not None:
            return cls(alpha, checked_temperature("proposal_temperature", proposal_temperature))
        if math.isinf(alpha):
            raise ValueError("proposal_temperature must be given when alpha is inf: 1/alpha would be 0, not above 0")
        return cls(alpha, 1 / alpha)


@dataclass(frozen=True, slots=True)
class PowerSettings:
    """Settings of one power-sampling chain; ValueError names the field, the value and the range.

    `proposal_temperature` None means 1/alpha. `scope`: which tokens a revision may cut at, those of the current
    block or those of the whole completion. `alternatives`: how many top tokens to record at each position. `chain`
    numbers the chains of one run: same settings, random numbers of their own.
    """

    alpha: float = 4.0
    proposal_temperature: float | None = None
    max_new_tokens: int = 80
    block_size: int = 16
    steps_per_block: int = 10
    scope: str = "block"
    seed: int = 0
    alternatives: int = 5
    chain: int = 0

    def __post_init__(self) -> None:
        law = Law.of(self.alpha, self.proposal_temperature)
        object.__setattr__(self, "alpha", law.alpha)
        checked_int("max_new_tokens", self.max_new_tokens, 1, 32_768)
        checked_int("block_size", self.block_size, 1, self.max_new_tokens)
        checked_int("steps_per_block", self.steps_per_block, 0, 10_000)
        if self.scope not in SCOPES:
            raise ValueError(f"scope must be 'block' or 'completion', not {quoted(self.scope)}")
        checked_int("seed", self.seed, 0, 2**53 - 1)
        checked_int("alternatives", self.alternatives, 0, 50)
        checked_int("chain", self.chain, 0, 9_999)

    @property
    def law(self) -> Law:
        return Law.of(self.alpha, self.proposal_temperature)

    @property
    def num_blocks(self) -> int:
        return -(-self.max_new_tokens // self.block_size)


@dataclass(frozen=True, slots=True)
class TemperatureSettings:
    """Settings of token-level temperature sampling: independent samples, each token from p^(1/temperature)."""

    temperature: float = 1.0
    max_new_tokens: int = 80
    num_samples: int = 16
    seed: int = 0
    alternatives: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperature", checked_temperature("temperature", self.temperature))
        checked_int("max_new_tokens", self.max_new_tokens, 1, 32_768)
        checked_int("num_samples", self.num_samples, 1, 10_000)
        checked_int("seed", self.seed, 0, 2**53 - 1)
        checked_int("alternatives", self.alternatives, 0, 50)

    @property
    def law(self) -> Law:
        # at 1/temperature the recorded log Z normalises q; above temperature 1 that is no sharpening, hence no check
        return Law(1 / self.temperature, self.temperature)


Settings = PowerSettings | TemperatureSettings  # of any method


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive tokens of a completion and what the model thought of each; every field has length m.

    log_p: base log-probability. log_q: proposal log-probability. log_z: log sum_v p(v)^alpha of the row the token
    was drawn from. entropy: of the base row, None where the model cannot say. alternatives: the row's top tokens as
    (id, log_p), likeliest first.
    """

    token_ids: tuple[int, ...] = ()
    log_p: tuple[float, ...] = ()
    log_q: tuple[float, ...] = ()
    log_z: tuple[float, ...] = ()
    entropy: tuple[float | None, ...] = ()
    alternatives: tuple[tuple[tuple[int, float], ...], ...] = ()

    def __len__(self) -> int:
        return len(self.token_ids)

    def __getitem__(self, part: slice) -> "Segment":
        return Segment(*[values[part] for values in _per_token(self)])

    def __add__(self, other: "Segment") -> "Segment":
        return Segment(*map(add, _per_token(self), _per_token(other)))

    def __repr__(self) -> str:
        return f"Segment({len(self)} tokens, log p {math.fsum(self.log_p):.6g})"


_per_token = attrgetter(*(f.name for f in fields(Segment)))  # the six fields at once; a sampler's busiest line


@dataclass(frozen=True, slots=True)
class ChainState:
    """What the next step needs: the completion so far, and whether an end token closes it."""

    segment: Segment = Segment()
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """One proposal with its acceptance terms and its verdict, as the kernel makes it.

    `replaced` holds ALL the tokens from `cut` on, measured under the law of the step. log_accept_ratio =
    log_target_ratio + log_proposal_ratio + log_cut_ratio, and the proposal is accepted iff log_u < log_accept_ratio;
    at alpha = inf log_accept_ratio is log_target_ratio alone (Karan & Du 2025, eq. 9; METHOD.md, section 3).
    `stopped_early`: only in traces of the first edition, whose rejected proposals may be unfinished.
    """

    cut: int
    proposed: Segment
    replaced: Segment
    log_target_ratio: float
    log_proposal_ratio: float
    log_cut_ratio: float
    log_accept_ratio: float
    log_u: float
    is_accepted: bool
    stopped_early: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A revision with its place in the run (`draw` counts all steps, `step` those of one block) and its law."""

    block: int
    step: int
    draw: int
    alpha: float
    temperature: float
    revision: Revision

    @property
    def is_accepted(self) -> bool:
        return self.revision.is_accepted

    @property
    def is_changed(self) -> bool:
        """Accepted, and different from the text it replaced."""
        return self.is_accepted and self.revision.proposed.token_ids != self.revision.replaced.token_ids


@dataclass(frozen=True, slots=True)
class RunStarted:
    """First event of a run. `pieces`: display text by token id, the whole vocabulary where it is small.

    `schema`: of the trace file; 2 for a model that cannot say every entropy.
    """

    method: str
    model_name: str
    model_revision: str
    prompt: str
    prompt_ids: tuple[int, ...] = field(repr=False)
    settings: Any  # the Settings of the method
    pieces: dict[int, str] = field(repr=False)
    versions: dict[str, str] = field(repr=False)
    created_at: str
    schema: int = 1


@dataclass(frozen=True, slots=True)
class BlockStarted:
    """A block was written from the proposal: `extension` holds positions start .. start+len-1, at most to `end`."""

    block: int
    start: int
    end: int
    extension: Segment
    pieces: dict[int, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step, and what it cost."""

    step: Step
    tokens_fed: int
    forward_calls: int
    seconds: float
    pieces: dict[int, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class BlockFrozen:
    """These tokens will never change again: after its steps under scope block, at the end under scope completion."""

    block: int
    token_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SampleDrawn:
    """One finished completion of temperature sampling; `finished`: an end token closes it."""

    sample: int
    segment: Segment
    finished: bool
    pieces: dict[int, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """From the step with index `draw` on, the run uses these."""

    draw: int
    alpha: float
    proposal_temperature: float | None

    def __post_init__(self) -> None:
        Law.of(self.alpha, self.proposal_temperature)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a run. `tokens_drawn` counts sampled tokens, `tokens_fed` those put through the network."""

    steps: int = 0
    accepted: int = 0
    changed: int = 0
    tokens_drawn: int = 0
    tokens_fed: int = 0
    forward_calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Last event of a run; `reason` is "completed" or "stopped". For temperature sampling the text is empty."""

    reason: str
    token_ids: tuple[int, ...] = field(repr=False)
    text: str
    log_p: float
    totals: Totals


Event = RunStarted | BlockStarted | StepTaken | BlockFrozen | SampleDrawn | SettingsChanged | RunEnded
