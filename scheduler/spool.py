"""Keeps what was read until it is stored, in bounded memory.

Evidence must not be open while a platform is read (another process could not use it), so a window is
collected first: in memory while it is small, in an unnamed temporary file when it is not. Only protected
records get here, never what the platform sent.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from tempfile import SpooledTemporaryFile, gettempdir
from types import TracebackType
from typing import Self

from connectors.contract import Batch
from storage.errors import FatalError
from storage.evidence.store import Record, Value

IN_MEMORY_BYTES = 32 * 1024 * 1024


class Spool:
    """Records of one window by kind, in the order they came. Use it as a context manager."""

    def __init__(self, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._limit = in_memory_bytes
        self._files: dict[str, SpooledTemporaryFile[bytes]] = {}
        self._counts: dict[str, int] = {}
        self._deleted: dict[str, set[str]] = {}
        self._present: dict[str, set[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            # Closing writes what is still buffered: that fails on a full disk, and nobody wants it any more.
            with suppress(OSError):
                file.close()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Record kinds that came, in the order they first came."""
        return tuple(self._files)

    def count(self, kind: str) -> int:
        """Return how many records of a kind came."""
        return self._counts.get(kind, 0)

    def add(self, batch: Batch) -> None:
        """Keep a batch."""
        for kind, records in batch.records.items():
            if records:
                self.keep(kind, records)
        for kind, names in batch.deleted.items():
            self._deleted.setdefault(kind, set()).update(names)
        for kind, names in batch.present.items():
            self._present.setdefault(kind, set()).update(names)

    def keep(self, kind: str, records: Sequence[Record]) -> None:
        """Keep records of one kind. Raises FatalError when the temporary folder has no room for them."""
        if kind not in self._files:
            self._files[kind] = SpooledTemporaryFile(max_size=self._limit)  # noqa: SIM115
        rows = [
            (each.id, dict(each.values), dict(each.kept), each.updated_at, each.revision, each.feed)
            for each in records
        ]
        with _writing():
            pickle.dump(rows, self._files[kind], protocol=pickle.HIGHEST_PROTOCOL)
        self._counts[kind] = self.count(kind) + len(rows)

    def records(self, kind: str) -> Iterator[Record]:
        """Yield the records of a kind."""
        file = self._files.get(kind)
        if file is None:
            return
        with _writing():
            file.seek(0)
        for rows in _batches(file):
            for row in rows:
                yield Record(*row)

    def ids(self, kind: str) -> set[str]:
        """Return the identifiers of a kind's records, and of those that are known to exist."""
        return {record.id for record in self.records(kind)} | self._present.get(kind, set())

    def names_only(self, kind: str) -> bool:
        """Whether records of a kind were named without their contents."""
        return bool(self._present.get(kind))

    @property
    def deletions(self) -> Mapping[str, set[str]]:
        """Identifiers by kind of records that the platform says are gone and did not send as well."""
        return {kind: names - self.ids(kind) for kind, names in self._deleted.items()}


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise FatalError(
            f"What was read cannot be kept in the temporary folder {gettempdir()}: {reason}.",
            hint="Free some space there, or set TMPDIR to another folder; nothing half-read was stored.",
        ) from error


Row = tuple[str, Mapping[str, Value], Mapping[str, object], datetime | None, int, str]


def _batches(file: SpooledTemporaryFile[bytes]) -> Iterator[list[Row]]:
    while True:
        try:
            yield pickle.load(file)  # noqa: S301 - written by this very object
        except EOFError:
            return
