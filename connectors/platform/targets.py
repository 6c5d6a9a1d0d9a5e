"""What a mapping may fill, and what is said of anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from storage.records.schema import ColumnType, FieldClass, Origin, RecordKind


@dataclass(frozen=True)
class Target:
    """Something a mapping may fill: a canonical column, a note, or one of `RECORD_FIELDS`."""

    name: str
    type: ColumnType
    field_class: FieldClass = FieldClass.PLAIN

    @property
    def columns(self) -> tuple[str, ...]:
        """Canonical columns it fills."""
        if self.field_class is FieldClass.TEXT:
            return (f"{self.name}_length", f"{self.name}_fingerprint")
        return (self.name,)


RECORD_FIELDS = (
    Target("id", ColumnType.TEXT),
    Target("updated_at", ColumnType.TIMESTAMP),
    Target("revision", ColumnType.INTEGER),
)
"""What every record has beside the columns of its kind."""


def targets(kind: RecordKind) -> Mapping[str, Target]:
    """Return what a mapping of this kind may fill, by the name it has in the configuration."""
    found = {target.name: target for target in RECORD_FIELDS}
    for column in kind.mapped:
        if column.field_class is not FieldClass.TEXT:
            found[column.name] = Target(column.name, column.type, column.field_class)
        elif column.name.endswith("_length"):
            name = column.name.removesuffix("_length")
            found[name] = Target(name, ColumnType.TEXT, FieldClass.TEXT)
    return found


def column_refused(kind: RecordKind, name: str) -> str | None:
    """Return why a kind has no such column to map."""
    known = targets(kind)
    if name in known:
        return None
    column = kind.by_name.get(name)
    if column is None:
        return f"'{name}' is not a column of {kind.name}{suggestion(name, known)}."
    if column.origin is Origin.MAPPED:
        note = name.removesuffix("_length").removesuffix("_fingerprint")
        return f"'{name}' is made of a text; map '{note}'."
    return f"'{name}' is computed by this program and cannot be mapped."


def share(value: object) -> object:
    """Return `1 %` as 0.01; raises ValueError for what is no share."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        try:
            return float(value.rstrip().removesuffix("%")) / 100
        except ValueError:
            pass
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
        return value
    raise ValueError(f"{value!r} is no share; write a percentage such as 1 % or a fraction such as 0.01.")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the nearest known name, or nothing."""
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
