"""What an admin writes to have files read: where they are, how to read them, which column is which."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import orjson
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from connectors.contract import ConnectorSettings
from connectors.files import conditions
from connectors.files.checks import (
    Findings,
    checked_sources,
    date_format,
    history_refused,
    kind_refused,
    time_zone_name,
)
from connectors.files.sources import Model, Path_, Source
from connectors.platform.targets import column_refused, share, targets
from storage.records import KINDS
from storage.records.schema import FieldClass, RecordKind

CHANGE = ("record_kind", "record_id", "field", "old_value", "new_value", "at", "sequence")
"""What a file of changes has to say of each."""


class Log(Model):
    """How a file with one row per update becomes one record per key."""

    at: str
    """Field with the time of the update."""
    key: str | None = None
    """Field that says which record a row belongs to; the field of `id` unless given."""
    actor: str | None = None
    """Field with the identity that made the update."""
    order_by: tuple[str, ...] = ()
    """Fields that put the rows of one record in order; the order of the file unless given."""
    grouped: bool = False
    """The rows of one record stand together, so it can be finished when the next begins."""


class RecordFile(Model):
    """One record kind: its files, how to read them, and which column is which."""

    path: str
    """File or pattern (`exports/incident-*.csv`), from the configuration file's folder."""
    columns: dict[str, Source]
    """Canonical column: where its value comes from. `id` is needed; `updated_at`, `revision` are welcome."""
    format: Literal["csv", "json", "jsonl"] | None = None
    """csv, json or jsonl; told from the file's name unless given."""
    encoding: str = "utf-8-sig"
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """Sign between two fields of a CSV file; a comma, in .tsv files a tab."""
    header: bool = True
    """The first line of a CSV file names the fields."""
    names: tuple[str, ...] = ()
    """Names to use in place of the header's."""
    member: str | None = None
    """Which file inside a .zip."""
    records_at: str | None = None
    """Where in a JSON document the list of records is (`result.rows`); `result` is found without."""
    complete: bool = False
    """The files hold every record of the kind: those missing from them are gone."""
    log: Log | None = None
    history: dict[str, Source] = Field(default_factory=dict)
    """In a log: fields whose every change is kept, as `transition` records."""
    tracked: tuple[str, ...] = ()
    """Fields whose every change stands in the file of `transition`."""

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError:
            raise ValueError(f"'{value}' is no encoding; utf-8-sig and latin-1 are usual ones.") from None
        return value

    @field_validator("columns", mode="wrap")
    @classmethod
    def _canonical(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        return checked_sources(_kind_of(info), value, handler, column_refused)

    @field_validator("history", mode="wrap")
    @classmethod
    def _tracked(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        return checked_sources(_kind_of(info), value, handler, history_refused)

    @field_validator("tracked")
    @classmethod
    def _with_history(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        kind, findings = _kind_of(info), Findings()
        for number, name in enumerate(value):
            if kind is not None and (message := history_refused(kind, name)):
                findings.add((number,), message, name)
        findings.raise_any()
        return value

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Self:
        findings = Findings()
        for path, message in self._mistakes(_kind_of(info)):
            findings.add(path, message)
        findings.raise_any()
        return self

    @property
    def key(self) -> str | None:
        """Field that says which record a row of a log belongs to."""
        given = self.columns.get("id")
        return (self.log and self.log.key) or (given.column if given else None)

    def sources(self) -> Iterator[tuple[Path_, str, Source]]:
        """Yield path, canonical name and source of everything in columns and history, first_of unfolded."""
        for part, sources in (("columns", self.columns), ("history", self.history)):
            for name, source in sources.items():
                for path, leaf in source.leaves((part, name)):
                    yield path, name, leaf

    def fields(self) -> Iterator[tuple[Path_, str]]:
        """Yield every field of the file that is asked for, with the path to where."""
        for path, _, leaf in self.sources():
            if leaf.field:
                yield path, leaf.field
            for field in conditions.fields(leaf.at_first or {}):
                yield (*path, "at_first"), field
        if self.log is not None:
            for setting in ("key", "at", "actor"):
                if field := getattr(self.log, setting):
                    yield ("log", setting), field
            for number, field in enumerate(self.log.order_by):
                yield ("log", "order_by", number), field

    def classes(self, kind: RecordKind) -> Iterator[tuple[Path_, str, FieldClass]]:
        """Yield every field that is read with the protection it gets, once per use."""
        known = targets(kind)
        for path, name, leaf in self.sources():
            if leaf.field:
                yield path, leaf.field, known[name].field_class
        if self.log is not None:
            if self.log.actor:
                yield ("log", "actor"), self.log.actor, FieldClass.PERSON
            if self.log.key:
                yield ("log", "key"), self.log.key, FieldClass.PLAIN

    def _mistakes(self, kind: RecordKind | None) -> Iterator[tuple[Path_, str]]:
        if not self.header and not self.names:
            yield ("header",), "Without a header line, give the fields' names in `names`."
        if self.log is None:
            yield from self._log_missing()
        else:
            yield from self._log_contradicted(self.log)
        if kind is not None:
            yield from self._protection_contradicted(kind)

    def _log_missing(self) -> Iterator[tuple[Path_, str]]:
        if "id" not in self.columns:
            yield ("columns",), "`id` is missing; it names the field that identifies a record."
        if self.history:
            yield ("history",), "A history needs `log`, which says that the file has one row per update."
        for path, _, leaf in self.sources():
            if leaf.needs_log and path[0] == "columns":
                yield (
                    path,
                    "first, last and at_first need `log`, a file with one row per update.",
                )

    def _log_contradicted(self, log: Log) -> Iterator[tuple[Path_, str]]:
        given = self.columns.get("id")
        if given is not None and not given.column:
            yield ("columns", "id"), "In a log the id is the field that all rows of one record share."
        elif given is None and log.key is None:
            yield ("log",), "`key` is missing; it names the field that all rows of one record share."
        elif given is not None and log.key not in (None, given.column):
            yield ("log", "key"), f"'{log.key}' differs from the id, '{given.column}'; give one of them."
        if "updated_at" in self.columns:
            yield ("columns", "updated_at"), "In a log this is the time of the last row (`log.at`)."

    def _protection_contradicted(self, kind: RecordKind) -> Iterator[tuple[Path_, str]]:
        seen: dict[str, tuple[Path_, FieldClass]] = {}
        for path, field, field_class in self.classes(kind):
            first_path, first_class = seen.setdefault(field, (path, field_class))
            if first_class is not field_class:
                other = ".".join(map(str, first_path))
                yield (
                    path,
                    f"'{field}' is kept as {_AS[field_class]} here and as {_AS[first_class]} for {other}; "
                    "one field has one protection.",
                )


_AS = {FieldClass.PLAIN: "plain value", FieldClass.PERSON: "person", FieldClass.TEXT: "free text"}


def _kind_of(info: ValidationInfo) -> RecordKind | None:
    kind = (info.context or {}).get("kind")
    return kind if isinstance(kind, RecordKind) else None


class FilesSettings(ConnectorSettings):
    """Record kinds to read from files, and how values are written in them."""

    type: Literal["files"]
    time_zone: Annotated[str, AfterValidator(time_zone_name)] = "UTC"
    """Zone of the times that do not name one."""
    date_formats: tuple[Annotated[str, AfterValidator(date_format)], ...] = ()
    """How dates are written, tried in order; ISO 8601 is always understood."""
    null_values: frozenset[str] = frozenset()
    """Texts that mean there is no value; an empty text always does."""
    tolerated_share: Annotated[float, BeforeValidator(share), Field(ge=0, le=1)] = 0.01
    """Share of rows that may be unreadable; more of them stop the sync."""
    records: dict[str, RecordFile] = Field(min_length=1)

    @field_validator("records", mode="wrap")
    @classmethod
    def _known_kinds(cls, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        if not isinstance(value, dict) or not value:
            return handler(value)
        findings, checked = Findings(), {}
        for name, one in value.items():
            if message := kind_refused(str(name)):
                findings.add((str(name),), message, name)
            try:
                checked[name] = RecordFile.model_validate(one, context={"kind": KINDS.get(name)})
            except ValidationError as error:
                findings.take(error, str(name))
        for path, message in changes_misplaced(checked):
            findings.add(path, message)
        findings.raise_any()
        return checked

    def digest(self, kind: str) -> str:
        """Return a digest of all settings that decide what a kind's records look like."""
        shared = self.model_dump(mode="json", include={"time_zone", "date_formats"})
        nulls = sorted(self.null_values)
        own = self.records[kind].model_dump(mode="json", exclude={"path"})
        # which changes are kept is said below the kinds that changed
        tracked = {name: one.tracked for name, one in self.records.items() if kind == "transition"}
        text = orjson.dumps([shared, nulls, own, tracked], option=orjson.OPT_NON_STR_KEYS)
        return hashlib.sha256(text).hexdigest()


def changes_misplaced(records: Mapping[str, RecordFile]) -> Iterator[tuple[Path_, str]]:
    """Yield what is wrong with where changes stand, with the path to it."""
    changes = records.get("transition")
    missing = [name for name in CHANGE if changes is not None and name not in changes.columns]
    if missing:
        yield ("transition", "columns"), f"A file of changes needs {', '.join(missing)} as well."
    for kind, one in records.items():
        if one.tracked and changes is None:
            yield (kind, "tracked"), "There is no file of `transition` in which these changes stand."
        if one.history and changes is not None:
            yield (kind, "history"), "Changes stand in a log or in the file of `transition`, not in both."


def found_files(folder: Path, record_file: RecordFile) -> list[Path]:
    """Return the files that a kind is read from, in sorted order; none when there are none."""
    path = folder / record_file.path
    if path.exists():
        return [path]
    base = Path(path.anchor) if Path(record_file.path).is_absolute() else folder
    pattern = str(Path(record_file.path).relative_to(base)) if base != folder else record_file.path
    return sorted(base.glob(pattern)) if set("*?[") & set(record_file.path) else []
