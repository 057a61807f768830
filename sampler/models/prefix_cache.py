"""Keys and values of texts already read, kept so that a new text costs only the tokens past a common prefix."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from sampler.core.rows import Row

KEPT_BATCHES = 8
ROW_BYTES = 64 * 2**20
KEPT_BYTES = 256 * 2**20  # the newest batch is kept however large it is

Text = tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """Texts read together, aligned at the right: row r of the cache holds texts[r] in its last len(texts[r]) columns.

    So padding only ever stands on the left, where attention patterns counted in columns (a sliding window) allow it.
    """

    texts: tuple[Text, ...]
    cache: DynamicCache  # per layer keys and values, (R, heads, longest text, head width)

    @property
    def layers(self) -> list[Any]:  # with keys and values, since `can_align` holds
        return self.cache.layers

    def nbytes(self) -> int:
        return sum(layer.keys.nbytes + layer.values.nbytes for layer in self.layers)

    def columns(self, row: int, count: int) -> slice:
        """Where the first `count` tokens of a row stand."""
        first = self.cache.get_seq_length() - len(self.texts[row])
        return slice(first, first + count)


class Source(NamedTuple):
    """Where the beginning of a text is held: the first `kept` tokens of one row of a batch."""

    kept: int
    batch: int
    row: int


class PrefixCache:
    """The last few batches, least recently used first: the current text, say, and the proposal made from it."""

    def __init__(self, kept_bytes: int | None = None) -> None:
        self._batches: list[Batch] = []
        self._kept_bytes = KEPT_BYTES if kept_bytes is None else kept_bytes
        self._held: Text = ()

    def __len__(self) -> int:
        return len(self._batches)

    def hold(self, text: Text) -> None:
        """From now on the batch that holds most of this text is the last to make room."""
        self._held = text

    def start(self, texts: Sequence[Text]) -> tuple[DynamicCache, int]:
        """A cache that holds the texts' beginnings, and the number W >= 1 of last tokens of each text to feed it.

        W is what the least known text needs; the others are fed as many (or all that they have), since they would be
        padded to that width anyway. A batch that the texts extend is taken as it is, without a copy. The caller feeds
        the cache and hands it to `keep`; if the feeding fails, it is lost and nothing else is.
        """
        for b, batch in enumerate(self._batches):
            if width := _common_extension(batch.texts, texts):
                return self._batches.pop(b).cache, width
        if not self._batches:
            return DynamicCache(), max(map(len, texts))
        sources = self._sources(texts)
        width = max(len(text) - source.kept for text, source in zip(texts, sources, strict=True))
        pairs = zip(texts, sources, strict=True)
        cache = self._gathered([source._replace(kept=max(0, len(text) - width)) for text, source in pairs])
        self._retire(sources)
        return cache, width

    def keep(self, texts: Sequence[Text], cache: DynamicCache) -> None:
        """Hold a cache that has been fed all tokens of `texts`; the batches used longest ago make room."""
        self._batches.append(Batch(tuple(texts), cache))
        excess = sum(batch.nbytes() for batch in self._batches) - self._kept_bytes
        while len(self._batches) > 1 and (excess > 0 or len(self._batches) > KEPT_BATCHES):
            home = self._sources([self._held])[0].batch
            excess -= self._batches.pop(1 if home == 0 and len(self._batches) > 2 else 0).nbytes()

    def _sources(self, texts: Sequence[Text]) -> list[Source]:
        """For each text the row with the longest common prefix; a text's last token always remains to be fed."""
        held = sorted((text, b, row) for b, batch in enumerate(self._batches) for row, text in enumerate(batch.texts))
        sources = []
        for text in texts:
            at = bisect_left(held, (text,))  # in sorted order the longest common prefix is with a neighbour
            neighbours = held[max(0, at - 1) : at + 1]
            sources.append(max(Source(_common_prefix(text[:-1], known), b, row) for known, b, row in neighbours))
        return sources

    def _gathered(self, sources: Sequence[Source]) -> DynamicCache:
        """A new cache whose row i is a copy of `sources[i]`, aligned at the right."""
        cache = DynamicCache()
        origins = [(self._batches[b], row, self._batches[b].columns(row, kept)) for kept, b, row in sources]
        for i in range(len(self._batches[0].layers)):
            keys = [batch.layers[i].keys[row, :, columns] for batch, row, columns in origins]
            values = [batch.layers[i].values[row, :, columns] for batch, row, columns in origins]
            cache.update(_stacked(keys), _stacked(values), i)
        return cache

    def _retire(self, sources: Sequence[Source]) -> None:
        """Drop the batches whose rows all live on whole in the new one; other sources count as just used."""
        whole = {(b, row) for kept, b, row in sources if kept == len(self._batches[b].texts[row])}
        used = {b for kept, b, _ in sources if kept}
        rest = [
            b for b, batch in enumerate(self._batches) if any((b, row) not in whole for row in range(len(batch.texts)))
        ]
        self._batches = [self._batches[b] for b in sorted(rest, key=used.__contains__)]


