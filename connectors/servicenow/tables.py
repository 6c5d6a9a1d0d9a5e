"""Which table and field every record kind is read from: `tables.toml`, and the words that it is written in.

Both state models and both vocabularies of close codes are met in the field; labels come from sys_choice, and
what is written there holds where those cannot be read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from connectors.platform.sources import Given, Source, source, values
from connectors.servicenow.folds import FOLDS, RECKONINGS, Fold, Reckoning, counted


@dataclass(frozen=True)
class Companion:
    """A table whose rows say something about the records of another one."""

    table: str
    parent: str
    """Field that refers to the record."""
    fold: Fold
    """What is made of a record's rows, to be used as fields."""
    clauses: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """Names of what is made."""
        return tuple(self.fold.of(()))

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Fields to ask the table itself for."""
        return tuple(dict.fromkeys(("sys_id", self.parent, *map(own_field, self.fold.fields))))


@dataclass(frozen=True)
class Table:
    """How the rows of one table become records of one kind."""

    kind: str
    name: str
    columns: Mapping[str, Source]
    clauses: tuple[str, ...] = ()
    companions: tuple[Companion, ...] = ()
    cursor: str = "sys_updated_on"
    audited: bool = True
    """Deletions usually stand in sys_audit_delete."""
    tracked: Mapping[str, str] = field(default_factory=dict)
    """Canonical name by field whose history metric definitions may keep."""
    reckoned: tuple[Reckoning, ...] = ()
    """Cells that several fields of a row make together."""
    feed: str = ""
    """Its name where other tables feed the same kind, which fill other columns."""

    def reckon(self, rows: Iterable[dict[str, str]]) -> None:
        """Add to rows what their fields say together."""
        for row in rows:
            row.update({one.cell: one.of(row) for one in self.reckoned})

    def sources(self, mapped: Mapping[str, str]) -> dict[str, Source]:
        """Return the source of every column, with the operator's own fields first."""
        return {**self.columns, **{name: Source((one,)) for name, one in mapped.items()}}


_DATA: dict[str, Any] = tomllib.loads(Path(__file__).with_name("tables.toml").read_text("utf-8"))

REFERENCES: Mapping[str, str] = {
    name: table for table, names in _DATA["references"].items() for name in names
}
"""Table that a field refers to, where more of it than its sys_id is wanted."""


def _source(given: Given) -> Source:
    if isinstance(given, str) or "label" not in given:
        return source(given, _DATA["values"])
    name = given["label"]
    usual = values(given["usual"], _DATA["values"]) if "usual" in given else None
    return Source((f"{name}@label",), then=Source((name,), usual))


def _companion(given: Mapping[str, str]) -> Companion:
    fold = counted(given["counted"]) if "counted" in given else FOLDS[given["fold"]]
    return Companion(given["table"], given["parent"], fold)


def _table(given: Mapping[str, Any]) -> Table:
    columns = {
        **(_DATA["task"] if given.get("task") else {}),
        **{name: name for name in given.get("same", ())},
        **given.get("from", {}),
    }
    return Table(
        given["kind"],
        given["name"],
        {name: _source(one) for name, one in columns.items()},
        tuple(given.get("clauses", ())),
        tuple(map(_companion, given.get("companions", ()))),
        given.get("cursor", "sys_updated_on"),
        given.get("audited", True),
        given.get("tracked", {}),
        tuple(RECKONINGS[name] for name in given.get("reckoned", ())),
    )


def _by_kind() -> dict[str, tuple[Table, ...]]:
    found: dict[str, tuple[Table, ...]] = {}
    for table in map(_table, _DATA["table"]):
        found[table.kind] = (*found.get(table.kind, ()), table)
    return {
        kind: tables if len(tables) == 1 else tuple(replace(one, feed=one.name) for one in tables)
        for kind, tables in found.items()
    }


TABLES: Mapping[str, tuple[Table, ...]] = _by_kind()
"""Tables of every record kind, the one that decides whether the kind is there first."""

COMPLETED: Mapping[str, Companion] = {
    "asmt_metric": Companion("asmt_metric_definition", "metric", FOLDS["ends"])
}
"""What is added to the rows that others refer to: questions with choices have no bounds of their own."""

GROUP_CELLS = ("members", "active_members")
EVENT_GROUPS = ("source", "type", "severity", "state")


def referred(name: str) -> Iterator[tuple[str, str]]:
    """Yield table and field of every row on the way of a name: `manager.department.name` leads to two."""
    field_, *rest = name.split(".")
    for wanted in rest:
        yield REFERENCES[field_], wanted
        field_ = wanted


def own_field(name: str) -> str:
    """Return the field of the table itself that a name begins with."""
    return name.partition(".")[0].partition("@")[0]
