"""The tables of an evidence file, written from the record kinds, and how an older file grows to them.

`stored.<kind>` holds the records, `derived.<kind>` the columns of the derive step, and the view
`<kind>` joins both without the deleted rows. `meta` holds what the store knows about itself.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from duckdb import BinderException, CatalogException, DuckDBPyConnection

from storage.errors import FatalError
from storage.records.schema import Column, ColumnType, RecordKind

LAYOUT: Final = 1
"""Counts up when an older release could no longer work on the file; a further column is no such change."""

SQL_TYPES: Final[Mapping[ColumnType, str]] = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.DATE: "DATE",
}
"""Column types in the engine; times are naive UTC there."""

KEY: Final[Mapping[str, str]] = {"source": "VARCHAR", "id": "VARCHAR"}
"""Key of stored and derived rows; no index guards it, since only MERGE writes."""

ORDERING: Final[Mapping[str, str]] = {"updated_at": "TIMESTAMP", "revision": "BIGINT"}
"""What decides which of two copies is newer."""

FEED: Final = "feed"
"""Table or file of a source that a record came from, where several feed its kind."""

UPKEEP: Final[Mapping[str, str]] = {
    "kept": "VARCHAR",
    "content_hash": "BIGINT",
    "deleted_at": "TIMESTAMP",
}
"""What the store needs besides: kept fields as JSON, digest of the content, tombstone."""

RESERVED: Final = frozenset(("ordinal", *KEY, *ORDERING, FEED, *UPKEEP))
"""Names that no kind may use for a column."""

_META: Final = """
CREATE SCHEMA stored;
CREATE SCHEMA derived;
CREATE SCHEMA meta;
CREATE TABLE meta.store (id VARCHAR, layout BIGINT, number BIGINT, kinds VARCHAR);
CREATE TABLE meta.derived (kind VARCHAR, fingerprint VARCHAR);
CREATE TABLE meta.source_support (
    source VARCHAR, kind VARCHAR, state VARCHAR, columns VARCHAR, tracked VARCHAR, synced_at TIMESTAMP,
    feeds VARCHAR
);
"""


def create(connection: DuckDBPyConnection, kinds: Mapping[str, RecordKind]) -> None:
    """Write an empty store into an empty file, in one transaction."""
    with _transaction(connection):
        connection.execute(_META)
        connection.execute("INSERT INTO meta.store VALUES (?, ?, 0, ?)", [str(uuid4()), LAYOUT, ""])
        _grow(connection, kinds)


def open_or_grow(connection: DuckDBPyConnection, kinds: Mapping[str, RecordKind], name: str) -> None:
    """Check that the open file is a store of this release or an older one, and add what it lacks.

    Raises FatalError for somebody else's database and for a store of a newer release.
    """
    layout, held = _identity(connection, name)
    if layout > LAYOUT:
        raise FatalError(
            f"'{name}' was written by a newer release of itsm-maturity.",
            hint="Use that release or a newer one, or name another evidence file.",
        )
    if held != fingerprint(kinds):
        with _transaction(connection):
            _grow(connection, kinds)


def fingerprint(kinds: Mapping[str, RecordKind]) -> str:
    """Return a digest of all that `create` would write for these kinds."""
    return hashlib.sha256("\n".join(_statements(kinds)).encode()).hexdigest()


def columns_of(kind: RecordKind) -> Mapping[str, str]:
    """All columns of the stored table with their types in the engine, in order."""
    return {**KEY, **ORDERING, FEED: "VARCHAR", **_typed(kind.stored), **UPKEEP}


def derived_columns_of(kind: RecordKind) -> Mapping[str, str]:
    """All columns of the derived table with their types in the engine, in order."""
    return {**KEY, **_typed(kind.derived)}


def quoted(name: str) -> str:
    """Return an identifier in double quotes; names come from the kinds, never from a platform."""
    return f'"{name}"'


def naive(moment: datetime | None) -> datetime | None:
    """Return a moment the way the engine keeps it: UTC without a zone."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


