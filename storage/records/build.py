"""Short forms to declare columns with, so that a record kind reads as a table."""

from __future__ import annotations

from storage.records.schema import Column, ColumnType, Dating, FieldClass, Origin


def text(name: str, doc: str, *, current: bool = False) -> Column:
    """A name, code or reference, kept as sent."""
    return _mapped(name, ColumnType.TEXT, doc, current)


def integer(name: str, doc: str, *, current: bool = False) -> Column:
    """A whole number; durations in seconds."""
    return _mapped(name, ColumnType.INTEGER, doc, current)


def boolean(name: str, doc: str, *, current: bool = False) -> Column:
    """A yes or no."""
    return _mapped(name, ColumnType.BOOLEAN, doc, current)


def timestamp(name: str, doc: str, *, current: bool = False) -> Column:
    """A moment, UTC; `current` for one that the platform overwrites (last discovered)."""
    return _mapped(name, ColumnType.TIMESTAMP, doc, current)


def date(name: str, doc: str, *, current: bool = False) -> Column:
    """A day."""
    return _mapped(name, ColumnType.DATE, doc, current)


def person(name: str, doc: str, *, current: bool = False) -> Column:
    """A person or identity, kept as a keyed hash."""
    return Column(name, ColumnType.TEXT, doc, FieldClass.PERSON, _dating(current))


def note(name: str, doc: str) -> tuple[Column, Column]:
    """A free text, of which two columns remain: `<name>_length` and `<name>_fingerprint`."""
    return (
        Column(
            f"{name}_length", ColumnType.INTEGER, f"{doc}: characters; 0 for a form default", FieldClass.TEXT
        ),
        Column(f"{name}_fingerprint", ColumnType.TEXT, f"{doc}: keyed fingerprint", FieldClass.TEXT),
    )


def from_record(name: str, type_: ColumnType, doc: str, *needs: str, current: bool = False) -> Column:
    """A column computed at ingest from the same record."""
    return Column(name, type_, doc, dating=_dating(current), origin=Origin.RECORD, needs=needs)


def seconds(name: str, doc: str, start: str, end: str) -> Column:
    """Whole seconds between two moments of the same record, computed at ingest."""
    return from_record(name, ColumnType.INTEGER, doc, start, end)


def identity_type(name: str, person_column: str, *, current: bool = False) -> Column:
    """What the identity lists say of a person column, computed at ingest."""
    doc = f"person, automation or migration, by the identity lists: of {person_column}"
    return from_record(name, ColumnType.TEXT, doc, person_column, current=current)


def derived(name: str, type_: ColumnType, doc: str, *needs: str, current: bool = False) -> Column:
    """A column computed by the derive step."""
    return Column(name, type_, doc, dating=_dating(current), origin=Origin.DERIVED, needs=needs)


def _mapped(name: str, type_: ColumnType, doc: str, current: bool) -> Column:
    return Column(name, type_, doc, dating=_dating(current))


def _dating(current: bool) -> Dating:
    return Dating.CURRENT_ONLY if current else Dating.DATED
