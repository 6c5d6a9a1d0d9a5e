"""Init: a first configuration from an export, asking nothing that can be found out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config import template
from connectors.files.readers import row_file
from connectors.files.settings import RecordFile
from storage.errors import FatalError, UsageError

DELIMITERS = (";", "\t", "|")
"""Signs that separate fields where it is not a comma, most usual first."""


@dataclass(frozen=True)
class Export:
    """An export of incidents: its fields, and what separates them where that is not a comma."""

    path: Path
    header: tuple[str, ...]
    delimiter: str | None = None

    @property
    def understood(self) -> Mapping[str, str]:
        """Canonical column: field, for the fields whose names are well known."""
        return template.guess_mapping(self.header)

    @property
    def unused(self) -> tuple[str, ...]:
        """Fields that no column was found for."""
        used = set(self.understood.values())
        return tuple(name for name in self.header if name not in used)


def read_export(path: Path) -> Export:
    """Return what an export's header says. Raises UsageError or FatalError where it cannot be read."""
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", hint="Name a CSV or JSON export of incidents.")
    header = _header(path, None)
    for delimiter in DELIMITERS:
        if len(header) == 1 and delimiter in header[0]:
            return Export(path, tuple(_header(path, delimiter)), delimiter)
    return Export(path, tuple(header))


def _header(path: Path, delimiter: str | None) -> Sequence[str]:
    settings = RecordFile.model_validate({"path": path.name, "columns": {"id": "id"}, "delimiter": delimiter})
    return row_file(path, settings, frozenset()).fields()


def write_configuration(
    file: Path, export: Export, *, columns: Mapping[str, str], time_zone: str, force: bool
) -> None:
    """Write a commented configuration; never over another file unless `force` is given.

    Raises UsageError where there is a file already or no field identifies a record.
    """
    if file.exists() and not force:
        raise UsageError(f"{file} is there already.", hint="Name another file with -c, or add --force.")
    path = _seen_from(file.parent, export.path)
    answers = template.Answers("export", path, export.header, time_zone, columns)
    text = template.render(answers)
    if export.delimiter is not None:
        line = f"        path: {template.yaml_text(path)}\n"
        text = text.replace(line, f"{line}        delimiter: {template.yaml_text(export.delimiter)}\n")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FatalError(
            f"{file} cannot be written: {(error.strerror or 'unknown reason').lower()}.",
            hint="Name another file with -c.",
        ) from None


def _seen_from(folder: Path, path: Path) -> str:
    """Return a path as the configuration is to name it: relative where the file lies below its folder."""
    there, here = path.resolve(), folder.resolve()
    return str(there.relative_to(here)) if there.is_relative_to(here) else str(there)
