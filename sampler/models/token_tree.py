"""Keys and values of many texts as one tree of tokens: branches share their beginnings, in memory and in a pass.

Say "the cat" has been read, and the rows after "the cat sat" and "the dog" are wanted. The tree has columns

    0 the    1 cat    2 sat    3 dog        (0 and 1 read before; 2 and 3 are new)

and one pass feeds the two new tokens side by side, under a mask that shows each its own branch: "sat" sees columns 0, 1
and 2, "dog" sees 0 and 3. Each has the position of its place in its own text (2 and 1). So nothing common is copied or
read twice, however many texts branch from one prompt. `missing` lists the beginnings that are not read yet, `start`
lays out the pass, the network's attention fills the `Pool` of each layer, and `keep` enters the new columns.

A network that counts its columns, as a sliding window does, cannot take such a mask. Its pass has each text in a row of
its own, with the text's columns in their order at the right (`rows`):

    0 1 2    the cat sat     (2 is new)
    - 0 3    the dog         (3 is new)
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from sampler.models.row_memory import Text

KEPT_BYTES = 256 * 2**20  # of a larger tree only the newest texts and the held one stay
ROW_TEXTS = 16  # texts in a row of a pass; more would make attention skip more columns of other branches
NOWHERE = np.empty(0, dtype=np.int64)


class Pass(NamedTuple):
    """What one pass needs to read new tokens, whatever their texts: G rows of Q, beside C columns of the tree each.

    From `start` they stand row after row in the order of `new`; the last one is repeated where the last row is not
    full.
    """

    cache: Cache
    ids: np.ndarray  # (G, Q)
    positions: np.ndarray  # (G, Q), of each token in its own text
    mask: np.ndarray  # (G, 1, Q, C): a token sees its own text up to itself; from `rows` (G, C): the row's text
    new: dict[Text, np.ndarray]  # the text that each new token ends, and the columns of its tokens


class Pool(DynamicLayer):  # type: ignore[no-untyped-call]  # transformers' classes are not typed
    """One layer's keys and values of all held tokens, from which each pass takes its own: (room, width).

    A token's keys of all heads stand before its values of all heads.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held = 0
        self.columns = np.empty((0, 0), dtype=np.int64)  # (G, C), of this pass
        self.before = 0  # of them, those read before this pass
        self.tokens: Any = torch.empty(0, 0)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Put the new tokens' (G, heads, Q, head width) behind the held ones; returns those of the pass's columns."""
        new = [states.transpose(1, 2).flatten(0, 1) for states in (key_states, value_states)]
        self.put(torch.cat([states.flatten(1) for states in new], 1))
        columns = torch.from_numpy(self.columns).to(self.tokens.device)
        taken = self.tokens.index_select(0, columns.flatten()).reshape(*columns.shape, -1)
        parts = torch.split(taken, [states[0].numel() for states in new], -1)
        shaped = (part.reshape(*part.shape[:2], *s.shape[1:]) for part, s in zip(parts, new, strict=True))
        keys, values = (part.transpose(1, 2) for part in shaped)  # (G, heads, C, head width) each
        return keys, values

    def get_seq_length(self) -> int:
        """The columns of this pass that were read before it."""
        return self.before

    def put(self, new: torch.Tensor | np.ndarray) -> None:
        """Put new tokens (G * Q, width) behind the held ones, which are a tensor or an array as the first were."""
        end = self.held + len(new)
        if end > len(self.tokens):
            room = (2 * end, new.shape[1])
            grown = np.empty(room, new.dtype) if isinstance(new, np.ndarray) else new.new_empty(room)
            if self.held:
                grown[: self.held] = self.tokens[: self.held]
            self.tokens = grown
        self.tokens[self.held : end] = new


class TokenTree:
    """Tokens already read, each under the text before it, so that a new text costs only its own new tokens.

    A pass over R texts feeds each new token of their tree once, in long rows whose mask lets every token see its
    own branch alone (tree attention: Miao et al. 2024, SpecInfer). Copies nothing for the common beginnings of a row's
    texts, so a wide call on one prompt is several times faster than a batch of one text a row.
    """

    def __init__(self, layers: int, kept_bytes: int | None = None) -> None:
        self._kept_bytes = KEPT_BYTES if kept_bytes is None else kept_bytes
        self._paths: dict[Text, np.ndarray] = {(): NOWHERE}  # columns of a text's tokens
        self._pools = [Pool() for _ in range(layers)]
        self._cache = Cache(layers=list(self._pools))
        self._held = 0
        self._text: Text = ()

    def __len__(self) -> int:
        return self._held

    def hold(self, text: Text) -> None:
        """From now on this text stays when the tree grows too large."""
        self._text = text

    def missing(self, texts: Sequence[Text]) -> list[Text]:
        """Every beginning of the texts that is not held, and the texts themselves, shorter before longer ones.

        The last token of a text that was read before is fed once more, since its row is wanted again.
        """
        new: dict[Text, None] = {}
        for text in sorted(texts):
            length = len(text) - 1
            while text[:length] not in self._paths and text[:length] not in new:
                length -= 1
            for end in range(length + 1, len(text) + 1):
                new[text[:end]] = None
        return list(new)

    def start(self, texts: Sequence[Text]) -> Pass:
        """The pass that reads the last token of each missing text; the caller feeds it and gives it to `keep`.

        Rows of ROW_TEXTS; one row for all where a token before is as new as the one that follows it.
        """
        new: dict[Text, np.ndarray] = {}
        size = min(ROW_TEXTS, len(texts)) if all(text[:-1] in self._paths for text in texts) else len(texts)
        for column, text in enumerate(texts, start=self._held):
            new[text] = self._path(text[:-1], new, column)
        fed = [*texts, *[texts[-1]] * (-len(texts) % size)]
        columns, mask = _rows([new[text] for text in fed], size)
        ids, positions = np.array([(text[-1], len(text) - 1) for text in fed]).T.reshape(2, -1, size)
        self._point(columns, size)
        return Pass(self._cache, ids, positions, mask, new)

    def rows(self, texts: Sequence[Text]) -> Pass:
        """The pass that reads some distinct texts to their ends, each in a row of its own.

        All rows feed as many last tokens as the least known text needs. Shorter texts are padded on the left, where
        attention patterns counted in columns allow it.
        """
        width = max(len(text) - self._known(text) for text in texts)
        ids, mask, positions = aligned(texts, width)
        new: dict[Text, np.ndarray] = {}
        columns = np.zeros(mask.shape, dtype=np.int64)
        for row, text in enumerate(texts):
            first, end = max(0, len(text) - width), self._held + (row + 1) * width
            fed = range(end - len(text) + first, end)
            columns[row, -len(text) :] = [*self._paths[text[:first]], *fed]
            for length, column in enumerate(fed, start=first + 1):
                if text[:length] not in self._paths and text[:length] not in new:
                    new[text[:length]] = self._path(text[: length - 1], new, column)
        self._point(columns, width)
        return Pass(self._cache, ids, positions, mask, new)

    def _path(self, before: Text, new: dict[Text, np.ndarray], column: int) -> np.ndarray:
        """The columns of a text that is held or new, and one more."""
        known = self._paths[before] if before in self._paths else new[before]
        path = np.empty(len(known) + 1, dtype=np.int64)
        path[:-1], path[-1] = known, column
        return path

    def _known(self, text: Text) -> int:
        """How many of a text's tokens before its last are held, from its first on."""
        return next(length for length in range(len(text) - 1, -1, -1) if text[:length] in self._paths)

    def _point(self, columns: np.ndarray, fed: int) -> None:
        """Give every layer the columns (G, C) of a pass that feeds `fed` tokens a row."""
        for pool in self._pools:
            pool.held, pool.columns, pool.before = self._held, columns, columns.shape[1] - fed

    def keep(self, read: Pass) -> None:
        """Hold the tokens of a pass whose cache has been fed all of them; a path always extends its beginning's."""
        for text, path in read.new.items():
            self._paths.setdefault(text, path)
        self._held += read.ids.size
        if sum(pool.tokens.nbytes for pool in self._pools) > self._kept_bytes:
            self._shrink(read)

    def _shrink(self, read: Pass) -> None:
        """Forget all but the beginning of the held text, as far as it is known, and the texts of a pass if they fit."""
        length = next(n for n in range(len(self._text), -1, -1) if self._text[:n] in self._paths)
        columns = self._paths[self._text[:length]]
        newest = np.unique(np.concatenate([columns, *(self._paths[text] for text in read.new)]))
        if len(newest) * sum(pool.tokens[:1].nbytes for pool in self._pools) <= self._kept_bytes:
            columns = newest
        self._paths = {
            text: np.searchsorted(columns, path) for text, path in self._paths.items() if np.isin(path, columns).all()
        }
        for pool in filter(lambda pool: len(pool.tokens), self._pools):  # a layer may share another's
            pool.tokens = pool.tokens[columns]
        self._held = len(columns)


