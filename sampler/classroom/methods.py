"""The methods that an evaluation compares, and on how many problems each. Imports no torch."""

from dataclasses import dataclass

from sampler.classroom.results import Method
from sampler.methods.registry import METHODS

LONGEST = 80  # tokens of an answer, for every method; the page's default
ALPHA, BLOCK_SIZE, STEPS = 4.0, 16, 10  # the page's defaults
FEW = 40  # problems a task for the curves over alpha, steps and block size
MANY = 200  # problems a task with many samples of each method, for pass@k


@dataclass(frozen=True)
class Ask:
    """One method, asked for `samples` answers to each of the problems `first` .. `problems` - 1 of every task."""

    method: Method
    samples: int
    problems: int
    first: int = 0


@dataclass(frozen=True)
class Plan:
    """What an evaluation measures: the first `problems` held-out problems of each task, by a seed."""

    tasks: tuple[str, ...]
    problems: int
    seed: int
    asks: tuple[Ask, ...]

    @property
    def methods(self) -> list[Method]:
        """Every method once."""
        return list({ask.method.name: ask.method for ask in self.asks}.values())

    @property
    def pool_size(self) -> int:
        """Base samples per problem: as many as the method that uses most of them needs."""
        sizes = [ask.samples for ask in self.asks if ask.method.kind == "temperature"]
        return max([*sizes, *(ask.method.settings.get("n", 1) for ask in self.asks)])


def temperature(value: float) -> Method:
    """Token by token from p^(1/temperature)."""
    name = "base" if value == 1 else f"temperature {value:g}"
    return Method(name, "temperature", {"temperature": value})


def best_of(n: int) -> Method:
    """The likeliest of n base samples."""
    return Method(f"best of {n}", "best_of", {"n": n})


def target(alpha: float) -> Method:
    return Method(f"exact p^{alpha:g}", "target", {"alpha": alpha})


def power(
    alpha: float = ALPHA, block_size: int = BLOCK_SIZE, steps_per_block: int = STEPS, scope: str = "block"
) -> Method:
    """The chain, its proposal temperature tied to 1/alpha."""
    name = f"power α={alpha:g} B={block_size} N={steps_per_block} {scope}"
    settings = {"alpha": alpha, "block_size": block_size, "steps_per_block": steps_per_block, "scope": scope}
    return Method(name, "power", {**settings, "max_new_tokens": LONGEST})


def registered() -> list[Method]:
    """Every method of the registry at its default settings, but for those that an evaluation knows in detail."""
    return [Method(name, name) for name in METHODS if name not in ("power", "temperature")]


GREEDY = Method("greedy", "greedy")
TUNED = Method("RL-tuned", "tuned", {"temperature": 1.0})


def recorded(problems: int) -> tuple[Ask, ...]:
    """Everything that the Compare page opens on, for `problems` problems a task.

    Curves use at most FEW of them, chains of scope completion at most 100. pass@k has many samples on the first MANY
    problems (of the chain: FEW), and few on the others.
    """
    few, many, default = min(FEW, problems), min(MANY, problems), power()
    curves = [
        *(power(steps_per_block=n) for n in (0, 2, 5, 20, 40)),
        *(power(steps_per_block=n, scope="completion") for n in (2, 5, 20)),
        *(power(alpha=alpha) for alpha in (1.0, 2.0, 8.0)),
        *(power(alpha=alpha, scope="completion") for alpha in (1.0, 2.0, 8.0)),
        *(power(block_size=size) for size in (8, 32, LONGEST)),
    ]
    return (
        Ask(temperature(1.0), 64, problems),
        *(Ask(best_of(n), 1, problems) for n in (4, 16, 64)),
        *(Ask(target(alpha), 1, problems) for alpha in (1.5, 2.0, 3.0, 4.0, 6.0, 8.0)),
        *(Ask(temperature(value), 8, many) for value in (0.7, 0.5, 0.1)),
        *(Ask(temperature(value), 2, problems, first=many) for value in (0.7, 0.5, 0.1)),
        Ask(temperature(0.25), 16, many),
        Ask(temperature(0.25), 2, problems, first=many),
        Ask(GREEDY, 1, problems),
        Ask(TUNED, 64, many),
        Ask(TUNED, 4, problems, first=many),
        Ask(default, 16, few),
        Ask(default, 1, problems, first=few),
        Ask(power(scope="completion"), 1, min(100, problems)),
        *(Ask(method, 1, few) for method in [*curves, *registered()]),
    )


LIVE = (
    Ask(temperature(1.0), 32, 50),
    Ask(best_of(16), 1, 50),
    Ask(target(ALPHA), 1, 50),
    Ask(temperature(0.25), 8, 50),
    Ask(GREEDY, 1, 50),
    Ask(TUNED, 32, 50),
    Ask(power(), 4, 50),
    Ask(power(scope="completion"), 1, 50),
    *(Ask(method, 1, 50) for method in registered()),
)
