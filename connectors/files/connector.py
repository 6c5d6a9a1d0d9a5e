"""Reads record kinds from files: exports, reports, logs."""

from __future__ import annotations

import builtins
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
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
from connectors.files.changes import Changes
from connectors.files.fold import Change, Fold, Story
from connectors.files.mapping import RecordMapping
from connectors.files.readers import Row, RowFile, row_file
from connectors.files.settings import FilesSettings, Log, found_files
from connectors.files.values import NO_DATE, UnreadableError
from connectors.platform.targets import suggestion
from storage.errors import FatalError, RetriableError, SkippableError
from storage.evidence.protection import Protection
from storage.evidence.store import KindState, Record

_BATCH = 20_000
_SAMPLE = 200
"""Rows of a kind that a probe tries to read."""
_RULES = "3"
"""Raised when the same file and settings give other records than before, so that files are read again."""


_TELLING = (KindState.DENIED, KindState.UNKNOWN, KindState.READABLE, KindState.EMPTY, KindState.ABSENT)
"""States of logs, the one first that says most about the transitions in all of them."""
_SHOWN = 40


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
        """Mapped columns of every kind, and transitions where a log has history or a file has them."""
        found = {
            kind: Capability(
                self._mappings[kind].columns,
                tracked=frozenset((*one.history, *one.tracked)),
                deletes=one.complete,
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
        """Open every file and try the mapping on the first rows."""
        found = {kind: self._probed(kind) for kind in self._settings.records}
        logs = [found[kind] for kind, one in self._settings.records.items() if one.history]
        if logs:
            telling = min(logs, key=lambda one: _TELLING.index(one.state))
            detail = "" if telling.state is KindState.READABLE else telling.detail
            found["transition"] = ProbeResult("transition", telling.state, detail)
        return list(found.values())

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
        return replace(record, values=values)

    def _batches(self, kind: str, intake: _Intake, rows: Iterator[Row]) -> Iterator[Batch]:
        log = self._settings.records[kind].log
        for made in self._made(kind, log, rows, intake):
            intake.add(kind, made)
            if intake.full:
                yield intake.batch()

    def _made(
        self, kind: str, log: Log | None, rows: Iterator[Row], intake: _Intake
    ) -> Iterator[Sequence[Record]]:
        return self._folded(kind, log, rows, intake) if log else self._mapped(kind, rows, intake)

    def _mapped(self, kind: str, rows: Iterator[Row], intake: _Intake) -> Iterator[Sequence[Record]]:
        mapping = self._mappings[kind]
        wanted = mapping.wanted
        changes = Changes(self._settings.records, mapping.pseudonym) if kind == "transition" else None
        for row in rows:
            try:
                record = mapping.record(dict(zip(wanted, row.cells, strict=True)))
            except UnreadableError as error:
                intake.reject(row.position, str(error))
            else:
                stored = record if changes is None else changes.kept(record)
                yield from () if stored is None else ((stored,),)

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

    def _rows(
        self, files: Sequence[RowFile], kind: str, intake: _Intake, *, most: int | None = None
    ) -> Iterator[Row]:
        """Yield the rows of all files that can be split into fields, at `most` so many of each file."""
        wanted = self._mappings[kind].wanted
        for file in files:
            for row in islice(file.rows(wanted), most):
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
            message = f"There is no file {self._place(kind)} for {kind}."
            raise FatalError(message, hint="Put it there or correct `path`.")
        return files

    def _place(self, kind: str) -> str:
        """Return the path of a kind as it is written, and the whole one where that differs."""
        written = self._settings.records[kind].path
        whole = str((self._context.folder / written).absolute())
        return written if whole == written else f"{written} ({whole})"

    def _probed(self, kind: str) -> ProbeResult:
        files = self._files(kind)
        if not files:
            return ProbeResult(kind, KindState.ABSENT, f"There is no file {self._place(kind)}.")
        try:
            sample = self._sample(kind, files)
        except FatalError as error:
            return ProbeResult(kind, _state(error), f"{error.message} {error.hint}")
        if not sample.rejected:
            return ProbeResult(kind, KindState.READABLE if sample.received else KindState.EMPTY)
        detail = f"{_told(sample)}. {_advice(sample.rejected)}."
        readable = len(sample.rejected) < sample.received
        return ProbeResult(kind, KindState.READABLE if readable else KindState.UNKNOWN, detail)

    def _sample(self, kind: str, files: Sequence[RowFile]) -> Reading:
        """Return what becomes of the first rows, the same number of each file; nothing is kept of them."""
        intake = _Intake(1, Reading())
        rows = self._rows(files, kind, intake, most=max(1, _SAMPLE // len(files)))
        log = self._settings.records[kind].log
        if log is not None:
            # A few rows are not enough to judge the order of a file by.
            log = log.model_copy(update={"order_by": (log.at,), "grouped": False})
        for _ in self._made(kind, log, rows, intake):
            pass
        return intake.reading

    def _missing(self, kind: str, file: RowFile) -> Iterator[SettingProblem]:
        try:
            known = file.fields()
        except FatalError:
            return
        wanted = self._settings.records[kind].fields()
        missing = [(path, field) for path, field in wanted if not file.resolve(field, known)]
        if missing and (sign := file.other_delimiter(known)):
            yield SettingProblem(("records", kind, "path"), _other_delimiter(file, known[0], sign))
            return
        for path, field in missing:
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
        """Note a row that cannot be read; too many of them stop the reading long before they fill memory."""
        self.reading.rejected.append(Rejection(position, reason))
        if len(self.reading.rejected) % _BATCH == 0:
            self._refuse_too_many()

    def batch(self) -> Batch:
        """Return what was collected; raises FatalError when too many rows were rejected."""
        self._refuse_too_many()
        rejected = self.reading.rejected
        batch = Batch(self._records, rejected[self._reported :])
        self._records, self._size, self._reported = {}, 0, len(rejected)
        return batch

    def _refuse_too_many(self) -> None:
        rejected = self.reading.rejected
        if len(rejected) > self._tolerated * self.reading.received:
            raise FatalError(
                _told(self.reading, f", more than the tolerated {100 * self._tolerated:.3g} %") + ".",
                hint=f"{_advice(rejected)}, or raise `tolerated_share`.",
            )

    def rest(self) -> Iterator[Batch]:
        if self._size or len(self.reading.rejected) > self._reported:
            yield self.batch()


def _told(reading: Reading, more: str = "") -> str:
    first = reading.rejected[0]
    number = f"{len(reading.rejected)} of {reading.received} rows cannot be read{more}"
    return f"{number}; the first is {first.position}, {first.reason}"


def _advice(rejected: Sequence[Rejection]) -> str:
    """Return what to correct, `date_formats` first where dates are what mostly cannot be read."""
    dates = sum(one.reason.endswith(NO_DATE) for one in rejected)
    if 2 * dates > len(rejected):
        return (
            "Set `date_formats` to how dates are written there (`null_values` to what stands for none), "
            "or correct the file or the mapping"
        )
    return "Correct the file or the mapping"


def _other_delimiter(file: RowFile, field: str, sign: str) -> str:
    shown = field if len(field) <= _SHOWN else f"{field[:_SHOWN]}…"
    written = "\\t" if sign == "\t" else sign
    return f"{file.path.name} has one field '{shown}': set `delimiter` to \"{written}\"."


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
