"""The rows of one table or class with everything below it, found by id or by sorted field."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

Row = dict[str, str]
"""One row by field name; a field that is missing is empty. Never changed in place once it is stored."""

Entry = tuple[str, str]


class RowSet:
    """Rows by sys_id, with sorted views that are made on first use and kept up to date."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.by_id: dict[str, Row] = {row["sys_id"]: row for row in rows}
        self.version = 0
        self._ids: list[str] | None = None
        self._sorted: dict[str, list[Entry]] = {}

    def __len__(self) -> int:
        return len(self.by_id)

    @property
    def ids(self) -> list[str]:
        """Every sys_id, in order."""
        if self._ids is None:
            self._ids = sorted(self.by_id)
        return self._ids

    def ordered(self, field: str) -> list[Entry]:
        """Every value of a field with its sys_id, in order."""
        entries = self._sorted.get(field)
        if entries is None:
            entries = sorted((row.get(field, ""), key) for key, row in self.by_id.items())
            self._sorted[field] = entries
        return entries

    def put(self, row: Row) -> None:
        """Add a row or replace the one with its sys_id."""
        self.version += 1
        key = row["sys_id"]
        before = self.by_id.get(key)
        self.by_id[key] = row
        if before is None and self._ids is not None:
            insort(self._ids, key)
        for field, entries in self._sorted.items():
            if before is not None:
                _remove(entries, (before.get(field, ""), key))
            insort(entries, (row.get(field, ""), key))

    def fill(self, rows: Iterable[Row]) -> None:
        """Add many rows at once."""
        self.version += 1
        self.by_id.update((row["sys_id"], row) for row in rows)
        self._ids = None
        self._sorted.clear()

    def drop(self, key: str) -> Row | None:
        """Remove a row and return it, None where there is none."""
        row = self.by_id.pop(key, None)
        if row is None:
            return None
        self.version += 1
        if self._ids is not None:
            del self._ids[bisect_left(self._ids, key)]
        for field, entries in self._sorted.items():
            _remove(entries, (row.get(field, ""), key))
        return row


def _remove(entries: list[Entry], entry: Entry) -> None:
    position = bisect_left(entries, entry)
    if position < len(entries) and entries[position] == entry:
        del entries[position]
