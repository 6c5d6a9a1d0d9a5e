"""The tables of an instance: rows in ServiceNow's own field names, every value text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from threading import RLock

from sandbox.servicenow.store.rows import Row, RowSet
from sandbox.servicenow.store.schema import Definition, Field, Schema, standard

Version = tuple[int, int]


def sys_id(table: str, key: str) -> str:
    """Return the sys_id that a table's row with this key always has: 32 hexadecimal digits."""
    return hashlib.md5(f"{table}:{key}".encode(), usedforsecurity=False).hexdigest()


class Tables:
    """Rows by table, with class hierarchy: a query of `task` sees incidents.

    May be changed while it is served; hold `lock` to make several changes at once.
    """

    def __init__(self, schema: Schema | None = None) -> None:
        self.schema = schema or standard()
        self.lock = RLock()
        self._structure = 0
        self._own: dict[str, RowSet] = {}
        self._views: dict[str, tuple[Version, RowSet]] = {}
        self._below: dict[str, list[str]] = {}
        self._columns: dict[str, set[str]] = {}
        self._absent: set[str] = {definition.name for definition in self.schema if definition.absent}

    def __contains__(self, table: object) -> bool:
        return table in self.schema and table not in self._absent

    def __iter__(self) -> Iterator[str]:
        return (definition.name for definition in self.schema if definition.name not in self._absent)

    def define(
        self,
        table: str,
        *,
        extends: str = "",
        display: str = "",
        label: str = "",
        fields: Mapping[str, Field] | None = None,
    ) -> None:
        """Make a table, or give one further fields."""
        with self.lock:
            if table in self.schema:
                self.schema.add_fields(table, fields or {})
            else:
                self.schema.define(
                    Definition(table, extends, display, label or table, own=dict(fields or {}))
                )
            self._absent.discard(table)
            self._forget()

    def remove(self, table: str) -> None:
        """Take a table away with its rows, as if its plugin were not installed."""
        with self.lock:
            self._absent.add(table)
            self._own.pop(table, None)
            self._forget()

    def add(self, table: str, rows: Iterable[Mapping[str, str]]) -> None:
        """Put rows in; a row whose sys_class_name is a class below goes there.

        A missing sys_id is made from the row's number or position; missing fields are empty.
        """
        self.take(table, map(dict, rows))

    def take(self, table: str, rows: Iterable[Row]) -> None:
        """Put rows in that nobody else holds: they are kept as they are instead of copied."""
        with self.lock:
            parted: dict[str, list[Row]] = {table: []}
            start = len(self._own.get(table, ()))
            for position, row in enumerate(rows, start):
                self._complete(table, row, position)
                parted.setdefault(row["sys_class_name"], []).append(row)
            for name, part in parted.items():
                self._fill(name, part)

    def columns(self, table: str) -> set[str]:
        """Return the fields of a table: those of its definition and those its rows have."""
        names = set(self.schema.fields(table))
        for name in (*self.schema.lineage(table), *self._descendants(table)):
            names |= self._columns.get(name, set())
        return names

    def own_columns(self, table: str) -> set[str]:
        """Return the fields that rows of exactly this class have."""
        return self._columns.get(table, set())

    def version(self, table: str = "") -> Version:
        """Return what changes whenever a row of a table changes, or of any table."""
        names = self._descendants(table) if table else self._own
        return self._structure, sum(self._own[name].version for name in names if name in self._own)

    def view(self, table: str) -> RowSet:
        """Return the rows of a table and of the classes below it."""
        with self.lock:
            parts = [self._own[name] for name in self._descendants(table) if name in self._own]
            if len(parts) == 1:
                return parts[0]
            version = self.version(table)
            known = self._views.get(table)
            if known is None or known[0] != version:
                known = (version, RowSet(row for part in parts for row in part.by_id.values()))
                self._views[table] = known
            return known[1]

    def rows(self, table: str) -> list[Row]:
        """Return every row of a table in order of sys_id."""
        with self.lock:
            view = self.view(table)
            return [view.by_id[key] for key in view.ids]

    def row(self, table: str, key: str) -> Row | None:
        """Return one row, None where there is none."""
        with self.lock:
            for name in self._descendants(table):
                found = self._own[name].by_id.get(key) if name in self._own else None
                if found is not None:
                    return found
        return None

    def put(self, table: str, row: Mapping[str, str]) -> Row:
        """Store one row as given, instead of the one with its sys_id."""
        with self.lock:
            complete = dict(row)
            self._complete(table, complete, len(self._own.get(table, ())))
            name = complete["sys_class_name"]
            if name not in self._own:
                self._fill(name, [])
            self._own[name].put(complete)
            self._columns[name].update(complete)
            return complete

    def drop(self, table: str, key: str) -> Row | None:
        """Remove one row without a trace and return it, None where there is none."""
        with self.lock:
            for name in self._descendants(table):
                found = self._own[name].drop(key) if name in self._own else None
                if found is not None:
                    return found
        return None

    def _complete(self, table: str, complete: Row, position: int) -> None:
        if not complete.get("sys_id"):
            name = complete.get("number") or str(position)
            complete["sys_id"] = sys_id(table, name)
        named = complete.get("sys_class_name", "")
        if named != table and (not named or named not in self._descendants(table)):
            complete["sys_class_name"] = table

    def _fill(self, table: str, rows: list[Row]) -> None:
        if table not in self.schema:
            self.schema.define(Definition(table, label=table))
        self._absent.discard(table)
        self._own.setdefault(table, RowSet()).fill(rows)
        self._columns.setdefault(table, set()).update(*rows)
        self._forget()

    def _descendants(self, table: str) -> list[str]:
        below = self._below.get(table)
        if below is None:
            below = self.schema.descendants(table)
            self._below[table] = below
        return below

    def _forget(self) -> None:
        self._structure += 1
        self._below.clear()
        self._views.clear()
