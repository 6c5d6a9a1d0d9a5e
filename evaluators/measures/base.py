"""What every measure has in common: the records it looks at and the question it puts to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from evaluators.measures.population import Population, Reading
from evaluators.policy import Policy
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import IntArray
from evaluators.statistics.trend import Ceiling
from evaluators.windows import Window
from storage.records.schema import ColumnType, RecordKind

WIDEST_RATED = 30.0
"""Half-width in points above which a percentage is not rated (section 5.3, erratum B7)."""
LOW_PRECISION = 18.0
"""Half-width in points above which a percentage counts half in coverage."""


Snapshot = tuple[date, int, int]
"""Day of an assessment, records that fulfilled its snapshot, records counted."""


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
    samples: Callable[[str], Mapping[str | None, tuple[str, ...]]] | None = None
    """Ids by department of the latest records that fulfil a condition, at most five of each."""
    supported: frozenset[str] = frozenset()
    """Columns of the kind that the sources in the population can fill."""
    reference: Callable[[], Ceiling | None] = lambda: None
    """Monthly values of the indicator that a ceiling rule refers to (section 5.6); None without one."""
    worsened: Callable[[], str] = lambda: ""
    """Why the balance rule caps the score (section 5.6); empty where it does not."""
    past: Callable[[], Sequence[Snapshot]] = tuple
    """What earlier assessments saw of the indicator's snapshot, in any order."""

    def sample(self, failing: str, limit: int = 5) -> tuple[str, ...]:
        """Return ids of the latest records that fulfil a condition within the population and scope."""
        if self.department is not None:
            return self.samples(failing).get(self.department, ()) if self.samples else ()
        rows = self.query(
            f"SELECT id FROM {self.population.relation} WHERE {self.population.where} AND ({failing}) "
            f"ORDER BY {self.population.dated_by} DESC, id LIMIT {limit}"
        )
        return tuple(rows.column("id").to_pylist())


class MeasureModel(BaseModel, ABC):
    """A family: how a number is taken from records. Parameters are the YAML keys of a catalogue entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """Columns without which it cannot be taken; alternatives are joined by a bar."""

    def optional_columns(self) -> tuple[str, ...]:
        """Columns in its conditions that it does without where no source fills them."""
        return ()

    def columns(self) -> frozenset[str]:
        """Return all columns that it reads."""
        needed = {name for need in self.needs() for name in need.split("|")}
        return frozenset(needed.union(self.shown(), self.optional_columns()))

    def also(self, kinds: tuple[str, ...], window: Window) -> Mapping[str, Reading]:
        """Return what it reads besides the indicator's own records, by a name of its own."""
        return {}

    @abstractmethod
    def sql(self, population: Population) -> str:
        """Query that gives its rows, for all departments at once."""

    def expanded(self, rows: pa.Table) -> pa.Table:
        """Return the rows of all departments with what only all of them together can say of each row."""
        return rows

    @abstractmethod
    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take the number from the rows of one scope."""

    def departments(
        self, rows: pa.Table, contexts: Mapping[str, Context], whole: Context
    ) -> dict[str, Measurement]:
        """Take the number in each department; `rows` are those of all departments, expanded."""
        parts = by_department(rows)
        return {name: self.answer(parts.get(name, rows.slice(0, 0)), each) for name, each in contexts.items()}

    def shown(self) -> tuple[str, ...]:
        """Columns that it reads where a source fills them and does without elsewhere."""
        return ()

    def reckoned(self) -> tuple[str, ...]:
        """Columns that it reckons with, so that they must hold whole numbers."""
        return ()

    def references(self) -> Mapping[tuple[str, ...], str]:
        """Return the other indicators that it names, by the path of the key."""
        return {}

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


def by_department(rows: pa.Table) -> dict[str | None, pa.Table]:
    """Divide rows by department; each part keeps its order."""
    if not rows.num_rows:
        return {}
    encoded = rows.column("department").combine_chunks().dictionary_encode()
    names = [*encoded.dictionary.to_pylist(), None]
    index = np.asarray(encoded.indices.fill_null(len(names) - 1), dtype=np.int64)
    ordered = rows.take(pa.array(np.argsort(index, kind="stable")))
    sizes = np.bincount(index, minlength=len(names))
    starts = np.cumsum(sizes) - sizes
    return {
        name: ordered.slice(start, size)
        for name, start, size in zip(names, starts.tolist(), sizes.tolist(), strict=True)
        if size
    }


def integers(rows: pa.Table, column: str) -> IntArray:
    """Return an integer column as an array; empty values are refused."""
    return np.asarray(rows.column(column).to_numpy(), dtype=np.int64)


def codes(rows: pa.Table, *columns: str) -> tuple[IntArray, list[tuple[Any, ...]]]:
    """Number the distinct combinations of columns in sorted order; empty values sort first."""
    index, distinct = np.zeros(len(rows), np.int64), [()] * min(len(rows), 1)
    for name in columns:
        values, names = _numbered(rows.column(name).combine_chunks())
        index, pairs = _numbered(pa.array(index * len(names) + values))
        distinct = [(*distinct[pair // len(names)], names[pair % len(names)]) for pair in pairs]
    return index, distinct


def _numbered(values: pa.Array) -> tuple[IntArray, list[Any]]:
    """Number the distinct values in sorted order, an empty one first."""
    encoded = values.dictionary_encode(null_encoding="encode")
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=lambda place: (names[place] is not None, names[place]))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[np.asarray(encoded.indices, dtype=np.int64)], [names[place] for place in order]


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
