"""How many rows of a table an instance is asked for at once: fewer where it cancels, and more again."""

from __future__ import annotations

from threading import Lock


class PageSize:
    """Rows of a page of one table, learnt by all queries of a sync together: most have a page or two.

    Pages are cancelled for their size, and at random. So a smaller page that came is followed by one twice as
    large, and only where that is cancelled at once are twice as many small ones read before the next attempt:
    were pages to grow more slowly than they shrink, a long reading would end in single rows.
    """

    def __init__(self, most: int) -> None:
        self._most = self.rows = most
        self._good, self._patience = 0, 1
        self._grown = False
        """Whether no page of this size has come since it grew to it."""
        self._lock = Lock()

    def answered(self, asked: int) -> None:
        """Note a page that came whole."""
        with self._lock:
            if asked != self.rows:
                return
            if self._grown:
                self._grown, self._patience = False, 1
            self._good += 1
            if self._good >= self._patience and self.rows < self._most:
                self.rows, self._good, self._grown = min(self._most, self.rows * 2), 0, True

    def cancelled(self, asked: int) -> None:
        """Note a page that was cancelled; one of another size had another reason."""
        with self._lock:
            if asked != self.rows:
                return
            self._patience *= 2 if self._grown else 1
            self.rows, self._good, self._grown = max(1, asked // 2), 0, False
