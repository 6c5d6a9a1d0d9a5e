"""The evidence store in one DuckDB file."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakSet

import duckdb
import orjson
import pyarrow as pa

from storage.errors import FatalError, UsageError
from storage.evidence import merge as merge_sql
from storage.evidence import tables
from storage.evidence.failures import translating, translating_while_opening
from storage.evidence.intake import Intake
from storage.evidence.locking import connect, create_once, writer_lock
from storage.evidence.store import EvidenceVersion, Feed, KindState, MergeCounts, Record, Support
from storage.evidence.tables import naive, quoted
from storage.records import KINDS, kind
from storage.records.schema import ColumnType, RecordKind

_BATCH: Final = 10_000
"""Records that `DuckDBStore.records` yields at once."""


class DuckDBStore:
    """Implements `storage.evidence.store.EvidenceStore`; see there for what each method promises.

    The file is open between `__enter__` and `__exit__` only, and created on the first `__enter__`.
    """

    def __init__(self, file: Path, *, wait: float = 60.0) -> None:
        """Remember the file; nothing is opened yet."""
        self._file = file
        self._wait = wait
        self._open: duckdb.DuckDBPyConnection | None = None
        self._numbers = count()
        self._streams: WeakSet[Generator[Sequence[Record], None, None]] = WeakSet()
        self._digest: tuple[int, str] | None = None

    def __enter__(self) -> Self:
        with translating_while_opening(self._file):
            if not self._file.exists():
                create_once(self._file, lambda connection: tables.create(connection, KINDS))
            connection = connect(self._file, self._wait)
            try:
                with writer_lock(self._file):
                    tables.open_or_grow(connection, KINDS, str(self._file))
            except BaseException:
                connection.close()
                raise
        self._open = connection
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._open = self._open, None
        with translating(self._file):
            # Records that somebody has not read to the end would keep the file from other processes.
            for stream in list(self._streams):
                stream.close()
            if connection is not None:
                connection.close()

    def merge(
        self, source: str, kind: str, records: Iterable[Record], *, present: bool = False
    ) -> MergeCounts:
        """Merge records in one transaction; they are staged in chunks, so memory stays bounded."""
        record_kind = _kind(kind)
        with translating(self._file):
            staging = f"staging_{next(self._numbers)}"
            self._connection.execute(merge_sql.create_staging(record_kind, staging))
            try:
                received = self._stage(staging, Intake(source, record_kind).tables(records))
                if not received:
                    return MergeCounts()
                return self._merge_staged(source, record_kind, staging, received, present)
            finally:
                with suppress(duckdb.Error):
                    self._connection.execute(f"DROP TABLE IF EXISTS {staging}; DROP TABLE IF EXISTS verdict")

    def records(self, source: str, kind: str) -> Iterator[Sequence[Record]]:
        """Yield stored records in batches ordered by id, as they were when the first batch was asked for.

        Merging while iterating is allowed and does not change what is yielded; closing the store ends it.
        """
        stream = self._stream(source, _kind(kind))
        self._streams.add(stream)
        return stream

    def delete(self, source: str, kind: str, ids: Iterable[str], at: datetime) -> int:
        """Mark records as deleted; returns how many were not marked before."""
        table = f"stored.{quoted(_kind(kind).name)}"
        wanted = pa.table({"id": pa.array(sorted(set(ids)), pa.string())})
        chosen = f"{table} WHERE source = $1 AND deleted_at IS NULL AND id IN (SELECT id FROM doomed)"
        with self._relation("doomed", wanted), self._writing():
            [(marked,)] = self._rows(f"SELECT count(*) FROM {chosen}", source)
            if marked:
                update = chosen.replace(table, f"UPDATE {table} SET deleted_at = $2", 1)
                self._connection.execute(update, [source, naive(at)])
                self._bump()
        return int(marked)

    def ids(self, source: str, kind: str) -> Sequence[str]:
        """Identifiers of the records that are not deleted, sorted."""
        with translating(self._file):
            rows = self._connection.sql(
                f"SELECT id FROM stored.{quoted(_kind(kind).name)} "
                "WHERE source = $1 AND deleted_at IS NULL ORDER BY id",
                params=[source],
            )
            return [str(name) for name in rows.to_arrow_table()["id"].to_pylist()]

    def declare(self, support: Support) -> None:
        """Store what a source can say about a kind; `synced_at` alone does not change the version."""
        _kind(support.kind)
        with self._writing():
            key = [support.source, support.kind]
            held = self._rows(f"{_SUPPORT} WHERE source = ? AND kind = ?", *key)
            before = _support(held[0]) if held else None
            if before == support:
                return
            self._connection.execute("DELETE FROM meta.source_support WHERE source = ? AND kind = ?", key)
            self._connection.execute(
                "INSERT INTO meta.source_support VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    *key,
                    support.state.value,
                    _names(support.columns),
                    _names(support.tracked),
                    naive(support.synced_at),
                    _feeds(support.feeds),
                ],
            )
            if before is None or _content(before) != _content(support):
                self._bump()

    def supports(self) -> tuple[Support, ...]:
        """What every source can say, ordered by source and kind."""
        with translating(self._file):
            rows = self._rows(f"{_SUPPORT} ORDER BY source, kind")
        return tuple(map(_support, rows))

    def version(self) -> EvidenceVersion:
        """Return the version of the evidence that is held now."""
        with translating(self._file), writer_lock(self._file):
            [(store, number)] = self._rows("SELECT id, number FROM meta.store")
            if self._digest is None or self._digest[0] != number:
                self._digest = (number, self._content_digest())
            return EvidenceVersion(store, number, self._digest[1])

    def query(self, sql: str) -> pa.Table:
        """Run one SELECT; raises UsageError for anything else and for a query that cannot be run."""
        with translating(self._file):
            try:
                self._guard(sql)
                return self._connection.sql(sql).to_arrow_table()
            except (duckdb.ProgrammingError, duckdb.DataError, duckdb.PermissionException) as error:
                first = str(error).strip().splitlines()[0]
                raise UsageError(f"The query cannot be run: {first}", hint=f"The query was: {sql}") from error

    def store_derived(self, kind: str, rows: pa.Table, fingerprint: str) -> None:
        """Replace the derived columns of a kind in one transaction; a column that `rows` lacks is empty."""
        record_kind = _kind(kind)
        strange = set(rows.column_names) - set(tables.derived_columns_of(record_kind))
        if strange or not {"source", "id"} <= set(rows.column_names):
            raise FatalError(
                f"Derived rows of '{kind}' need source and id, and know no {sorted(strange)}.",
                hint="Please report it.",
            )
        with self._relation("incoming", rows), self._writing():
            if record_kind.derived:
                table = f"derived.{quoted(kind)}"
                self._connection.execute(f"DELETE FROM {table}")
                self._connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
            self._connection.execute("DELETE FROM meta.derived WHERE kind = ?", [kind])
            self._connection.execute("INSERT INTO meta.derived VALUES (?, ?)", [kind, fingerprint])

    def derived_fingerprint(self, kind: str) -> str | None:
        """Return what the stored derived columns were derived from; None when there are none."""
        with translating(self._file):
            rows = self._rows("SELECT fingerprint FROM meta.derived WHERE kind = ?", _kind(kind).name)
        return str(rows[0][0]) if rows else None

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        if self._open is None:
            raise UsageError("The evidence store is closed.", hint="Use it within its `with` block.")
        return self._open

    def _guard(self, sql: str) -> None:
        statements = self._connection.extract_statements(sql)
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise UsageError("Evidence answers one SELECT at a time.", hint="Send a single SELECT statement.")

    def _stage(self, staging: str, chunks: Iterable[pa.Table]) -> int:
        received = 0
        for chunk in chunks:
            with self._relation("incoming", chunk):
                self._connection.execute(f"INSERT INTO {staging} BY NAME SELECT * FROM incoming")
            received += chunk.num_rows
        return received

    def _merge_staged(
        self, source: str, kind: RecordKind, staging: str, received: int, present: bool
    ) -> MergeCounts:
        with self._writing():
            self._connection.execute(merge_sql.create_verdict(kind, staging), [source, present])
            outcomes = dict(self._rows(merge_sql.COUNT_OUTCOMES))
            counts = MergeCounts(received, received - sum(outcomes.values()), **outcomes)
            if counts.written:
                self._connection.execute(merge_sql.merge(kind, staging), [source])
                self._bump()
        return counts

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with translating(self._file), writer_lock(self._file):
            connection = self._connection
            connection.begin()
            try:
                yield
            except BaseException:
                with suppress(duckdb.Error):
                    connection.rollback()
                raise
            connection.commit()

    def _stream(self, source: str, kind: RecordKind) -> Generator[Sequence[Record], None, None]:
        names = [column.name for column in kind.mapped]
        listed = ", ".join(map(quoted, ("id", "updated_at", "revision", tables.FEED, "kept", *names)))
        with translating(self._file), self._connection.cursor() as cursor:
            rows = cursor.sql(
                f"SELECT {listed} FROM stored.{quoted(kind.name)} "
                "WHERE source = $1 AND deleted_at IS NULL ORDER BY id",
                params=[source],
            )
            for batch in rows.to_arrow_reader(_BATCH):
                if batch.num_rows:
                    yield _records(batch, kind)

    @contextmanager
    def _relation(self, name: str, rows: pa.Table) -> Iterator[None]:
        self._connection.register(name, rows)
        try:
            yield
        finally:
            self._connection.unregister(name)

    def _bump(self) -> None:
        self._connection.execute("UPDATE meta.store SET number = number + 1")

    def _rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        # Always to the end: the engine refuses further work while a result is unfinished.
        rows: list[tuple[Any, ...]] = self._connection.execute(sql, list(parameters)).fetchall()
        return rows

    def _content_digest(self) -> str:
        # A sum does not depend on the order, and integers add up exactly.
        sums = " UNION ALL ".join(
            f"SELECT '{name}', source, count(*), sum(content_hash::HUGEINT)::VARCHAR "
            f"FROM stored.{quoted(name)} WHERE deleted_at IS NULL GROUP BY source"
            for name in KINDS
        )
        rows = sorted(self._rows(sums))
        return hashlib.sha256(orjson.dumps(rows)).hexdigest()


_SUPPORT: Final = "SELECT source, kind, state, columns, tracked, synced_at, feeds FROM meta.source_support"


def _kind(name: str) -> RecordKind:
    return kind(name)


def _support(row: tuple[Any, ...]) -> Support:
    source, kind_name, state, columns, tracked, synced_at, feeds = row
    return Support(
        source,
        kind_name,
        KindState(state),
        frozenset(orjson.loads(columns)),
        frozenset(orjson.loads(tracked)),
        None if synced_at is None else synced_at.replace(tzinfo=UTC),
        {name: Feed(*map(frozenset, lists)) for name, lists in orjson.loads(feeds or "{}").items()},
    )


def _content(support: Support) -> tuple[object, ...]:
    return (support.state, support.columns, support.tracked, support.feeds)


def _names(names: Iterable[str]) -> str:
    return orjson.dumps(sorted(names)).decode()


def _feeds(feeds: Mapping[str, Feed]) -> str:
    lists = {name: [sorted(feed.columns), sorted(feed.tracked)] for name, feed in feeds.items()}
    return orjson.dumps(lists, option=orjson.OPT_SORT_KEYS).decode()


def _records(batch: pa.RecordBatch, kind: RecordKind) -> list[Record]:
    columns = [_values(batch.column(column.name), column.type) for column in kind.mapped]
    names = [column.name for column in kind.mapped]
    frame = zip(
        batch.column("id").to_pylist(),
        _values(batch.column("updated_at"), ColumnType.TIMESTAMP),
        batch.column("revision").to_pylist(),
        batch.column(tables.FEED).to_pylist(),
        batch.column("kept").to_pylist(),
        zip(*columns, strict=True),
        strict=True,
    )
    return [
        Record(
            id_,
            {name: value for name, value in zip(names, values, strict=True) if value is not None},
            orjson.loads(kept),
            updated_at,
            revision,
            feed or "",
        )
        for id_, updated_at, revision, feed, kept, values in frame
    ]


def _values(array: pa.Array, type_: ColumnType) -> list[Any]:
    values: list[Any] = array.to_pylist()
    if type_ is ColumnType.TIMESTAMP:
        return [None if value is None else value.replace(tzinfo=UTC) for value in values]
    return values
