"""Median and mean of a number that every record has (methods Q and B, section 5.3)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from evaluators.measures.base import Context, codes, insufficient, integers, judged_by_width
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.case_mix import sampled_medians
from evaluators.measures.cells import condition_of, numbered
from evaluators.measures.population import Population
from evaluators.measures.series import Sampled, SerialMeasure, Taken, periods_of, sums_by
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.intervals import median_interval
from evaluators.statistics.periods import Period
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS, median_draws
from evaluators.statistics.trend import SeriesKind
from storage.records.schema import RecordKind

Interval = tuple[float, float, float, FloatArray]
"""Value, lower and upper bound, resampled values."""


class ValueMeasure(SerialMeasure):
    """One number of every record, `of`, in units of `per`."""

    series_kind: ClassVar[SeriesKind] = "score"

    of: str
    """Column of whole numbers; records where it is empty do not count."""
    where: Predicate | None = None
    """Records that count."""
    per: int = 1
    """How many make one of the indicator's unit: 3600 from seconds to hours."""
    group: str = "assignment_group"

    def needs(self) -> tuple[str, ...]:
        """The number and the columns of the condition."""
        return (self.of, *sorted(self.where.columns if self.where else ()))

    def shown(self) -> tuple[str, ...]:
        """Return the column of the groups."""
        return (self.group,)

    def reckoned(self) -> tuple[str, ...]:
        """Return the number."""
        return (self.of,)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the condition for this kind."""
        return (self.where.problems(kind) if self.where else []) or super().problems(kind)

    def sql_by(self, population: Population, period: Period) -> str:
        """Return one row a record."""
        return (
            f"SELECT department, {self.group} AS team, {population.dated_by} AS day, {self.of} AS value "
            f"FROM {population.relation} WHERE {population.where} AND {self._counted} "
            f"ORDER BY {population.dated_by}, source, id"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take the value, its interval, and the groups that are furthest behind."""
        values = self.values(rows)
        if len(values) < context.minimum:
            return insufficient(f"{len(values)} of at least {context.minimum} records", len(values))
        value, low, high, draws = self.taken_from(values, rows, context)
        worse = "<" if context.better_up else ">"
        measurement = Measurement(
            State.MEASURED,
            f"{self.word} of {len(values):,} records",
            value=value,
            low=low,
            high=high,
            n=len(values),
            groups=self._groups(rows, context),
            sample=context.sample(f"{self._counted} AND {self.of} {worse} {round(value * self.per)}"),
            draws=tuple(draws),
            aggregates=(("records", len(values)),),
        )
        return judged_by_width(measurement, context)

    word: ClassVar[str]

    @abstractmethod
    def taken_from(self, values: FloatArray, rows: pa.Table, context: Context) -> Interval:
        """Return the value of all records, its interval and 200 resampled values."""

    @abstractmethod
    def centre(self, values: FloatArray) -> float:
        """Return the value of some records."""

    def values(self, rows: pa.Table) -> FloatArray:
        """Return the numbers in the indicator's unit."""
        return integers(rows, "value") / self.per

    @property
    def _counted(self) -> str:
        return f"{condition_of(self.where)} AND {self.of} IS NOT NULL"

    def _groups(self, rows: pa.Table, context: Context) -> tuple[tuple[str, float, int], ...]:
        """Return the groups with the worst values, of those with a tenth of the records or more."""
        index, names = codes(rows, "team")
        values = self.values(rows)
        found = []
        for number, (name,) in enumerate(names):
            own = values[index == number]
            if name is not None and 10 * len(own) >= len(values):
                found.append((str(name), round(self.centre(own), 2), len(own)))
        sign = 1 if context.better_up else -1
        return tuple(sorted(found, key=lambda group: (sign * group[1], group[0]))[:3])


class Median(ValueMeasure):
    """Median of `of`, interval by order statistics (method Q)."""

    word: ClassVar[str] = "median"
    family: Literal["median"]

    def centre(self, values: FloatArray) -> float:
        """Return the median."""
        return float(np.median(values))

    def taken_from(self, values: FloatArray, rows: pa.Table, context: Context) -> Interval:
        """Return the median with the order statistics around it."""
        ascending = np.sort(values)
        draws = median_draws(context.generator, ascending, CONFIDENCE_DRAWS)
        return self.centre(values), *median_interval(ascending), draws

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return medians by period."""
        return sampled_medians(self.values(rows), periods_of(rows, "day", period), context)


class Mean(ValueMeasure):
    """Mean of `of`, block-bootstrap interval (method B)."""

    word: ClassVar[str] = "mean"
    family: Literal["mean"]

    def centre(self, values: FloatArray) -> float:
        """Return the mean."""
        return float(values.mean())

    def taken_from(self, values: FloatArray, rows: pa.Table, context: Context) -> Interval:
        """Return the mean with its bootstrap interval."""
        draws = self._draws(rows, context, INTERVAL_DRAWS)
        low, high = block_interval(draws, self._weeks(rows))
        return self.centre(values), low, high, draws[:CONFIDENCE_DRAWS]

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return means by period."""
        index, values = periods_of(rows, "day", period), self.values(rows)

        def taken(periods: Sequence[int]) -> Taken:
            chosen = np.isin(index, periods)
            draws = self._draws(rows.filter(pa.array(chosen)), context, CONFIDENCE_DRAWS)
            return self.centre(values[chosen]), draws

        return Sampled(sums_by(index, np.ones(len(index), np.int64)), taken)

    def _draws(self, rows: pa.Table, context: Context, draws: int) -> FloatArray:
        weeks, numbers = self._weeks(rows), integers(rows, "value")
        ones = np.ones_like(numbers)
        sums = block_draws(context.generator, weeks, ones, np.column_stack([numbers, ones]), draws)
        return np.asarray(sums[:, 0] / np.maximum(sums[:, 1], 1) / self.per, dtype=np.float64)

    def _weeks(self, rows: pa.Table) -> IntArray:
        return numbered(periods_of(rows, "day", "week"))