def _rows(paths: list[np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The columns (G, C) that each `size` of some paths need, and which of them each path holds, (G, 1, size, C)."""
    seen = [_places(paths[first : first + size]) for first in range(0, len(paths), size)]
    width = max(len(own) for own, _ in seen)
    columns, mask = np.zeros((len(seen), width), dtype=np.int64), np.zeros((len(seen), 1, size, width), dtype=bool)
    for g, (own, place) in enumerate(seen):
        columns[g, : len(own)] = own
        lengths = [len(path) for path in paths[g * size : (g + 1) * size]]
        mask[g, 0, np.repeat(np.arange(size), lengths), place] = True
    return columns, mask


def _places(paths: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The columns of some paths in rising order, and the place among them of every column of every path."""
    joined = np.concatenate(paths)
    is_seen = np.zeros(joined.max() + 1, dtype=bool)
    is_seen[joined] = True
    return np.flatnonzero(is_seen), (np.cumsum(is_seen) - 1)[joined]


def aligned(texts: Sequence[Text], width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Token ids [R, width], mask [R, C] and positions [R, width] of the last `width` columns of texts.

    C is the longest length; shorter texts are padded on the left.
    """
    longest = max(map(len, texts))
    ids = np.array([(0,) * (width - len(text)) + text[-width:] for text in texts])
    positions = np.arange(longest) - np.array([[longest - len(text)] for text in texts])  # (R, C), < 0 in padding
    return ids, positions >= 0, np.maximum(positions[:, -width:], 0)


def can_align(module: PreTrainedModel, accepts: frozenset[str]) -> bool:
    """Whether texts of different lengths may share a pass, and whether keys and values are all there is to keep.

    True for attention, with sliding windows too; false where a layer keeps a recurrent or compressed state.
    """
    kinds = {type(layer) for layer in DynamicCache(config=module.config).layers}
    is_attention = kinds <= {DynamicLayer, DynamicSlidingWindowLayer} and not module._is_stateful
    return is_attention and accepts >= {"attention_mask", "position_ids", "past_key_values"}


def can_branch(module: PreTrainedModel, accepts: frozenset[str]) -> bool:
    """Whether a mask of our own may take the place of the model's: full attention in every layer, by sdpa."""
    is_full = {type(layer) for layer in DynamicCache(config=module.config).layers} == {DynamicLayer}
    return is_full and module.config._attn_implementation == "sdpa" and can_align(module, accepts)
