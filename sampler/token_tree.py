"""Keys and values of many texts as one tree of tokens: branches share their beginnings, in memory and in a pass."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from sampler.prefix_cache import Text, can_align

KEPT_TREE_BYTES = 256 * 2**20  # of a larger tree only the held text stays

NOWHERE = np.empty(0, dtype=np.int32)


class Pass(NamedTuple):
    """What one pass needs to read Q new tokens, one after another, whatever their texts, beside C held ones."""

    cache: DynamicCache  # per layer keys and values of the held tokens, (1, heads, C, head width)
    ids: np.ndarray  # (1, Q)
    positions: np.ndarray  # (1, Q), of each token in its own text
    mask: np.ndarray  # (1, 1, Q, C + Q): a token sees its own text up to itself
    new: Sequence[Text]  # the text that each token ends, (Q)


class TokenTree:
    """Tokens already read, each under the text before it, so that a new text costs only its own new tokens.

    A pass over R texts feeds each new token of their tree once, as one long row whose mask lets every token see its
    own branch alone (tree attention: Miao et al. 2024, SpecInfer). Copies nothing for the texts' common beginnings,
    so a wide call on one prompt is several times faster than a batch of rows. For full attention only: the mask
    replaces the model's own, so a sliding window would be lost.
    """

    def __init__(self) -> None:
        self._paths: dict[Text, np.ndarray] = {(): NOWHERE}  # columns of a text's tokens
        self._columns: list[tuple[torch.Tensor, torch.Tensor]] = []  # per layer keys and values (room, heads, width)
        self._held = 0
        self._text: Text = ()

    def __len__(self) -> int:
        return self._held

    def hold(self, text: Text) -> None:
        """From now on this text stays when the tree grows too large."""
        self._text = text

    def missing(self, texts: Sequence[Text]) -> list[Text]:
        """Every beginning of the texts that is not held, and the texts themselves, shorter before longer ones.

        A text that is held gives its last token to the pass again, since its row is asked for.
        """
        new: dict[Text, None] = {}
        for text in sorted(texts):
            length = len(text) - 1
            while text[:length] not in self._paths and text[:length] not in new:
                length -= 1
            for end in range(length + 1, len(text) + 1):
                new[text[:end]] = None
        return list(new)

    def start(self, new: Sequence[Text]) -> Pass:
        """The pass that reads the last token of each missing text; the caller feeds it and gives it to `keep`."""
        paths = [self._paths.get(text[:-1], NOWHERE) for text in new]
        lengths, columns = [len(path) for path in paths], np.concatenate(paths)
        is_seen = np.zeros(self._held, dtype=bool)
        is_seen[columns] = True
        seen = np.flatnonzero(is_seen)
        place = np.cumsum(is_seen) - 1  # of a held column among those seen
        mask = np.zeros((len(new), len(seen) + len(new)), dtype=bool)
        mask[np.repeat(np.arange(len(new)), lengths), place[columns]] = True
        queries = {text: q for q, text in enumerate(new)}
        for text, q in queries.items():
            if text[:-1] in queries:  # the token before is as new as this one
                mask[q] = mask[queries[text[:-1]]]
            mask[q, len(seen) + q] = True
        ids, positions = np.array([[text[-1] for text in new]]), np.array([[len(text) - 1 for text in new]])
        return Pass(self._gathered(seen), ids, positions, mask[None, None], new)

    def keep(self, read: Pass) -> None:
        """Hold the tokens of a pass whose cache has been fed all of them."""
        count = len(read.new)
        self._make_room(read.cache, self._held + count)
        for own, layer in zip(self._columns, read.cache.layers, strict=True):
            for pool, fed in zip(own, (layer.keys, layer.values), strict=True):
                pool[self._held : self._held + count] = fed[0, :, -count:].transpose(0, 1)
        for column, text in enumerate(read.new, start=self._held):
            path = np.empty(len(text), dtype=np.int32)
            path[:-1], path[-1] = self._paths[text[:-1]], column
            self._paths[text] = path
        self._held += count
        if sum(pool.nbytes for own in self._columns for pool in own) > KEPT_TREE_BYTES:
            self._shrink()

    def _shrink(self) -> None:
        """Forget everything but the beginning of the held text, as far as it is known."""
        length = next(n for n in range(len(self._text), -1, -1) if self._text[:n] in self._paths)
        path = torch.from_numpy(self._paths[self._text[:length]])
        self._columns = [tuple(pool[path.to(pool.device)] for pool in own) for own in self._columns]
        columns = np.arange(length, dtype=np.int32)
        self._paths = {self._text[:n]: columns[:n] for n in range(length + 1)}
        self._held = length

    def _gathered(self, columns: np.ndarray) -> DynamicCache:
        cache = DynamicCache()
        index = torch.from_numpy(columns)
        for i, own in enumerate(self._columns):
            cache.update(*(pool[index.to(pool.device)].transpose(0, 1)[None] for pool in own), i)
        return cache

    def _make_room(self, cache: DynamicCache, count: int) -> None:
        """Pools of at least `count` columns, twice as many as before whenever they grow."""
        if self._columns and count <= len(self._columns[0][0]):
            return
        room = 2 * count
        before = self._columns or [(None, None)] * len(cache.layers)
        self._columns = [
            tuple(
                _grown(pool, fed, room, self._held) for pool, fed in zip(own, (layer.keys, layer.values), strict=True)
            )
            for own, layer in zip(before, cache.layers, strict=True)
        ]


def _grown(pool: torch.Tensor | None, fed: torch.Tensor, room: int, held: int) -> torch.Tensor:
    """A pool (room, heads, head width) like what was fed (1, heads, columns, head width), with the columns held."""
    _, heads, _, width = fed.shape
    larger = fed.new_empty((room, heads, width))
    if pool is not None:
        larger[:held] = pool[:held]
    return larger


def can_branch(module: PreTrainedModel, accepts: frozenset[str]) -> bool:
    """Whether a mask of our own may take the place of the model's: full attention in every layer, by sdpa."""
    is_full = {type(layer) for layer in DynamicCache(config=module.config).layers} == {DynamicLayer}
    return is_full and module.config._attn_implementation == "sdpa" and can_align(module, accepts)
