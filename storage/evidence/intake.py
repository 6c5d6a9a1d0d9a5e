"""Turns records into Arrow rows: checks types at the border, computes columns, hashes the content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from types import NoneType
from typing import Final

import orjson
import pyarrow as pa

from storage.errors import FatalError
from storage.evidence.computed import COMPUTATIONS
from storage.evidence.store import Record, Value
from storage.evidence.tables import FEED
from storage.records.schema import Column, ColumnType, RecordKind

CHUNK: Final = 20_000
"""Records that are turned into Arrow at once; bounds the memory of a merge."""

_HINT: Final = "The connector's mapping must deliver this column in its type; please report it."

_ARROW_TYPES: Final = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.DATE: pa.date32(),
}

_FITS: Final[dict[ColumnType, Callable[[object], bool]]] = {
    ColumnType.TEXT: lambda value: isinstance(value, str),
    ColumnType.INTEGER: lambda value: (
        isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    ),
    ColumnType.BOOLEAN: lambda value: isinstance(value, bool),
    ColumnType.TIMESTAMP: lambda value: isinstance(value, datetime) and value.tzinfo is not None,
    ColumnType.DATE: lambda value: isinstance(value, date) and not isinstance(value, datetime),
}

_EXPECTED: Final = {
    ColumnType.TEXT: "a text",
    ColumnType.INTEGER: "a whole number of 64 bits",
    ColumnType.BOOLEAN: "True or False",
    ColumnType.TIMESTAMP: "a datetime with a time zone",
    ColumnType.DATE: "a date without a time",
}

_SURE: Final = {ColumnType.TEXT: str, ColumnType.BOOLEAN: bool, ColumnType.DATE: date}
"""Types that alone say a value fits; the others need a look at every value."""

_Row = dict[str, Value]


class Intake:
    """Turns the records of one source and kind into Arrow tables for the staging table."""

    def __init__(self, source: str, kind: RecordKind) -> None:
        """Prepare what every chunk needs."""
        self._source = source
        self._kind = kind
        self._mapped = frozenset(column.name for column in kind.mapped)
        self._moments = [column.name for column in kind.mapped if column.type is ColumnType.TIMESTAMP]
        self._computations = tuple(COMPUTATIONS[kind.name].items())

    def tables(self, records: Iterable[Record]) -> Iterator[pa.Table]:
        """Yield the records as tables of at most CHUNK rows, numbered from 0 by `ordinal`.

        Raises FatalError naming record and column where a value does not have its column's type.
        """
        rest, first = iter(records), 0
        while chunk := list(islice(rest, CHUNK)):
            yield self._table(chunk, first)
            first += len(chunk)

    def _table(self, records: Sequence[Record], first: int) -> pa.Table:
        rows = [self._filled(record) for record in records]
        self._check_frame(records)
        for column in self._kind.mapped:
            self._check(column, records, rows)
        for row in rows:
            self._complete(row)
        kept = [self._json(record, record.kept) for record in records]
        arrays = {
            "ordinal": pa.array(range(first, first + len(records)), pa.int64()),
            "id": self._array("id", ColumnType.TEXT, [record.id for record in records]),
            "updated_at": self._array("updated_at", ColumnType.TIMESTAMP, [r.updated_at for r in records]),
            "revision": self._array("revision", ColumnType.INTEGER, [r.revision for r in records]),
            FEED: self._array(FEED, ColumnType.TEXT, [record.feed for record in records]),
            **{
                column.name: self._array(column.name, column.type, [row.get(column.name) for row in rows])
                for column in self._kind.stored
            },
            "kept": pa.array([text.decode() for text in kept], pa.string()),
            "content_hash": pa.array(map(self._hash, records, rows, kept), pa.int64()),
        }
        return pa.table(arrays)

    def _filled(self, record: Record) -> _Row:
        if not self._mapped.issuperset(record.values):
            strange = sorted(set(record.values) - self._mapped)
            raise FatalError(
                f"{self._kind.name} {record.id!r} of '{self._source}' has no column '{strange[0]}'.",
                hint="A mapping may fill the mapped columns of the kind only; see docs/records.md.",
            )
        return {name: value for name, value in record.values.items() if value is not None}

    def _check_frame(self, records: Sequence[Record]) -> None:
        for record in records:
            if not isinstance(record.id, str) or not record.id:
                raise self._wrong(record, "id", "a text that is not empty", record.id)
            if not _FITS[ColumnType.INTEGER](record.revision):
                raise self._wrong(record, "revision", _EXPECTED[ColumnType.INTEGER], record.revision)
            if record.updated_at is not None and not _FITS[ColumnType.TIMESTAMP](record.updated_at):
                raise self._wrong(record, "updated_at", _EXPECTED[ColumnType.TIMESTAMP], record.updated_at)

    def _check(self, column: Column, records: Sequence[Record], rows: Sequence[_Row]) -> None:
        name, fits = column.name, _FITS[column.type]
        values = [row.get(name) for row in rows]
        if set(map(type, values)) <= {NoneType, _SURE.get(column.type, NoneType)}:
            return
        for record, value in zip(records, values, strict=True):
            if value is not None and not fits(value):
                raise self._wrong(record, name, _EXPECTED[column.type], value)

    def _wrong(self, record: Record, column: str, expected: str, value: object) -> FatalError:
        # The value itself may be personal, so only its type is told.
        found = "an empty text" if value == "" else f"a {type(value).__name__}"
        return FatalError(
            f"{self._kind.name} {record.id!r} of '{self._source}': column '{column}' must be {expected}, "
            f"but the mapping delivered {found}.",
            hint=_HINT,
        )

    def _complete(self, row: _Row) -> None:
        for name in self._moments:
            moment = row.get(name)
            if isinstance(moment, datetime) and moment.tzinfo is not UTC:
                row[name] = moment.astimezone(UTC)
        for name, compute in self._computations:
            value = compute(row)
            if value is not None:
                row[name] = value

    def _array(self, name: str, type_: ColumnType, values: Sequence[Value]) -> pa.Array:
        try:
            array = pa.array(values, _ARROW_TYPES[type_])
        except (pa.ArrowException, ValueError, OverflowError) as error:
            raise FatalError(
                f"Column '{name}' of '{self._kind.name}' holds a value that cannot be stored: {error}",
                hint=_HINT,
            ) from error
        return array.cast(pa.timestamp("us")) if type_ is ColumnType.TIMESTAMP else array

    def _json(self, record: Record, value: object) -> bytes:
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
        except TypeError as error:
            raise FatalError(
                f"{self._kind.name} {record.id!r} of '{self._source}' cannot be stored: {error}",
                hint=_HINT,
            ) from error

    def _hash(self, record: Record, row: _Row, kept: bytes) -> int:
        # Empty columns are left out, so a column that a later release adds changes no hash. The source is
        # left out as well: which of two equally new copies wins must not hang on a connector's name.
        moment = None if record.updated_at is None else record.updated_at.astimezone(UTC)
        head = [self._kind.name, record.id, moment, record.revision, row]
        head += [record.feed] if record.feed else []
        digest = hashlib.blake2b(self._json(record, head) + kept, digest_size=8).digest()
        return int.from_bytes(digest, signed=True)
