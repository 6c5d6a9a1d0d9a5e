"""Measures that look at cells one by one: mean of shares, median of frequencies (method B)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import (
    Context,
    MeasureModel,
    insufficient,
    integers,
    judged_by_width,
    worst_groups,
)
from evaluators.measures.blocks import block_interval, category_draws
from evaluators.measures.cells import Columns, complete, condition_of, numbered, numbered_cells
from evaluators.measures.population import Population
from evaluators.measures.series import Sampled, SerialMeasure, Taken, by_period, periods_of, sums_by
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.periods import Period
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from storage.records.schema import RecordKind


class MacroShare(SerialMeasure):
    """Mean over cells with at least `minimum_in_cell` records of 100 × numerator / denominator."""

    family: Literal["macro_share"]
    cells: Columns
    minimum_in_cell: Annotated[int, Field(ge=1)] = 30
    numerator: Predicate
    denominator: Predicate | None = None

    def needs(self) -> tuple[str, ...]:
        """Cells and the columns of both predicates."""
        picked = self.denominator.columns if self.denominator else frozenset()
        return (*self.cells, *sorted(self.numerator.columns | picked))

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the predicates for this kind."""
        found = self.numerator.problems(kind) + (self.denominator.problems(kind) if self.denominator else [])
        return found or super().problems(kind)

    def sql_by(self, population: Population, period: Period) -> str:
        """Count both by department, ISO week, period and cell."""
        columns = dict.fromkeys(("week", period))
        order = ", ".join(str(number) for number in range(1, len(columns) + len(self.cells) + 2))
        return (
            f"SELECT department, {', '.join(by_period(population, each) for each in columns)}, "
            f"{', '.join(self.cells)}, COUNT(*) AS n, "
            f"CAST(SUM(CASE WHEN {self.numerator.sql} THEN 1 ELSE 0 END) AS BIGINT) AS good "
            f"FROM {population.relation} WHERE {population.where} AND {condition_of(self.denominator)} "
            f"AND {complete(self.cells)} GROUP BY {order} ORDER BY {order}"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take the mean over cells and its block-bootstrap interval."""
        cells, names = numbered_cells(rows, self.cells)
        n, good = self._sums(rows, cells, len(names))
        tested = n >= self.minimum_in_cell
        if tested.sum() < max(context.minimum, 1):
            what = " and ".join(self.cells)
            found = f"{int(tested.sum())} of at least {context.minimum} {what}"
            return insufficient(f"{found} with {self.minimum_in_cell} records", int(n.sum()))
        draws = self._draws(rows, cells, context, INTERVAL_DRAWS)
        low, high = block_interval(draws, numbered(periods_of(rows, "week", "week")))
        missing = (n - good)[tested]
        measurement = Measurement(
            State.MEASURED,
            f"mean over {int(tested.sum())} with {self.minimum_in_cell} records or more each",
            value=float(self._mean(n[None, :], good[None, :])[0]),
            low=low,
            high=high,
            n=int(tested.sum()),
            n_unit=f"different {' and '.join(self.cells)}",
            groups=worst_groups(
                [name for name, counts in zip(names, tested, strict=True) if counts],
                missing.tolist(),
                n[tested].tolist(),
            ),
            sample=context.sample(
                f"{condition_of(self.denominator)} AND {complete(self.cells)} "
                f"AND NOT COALESCE({self.numerator.sql}, FALSE)"
            ),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("cells", int(tested.sum())), ("records", int(n[tested].sum()))),
        )
        return judged_by_width(measurement, context)

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return means by period, over the cells that are large enough in it; records count."""
        index = periods_of(rows, period, period)

        def taken(periods: Sequence[int]) -> Taken | None:
            part = rows.filter(pa.array(np.isin(index, periods)))
            cells, names = numbered_cells(part, self.cells)
            n, good = self._sums(part, cells, len(names))
            if not (n >= self.minimum_in_cell).any():
                return None
            draws = self._draws(part, cells, context, CONFIDENCE_DRAWS)
            return float(self._mean(n[None, :], good[None, :])[0]), draws

        return Sampled(sums_by(index, integers(rows, "n")), taken)

    def _sums(self, rows: pa.Table, cells: IntArray, width: int) -> tuple[IntArray, IntArray]:
        n, good = (
            np.bincount(cells, weights=integers(rows, name), minlength=width).astype(np.int64)
            for name in ("n", "good")
        )
        return n, good

    def _mean(self, n: IntArray | FloatArray, good: IntArray | FloatArray) -> FloatArray:
        """Return the mean for each row of cells; a row without a countable cell gives 0."""
        tested = n >= self.minimum_in_cell
        shares = np.where(tested, good / np.maximum(n, 1), 0.0)
        return np.asarray(100 * shares.sum(axis=1) / np.maximum(tested.sum(axis=1), 1), dtype=np.float64)

    def _draws(self, rows: pa.Table, cells: IntArray, context: Context, draws: int) -> FloatArray:
        n, good = integers(rows, "n"), integers(rows, "good")
        weeks = np.tile(numbered(periods_of(rows, "week", "week")), 2)
        # Even categories are the records of a cell that fulfil, odd ones the others.
        categories = np.concatenate([2 * cells, 2 * cells + 1])
        counts = category_draws(context.generator, weeks, categories, np.concatenate([good, n - good]), draws)
        return self._mean(counts[:, ::2] + counts[:, 1::2], counts[:, ::2])


class CellFrequency(MeasureModel):
    """Median over cells of their records for each `per_days` days of the window."""

    family: Literal["cell_frequency"]
    cells: Columns
    where: Predicate | None = None
    per_days: float = 30.4375
    """An average month."""
    minimum_records: int = 1
    """Records of all cells together; minimum_sample asks for cells."""

    def needs(self) -> tuple[str, ...]:
        """Cells and the columns of the condition."""
        return (*self.cells, *sorted(self.where.columns if self.where else ()))

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the condition for this kind."""
        return (self.where.problems(kind) if self.where else []) or super().problems(kind)

    def sql(self, population: Population) -> str:
        """Count by department, ISO week and cell."""
        order = ", ".join(str(number) for number in range(1, len(self.cells) + 3))
        return (
            f"SELECT department, {by_period(population, 'week')}, {', '.join(self.cells)}, COUNT(*) AS n "
            f"FROM {population.relation} WHERE {population.where} AND {condition_of(self.where)} "
            f"AND {complete(self.cells)} GROUP BY {order} ORDER BY {order}"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take the median over cells and its block-bootstrap interval."""
        cells, names = numbered_cells(rows, self.cells)
        n = integers(rows, "n")
        what, records = " and ".join(self.cells), int(n.sum())
        if len(names) < max(context.minimum, 1) or records < self.minimum_records:
            reason = (
                f"{records} records of {len(names)} {what}; "
                f"{self.minimum_records} of {context.minimum} are needed"
            )
            return insufficient(reason, records)
        population = context.population
        days = (population.until - population.first).days
        counts = np.bincount(cells, weights=n)
        weeks = numbered(periods_of(rows, "week", "week"))
        resampled = category_draws(context.generator, weeks, cells, n, INTERVAL_DRAWS)
        draws = np.median(resampled, axis=1) * self.per_days / days
        low, high = block_interval(draws, weeks)
        seldom = np.argsort(counts, kind="stable")[:3].tolist()
        return Measurement(
            State.MEASURED,
            f"median over {len(names)} {what} with {records:,} records in {days} days",
            value=float(np.median(counts)) * self.per_days / days,
            low=low,
            high=high,
            n=len(names),
            n_unit=f"different {what}",
            groups=tuple(
                (names[cell], round(float(counts[cell]) * self.per_days / days, 2), int(counts[cell]))
                for cell in seldom
            ),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("cells", len(names)), ("records", records), ("days", days)),
        )
