"""Init: a first configuration from an export, asking nothing that can be found out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config import template
from connectors.files import guessing
from connectors.files.readers import RowFile, row_file
from connectors.files.settings import RecordFile
from connectors.platform.targets import targets
from storage.errors import FatalError, UsageError
from storage.records import KINDS
from storage.records.schema import ColumnType

USUAL_ENCODING = "utf-8-sig"


@dataclass(frozen=True)
class Export:
    """An export of incidents: its fields, and how it is written where that is not as usual."""

    path: Path
    header: tuple[str, ...]
    """Names of its fields; `State#2` is the second of two with one name."""
    delimiter: str | None = None
    encoding: str = USUAL_ENCODING

    @property
    def understood(self) -> Mapping[str, str]:
        """Canonical column: field, for the fields whose names are well known."""
        return template.guess_mapping(self.header)


@dataclass(frozen=True)
class Findings:
    """What was found out about an export."""

    columns: Mapping[str, str]
    """Canonical column: field."""
    unused: tuple[str, ...]
    """Fields that no column was found for."""
    dates: guessing.Dates = field(default_factory=guessing.Dates)
    log: template.LogFields | None = None
    """Fields of a log, where one incident has a row per update."""
    notes: tuple[str, ...] = ()
    """Sentences on what is to be known or checked."""


def read_export(path: Path) -> Export:
    """Return what an export's header says. Raises UsageError or FatalError where it cannot be read."""
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", hint="Name a CSV or JSON export of incidents.")
    encoding = guessing.encoding_of(path, _settings(path, None, USUAL_ENCODING))
    delimiter = None
    file = _file(path, None, encoding)
    if found := file.other_delimiter(file.fields()):
        delimiter, file = found, _file(path, found, encoding)
    return Export(path, tuple(_numbered(file.fields())), delimiter, encoding)


def study(export: Export, answers: Mapping[str, str]) -> Findings:
    """Find out what an export's rows say; `answers` correct and complete the columns."""
    columns = {**export.understood, **answers}
    file = _file(export.path, export.delimiter, export.encoding)
    dates = guessing.dates_in(_times(file, columns))
    key, at = columns.get("id"), columns.get("updated_at")
    several = key is not None and guessing.has_several_rows(file, key, at)
    log = template.log_fields(export.header, columns) if several else None
    used = {*columns.values(), *([log.actor] if log and log.actor else [])}
    unused = tuple(template.unused_fields(export.header, used))
    return Findings(columns, unused, dates, log, tuple(_notes(export, dates, several, log)))


def _times(file: RowFile, columns: Mapping[str, str]) -> Iterator[str]:
    known = targets(KINDS["incident"])
    fields = [name for column, name in columns.items() if known[column].type is ColumnType.TIMESTAMP]
    for cells in guessing.sampled(file, fields):
        yield from (cell for cell in cells if isinstance(cell, str))


def _notes(
    export: Export, dates: guessing.Dates, several: bool, log: template.LogFields | None
) -> Iterator[str]:
    if export.encoding != USUAL_ENCODING:
        yield f"The file is not UTF-8; it is read as {export.encoding}."
    if dates.either_first:
        yield "Its dates fit day first as well as month first; day first is written: check `date_formats`."
    elif dates.formats:
        yield f"Its dates are read as {', '.join(dates.formats)}."
    elif dates.unread:
        yield f"Its dates are not understood ({dates.unread}): set `date_formats`."
    if log is not None:
        kept = f"; the history of {', '.join(log.history)} is kept" if log.history else ""
        yield f"Incidents have several rows, so it is read as a log with one row per update{kept}."
    elif several:
        yield "Incidents have several rows, but no field says when each was written, so no history is read."


def _numbered(names: Sequence[str]) -> Iterator[str]:
    """Yield names as a mapping writes them; a field without name comes of a trailing delimiter."""
    seen: Counter[str] = Counter()
    for name in filter(None, names):
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}#{seen[name]}"


def _settings(path: Path, delimiter: str | None, encoding: str) -> RecordFile:
    return RecordFile.model_validate(
        {"path": path.name, "columns": {"id": "id"}, "delimiter": delimiter, "encoding": encoding}
    )


def _file(path: Path, delimiter: str | None, encoding: str) -> RowFile:
    return row_file(path, _settings(path, delimiter, encoding), frozenset())


def write_configuration(file: Path, export: Export, found: Findings, *, time_zone: str, force: bool) -> None:
    """Write a commented configuration; never over another file unless `force` is given.

    Raises UsageError where there is a file already or no field identifies a record.
    """
    refuse_to_overwrite(file, force=force)
    reading = {"delimiter": export.delimiter} if export.delimiter else {}
    if export.encoding != USUAL_ENCODING:
        reading["encoding"] = export.encoding
    answers = template.Answers(
        name="export",
        path=_seen_from(file.parent, export.path),
        header=export.header,
        time_zone=time_zone,
        columns=found.columns,
        reading=reading,
        date_formats=found.dates.formats,
        either_first=found.dates.either_first,
        log=found.log,
    )
    write_text(file, template.render(answers), force=force)


def refuse_to_overwrite(file: Path, *, force: bool) -> None:
    """Raise UsageError where there is a file already, unless `force` is given."""
    if file.exists() and not force:
        raise UsageError(f"{file} is there already.", hint="Name another file with -c, or add --force.")


def write_text(file: Path, text: str, *, force: bool) -> None:
    """Write a configuration; raises UsageError where there is a file already, FatalError if it cannot."""
    refuse_to_overwrite(file, force=force)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FatalError(
            f"{file} cannot be written: {(error.strerror or 'unknown reason').lower()}.",
            hint="Name another file with -c.",
        ) from None


def _seen_from(folder: Path, path: Path) -> str:
    """Return a path as the configuration is to name it: relative where the file lies below its folder.

    Links stay as they are written: what they lead to may change.
    """
    there, here = path.absolute(), folder.absolute()
    return str(there.relative_to(here)) if there.is_relative_to(here) else str(there)
