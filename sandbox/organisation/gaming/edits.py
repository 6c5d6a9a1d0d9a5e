"""How records are manipulated: columns changed, rows added or dropped, histories written again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sandbox.organisation.clock import DAY, midnight
from sandbox.organisation.generator import Organisation
from sandbox.organisation.numbers import Flags, Integers, Words, stream
from sandbox.organisation.table import Columns, Table

GAMED_DAYS = 90
"""How far back it reaches."""
UNKNOWN = np.iinfo(np.int64).min
"""A moment that is not there, in seconds."""
Cells = np.ndarray[tuple[int, ...], np.dtype[np.generic]]


@dataclass(frozen=True)
class Desk:
    """Where somebody sits with the right to edit all records."""

    organisation: Organisation
    seed: int
    until: date

    @cached_property
    def end(self) -> int:
        """Return the second the records end."""
        return midnight(self.until)

    @property
    def since(self) -> int:
        """Return the second from which on records are manipulated."""
        return self.end - GAMED_DAYS * DAY

    @cached_property
    def incidents(self) -> Columns:
        """Return a copy of the incidents' columns."""
        return copied(self.organisation.incidents)

    @cached_property
    def counted(self) -> Flags:
        """Say which incidents count."""
        return empty(self.incidents["disposition"]) & empty(self.incidents["parent_id"])

    @cached_property
    def lately(self) -> Flags:
        """Say which incidents count and were resolved in the days that are manipulated."""
        resolved = seconds(self.incidents["resolved_at"])
        return np.asarray(self.counted & (resolved >= self.since) & (resolved < self.end), dtype=np.bool_)

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the random numbers of one purpose."""
        return stream(self.seed, f"gaming {purpose}")

    def some(self, among: Flags, share: float, purpose: str) -> Integers:
        """Draw a share of the records among these, as positions."""
        possible = np.flatnonzero(among)
        return np.asarray(possible[self.stream(purpose).random(len(possible)) < share], dtype=np.int64)


def copied(table: Table) -> Columns:
    """Return columns that may be changed."""
    return {name: values.copy() for name, values in table.columns.items()}


def empty(cells: Cells) -> Flags:
    """Say where there is no value."""
    return np.asarray(cells == None, dtype=np.bool_)  # noqa: E711 - by element


def equal(cells: Cells, value: object) -> Flags:
    """Say where a value stands."""
    return np.asarray(cells == value, dtype=np.bool_)


def seconds(moments: Cells) -> Integers:
    """Return moments as seconds, UNKNOWN where there is none."""
    return moments.astype("datetime64[s]").astype(np.int64)


def moments(values: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """Return seconds as moments."""
    return np.asarray(values, dtype=np.int64).astype("datetime64[s]")


def numbers(cells: Cells) -> Integers:
    """Return whole numbers, 0 where there is none."""
    return np.array([value or 0 for value in cells.tolist()], dtype=np.int64)


def positions(ids: Cells, wanted: Cells) -> Integers:
    """Return where each wanted id stands among `ids`, -1 where it does not."""
    known = {name: number for number, name in enumerate(ids.tolist())}
    return np.array([known.get(name, -1) for name in wanted.tolist()], dtype=np.int64)


def kept(table: Table, rows: Flags) -> Table:
    """Return some rows of a table."""
    return Table({name: values[rows] for name, values in table.columns.items()})


def extended(table: Table, count: int, added: Mapping[str, Any]) -> Table:
    """Return a table with `count` more rows; columns that are not given stay empty."""
    columns: Columns = {}
    for name, values in table.columns.items():
        blank = np.full(count, np.datetime64("NaT") if values.dtype.kind == "M" else None, dtype=values.dtype)
        more = (
            np.broadcast_to(np.asarray(added[name], dtype=values.dtype), (count,)) if name in added else blank
        )
        columns[name] = np.concatenate([values, more])
    return Table(columns)


def with_history(
    table: Table, kind: str, dropped: Flags, record: Words, at: Integers, field: str, value: Any, actor: Any
) -> Table:
    """Return the history without some changes and with further ones, numbered and chained again.

    The histories of records that are not touched stay as they are.
    """
    count = len(record)
    rest = kept(table, ~dropped)
    added = {
        "id": record + "-added" + np.arange(count).astype(str).astype(np.object_),
        "record_kind": kind,
        "record_id": record,
        "field": field,
        "new_value": value,
        "at": moments(at),
        "sequence": 1 << 20,
        "actor": actor,
        "updated_at": moments(at),
    }
    columns = dict(extended(rest, count, added).columns)
    touched = set(record.tolist()) | set(table.columns["record_id"][dropped].tolist())
    inside = np.array([name in touched for name in columns["record_id"].tolist()], dtype=np.bool_)
    rewritten = _chained({name: values[inside] for name, values in columns.items()})
    return Table(
        {name: np.concatenate([values[~inside], rewritten[name]]) for name, values in columns.items()}
    )


def _chained(columns: Columns) -> Columns:
    """Order each record's changes by time, number them, and let each start where the one before ended."""
    order = sorted(
        range(len(columns["id"])),
        key=lambda row: (columns["record_id"][row], columns["at"][row], columns["sequence"][row]),
    )
    result: Columns = {name: values[np.array(order, dtype=np.int64)] for name, values in columns.items()}
    last: dict[tuple[Any, Any], Any] = {}
    steps: dict[Any, int] = {}
    for row in range(len(order)):
        record, field = result["record_id"][row], result["field"][row]
        step = steps.get(record, 0)
        result["sequence"][row] = step
        result["old_value"][row] = last.get((record, field), result["old_value"][row])
        result["id"][row] = f"{record}-{step:02d}"
        steps[record], last[record, field] = step + 1, result["new_value"][row]
    return result