class RowMemory:
    """Rows [V] by their whole context, up to ROW_BYTES; the row used longest ago is forgotten first.

    The rows of the text that is held are forgotten last of all, those of its newest tokens very last. Several runs of
    one model may share a memory, in several threads.
    """

    def __init__(self) -> None:
        self._rows: OrderedDict[Text, Row] = OrderedDict()
        self._held: OrderedDict[Text, Row] = OrderedDict()
        self._lock = RLock()
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._rows) + len(self._held)

    def get(self, context: Text) -> Row | None:
        """The row of a context, None if it is not known."""
        with self._lock:
            if context in self._rows:
                self._rows.move_to_end(context)
                return self._rows[context]
            return self._held.get(context)

    def put(self, context: Text, row: Row) -> Row:
        """Remember a row; returns the one that is remembered."""
        with self._lock:
            known = self.get(context)
            if known is not None:  # another run has found it meanwhile
                return known
            self._rows[context] = row
            self.nbytes += row_bytes(context, row)
            while self.nbytes > ROW_BYTES:
                self.nbytes -= row_bytes(*(self._rows or self._held).popitem(last=False))
            return row

    def hold(self, text: Text, start: int) -> None:
        """Keep the rows after the first `start`, `start` + 1, ... tokens of a text longest, in place of another's."""
        with self._lock:
            self._rows.update(self._held)
            contexts = [text[:length] for length in range(start, len(text))]
            self._held = OrderedDict((c, self._rows.pop(c)) for c in contexts if c in self._rows)


def row_bytes(context: Text, row: Row) -> int:
    """What a remembered row takes, with its context."""
    return row.nbytes + 8 * len(context)


def aligned(texts: Sequence[Text], width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Token ids [R, width], mask [R, C] and positions [R, width] of the last `width` columns of texts.

    C is the longest length; shorter texts are padded on the left.
    """
    longest = max(map(len, texts))
    ids = np.array([(0,) * (width - len(text)) + text[-width:] for text in texts])
    positions = np.arange(longest) - np.array([[longest - len(text)] for text in texts])  # (R, C), < 0 in padding
    return ids, positions >= 0, np.maximum(positions[:, -width:], 0)


def _common_extension(held: Sequence[Text], texts: Sequence[Text]) -> int:
    """The number of tokens by which every text extends the held one in the same row; 0 if there is no such number."""
    width = len(texts[0]) - len(held[0])
    if len(texts) != len(held) or width < 1:
        return 0
    pairs = zip(texts, held, strict=True)
    return width if all(len(text) - len(old) == width and text[: len(old)] == old for text, old in pairs) else 0


def _common_prefix(a: Text, b: Text) -> int:
    """Length of the longest common prefix."""
    lengths = range(1, min(len(a), len(b)) + 1)
    return bisect_left(lengths, True, key=lambda length: a[:length] != b[:length])


def _stacked(rows: Sequence[torch.Tensor]) -> torch.Tensor:
    """Rows (heads, columns, head width) of different numbers of columns as one tensor, zeros on the left."""
    columns_first = [row.transpose(0, 1) for row in rows]
    return pad_sequence(columns_first, batch_first=True, padding_side="left").transpose(1, 2)


def can_align(module: PreTrainedModel, accepts: frozenset[str]) -> bool:
    """Whether texts of different lengths may share a pass, and whether keys and values are all there is to keep.

    True for attention, with sliding windows too; false where a layer keeps a recurrent or compressed state.
    """
    kinds = {type(layer) for layer in DynamicCache(config=module.config).layers}
    is_attention = kinds <= {DynamicLayer, DynamicSlidingWindowLayer} and not module._is_stateful
    return is_attention and accepts >= {"attention_mask", "position_ids", "past_key_values"}
