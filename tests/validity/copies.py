"""One organisation many times over in one store, under names of its own each time: copies share nothing.

A copy stands where a department stands in the product, so one query of an indicator answers for all copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from evaluators.catalogue import Catalogue, shipped
from sandbox.organisation import Organisation
from storage.evidence import open_store, tables
from storage.evidence.store import EvidenceStore
from storage.records import KINDS
from storage.records.schema import ColumnType, FieldClass, RecordKind
from tests.validity.evidence import rows_of, support_of, table_of

FEWEST_RECORDS: Final = 10
"""Minimum sample in copies: whether a rule is monotone does not hang on how many records it asks for."""
SIGN: Final = "~"
"""Stands between a name and the number of its copy."""
NAMES: Final = frozenset({
    "id", "session", "message_key", "node", "host_name", "serial_number", "ip_address", "cloud_id",
    "correlation_id", "product", "item",
})  # fmt: skip
"""Columns with names of things, besides groups, persons and references."""
OWN_NAMES: Final = frozenset({"configuration_item", "group", "release"})
"""Kinds whose `name` names the record."""


class Copies:
    """A store in which the department of a record is the copy that it belongs to."""

    def __init__(self, store: EvidenceStore) -> None:
        """Remember the store."""
        self._store = store

    def __getattr__(self, name: str) -> Any:
        """Leave everything else to the store."""
        return getattr(self._store, name)

    def store_derived(self, kind: str, rows: pa.Table, fingerprint: str) -> None:
        """Store derived columns with the copy as department."""
        if "department" in rows.column_names:
            copies = pc.list_element(pc.split_pattern(rows.column("id"), SIGN), 1)
            place = rows.column_names.index("department")
            rows = rows.set_column(place, "department", copies.cast(pa.string()))
        self._store.store_derived(kind, rows, fingerprint)


@contextmanager
def copies_of(organisation: Organisation, folder: Path, count: int) -> Iterator[Any]:
    """Yield an open store with that many copies, numbered from 0."""
    file = folder / "evidence.duckdb"
    with duckdb.connect(str(file)) as connection:
        tables.create(connection, KINDS)
        for kind in KINDS.values():
            connection.register("incoming", rows_of(kind, table_of(organisation, kind.name)))
            renamed = ", ".join(f"{_renamed(kind, name)} AS {tables.quoted(name)}" for name in names_in(kind))
            connection.execute(
                f"INSERT INTO stored.{tables.quoted(kind.name)} BY NAME "
                f"SELECT * EXCLUDE (copy) REPLACE ({renamed}) "
                f"FROM incoming CROSS JOIN (SELECT range AS copy FROM range({count}))"
            )
            connection.unregister("incoming")
    with open_store(f"duckdb:{file}", folder) as store:
        for kind in KINDS.values():
            store.declare(support_of(kind, table_of(organisation, kind.name)))
        yield Copies(store)


def catalogue_of_copies() -> Catalogue:
    """Return the shipped catalogue with every indicator rated in departments, from a few records on."""
    content = shipped().content()
    for practice in content["practices"]:
        for entry in practice["indicators"]:
            entry["scope"] = "both"
            if entry["minimum_sample"] > 2 * FEWEST_RECORDS:
                entry["minimum_sample"] = FEWEST_RECORDS
    return Catalogue.of_content(content)


def names_in(kind: RecordKind) -> list[str]:
    """Return the columns of a kind that hold names, of the record itself or of others."""
    found = [
        column.name
        for column in kind.mapped
        if column.type is ColumnType.TEXT
        and (
            column.field_class is FieldClass.PERSON
            or column.name in NAMES
            or column.name.endswith(("_id", "_group"))
            or (column.name == "name" and kind.name in OWN_NAMES)
        )
    ]
    history = ["old_value", "new_value"] if kind.name == "transition" else []
    return ["id", *found, *history]


def named(kind: RecordKind, values: dict[str, Any], copy: int) -> dict[str, Any]:
    """Return values as they are called in a copy."""
    held = set(names_in(kind)) - {"old_value", "new_value"}
    return {
        name: f"{value}{SIGN}{copy}" if name in held and value is not None else value
        for name, value in values.items()
    }


def _renamed(kind: RecordKind, name: str) -> str:
    value = f"{tables.quoted(name)} || '{SIGN}' || copy"
    if name not in {"old_value", "new_value"}:
        return value
    fields = {column for other in KINDS.values() for column in names_in(other)}
    listed = ", ".join(f"'{each}'" for each in sorted(fields))
    return f"CASE WHEN field IN ({listed}) THEN {value} ELSE {name} END"
