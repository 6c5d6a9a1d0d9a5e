"""Series by week, month or quarter, which measures of control and improvement are built on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from evaluators.measures.base import Context, MeasureModel
from evaluators.measures.population import Population
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.periods import Period, complete_periods, period_index
from evaluators.statistics.resampling import CONFIDENCE_DRAWS
from evaluators.statistics.trend import SeriesKind


@dataclass(frozen=True)
class Series:
    """Values over periods. `index` is the calendar number of a period (months since year 0, weeks since
    1970), `draws` resampled values of shape (draws, periods)."""

    index: IntArray
    values: FloatArray
    counts: IntArray
    draws: FloatArray

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.values)


Taken = tuple[float, FloatArray]
"""A value and its resampled values."""


@dataclass(frozen=True)
class Sampled:
    """Records by period, from which a value is taken of one period or of several that are merged."""

    counts: Mapping[int, int]
    """Records by calendar number of the period."""
    taken: Callable[[Sequence[int]], Taken | None]
    """Value of these periods taken together; None where their records give none."""


class SerialMeasure(MeasureModel):
    """A measure that can be taken period by period."""

    series_kind: ClassVar[SeriesKind] = "share"
    """What a value is: percent, logarithm of a ratio, or any other positive number (section 5.6)."""

    def sql(self, population: Population) -> str:
        """Return the query by month."""
        return self.sql_by(population, "month")

    @abstractmethod
    def sql_by(self, population: Population, period: Period) -> str:
        """Query that gives its rows, for all departments and the periods of a series."""

    @abstractmethod
    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return its records by period."""

    def kept(self, rows: pa.Table) -> tuple[tuple[str, int], ...]:
        """Return sums that an assessment keeps for the assessments after it."""
        return ()

    def series(self, rows: pa.Table, context: Context, minimum: int, period: Period = "month") -> Series:
        """Return a value for each whole period of the window with at least `minimum` records."""
        sampled = self.sampled(rows, context, period)
        parts = []
        for number in wanted_periods(context, period):
            count = sampled.counts.get(number, 0)
            taken = sampled.taken([number]) if count >= max(minimum, 1) else None
            if taken is not None:
                parts.append((number, taken[0], count, taken[1]))
        return series_of(parts)


def by_period(population: Population, period: Period) -> str:
    """Return the column that places a row in its period, under the period's name."""
    return f"CAST(date_trunc('{period}', {population.dated_by}) AS DATE) AS {period}"


def periods_of(rows: pa.Table, column: str, period: Period) -> IntArray:
    """Return the calendar number of the period of each row's day."""
    return period_index(rows.column(column).to_numpy().astype("datetime64[D]"), period)


def sums_by(index: IntArray, counts: IntArray) -> Mapping[int, int]:
    """Add counts up by period."""
    periods, where = np.unique(index, return_inverse=True)
    sums = np.bincount(where, weights=counts, minlength=len(periods)).astype(np.int64)
    return dict(zip(periods.tolist(), sums.tolist(), strict=True))


def wanted_periods(context: Context, period: Period) -> list[int]:
    """Return the calendar numbers of the periods of the window: whole ones, in a snapshot all (B6)."""
    population = context.population
    if not population.snapshot:
        return complete_periods(population.first, population.until, period)
    # A snapshot shows the end of the day before, so its last period has a value, whole or not.
    ends = np.array([population.first, population.until], dtype="datetime64[D]") - np.array([0, 1])
    first, last = period_index(ends, period).tolist()
    return list(range(first, last + 1))


def empty_series() -> Series:
    """Return a series without periods."""
    nothing = np.empty(0)
    return Series(np.empty(0, np.int64), nothing, np.empty(0, np.int64), np.empty((CONFIDENCE_DRAWS, 0)))


def series_of(parts: list[tuple[int, float, int, FloatArray]]) -> Series:
    """Put (period, value, n, draws) together in calendar order."""
    if not parts:
        return empty_series()
    index, values, counts, draws = zip(*sorted(parts, key=lambda part: part[0]), strict=True)
    return Series(
        np.array(index, np.int64), np.array(values), np.array(counts, np.int64), np.column_stack(draws)
    )
