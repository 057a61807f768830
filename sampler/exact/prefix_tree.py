"""The completions of a prompt as a tree of prefixes, as far as a best-first search looks: what an icicle draws.

From the numbers of its nodes alone follow, at any alpha and block size, the base model's law, token-level temperature
and p^alpha, with intervals where the search has left something out (assets/page/tree/laws.js).
"""

from dataclasses import dataclass, field

import numpy as np

from sampler.core.power import log_sum_exp
from sampler.exact.best_first import Budget, Text, enumerate_best_first
from sampler.exact.enumeration import Remembering
from sampler.models.contract import NextToken

ROOT = -1  # neither parent nor token: the empty prefix, node 0


@dataclass(frozen=True)
class PrefixTree:
    """n nodes, each after its parent; siblings likeliest first.

    `log_p` is the base log-probability of the node's token given its parent. Of the tokens after a node that have no
    nodes, `rest_counts` is the number (0: every token has one), `rest_log_p` the log-probability of all together and
    `rest_largest` that of the likeliest. A node with neither children nor rest is a completion. `reason`, `rows` and
    `seconds` are those of the search.
    """

    length: int
    reason: str
    rows: int
    seconds: float
    parents: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    log_p: list[float] = field(default_factory=list)
    rest_log_p: list[float] = field(default_factory=list)
    rest_largest: list[float] = field(default_factory=list)
    rest_counts: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.parents)

    def add(self, parent: int, token: int, log_p: float) -> int:
        """A new node without anything after it; returns its number."""
        self.parents.append(parent)
        self.tokens.append(token)
        self.log_p.append(log_p)
        self.rest_log_p.append(-np.inf)
        self.rest_largest.append(-np.inf)
        self.rest_counts.append(0)
        return len(self) - 1


def grow(
    model: NextToken, prompt_ids: Text, length: int, alpha: float = 4.0, budget: Budget | None = None
) -> PrefixTree:
    """The tree of completions of at most `length` tokens, grown first where most of p^alpha may lie.

    It has a node for each prefix that was searched and each completion. ValueError for an argument out of range.
    """
    prompt_ids, remembering = tuple(prompt_ids), Remembering(model)
    found = enumerate_best_first(remembering, prompt_ids, length, alpha, budget or Budget(width=0.0))
    kept = found.expanded | frozenset(found.completions)
    tree = PrefixTree(length, found.reason, found.nodes, found.seconds)
    pending: list[tuple[Text, int]] = [((), tree.add(ROOT, ROOT, 0.0))]
    while pending:
        text, place = pending.pop()
        if text in found.expanded:
            row = np.asarray(remembering.rows[prompt_ids + text])
            pending.extend(reversed(_children(tree, text, place, row, kept)))
    return tree


def _children(
    tree: PrefixTree, text: Text, place: int, row: np.ndarray, kept: frozenset[Text]
) -> list[tuple[Text, int]]:
    """Add the nodes right below a prefix with base row [V], and its rest; returns the nodes with their texts."""
    possible = [int(v) for v in np.argsort(-row, kind="stable") if np.isfinite(row[v])]
    own = [v for v in possible if (*text, v) in kept]
    rest = row[[v for v in possible if (*text, v) not in kept]]
    if len(rest):
        tree.rest_log_p[place], tree.rest_largest[place] = log_sum_exp(rest), float(rest.max())
        tree.rest_counts[place] = len(rest)
    return [((*text, v), tree.add(place, v, float(row[v]))) for v in own]
