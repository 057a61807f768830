"""The worlds of the Tree page: what may be chosen and typed, and the model, prompt and length that it stands for."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from explorer.page.library import DEFAULTS, LARGEST_VOCABULARY, Models
from sampler.classroom.presets import PRESETS
from sampler.core.records import checked_int, checked_number, checked_text, quoted
from sampler.methods.ledger import checked_prompt
from sampler.models.contract import LanguageModel
from sampler.models.own_tree import parse_tree
from sampler.models.table import block_world, flat_world, paper_example, pivot_world

Values = dict[str, Any]
EXAMPLE = """prefix,token,probability
,work,0.45
,guess,0.55
work,right,0.95
work,wrong,0.05
guess,a,0.3
guess,b,0.25
guess,c,0.25
guess,d,0.2
"""


class Planted(NamedTuple):
    """What the values of a world stand for; `is_network`: its rows cost passes of a network."""

    model: LanguageModel
    prompt_ids: tuple[int, ...]
    length: int
    is_network: bool = False


@dataclass(frozen=True)
class Field:
    """Something that a world takes: a "range" from min to max, a "prompt", a "model", a "tree" or a "check"."""

    name: str
    kind: str
    label: str
    value: Any
    min: float = 0
    max: float = 1
    step: float = 0.01


@dataclass(frozen=True)
class World:
    """One choice of the page. `plant` raises ValueError with one sentence for a bad values."""

    id: str
    title: str
    caption: str
    plant: Callable[[Values, Models], Planted]
    fields: tuple[Field, ...] = ()
    patience: str = ""  # what the page says while it waits
    runs: int = 400  # of the sampler, and steps a block, where nothing else is asked for
    most_runs: int = 2000
    steps: int = 40

    def described(self) -> dict[str, Any]:
        own = asdict(self)
        del own["plant"]
        return own


def planted(values: Values, models: Models) -> Planted:
    """What stands for `world` with the values of its fields; ValueError names the field, the value and the range."""
    if values.get("world") not in list(BY_ID):
        raise ValueError(f"world must be one of {', '.join(BY_ID)}, not {quoted(values.get('world'))}")
    return BY_ID[values["world"]].plant(values, models)


def own_fields(values: Values) -> Values:
    names = [each.name for each in BY_ID[values["world"]].fields]
    return {"world": values["world"], **{name: values.get(name) for name in names}}


def _pivot(values: Values, models: Models) -> Planted:
    eps, eps_prime = (checked_number(name, values.get(name), 0.01, 0.98) for name in ("eps", "eps_prime"))
    return Planted(pivot_world(eps, eps_prime, checked_int("futures", values.get("futures"), 1, 8)), (), 2)


def _own(values: Values, models: Models) -> Planted:
    tree = parse_tree(values.get("text"), normalise=bool(values.get("normalise")))
    return Planted(tree, (), tree.depth)


def _network(values: Values, models: Models) -> Planted:
    prompt, name = checked_text(values.get("prompt")), values.get("model")
    model = models.get(name)
    if model.vocab_size > LARGEST_VOCABULARY:
        needed = f"model must have at most {LARGEST_VOCABULARY} pieces for its completions to be searched"
        raise ValueError(f"{needed}, {name} has {model.vocab_size}")
    length = DEFAULTS.max_new_tokens
    return Planted(model.fresh(), checked_prompt(model, prompt, length), length, is_network=True)


WORLDS = (
    World(
        "paper", "Example 1 of the paper",
        "Karan & Du 2025: p(ab) = .40, p(ba) = p(bb) = .25. The printed masses sum to 0.90; they are normalised here. "
        "“a” has one strong future, “b” two weaker ones.", lambda values, models: Planted(paper_example(), (), 2),
    ),
    World(
        "pivot", "Proposition 3: a pivotal token",
        "“+” has probability ε and one future, “-” has ε′ and N equal futures, “o” takes what is left. Where "
        "ε′/N^(1−1/α) < ε < ε′, power prefers “+” and temperature “-”.", _pivot,
        (
            Field("eps", "range", "ε of +", 0.3, 0.01, 0.98), Field("eps_prime", "range", "ε′ of -", 0.4, 0.01, 0.98),
            Field("futures", "range", "N futures of -", 4, 1, 8, 1),
        ),
    ),
    World(
        "blocks", "A world whose block size matters",
        "A garden path: after “m” (.55) every token is a fork of .7 and .3, after “f” (.45) nothing is uncertain. A "
        "block sees only the forks that it holds, so what the first token is worth depends on B. Move it.",
        lambda values, models: Planted(block_world(), (), 4),
    ),
    World(
        "endings", "Completions of unequal length",
        "Three pieces, one of which ends the text ($): where the cut term, and an end token's own probability, count.",
        lambda values, models: Planted(flat_world(), flat_world().encode("b"), 3),
    ),
    World(
        "network", "A language model on a prompt",
        "A transformer's completions, those found first that weigh most; intervals hold what was not looked at.",
        _network,
        (
            Field("model", "model", "model", "classroom"),
            Field("prompt", "prompt", "prompt", PRESETS[0].prompt),
        ),
        patience="Searching the model's completions …",
        runs=64,
        most_runs=200,
        steps=10,
    ),
    World(
        "own", "A tree of your own",
        "CSV with the columns prefix, token, probability (the tokens of a prefix separated by spaces), or indented "
        "text, two spaces a level, a token and its probability a line. Drop a file here.", _own,
        (
            Field("text", "tree", "tree", EXAMPLE),
            Field("normalise", "check", "normalise rows that do not sum to 1", False),
        ),
    ),
)  # fmt: skip
BY_ID = {world.id: world for world in WORLDS}
