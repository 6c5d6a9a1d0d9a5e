"""Columns that a record says about itself, computed when it is taken in (design decision 6).

They live beside the store and not beside the kinds, because identity types come from the protection of
persons, which the record kinds know nothing of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from storage.evidence.protection import identity_type
from storage.evidence.store import Value
from storage.records import KINDS
from storage.records.schema import Column, ColumnType, FieldClass, Origin, RecordKind

Computation = Callable[[Mapping[str, Value]], Value]
"""Computes one column from the filled mapped columns of the same record; None where it cannot be said."""


def seconds_between(start: str, end: str) -> Computation:
    """Whole seconds from one moment to another, rounded down; negative where the record says so."""

    def compute(values: Mapping[str, Value]) -> Value:
        first, last = values.get(start), values.get(end)
        if not isinstance(first, datetime) or not isinstance(last, datetime):
            return None
        elapsed = last - first
        return elapsed.days * 86400 + elapsed.seconds

    return compute


def type_of(person: str) -> Computation:
    """Identity type of a person column: person, automation or migration."""

    def compute(values: Mapping[str, Value]) -> Value:
        pseudonym = values.get(person)
        return identity_type(pseudonym) if isinstance(pseudonym, str) else None

    return compute


def computation(kind: RecordKind, column: Column) -> Computation:
    """Return how a column is computed: between two moments its seconds, of a person its type."""
    needed = [kind.by_name[name] for name in column.needs]
    if [each.type for each in needed] == [ColumnType.TIMESTAMP] * 2:
        return seconds_between(*column.needs)
    if [each.field_class for each in needed] == [FieldClass.PERSON]:
        return type_of(*column.needs)
    raise NotImplementedError(f"{kind.name}.{column.name} is declared as computed, but nothing computes it")


COMPUTATIONS: Mapping[str, Mapping[str, Computation]] = {
    kind.name: {column.name: computation(kind, column) for column in kind.of_origin(Origin.RECORD)}
    for kind in KINDS.values()
}
"""How every column of origin RECORD is computed, by kind and column: what it needs decides."""
