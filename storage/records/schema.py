"""What a record kind is: named, typed, documented columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class ColumnType(StrEnum):
    """Type of a canonical column; times are UTC with microseconds, durations integer seconds."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"


class FieldClass(StrEnum):
    """How a value is protected before it is kept (design decision 5)."""

    PLAIN = "plain"
    """Kept as sent."""
    PERSON = "person"
    """Kept as a keyed hash, prefixed by what the identity lists say: person, automation or migration."""
    TEXT = "text"
    """Kept as length, default flag and keyed fingerprint; the words are dropped."""


class Dating(StrEnum):
    """Whether a column can be read as of an earlier day."""

    DATED = "dated"
    """Has a timestamp or history, or is settled once the record has ended."""
    CURRENT_ONLY = "current-only"
    """Shows today's state alone, so an indicator on it is not_supported in a reconstruction."""


class Origin(StrEnum):
    """Who fills a column."""

    MAPPED = "mapped"
    """The connector's mapping, from fields of the platform."""
    RECORD = "record"
    """Computed at ingest from the same record's mapped columns."""
    DERIVED = "derived"
    """Computed by the derive step, from history, other records and policy, once per evidence version."""
    VIRTUAL = "virtual"
    """Stored nowhere: reckoned within a query, from another column and the day of the assessment."""


@dataclass(frozen=True)
class Column:
    """One canonical column.

    `needs` lists what a computed column is computed from, so that support can be decided: a column
    of the same kind (`opened_at`), another kind (`service_level:`), a tracked field of the record's
    history (`transition:assignment_group`), a column of another kind that one of its feeds fills
    (`transition.actor`) or each of them (`each:knowledge_use.record_id`), or a policy entry
    (`policy:automation`). An alternative is written with a bar (`service_level:|made_sla`): each of them
    has to suffice, for what shows in the missing ones alone would count as not done.
    """

    name: str
    type: ColumnType
    doc: str
    field_class: FieldClass = FieldClass.PLAIN
    dating: Dating = Dating.DATED
    origin: Origin = Origin.MAPPED
    needs: tuple[str, ...] = ()


AGE = "_age_days"
"""End of the name of an age column."""
_AGING = ("_at", "_on", "_until")


@dataclass(frozen=True)
class RecordKind:
    """A kind of record: its name, what it stands for, and its columns in order."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    tracked: tuple[str, ...] = field(default=())
    """Fields whose history is kept as `transition` records."""

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by name, the virtual age columns `<moment or day>_age_days` among them."""
        return {column.name: column for column in (*self.columns, *self._ages())}

    def _ages(self) -> Iterator[Column]:
        for column in self.columns:
            dated = column.type in (ColumnType.TIMESTAMP, ColumnType.DATE)
            if dated and column.name.endswith(_AGING):
                doc = (
                    f"Whole days from {column.name} to the start of the assessment's day, negative when later"
                )
                yield Column(
                    f"{column.name}{AGE}",
                    ColumnType.INTEGER,
                    doc,
                    dating=column.dating,
                    origin=Origin.VIRTUAL,
                    needs=(column.name,),
                )

    def of_origin(self, *origins: Origin) -> tuple[Column, ...]:
        """Columns filled by one of `origins`, in order."""
        return tuple(column for column in self.columns if column.origin in origins)

    @property
    def mapped(self) -> tuple[Column, ...]:
        """Columns that a connector may fill."""
        return self.of_origin(Origin.MAPPED)

    @property
    def stored(self) -> tuple[Column, ...]:
        """Columns of the stored record: mapped, then computed from the record itself."""
        return self.of_origin(Origin.MAPPED) + self.of_origin(Origin.RECORD)

    @property
    def derived(self) -> tuple[Column, ...]:
        """Columns that the derive step fills."""
        return self.of_origin(Origin.DERIVED)


RECORD_KIND = "record_kind"
"""Column of joined kinds that names the kind of a record."""


def joined(kinds: Sequence[RecordKind]) -> RecordKind:
    """Return several kinds as one: the columns that all have under one name with one type.

    One kind alone stays what it is. The column `record_kind` tells the kinds apart.
    """
    first, *others = kinds
    if not others:
        return first
    common = [
        column
        for column in first.columns
        if all((known := each.by_name.get(column.name)) and known.type is column.type for each in others)
    ]
    telling = Column(RECORD_KIND, ColumnType.TEXT, "Kind of the record", origin=Origin.VIRTUAL)
    name = " and ".join(each.name for each in kinds)
    return RecordKind(name, f"Records of {name}.", (*common, telling))
