"""The records of an organisation while practices are planted in them, and what is asked of a practice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from sandbox.organisation.anchors import PRACTICES
from sandbox.organisation.numbers import Flags, Integers, Words
from sandbox.organisation.quality import Quality
from sandbox.organisation.table import Columns, Table, times, words
from sandbox.organisation.world import NEVER

Snapshots = tuple[tuple[date, int, int], ...]
"""What earlier assessments saw of something: their day, records that fulfilled it, records counted."""


@dataclass(frozen=True)
class Asked:
    """What is asked of one practice, as the raw values that its planter has to plant."""

    practice: str
    quality: Quality

    def achievement(self, indicator: str) -> float:
        """Return the achievement asked for, 0-1."""
        return self.quality.achievement(indicator)

    def value(self, indicator: str) -> float:
        """Return the raw value asked for, in the indicator's unit."""
        return PRACTICES[self.practice][indicator].value(self.achievement(indicator))

    def share(self, indicator: str) -> float:
        """Return the raw value of an indicator in percent as a probability."""
        return self.value(indicator) / 100

    def improves(self, indicator: str) -> bool:
        """Say whether a trend shall come out at 100 rather than at 0."""
        return self.achievement(indicator) > 0.5

    def planted(self, **others: float) -> dict[str, float]:
        """Return the value asked of every indicator, but trends at 0 or 100, and `others` as given.

        The names of `others` are those of indicators with _ for -.
        """
        values = {
            name: 100.0 * self.improves(name) if name.endswith("-trend") else self.value(name)
            for name in PRACTICES[self.practice]
        }
        return values | {name.replace("_", "-"): value for name, value in others.items()}


class Draft:
    """Tables by their name in an organisation (`problems`); columns are replaced, never changed in place."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        """Start from the tables of a grown organisation."""
        self.tables = dict(tables)
        self.snapshots: dict[str, Snapshots] = {}
        self.active_users: dict[str, int] = {}
        """Active users of the organisation by month (2026-01), where they are planted."""

    def size(self, table: str) -> int:
        """Return the number of records."""
        return len(self.tables[table])

    def words(self, table: str, column: str) -> Words:
        """Return a copy of a column of objects, None where there is no value (or no such column)."""
        columns = self.tables[table].columns
        if column not in columns:
            return np.full(self.size(table), None, dtype=np.object_)
        return words(columns[column]).copy()

    def seconds(self, table: str, column: str) -> Integers:
        """Return a column of times as seconds, NEVER where there is none."""
        found = self.tables[table].columns[column].astype("datetime64[s]")
        return np.where(np.isnat(found), NEVER, found.astype(np.int64)).astype(np.int64)

    def known(self, table: str, column: str) -> Flags:
        """Say which records have a value in a column."""
        columns = self.tables[table].columns
        if column not in columns:
            return np.zeros(self.size(table), dtype=np.bool_)
        found = columns[column]
        if found.dtype.kind == "M":
            return np.asarray(~np.isnat(found), dtype=np.bool_)
        return np.asarray(words(found) != None, dtype=np.bool_)  # noqa: E711 - by element

    def is_true(self, table: str, column: str) -> Flags:
        """Say which records have True in a column."""
        return self.equal(table, column, True)

    def equal(self, table: str, column: str, value: object) -> Flags:
        """Say which records have this value in a column."""
        return np.asarray(self.words(table, column) == value, dtype=np.bool_)

    def put(self, table: str, **columns: object) -> None:
        """Replace or add columns: arrays of objects or times, whole numbers and flags become objects."""
        held: Columns = dict(self.tables[table].columns)
        for name, values in columns.items():
            array = np.asarray(values)
            held[name] = array if array.dtype.kind == "M" else words(array)
        self.tables[table] = Table(held)

    def put_seconds(self, table: str, **columns: Integers) -> None:
        """Replace or add columns of times given as seconds, empty where they are NEVER."""
        for name, seconds in columns.items():
            self.put(table, **{name: times(np.minimum(seconds, NEVER), seconds < NEVER)})

    def keep(self, table: str, which: Flags | Integers) -> None:
        """Leave only some records, or put them in another order, by flags or positions."""
        columns = self.tables[table].columns
        self.tables[table] = Table({name: values[which] for name, values in columns.items()})

    def append(self, table: str, count: int, **columns: object) -> None:
        """Add records; columns that are not given are empty in them."""
        added: Columns = {}
        for name, values in self.tables[table].columns.items():
            if values.dtype.kind == "M":
                given = np.asarray(columns.get(name, np.full(count, "NaT", dtype="datetime64[s]")))
            else:
                given = words(columns.get(name, np.full(count, None)))
            added[name] = np.concatenate([values, given.astype(values.dtype)])
        if strange := sorted(set(columns) - set(added)):
            raise ValueError(f"{table} has no {', '.join(strange)}")
        self.tables[table] = Table(added)

    def position(self, table: str, ids: Words) -> Integers:
        """Return where these ids stand in a table, -1 where they do not."""
        places = {name: place for place, name in enumerate(self.words(table, "id").tolist())}
        return np.array([places.get(name, -1) for name in ids.tolist()], dtype=np.int64)

    def up_to_date(self, end: int) -> None:
        """Let no record be older than the last of its moments before `end`."""
        for name, table in self.tables.items():
            moments = [
                values.astype("datetime64[s]")
                for column, values in table.columns.items()
                if values.dtype.kind == "M" and column != "updated_at"
            ]
            if "updated_at" not in table.columns or not moments:
                continue
            latest = table.columns["updated_at"].astype("datetime64[s]")
            for values in moments:
                past = ~np.isnat(values) & (values < np.datetime64(end, "s"))
                latest = np.where(past & ~(latest >= values), values, latest)
            self.put(name, updated_at=latest)
