"""Next-token rows already computed, by their whole context."""

from collections import OrderedDict
from threading import RLock

from sampler.core.rows import Row

ROW_BYTES = 64 * 2**20

Text = tuple[int, ...]


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
            row = self._rows.get(context)
            if row is None:
                return self._held.get(context)
            self._rows.move_to_end(context)
            return row

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
