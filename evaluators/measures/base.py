"""What every measure has in common: the records it looks at and the question it puts to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from evaluators.policy import Policy
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import IntArray
from evaluators.statistics.trend import Ceiling
from storage.evidence import relation
from storage.records.schema import ColumnType, RecordKind

WIDEST_RATED = 30.0
"""Half-width in points above which a percentage is not rated (section 5.3, erratum B7)."""
LOW_PRECISION = 18.0
"""Half-width in points above which a percentage counts half in coverage."""


@dataclass(frozen=True)
class Population:
    """The records an indicator looks at, as a condition over one record kind."""

    kind: str
    dated_by: str
    """Date column that must lie in [first, until)."""
    first: date
    until: date
    as_of: datetime
    """Start of the assessment's day in its zone, as naive UTC: what ends later cannot be judged yet."""
    sources: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    """Further conditions, already checked: exclusions, and the indicator's own date column in a cohort."""
    field_defaults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Form defaults by column (`incident.category`), which count as empty."""
    fixed: bool = False
    """A fixed cohort, read to the end of its log: nothing in it is too young to be judged."""

    @property
    def where(self) -> str:
        """Condition in DuckDB's dialect."""
        sources = ", ".join("'" + source.replace("'", "''") + "'" for source in self.sources)
        parts = [
            f"{self.dated_by} >= DATE '{self.first}'",
            f"{self.dated_by} < DATE '{self.until}'",
            f"source IN ({sources})",
            *(f"({condition})" for condition in self.conditions),
        ]
        return " AND ".join(parts)

    @property
    def relation(self) -> str:
        """Name of the record kind as a query writes it."""
        return relation(self.kind)


@dataclass(frozen=True)
class Context:
    """What a measure may use besides its own rows."""

    policy: Policy
    population: Population
    as_of: date
    minimum: int
    better_up: bool
    percent: bool
    """Unit is a percentage, so the half-width rules of section 5.3 hold."""
    generator: np.random.Generator
    """Seeded from catalogue, evidence, scope and indicator (erratum B8)."""
    query: Callable[[str], pa.Table]
    department: str | None = None
    supported: frozenset[str] = frozenset()
    """Columns of the kind that the sources in the population can fill."""
    reference: Callable[[], Ceiling | None] = lambda: None
    """Monthly values of the indicator that a ceiling rule refers to (section 5.6); None without one."""

    def sample(self, failing: str, limit: int = 5) -> tuple[str, ...]:
        """Return ids of the latest records that fulfil a condition within the population and scope."""
        scope = f" AND department = {quoted(self.department)}" if self.department is not None else ""
        rows = self.query(
            f"SELECT id FROM {self.population.relation} WHERE {self.population.where}{scope} AND ({failing}) "
            f"ORDER BY {self.population.dated_by} DESC, id LIMIT {limit}"
        )
        return tuple(rows.column("id").to_pylist())


class MeasureModel(BaseModel, ABC):
    """A family: how a number is taken from records. Parameters are the YAML keys of a catalogue entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """Columns without which it cannot be taken; alternatives are joined by a bar."""

    @abstractmethod
    def sql(self, population: Population) -> str:
        """Query that gives its rows, for all departments at once."""

    @abstractmethod
    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take the number from the rows of one scope."""

    def shown(self) -> tuple[str, ...]:
        """Columns that it reads where a source fills them and does without elsewhere."""
        return ()

    def reckoned(self) -> tuple[str, ...]:
        """Columns that it reckons with, so that they must hold whole numbers."""
        return ()

    def problems(self, kind: RecordKind) -> list[str]:
        """Say which of its columns the kind lacks, each with the closest name, and which are no numbers."""
        needed = [name for need in self.needs() for name in need.split("|")]
        found = unknown_columns(kind, [*needed, *self.shown()])
        return found or [
            f"'{name}' is not a column of whole numbers"
            for name in self.reckoned()
            if kind.by_name[name].type is not ColumnType.INTEGER
        ]


def unknown_columns(kind: RecordKind, names: Sequence[str]) -> list[str]:
    """Return one sentence for each name that is not a column of the kind."""
    from difflib import get_close_matches

    found = []
    for name in dict.fromkeys(names):
        if name not in kind.by_name:
            close = get_close_matches(name, kind.by_name, n=1)
            hint = f" (did you mean '{close[0]}'?)" if close else ""
            found.append(f"'{name}' is not a column of {kind.name}{hint}")
    return found


def quoted(value: str) -> str:
    """Return a text literal in SQL."""
    return "'" + value.replace("'", "''") + "'"


def insufficient(reason: str, n: int, **details: Any) -> Measurement:
    """Return a measurement that says why it cannot be taken."""
    return Measurement(State.INSUFFICIENT_SAMPLE, reason, n=n, **details)


def judged_by_width(measurement: Measurement, context: Context) -> Measurement:
    """Apply the half-width rules: above 30 points not rated, above 18 low precision (erratum B7)."""
    from dataclasses import replace

    if not context.percent or measurement.low is None or measurement.high is None:
        return measurement
    half = (measurement.high - measurement.low) / 2
    if half > WIDEST_RATED:
        reason = f"{measurement.reason}; the interval is ±{half:.0f} points wide, at most ±30 can be rated"
        return replace(measurement, state=State.INSUFFICIENT_SAMPLE, reason=reason)
    return replace(measurement, low_precision=half > LOW_PRECISION)


def integers(rows: pa.Table, column: str) -> IntArray:
    """Return an integer column as an array; empty values are refused."""
    return np.asarray(rows.column(column).to_numpy(), dtype=np.int64)


def codes(rows: pa.Table, *columns: str) -> tuple[IntArray, list[tuple[Any, ...]]]:
    """Number the distinct combinations of columns in sorted order; empty values sort first."""
    keys = list(zip(*(rows.column(name).to_pylist() for name in columns), strict=True))
    distinct = sorted(set(keys), key=lambda key: tuple((part is not None, part) for part in key))
    number = {key: index for index, key in enumerate(distinct)}
    return np.fromiter((number[key] for key in keys), dtype=np.int64, count=len(keys)), distinct


def worst_groups(
    names: Sequence[str | None], missing: Sequence[float], totals: Sequence[int], *, limit: int = 3
) -> tuple[tuple[str, float, int], ...]:
    """Return (group, share that counts against it in percent, n) of the groups with most such records."""
    ranked = sorted(zip(names, missing, totals, strict=True), key=lambda row: (-row[1], row[0] or ""))
    return tuple(
        (name or "(no group)", round(100 * bad / total, 2), total)
        for name, bad, total in ranked[:limit]
        if bad > 0 and total > 0
    )
