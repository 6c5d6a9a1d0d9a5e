"""Reads record kinds from files: exports, reports, logs."""

from __future__ import annotations

import builtins
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, cast

from connectors.contract import (
    Batch,
    Capability,
    Connector,
    ConnectorContext,
    ConnectorSettings,
    ProbeResult,
    Reading,
    Rejection,
    SettingProblem,
    Window,
)
from connectors.files.fold import Change, Fold, Story
from connectors.files.mapping import RecordMapping
from connectors.files.readers import Row, RowFile, row_file
from connectors.files.settings import FilesSettings, Log, found_files
from connectors.files.sources import suggestion
from connectors.files.values import UnreadableError
from storage.errors import FatalError, RetriableError, SkippableError
from storage.evidence.protection import Protection
from storage.evidence.store import KindState, Record

_BATCH = 20_000
_RULES = "1"
"""Raised when the same file and settings give other records than before, so that files are read again."""


class FilesConnector(Connector):
    """Record kinds in CSV, JSON and JSON lines files; a kind is read again whenever its files differ."""

    type: ClassVar[str] = "files"
    settings_model: ClassVar[builtins.type[ConnectorSettings]] = FilesSettings

    def __init__(self, settings: ConnectorSettings, context: ConnectorContext) -> None:
        self._settings = cast("FilesSettings", settings)
        self._context = context

    @cached_property
    def _mappings(self) -> Mapping[str, RecordMapping]:
        protection = self._context.protection
        return {kind: RecordMapping(kind, self._settings, protection) for kind in self._settings.records}

    def capabilities(self) -> Mapping[str, Capability]:
        """Mapped columns of every kind, and transitions where a log has history."""
        found = {
            kind: Capability(
                self._mappings[kind].columns, tracked=frozenset(one.history), deletes=one.complete
            )
            for kind, one in self._settings.records.items()
        }
        logs = [one for one in self._settings.records.values() if one.history]
        if logs:
            columns = {"record_kind", "record_id", "field", "old_value", "new_value", "at", "sequence"}
            columns |= {"actor"} if any(one.log and one.log.actor for one in logs) else set()
            deletes = all(one.complete for one in logs)
            found["transition"] = Capability(frozenset(columns), deletes=deletes)
        return found

    def problems(self) -> Sequence[SettingProblem]:
        """Return the fields that are asked for and that a file does not have."""
        files = [(kind, file) for kind in self._settings.records for file in self._files(kind)]
        return [problem for kind, file in files for problem in self._missing(kind, file)]

    def probe(self) -> Sequence[ProbeResult]:
        """Open every file and look for a first row."""
        found = [self._probed(kind, kind) for kind in self._settings.records]
        logs = [kind for kind, one in self._settings.records.items() if one.history]
        return found + ([self._probed("transition", *logs)] if logs else [])

    def windows(self, kind: str, bookmark: str | None) -> Iterator[Window]:
        """Yield one window, unless contents, mapping and protection are those of the bookmark."""
        settings = self._settings.records.get(kind)
        if settings is None:
            return
        current = self._bookmark(kind)
        if current != bookmark:
            brings = ("transition",) if settings.history else ()
            yield Window(kind, current, complete=settings.complete, brings=brings)

    def read(self, window: Window, reading: Reading) -> Iterator[Batch]:
        """Read all files of a kind. `counted` is filled in once they were read to their end."""
        files = self._present(window.kind)
        stamps = [_stamp(file) for file in files]
        intake = _Intake(self._settings.tolerated_share, reading)
        yield from self._batches(window.kind, intake, self._rows(files, window.kind, intake))
        if stamps != [_stamp(file) for file in files]:
            raise RetriableError(
                f"The files of {window.kind} changed while they were read.",
                hint="Sync again when they are complete.",
            )
        reading.counted = reading.received
        yield from intake.rest()

    def remap(self, kind: str, record: Record) -> Record:
        """Map what was kept again; raises SkippableError for a record that does not fit the mapping.

        Transitions stay as they are: a changed history is read again.
        """
        if kind not in self._mappings:
            return record
        try:
            values = self._mappings[kind].values(record.kept)
        except UnreadableError as error:
            raise SkippableError(
                f"does not fit the mapping: {error}", position=f"{kind} {record.id}"
            ) from None
        return Record(record.id, values, record.kept, record.updated_at, record.revision)

    def _batches(self, kind: str, intake: _Intake, rows: Iterator[Row]) -> Iterator[Batch]:
        log = self._settings.records[kind].log
        for made in self._folded(kind, log, rows, intake) if log else self._mapped(kind, rows, intake):
            intake.add(kind, made)
            if intake.full:
                yield intake.batch()

    def _mapped(self, kind: str, rows: Iterator[Row], intake: _Intake) -> Iterator[Sequence[Record]]:
        mapping = self._mappings[kind]
        wanted = mapping.wanted
        for row in rows:
            try:
                record = mapping.record(dict(zip(wanted, row.cells, strict=True)))
            except UnreadableError as error:
                intake.reject(row.position, str(error))
            else:
                yield (record,)

    def _folded(
        self, kind: str, log: Log, rows: Iterator[Row], intake: _Intake
    ) -> Iterator[Sequence[Record]]:
        """Yield a record and its transitions for every story."""
        mapping = self._mappings[kind]
        wanted = mapping.wanted
        for story in Fold(self._settings.records[kind], log, mapping).stories(rows, intake.reject):
            last = cast("Row", story.last)
            cells = dict(zip(wanted, last.cells, strict=True)) | story.found
            try:
                record = mapping.record(cells, key=story.key, at=story.at)
            except UnreadableError as error:
                intake.reject(last.position, str(error))
            else:
                yield (record, *_transitions(kind, story))

    def _rows(self, files: Sequence[RowFile], kind: str, intake: _Intake) -> Iterator[Row]:
        wanted = self._mappings[kind].wanted
        for file in files:
            for row in file.rows(wanted):
                intake.reading.received += 1
                if isinstance(row, Rejection):
                    intake.reject(row.position, row.reason)
                else:
                    yield row

    def _bookmark(self, kind: str) -> str:
        parts = [_RULES, self._settings.digest(kind), _protection_digest(self._context.protection)]
        parts += [file.digest() for file in self._present(kind)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _files(self, kind: str) -> list[RowFile]:
        settings = self._settings.records[kind]
        paths = found_files(self._context.folder, settings)
        return [row_file(path, settings, self._settings.null_values) for path in paths]

    def _present(self, kind: str) -> list[RowFile]:
        files = self._files(kind)
        if not files:
            path = self._settings.records[kind].path
            raise FatalError(f"There is no file {path} for {kind}.", hint="Put it there or correct `path`.")
        return files

    def _probed(self, name: str, *kinds: str) -> ProbeResult:
        files = [file for kind in kinds for file in self._files(kind)]
        if not files:
            paths = ", ".join(self._settings.records[kind].path for kind in kinds)
            return ProbeResult(name, KindState.ABSENT, f"There is no file {paths}.")
        try:
            filled = any(True for file in files for _ in file.rows(()))
        except FatalError as error:
            return ProbeResult(name, _state(error), f"{error.message} {error.hint}")
        return ProbeResult(name, KindState.READABLE if filled else KindState.EMPTY)

    def _missing(self, kind: str, file: RowFile) -> Iterator[SettingProblem]:
        try:
            known = file.fields()
        except FatalError:
            return
        for path, field in self._settings.records[kind].fields():
            if not file.resolve(field, known):
                message = f"{file.path.name} has no field '{field}'{suggestion(field, tuple(known))}."
                yield SettingProblem(("records", kind, *path), message)


class _Intake:
    """Collects records and rejections of one window into batches and minds the tolerated share."""

    def __init__(self, tolerated: float, reading: Reading) -> None:
        self.reading = reading
        self._tolerated = tolerated
        self._records: dict[str, list[Record]] = {}
        self._size = 0
        self._reported = 0

    @property
    def full(self) -> bool:
        return self._size >= _BATCH

    def add(self, kind: str, records: Sequence[Record]) -> None:
        """Add a record of the window's kind, followed by its transitions."""
        self.reading.records += 1
        self._size += len(records)
        self._records.setdefault(kind, []).append(records[0])
        if len(records) > 1:
            self._records.setdefault("transition", []).extend(records[1:])

    def reject(self, position: str, reason: str) -> None:
        self.reading.rejected.append(Rejection(position, reason))

    def batch(self) -> Batch:
        """Return what was collected; raises FatalError when too many rows were rejected."""
        rejected = self.reading.rejected
        if len(rejected) > self._tolerated * self.reading.received:
            raise FatalError(
                f"{len(rejected)} of {self.reading.received} rows cannot be read, more than the tolerated "
                f"{self._tolerated:.3g}; the first is {rejected[0].position}, {rejected[0].reason}.",
                hint="Correct the file or the mapping, or raise `tolerated_share`.",
            )
        batch = Batch(self._records, rejected[self._reported :])
        self._records, self._size, self._reported = {}, 0, len(rejected)
        return batch

    def rest(self) -> Iterator[Batch]:
        if self._size or len(self.reading.rejected) > self._reported:
            yield self.batch()


def _transitions(kind: str, story: Story) -> Iterator[Record]:
    for sequence, change in enumerate(story.changes):
        yield _transition(kind, story.key, sequence, change)


def _transition(kind: str, key: str, sequence: int, change: Change) -> Record:
    """Return a change as a record. It has no `updated_at`: a later export of the log replaces it."""
    values = {
        "record_kind": kind,
        "record_id": key,
        "field": change.field,
        "old_value": change.old,
        "new_value": change.new,
        "at": change.at,
        "sequence": sequence,
        "actor": change.actor,
    }
    return Record(f"{kind}:{key}:{change.field}:{sequence}", values)


def _stamp(file: RowFile) -> tuple[int, int]:
    try:
        status = file.path.stat()
    except OSError:
        return (0, 0)
    return (status.st_size, status.st_mtime_ns)


def _state(error: FatalError) -> KindState:
    return KindState.DENIED if isinstance(error.__cause__, PermissionError) else KindState.UNKNOWN


def _protection_digest(protection: Protection) -> str:
    """Return a digest of key and identity lists from which the key cannot be had."""
    lists = repr((tuple(protection.automation), tuple(protection.migration)))
    return hmac.new(protection.key, f"bookmark {lists}".encode(), hashlib.sha256).hexdigest()
