"""The records a measure looks at, as relation and condition of a query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from evaluators.tellers import Teller, told_by
from evaluators.windows import Window
from storage.evidence import relation
from storage.records import KINDS
from storage.records.schema import AGE, RECORD_KIND, ColumnType


@dataclass(frozen=True)
class Reading:
    """What is asked of evidence: records of some kinds on some days, with columns that must be there."""

    kinds: tuple[str, ...]
    window: Window
    needs: tuple[str, ...]
    """Columns without which nothing can be said; alternatives are joined by a bar."""
    columns: frozenset[str] = frozenset()
    """All columns that are read, also those that it does without."""

    def needed_of(self, kind: str) -> tuple[str, ...]:
        """Return what every source of a kind must fill."""
        return tuple(
            name for name in (*self.window.columns, *self.needs) if name in KINDS[kind].by_name or "|" in name
        )


@dataclass(frozen=True)
class Part:
    """The records of one kind that those told of who can answer."""

    kind: str
    tellers: tuple[Teller, ...]
    conditions: tuple[str, ...] = ()
    """Further conditions, already checked: exclusions."""

    def where(self) -> tuple[str, ...]:
        """Return the conditions in DuckDB's dialect."""
        return (told_by(self.tellers), *(f"({condition})" for condition in self.conditions))


@dataclass(frozen=True)
class Population:
    """The records an indicator looks at, as a condition over one record kind or several joined ones."""

    parts: tuple[Part, ...]
    dated_by: str
    """Date column that places a record on a day, or in a snapshot the day it shows."""
    days: tuple[str, ...]
    """Conditions on days."""
    first: date
    until: date
    as_of: datetime
    """Start of the assessment's day in its zone, as naive UTC: what ends later cannot be judged yet."""
    today: date
    ages: tuple[str, ...] = ()
    """Age columns that are asked for."""
    field_defaults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Form defaults by column (`incident.category`), which count as empty."""
    fixed: bool = False
    """A fixed cohort, read to the end of its log: nothing in it is too young to be judged."""
    snapshot: bool = False
    """Shows the state at the start of the assessment's day."""
    also: Mapping[str, Population] = field(default_factory=dict)
    """Other records that the measure reads, by the name it gives them."""

    @property
    def where(self) -> str:
        """Condition in DuckDB's dialect."""
        conditions = self.days if self._is_joined else (*self.days, *self.parts[0].where())
        return " AND ".join(conditions) or "TRUE"

    @property
    def relation(self) -> str:
        """What a query reads from: the record kind, or a subquery that joins kinds and adds columns."""
        if not self._is_joined:
            return self._with_columns(self.parts[0].kind)
        joined = " UNION ALL BY NAME ".join(
            f"SELECT '{part.kind}' AS {RECORD_KIND}, * FROM {self._with_columns(part.kind)} "
            f"WHERE {' AND '.join(part.where())}"
            for part in self.parts
        )
        return f"({joined}) AS record"

    @property
    def _is_joined(self) -> bool:
        return len(self.parts) > 1

    def defaults_of(self, column: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the condition on the kind and the form defaults of a column."""
        for part in self.parts:
            defaults = self.field_defaults.get(f"{part.kind}.{column}", ())
            if defaults:
                yield (f"{RECORD_KIND} = '{part.kind}' AND " if self._is_joined else ""), defaults

    def _with_columns(self, kind: str) -> str:
        columns = KINDS[kind].by_name
        added = [f"{self._age(kind, name)} AS {name}" for name in self.ages if name in columns]
        if "department" not in columns:
            added.append("CAST(NULL AS VARCHAR) AS department")
        return f"(SELECT *, {', '.join(added)} FROM {relation(kind)}) AS record" if added else relation(kind)

    def _age(self, kind: str, name: str) -> str:
        column = KINDS[kind].by_name[name.removesuffix(AGE)]
        if column.type is ColumnType.DATE:
            return f"date_diff('day', {column.name}, DATE '{self.today}')"
        elapsed = f"epoch_us(TIMESTAMP '{self.as_of}') - epoch_us({column.name})"
        return f"CAST(floor(({elapsed}) / 86400000000) AS BIGINT)"