@contextmanager
def _transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _identity(connection: DuckDBPyConnection, name: str) -> tuple[int, str]:
    try:
        [(layout, kinds)] = connection.execute("SELECT layout, kinds FROM meta.store").fetchall()
    except (CatalogException, BinderException, ValueError) as error:
        raise FatalError(
            f"'{name}' is a DuckDB database, but not an evidence store.",
            hint="Name another evidence file in the configuration; this one belongs to somebody else.",
        ) from error
    return int(layout), str(kinds)


def _grow(connection: DuckDBPyConnection, kinds: Mapping[str, RecordKind]) -> None:
    connection.execute("ALTER TABLE meta.source_support ADD COLUMN IF NOT EXISTS feeds VARCHAR")
    held = _held(connection)
    for kind in kinds.values():
        _grow_stored(connection, kind, held.get(("stored", kind.name), {}))
        if kind.derived:
            _grow_derived(connection, kind, held.get(("derived", kind.name), {}))
        connection.execute(_view(kind))
    connection.execute("UPDATE meta.store SET kinds = ?", [fingerprint(kinds)])


def _grow_stored(connection: DuckDBPyConnection, kind: RecordKind, held: Mapping[str, str]) -> None:
    wanted = columns_of(kind)
    if not held:
        connection.execute(_table("stored", kind.name, wanted))
        return
    for name, type_ in wanted.items():
        if name not in held:
            table = f"stored.{quoted(kind.name)}"
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {type_}")
        elif held[name] != type_:
            raise FatalError(
                f"Column '{name}' of '{kind.name}' is {held[name]} in the evidence file; it is {type_} now.",
                hint="Move the evidence file away and run a full sync.",
            )


def _grow_derived(connection: DuckDBPyConnection, kind: RecordKind, held: Mapping[str, str]) -> None:
    wanted = derived_columns_of(kind)
    if held == wanted:
        return
    # Derived columns are a cache: a table of another shape is dropped and derived again.
    connection.execute(f"DROP TABLE IF EXISTS derived.{quoted(kind.name)}")
    connection.execute(_table("derived", kind.name, wanted))
    connection.execute("DELETE FROM meta.derived WHERE kind = ?", [kind.name])


def _held(connection: DuckDBPyConnection) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """Columns with their types, by schema and table."""
    held: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    rows = connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name IN ('stored', 'derived')"
    ).fetchall()
    for schema, table, column, type_ in rows:
        held[schema, table][column] = type_
    return held


def _statements(kinds: Mapping[str, RecordKind]) -> Iterator[str]:
    for kind in kinds.values():
        yield _table("stored", kind.name, columns_of(kind))
        yield _table("derived", kind.name, derived_columns_of(kind))
        yield _view(kind)


def _table(schema: str, name: str, columns: Mapping[str, str]) -> str:
    listed = ", ".join(f"{quoted(column)} {type_}" for column, type_ in columns.items())
    return f"CREATE TABLE {schema}.{quoted(name)} ({listed})"


def _view(kind: RecordKind) -> str:
    stored = ("source", "id", "updated_at", FEED, *(column.name for column in kind.stored))
    columns = [f"s.{quoted(name)}" for name in stored] + [f"d.{quoted(each.name)}" for each in kind.derived]
    name = quoted(kind.name)
    join = f" LEFT JOIN derived.{name} AS d ON d.source = s.source AND d.id = s.id" if kind.derived else ""
    return (
        f"CREATE OR REPLACE VIEW {name} AS SELECT {', '.join(columns)} "
        f"FROM stored.{name} AS s{join} WHERE s.deleted_at IS NULL"
    )


def _typed(columns: tuple[Column, ...]) -> dict[str, str]:
    return {column.name: SQL_TYPES[column.type] for column in columns}
