"""The kinds of rows that figures draw: their fields, with units. A figure may ask for nothing else (views/figure.py).

Logs are natural, in nats; positions count from 0 in the completion; `x` of a draw counts from 1, and a block's
extension stands half a draw before the step that follows. None is a gap.
"""

from typing import Any, NotRequired, TypedDict

from explorer.analysis.methods import GROUPS

Lists = list[Any]  # over the positions of a text


class Moment(TypedDict):
    """A block's extension or a step, with the text after it."""

    index: int
    kind: str  # "extension" or "step"
    block: int
    x: float
    when: str  # x in words
    cut: int  # the first new position
    written: dict[str, Lists]  # the new segment
    total_log_p: float
    length: int  # tokens
    text: str
    answer: str | None
    frozen: int  # positions frozen by then
    sentence: str
    tokens: Lists  # display text
    log_p: Lists
    entropy: Lists
    source: Lists  # index of the moment that wrote the token
    age: Lists  # moments since the token changed
    survived: Lists  # proposals over the token that left it
    share: Lists  # of the most common token lately, 0 to 1
    cuts: Lists  # made here so far
    changed_cuts: Lists
    same_cuts: Lists
    rejected_cuts: Lists
    cell_texts: NotRequired[Lists]  # what a hover says; it depends on how much of the run is on show


class Step(Moment):
    """One judged proposal."""

    step: int  # within its block
    draw: int
    number: int  # draw + 1
    block_number: int
    alpha: float
    temperature: float
    replaced: dict[str, Lists]
    log_p_before: float  # of the whole completion, as the next
    log_p_proposed: float
    delta_log_p: float
    log_target_ratio: float
    log_proposal_ratio: float
    log_cut_ratio: float
    log_accept_ratio: float
    log_u: float
    log_a_text: str
    log_u_text: str
    accept_prob: float
    is_accepted: bool
    is_changed: bool
    outcome: str
    changed_text: str
    first_difference: int | None  # position
    differs: bool
    tokens_changed: int
    flip_alpha: float | None
    increments: dict[str, Lists]  # fields of Increment, by position
    up: float  # nats from the proposal up, or down, to the text that it was compared with
    down: float
    reach: int  # tokens proposed
    zero: int
    last: int  # position proposed
    would_turn: bool  # at the alpha of the what-if
    what_if_alpha: str
    what_if_verdict: str


class Increment(TypedDict):
    """What one position adds to log A."""

    position: int
    increment: float  # alpha log p - log q of the proposed token, minus the same of the replaced one
    running: float  # their sum so far, from the cut term on; it ends at log A
    is_gain: bool
    log_u: float
    proposed_token: str
    proposed_text: str
    replaced_token: str
    replaced_text: str


class Position(TypedDict):
    """One position of a moment's text: its lists, one entry each."""

    position: int
    token: str
    share: float
    cuts: int
    changed_cuts: int
    same_cuts: int
    rejected_cuts: int


class Measured(TypedDict):
    """A measure of a position, exact or estimated."""

    position: int
    token: str
    value: float
    error: float
    below: float  # how far the error reaches down
    is_exact: bool
    words: str


class PathPoint(TypedDict):
    """A moment of the same draws at another alpha."""

    x: float
    when: str
    total_log_p: float
    alpha_text: str


class Sample(TypedDict):
    """One temperature sample."""

    sample: int
    number: int  # sample + 1
    jitter: float  # place across the margin, 0 to 1
    tokens: Lists
    log_p: Lists
    total_log_p: float
    length: int
    finished: bool
    text: str
    answer: str | None


class ChainDraw(TypedDict):
    """One moment of one chain."""

    chain: int
    block: int
    number: int  # block + 1
    x: float
    log_p: float
    what: str
    answer: str


class CutShares(TypedDict):
    """What the cuts of all chains at a position came to, as shares."""

    position: int
    cuts: int
    changed: float
    same: float
    rejected: float


class Correlation(TypedDict):
    """Autocorrelation at one lag, of a stage of a chain or of the mean over `stages`."""

    lag: int | None  # steps
    rho: float | None
    block: NotRequired[int]  # from 1
    chain: NotRequired[int]
    stages: NotRequired[int]


class Agreement(TypedDict):
    """The commonest token of the final texts at a position, and its share of the chains."""

    position: int
    token: str
    share: float
    different: int


class Distance(TypedDict):
    """Total variation to the certified target, 0 to 1; `expected` is that of as many exact samples."""

    x: float
    distance: float
    expected: float


class Accuracy(TypedDict):
    """A method's accuracy, with Wilson's 95 % interval and what an answer costs."""

    method: str
    group: str
    label: str
    short: str
    words: str
    accuracy: float  # share, as the next four
    low: float
    high: float
    up: float
    down: float
    n: int  # problems
    drawn: float  # tokens an answer
    fed: float
    mark: str  # written beside its point
    tick: NotRequired[str]  # its name on the axis
    drawn_text: NotRequired[str]
    x: NotRequired[float]  # the dial
    path: NotRequired[str]  # the group whose line of more steps it lies on


by_group = {group: float | None for group in GROUPS}
PassAtK = TypedDict("PassAtK", {"k": int, "n": int} | by_group | {f"{group}_interval": str | None for group in GROUPS})
Bin = TypedDict(
    "Bin",
    {"x": float, "span": str, "n": int, "even": NotRequired[float]}
    | by_group
    | {f"{group}_count": int | None for group in GROUPS},
)


class Novelty(TypedDict):
    """pass@k of the base model on the problems that the RL-tuned model solves, and on all."""

    k: int
    solved: float
    every: float
    n: int
    n_every: int
    unreached: int
    interval: str


class Completion(TypedDict):
    """A completion of a tree: its probability under each law, and its share of the runs."""

    x: int
    text: str
    label: str
    power: float
    power_error: float | None
    words: str
    temperature: float
    run_law: float | None
    share: float | None
    up: float | None
    down: float | None
    count: str | None


class RunLaw(TypedDict):
    """The exact law of whole runs with one block size and number of steps: total variation to both targets."""

    scope: str
    block_size: int
    steps: int
    to_power: float
    to_temperature: float
