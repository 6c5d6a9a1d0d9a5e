"""Puts a generated organisation straight into an evidence store: no files, no HTTP, a few seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from sandbox.organisation import Organisation
from sandbox.organisation.table import Table
from storage.evidence import open_store, tables
from storage.evidence.protection import Protection
from storage.evidence.store import EvidenceStore, KindState, Support
from storage.records import KINDS
from storage.records.schema import Column, ColumnType, FieldClass, Origin, RecordKind

SOURCE: Final = "sandbox"
PROTECTION: Final = Protection(b"key of a test", automation=("svc_*",), migration=("import.user",))
PLURALS: Final = {"knowledge": "knowledge", "ci_relationship": "ci_relationships"}
TYPES: Final = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIMESTAMP: pa.timestamp("us"),
    ColumnType.DATE: pa.date32(),
}


@contextmanager
def evidence_of(
    organisation: Organisation, folder: Path, kinds: Iterable[str] = tuple(KINDS)
) -> Iterator[EvidenceStore]:
    """Yield an open store with the organisation's records of these kinds, as a connector stores them."""
    file = folder / "evidence.duckdb"
    wanted = [KINDS[name] for name in kinds]
    with duckdb.connect(str(file)) as connection:
        tables.create(connection, KINDS)
        for kind in wanted:
            rows = rows_of(kind, table_of(organisation, kind.name))
            connection.register("incoming", rows)
            connection.execute(
                f"INSERT INTO stored.{tables.quoted(kind.name)} BY NAME SELECT * FROM incoming"
            )
            connection.unregister("incoming")
    with open_store(f"duckdb:{file}", folder) as store:
        for kind in wanted:
            store.declare(support_of(kind, table_of(organisation, kind.name)))
        yield store


def table_of(organisation: Organisation, kind: str) -> Table:
    """Return the records of a kind."""
    found = getattr(organisation, PLURALS.get(kind, f"{kind}s"))
    assert isinstance(found, Table)
    return found


def rows_of(kind: RecordKind, table: Table) -> pa.Table:
    """Return records as they are stored: persons and texts protected, own columns computed."""
    count = len(table)
    arrays = {
        "source": pa.array([SOURCE] * count, pa.string()),
        "id": pa.array(table.columns["id"].tolist(), pa.string()),
        "updated_at": _moments(table.columns["updated_at"]),
        "revision": pa.array(np.zeros(count, np.int64)),
        "kept": pa.array(["{}"] * count, pa.string()),
        "content_hash": pa.array(np.arange(count)),
    }
    arrays |= {column.name: _array(kind, table, column) for column in kind.mapped}
    arrays |= {column.name: _computed(arrays, kind, column) for column in kind.of_origin(Origin.RECORD)}
    return pa.table(arrays)


def support_of(kind: RecordKind, table: Table) -> Support:
    """Return what a source says it can give: the columns that the table has."""
    columns = frozenset(column.name for column in kind.mapped if _field(column) in table.columns)
    return Support(SOURCE, kind.name, KindState.READABLE, columns, frozenset(kind.tracked))


def _field(column: Column) -> str:
    return column.name.rsplit("_", 1)[0] if column.field_class is FieldClass.TEXT else column.name


def _array(kind: RecordKind, table: Table, column: Column) -> pa.Array:
    if _field(column) not in table.columns:
        return pa.nulls(len(table), TYPES[column.type])
    values = table.columns[_field(column)]
    if values.dtype.kind == "M":
        return _moments(values)
    if column.field_class is FieldClass.PERSON:
        return pa.array(_each(values, PROTECTION.person), pa.string())
    if column.field_class is FieldClass.TEXT:
        length = column.type is ColumnType.INTEGER
        return pa.array(_each(values, _length if length else _fingerprint), TYPES[column.type])
    return pa.array(values.tolist(), TYPES[column.type])


def _moments(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> pa.Array:
    return pa.array(values.astype("datetime64[us]"), pa.timestamp("us"))


def _each(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], change: Callable[[str | None], object]
) -> list[object]:
    cells: list[str | None] = values.tolist()
    known = {cell: change(cell) for cell in set(cells)}
    return [known[cell] for cell in cells]


def _length(words: str | None) -> int:
    return PROTECTION.text(words).length


def _fingerprint(words: str | None) -> str | None:
    return PROTECTION.text(words).fingerprint


def _computed(arrays: dict[str, pa.Array], kind: RecordKind, column: Column) -> pa.Array:
    if len(column.needs) == 2:
        start, end = (np.asarray(arrays[name]).astype("datetime64[s]") for name in column.needs)
        unknown = np.isnat(start) | np.isnat(end)
        seconds = (end - start).astype(np.int64)
        return pa.array(np.where(unknown, 0, seconds), pa.int64(), mask=unknown)
    [person] = column.needs
    return pa.array(
        [None if name is None else name.partition(":")[0] for name in arrays[person].to_pylist()], pa.string()
    )
