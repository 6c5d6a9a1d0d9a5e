"""Turns columns of canonical records into rows of ServiceNow's fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from sandbox.servicenow.store import Field, Row, sys_id
from storage.records import KINDS
from storage.records.schema import ColumnType

Cell = str | int | bool | None
Convert = Callable[[Cell], str]
SPAN_START = datetime(1970, 1, 1, tzinfo=UTC)
CUSTOM = "u_"


class Records(Protocol):
    """Canonical records by column, as the sandbox's organisations hold them."""

    @property
    def columns(self) -> Mapping[str, object]:
        """Columns by name."""
        ...

    def column(self, name: str) -> Sequence[Cell]:
        """Return the cells of one column."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Selection:
    """Some of the records."""

    records: Records
    kept: Sequence[int]
    """Their positions."""

    @property
    def columns(self) -> Mapping[str, object]:
        """Columns by name."""
        return self.records.columns

    def column(self, name: str) -> Sequence[Cell]:
        """Return the cells of one column."""
        cells = self.records.column(name)
        return [cells[place] for place in self.kept]

    def __len__(self) -> int:
        """Return the number of these records."""
        return len(self.kept)


def chosen(records: Records, column: str, which: Callable[[Cell], bool]) -> Records:
    """Return the records that have such a value in a column; all of them where they have no such column."""
    if column not in records.columns:
        return records
    return Selection(records, [place for place, cell in enumerate(records.column(column)) if which(cell)])


def text(cell: Cell) -> str:
    """Return a plain value; yes and no are `true` and `false`."""
    if isinstance(cell, str):
        return cell
    return "" if cell is None else str(cell).lower()


def moment(cell: Cell) -> str:
    """Return an ISO 8601 time as records have it."""
    return str(cell)[:19].replace("T", " ") if cell else ""


def day(cell: Cell) -> str:
    """Return the day of a time."""
    return str(cell)[:10] if cell else ""


def span(cell: Cell) -> str:
    """Return seconds as a duration: a moment after 1970 began."""
    return "" if cell is None else _span(int(cell))


@lru_cache(maxsize=1 << 16)
def _span(seconds: int) -> str:
    return (SPAN_START + timedelta(seconds=max(seconds, 0))).strftime("%Y-%m-%d %H:%M:%S")


_PLAIN: Mapping[str, Convert] = {"": text, "moment": moment, "day": day, "span": span}


class Translator:
    """Translates tables and remembers the persons it met.

    A specification gives for each field a column and, after a bar, how it is written: `moment`, `day`,
    `span`, or the table that it refers to.
    """

    def __init__(self) -> None:
        self.people: dict[str, None] = {}
        self.contacts: frozenset[str] = frozenset()
        """Requests that are contacts with the service desk."""

    def person(self, name: Cell) -> str:
        """Return the sys_id of a person, empty for nobody."""
        if not name:
            return ""
        self.people[str(name)] = None
        return reference("sys_user", str(name))

    def rows(self, records: Records, table: str, specification: Mapping[str, str]) -> list[Row]:
        """Return a row for each record, with sys_id and stamps."""
        columns = {"sys_id": [reference(table, str(key)) for key in records.column("id")]}
        for name, source in {**_STAMPS, **specification}.items():
            column, _, how = source.partition("|")
            columns[name] = self.cells(records, column, how)
        names = tuple(columns)
        rows = [dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
        return [_stamped(row) for row in rows]

    def custom(self, records: Records, kind: str, used: Iterable[str]) -> dict[str, list[str]]:
        """Return what ServiceNow has no field for, as fields that a customer added: `u_acknowledged_at`."""
        fields = custom_fields(kind, records, used)
        return {name: self.cells(records, name[2:], how) for name, how in fields.items()}

    def cells(self, records: Records, column: str, how: str = "") -> list[str]:
        """Return one column as text, empty where the records have none."""
        if column not in records.columns:
            return [""] * len(records)
        if how == "sys_user":
            return [self.person(cell) for cell in records.column(column)]
        convert = _PLAIN.get(how)
        if convert is text:
            return [cell if isinstance(cell, str) else text(cell) for cell in records.column(column)]
        if convert is not None:
            return [convert(cell) for cell in records.column(column)]
        return [reference(how, str(cell)) if cell else "" for cell in records.column(column)]


_STAMPS = {
    "sys_updated_on": "updated_at|moment",
    "sys_created_by": "created_by",
    "sys_updated_by": "created_by",
}


def _stamped(row: Row) -> Row:
    created = row.get("sys_created_on") or row.get("opened_at") or row["sys_updated_on"]
    row["sys_created_on"] = min(created, row["sys_updated_on"])
    row["sys_created_by"] = row["sys_created_by"] or "system"
    row["sys_updated_by"] = row["sys_updated_by"] or "system"
    row["sys_mod_count"] = "1"
    return row


@lru_cache(maxsize=1 << 18)
def reference(table: str, key: str) -> str:
    """Return the sys_id of a record by its canonical id."""
    return sys_id(table, key)


def stamps(at: str, by: str = "system") -> Row:
    """Return the system fields of a row that was written once."""
    return {
        "sys_created_on": at,
        "sys_created_by": by,
        "sys_updated_on": at,
        "sys_updated_by": by,
        "sys_mod_count": "0",
    }


def custom_fields(kind: str, records: Records, used: Iterable[str]) -> dict[str, str]:
    """Return the custom field of every column that no specification uses, and how it is written."""
    taken = {source.partition("|")[0] for source in used} | {"id", "updated_at", "created_by"}
    types = {column.name: column.type for column in KINDS[kind].columns}
    return {
        f"{CUSTOM}{name}": "moment" if types.get(name) is ColumnType.TIMESTAMP else ""
        for name in records.columns
        if name not in taken
    }


def custom_types(kind: str, names: Iterable[str]) -> dict[str, Field]:
    """Return the dictionary entries of custom fields."""
    types = {column.name: column.type for column in KINDS[kind].columns}
    return {name: Field(_TYPES.get(types.get(name[2:], ColumnType.TEXT), "string")) for name in names}


_TYPES = {
    ColumnType.TIMESTAMP: "glide_date_time",
    ColumnType.INTEGER: "integer",
    ColumnType.BOOLEAN: "boolean",
}
