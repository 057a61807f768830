"""A made-up evaluation in the real records, for tests alone: small, seeded, with the curves of the recorded one."""

from random import Random

from sampler.classroom.results import Answered, Method, Results, Started


def temperature(value: float) -> Method:
    return Method(f"t{value:g}", "temperature", {"temperature": value})


def power(alpha: float = 4.0, block_size: int = 16, steps: int = 10, scope: str = "block") -> Method:
    dials = {"alpha": alpha, "block_size": block_size, "steps_per_block": steps, "scope": scope}
    return Method(f"m{alpha:g}-{block_size}-{steps}-{scope}", "power", {**dials, "max_new_tokens": 80})


BASE, GREEDY = temperature(1.0), Method("g", "greedy")
TUNED = Method("rl", "tuned", {"temperature": 1.0})
TARGETS = tuple(Method(f"p{alpha:g}", "target", {"alpha": alpha}) for alpha in (1.5, 2.0, 4.0, 8.0))
BEST = tuple(Method(f"b{n}", "best_of", {"n": n}) for n in (4, 16, 64))
CURVES = (
    *(power(alpha=alpha, scope=scope) for alpha in (2.0, 8.0) for scope in ("block", "completion")),
    *(power(steps=steps, scope=scope) for steps in (0, 2, 20) for scope in ("block", "completion")),
    *(power(block_size=size) for size in (8, 80)),
)
METHODS = [
    BASE, *map(temperature, (0.7, 0.5, 0.25, 0.1)), GREEDY, *BEST, *TARGETS, TUNED, power(), power(scope="completion"),
    *CURVES,
]  # fmt: skip


def skill(method: Method, ease: float) -> float:
    """A made-up probability of a right answer."""
    s, kind = method.settings, method.kind
    if kind == "temperature":
        return ease * (0.3 + 0.2 * s["temperature"])
    if kind == "power":
        return ease * (1 - 0.5 / (1 + s["alpha"] * s["steps_per_block"] / 20)) * (1.05 if s["scope"] != "block" else 1)
    if kind == "target":
        return ease * (1 - 0.6 / s["alpha"])
    return ease * {"greedy": 0.3, "best_of": 0.6, "tuned": 0.97}[kind]


def samples_of(method: Method, problem: int, few: int) -> int:
    """As in the recorded plan: many samples where pass@k is asked for, none for the curves past the first few."""
    if method in (BASE, TUNED):
        return 64
    if method.kind == "temperature":
        return 16 if method.settings["temperature"] == 0.25 else 4
    if method == power():
        return 16 if problem < few else 1
    return 0 if method in CURVES and problem >= few else 1


def answered(rng: Random, task: str, problem: int, method: Method, samples: int, ease: float) -> Answered:
    p, length = min(1.0, skill(method, ease)), rng.randint(8, 40)
    chain = method.settings.get("steps_per_block", 0)
    drawn = length * method.settings.get("n", 1 + chain * 1.2) * (64 if method.kind == "target" else 1)
    if method.kind == "target":
        return Answered(task, problem, method.name, 1, p, drawn, drawn + 30)
    rights = [rng.random() < p for _ in range(samples)]
    per_token = rng.gauss(-0.6 + 0.5 * p, 0.12)
    return Answered(
        task, problem, method.name, samples, sum(rights), drawn, drawn + 30,
        answer="a" if rights[0] else None if rng.random() < 0.1 else "b",
        is_right=rights[0],
        length=length,
        log_p=min(-0.01, per_token) * length,
        confidence=min(-0.01, rng.gauss(-0.7 + 0.5 * p, 0.15)),
        rank=min(1.0, rng.random() ** (1.5 - p)),
    )  # fmt: skip


def made_up(tasks: tuple[str, ...] = ("cups", "sums"), problems: int = 40, few: int = 12, seed: int = 1) -> Results:
    """An evaluation of METHODS, the curves and the many chains on the first `few` problems of each task."""
    rng, rows = Random(seed), []
    for place, task in enumerate(tasks):
        for problem in range(problems):
            ease = min(1.0, max(0.05, rng.gauss(0.95 - 0.1 * place, 0.15)))
            for method in METHODS:
                if samples := samples_of(method, problem, few):
                    rows.append(answered(rng, task, problem, method, samples, ease))
    base, tuned = ({"name": name, "revision": "made up"} for name in ("classroom", "tuned-elsewhere"))
    started = Started("made up for a test", list(tasks), problems, seed, METHODS, base, tuned, {}, "2026-01-01T00:00Z")
    return Results(started, rows)
