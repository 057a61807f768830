"""The completions of a prompt as a tree of prefixes, as far as a best-first search looks: what an icicle draws.

From the numbers of its nodes alone follow, at any alpha and block size, the base model's law, token-level temperature
and p^alpha, with intervals where the search has left something out (assets/page/tree/laws.js).
"""

from dataclasses import dataclass
from typing import Any

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
    parents: list[int]
    tokens: list[int]
    log_p: list[float]
    rest_log_p: list[float]
    rest_largest: list[float]
    rest_counts: list[int]

    def __len__(self) -> int:
        return len(self.parents)


def grow(
    model: NextToken, prompt_ids: Text, length: int, alpha: float = 4.0, budget: Budget | None = None
) -> PrefixTree:
    """The tree of completions of at most `length` tokens, grown first where most of p^alpha may lie.

    It has a node for each prefix that was searched and each completion. ValueError for an argument out of range.
    """
    prompt_ids, remembering = tuple(prompt_ids), Remembering(model)
    found = enumerate_best_first(remembering, prompt_ids, length, alpha, budget or Budget(width=0.0))
    kept = found.expanded | frozenset(found.completions)
    nodes: list[tuple[Any, ...]] = []  # one a node, of a value for each list of the tree
    pending: list[tuple[Text, int, int, float]] = [((), ROOT, ROOT, 0.0)]
    while pending:
        text, parent, token, log_p = pending.pop()
        rest = np.empty(0)
        if text in found.expanded:
            row = np.asarray(remembering.rows[prompt_ids + text])
            possible = [int(v) for v in np.argsort(-row, kind="stable") if np.isfinite(row[v])]
            own = [v for v in possible if (*text, v) in kept]
            rest = row[[v for v in possible if (*text, v) not in kept]]
            pending += [((*text, v), len(nodes), v, float(row[v])) for v in reversed(own)]
        nodes.append((parent, token, log_p, log_sum_exp(rest), float(rest.max(initial=-np.inf)), len(rest)))
    return PrefixTree(length, found.reason, found.nodes, found.seconds, *map(list, zip(*nodes, strict=True)))
