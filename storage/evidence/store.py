"""What an evidence engine does: merge batches, mark deletions, answer queries, say which version it holds.

An engine is one small adapter of this protocol. Evaluators see nothing else of it, and their SQL is
written once in DuckDB's dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    import pyarrow as pa

Value = str | int | bool | datetime | None
"""A canonical value. Times are timezone-aware UTC, days are `datetime.date` (a base of datetime)."""


@dataclass(frozen=True)
class Record:
    """One platform row in canonical form.

    `values` holds the kind's mapped columns (missing ones are empty), `kept` the protected source
    fields from which the mapping can be done again, `updated_at` and `revision` the platform's own
    statement of which of two copies is newer.
    """

    id: str
    values: Mapping[str, Value]
    kept: Mapping[str, object] = field(default_factory=dict)
    updated_at: datetime | None = None
    revision: int = 0
    feed: str = ""
    """Table or file of the source that it came from, where several feed the kind."""


@dataclass(frozen=True)
class MergeCounts:
    """What one merge did: received = repeated + inserted + updated + unchanged + older."""

    received: int = 0
    repeated: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    older: int = 0

    @property
    def written(self) -> int:
        """Rows that were inserted or updated."""
        return self.inserted + self.updated

    def __add__(self, other: MergeCounts) -> MergeCounts:
        """Add counts of two merges."""
        return MergeCounts(
            *(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__)
        )


class KindState(StrEnum):
    """What a probe found out about a record kind on a platform."""

    READABLE = "readable"
    EMPTY = "empty"
    HIDDEN = "hidden"
    DENIED = "denied"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Feed:
    """What one of several tables or files that feed a kind can say of the records it brings."""

    columns: frozenset[str]
    tracked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Support:
    """What one source can say about one record kind.

    `columns` are the mapped columns that the source's mapping fills, `tracked` the fields whose history
    it delivers, `synced_at` when it was last read completely. Where several tables or files feed the kind,
    `feeds` says the same of each: what only another one fills is unknown of a record, not empty.
    """

    source: str
    kind: str
    state: KindState
    columns: frozenset[str] = frozenset()
    tracked: frozenset[str] = frozenset()
    synced_at: datetime | None = None
    feeds: Mapping[str, Feed] = field(default_factory=dict)


@dataclass(frozen=True)
class EvidenceVersion:
    """Which evidence a number was taken from.

    `store` identifies the store, `number` counts its commits that changed anything, `content` is an
    order-free digest of all records, equal for equal evidence in any store.
    """

    store: str
    number: int
    content: str


class EvidenceStore(Protocol):
    """An open evidence store. Use it as a context manager and only for the length of a commit or a query."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def merge(
        self, source: str, kind: str, records: Iterable[Record], *, present: bool = False
    ) -> MergeCounts:
        """Merge records under the key (source, kind, id) in one transaction.

        The batch is deduplicated (newest `updated_at`, then `revision`, then content decides, whatever the
        order); a row is written only if it differs from the stored one and is not older. A record that
        had been deleted comes back when a copy not older than its deletion arrives; with `present`, when the
        records come from a list of all there are now, whatever their age.
        """
        ...

    def records(self, source: str, kind: str) -> Iterator[Sequence[Record]]:
        """Yield the stored records that are not deleted, in batches ordered by id, with what was kept."""
        ...

    def delete(self, source: str, kind: str, ids: Iterable[str], at: datetime) -> int:
        """Mark records as deleted; returns how many were not marked before. Nothing is dropped."""
        ...

    def ids(self, source: str, kind: str) -> Sequence[str]:
        """Identifiers of the records that are not deleted, sorted."""
        ...

    def declare(self, support: Support) -> None:
        """Store what a source can say about a kind, replacing what was known."""
        ...

    def supports(self) -> tuple[Support, ...]:
        """What every source can say, ordered by source and kind."""
        ...

    def version(self) -> EvidenceVersion:
        """Return the version of the evidence that is held now."""
        ...

    def query(self, sql: str) -> pa.Table:
        """Run one query in DuckDB's dialect. Every record kind is a relation of its name (see `relation`)."""
        ...

    def store_derived(self, kind: str, rows: pa.Table, fingerprint: str) -> None:
        """Replace the derived columns of a kind; `rows` has source, id and the kind's derived columns.

        `fingerprint` names what they were derived from; it does not change the version.
        """
        ...

    def derived_fingerprint(self, kind: str) -> str | None:
        """Return what the stored derived columns were derived from; None when there are none."""
        ...
