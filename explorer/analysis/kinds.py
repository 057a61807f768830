"""The kinds of rows: the fields that a figure may ask of each, with units (views/figure.py). Rows may hold more.

Logs are natural, in nats; positions count from 0 in the completion; `x` of a draw counts from 1, and a block's
extension stands half a draw before the step that follows. None is a gap.
"""

from typing import Any, NotRequired, TypedDict

from explorer.analysis.methods import DRAWN, FIGURE_4

Lists = list[Any]  # over the positions of a text


class Moment(TypedDict):
    """A block's extension or a step, with the text after it (moments.py)."""

    x: float
    when: str  # x in words
    length: int  # tokens
    total_log_p: float
    age: Lists
    log_p: Lists
    entropy: Lists
    survived: Lists
    cell_texts: NotRequired[Lists]  # what a hover says; it depends on how much of the run is on show


class Step(TypedDict):
    """One judged proposal (moments.py)."""

    x: float
    number: int  # draw + 1
    block_number: int
    cut: int  # the first position proposed
    last: int  # the last
    reach: int  # tokens proposed
    zero: int
    differs: bool
    first_difference: int | None  # position
    changed_text: str
    outcome: str
    is_accepted: bool
    log_p_proposed: float  # of the whole completion
    up: float  # nats from the proposal up, or down, to the text that it was compared with
    down: float
    log_a_text: str
    log_u_text: str
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
    """One temperature sample (run_rows.py)."""

    number: int  # from 1
    jitter: float  # place across the margin, 0 to 1
    total_log_p: float
    length: int


class ChainDraw(TypedDict):
    """One moment of one chain."""

    chain: int
    number: int  # of its block, from 1
    x: float
    log_p: float
    what: str


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

    group: str
    label: str
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


PassAtK = TypedDict(
    "PassAtK",
    {"k": int, "n": int} | dict.fromkeys(DRAWN, float | None) | {f"{group}_interval": str | None for group in DRAWN},
)
Bin = TypedDict(
    "Bin",
    {"x": float, "span": str, "n": int, "even": NotRequired[float]}
    | dict.fromkeys(FIGURE_4, float | None)
    | {f"{group}_count": int | None for group in FIGURE_4},
)


class Novelty(TypedDict):
    """pass@k of the base model on the problems that the RL-tuned model solves, and on all."""

    k: int
    solved: float
    every: float
    n: int
    n_every: int


class Completion(TypedDict):
    """A completion of a tree: its probability under each law, and its share of the runs."""

    x: int
    text: str
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
