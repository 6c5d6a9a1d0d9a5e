"""Stratified share: shares by stratum, averaged with weights, so that the urgent few count (method B)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import (
    Context,
    codes,
    insufficient,
    integers,
    judged_by_width,
    worst_groups,
)
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.population import Population
from evaluators.measures.series import Sampled, SerialMeasure, Taken, by_period, periods_of, sums_by
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.periods import Period
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from storage.records.schema import RecordKind


class StratifiedShare(SerialMeasure):
    """100 × sum(w s) / sum(w) over strata with at least `minimum_stratum` records (erratum A8)."""

    family: Literal["stratified_share"]
    numerator: Predicate
    denominator: Predicate
    stratum: str
    """Integer column; its values above the highest key of `weights` join that stratum."""
    weights: Annotated[dict[int, float], Field(min_length=1)]
    minimum_stratum: int = 10
    group: str = "assignment_group"

    def needs(self) -> tuple[str, ...]:
        """Columns of both predicates and the stratum."""
        return tuple(sorted(self.numerator.columns | self.denominator.columns | {self.stratum}))

    def shown(self) -> tuple[str, ...]:
        """Return the column of the groups."""
        return (self.group,)

    def reckoned(self) -> tuple[str, ...]:
        """Return the stratum."""
        return (self.stratum,)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the predicates for this kind."""
        found = self.numerator.problems(kind) + self.denominator.problems(kind)
        return found or super().problems(kind)

    def sql_by(self, population: Population, period: Period) -> str:
        """Count both by department, group, ISO week, period and stratum."""
        columns = dict.fromkeys(("week", period))
        order = ", ".join(str(number) for number in range(1, len(columns) + 4))
        return (
            f"SELECT department, {self.group} AS team, "
            f"{', '.join(by_period(population, each) for each in columns)}, "
            f"LEAST({self.stratum}, {max(self.weights)}) AS stratum, COUNT(*) AS n, "
            f"CAST(SUM(CASE WHEN {self.numerator.sql} THEN 1 ELSE 0 END) AS BIGINT) AS good "
            f"FROM {population.relation} WHERE {population.where} AND ({self.denominator.sql}) "
            f"AND {self.stratum} >= {min(self.weights)} GROUP BY {order} ORDER BY {order}"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take the weighted mean of the strata and its block-bootstrap interval."""
        records = int(integers(rows, "n").sum())
        sums = self._sums(rows)
        if records < context.minimum or not self._counted(sums).any():
            return insufficient(f"{records} of at least {context.minimum} records", records)
        draws = self._draws(rows, context, INTERVAL_DRAWS)
        low, high = block_interval(draws, codes(rows, "week")[0])
        measurement = Measurement(
            State.MEASURED,
            self._reason(sums),
            value=float(self._weighted(sums[None, :])[0]),
            low=low,
            high=high,
            numerator=int(sums[::2].sum()),
            denominator=int(sums[1::2].sum()),
            n=records,
            groups=self._groups(rows),
            sample=context.sample(self._failing()),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=tuple(
                (f"{self.stratum} {key} {what}", int(sums[2 * number + offset]))
                for number, key in enumerate(sorted(self.weights))
                for offset, what in enumerate(("fulfilled", "records"))
            ),
        )
        return judged_by_width(measurement, context)

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return values in percent by period; none where no stratum is large enough."""
        index = periods_of(rows, period, period)

        def taken(periods: Sequence[int]) -> Taken | None:
            part = rows.filter(pa.array(np.isin(index, periods)))
            sums = self._sums(part)
            if not self._counted(sums).any():
                return None
            draws = self._draws(part, context, CONFIDENCE_DRAWS)
            return float(self._weighted(sums[None, :])[0]), draws

        return Sampled(sums_by(index, integers(rows, "n")), taken)

    def _failing(self) -> str:
        counted = f"({self.denominator.sql}) AND {self.stratum} >= {min(self.weights)}"
        return f"{counted} AND NOT COALESCE({self.numerator.sql}, FALSE)"

    def _columns(self, rows: pa.Table) -> IntArray:
        """Return per row the pairs (good, n) spread over the strata, shape (rows, 2 x strata)."""
        strata = integers(rows, "stratum")
        spread = np.zeros((len(strata), 2 * len(self.weights)), np.int64)
        for number, key in enumerate(sorted(self.weights)):
            chosen = strata == key
            spread[chosen, 2 * number] = integers(rows, "good")[chosen]
            spread[chosen, 2 * number + 1] = integers(rows, "n")[chosen]
        return spread

    def _sums(self, rows: pa.Table) -> IntArray:
        return np.asarray(self._columns(rows).sum(axis=0), dtype=np.int64)

    def _counted(self, sums: IntArray | FloatArray) -> FloatArray:
        return np.asarray(sums[..., 1::2] >= self.minimum_stratum, dtype=np.float64)

    def _weighted(self, sums: IntArray | FloatArray) -> FloatArray:
        """Return the value in percent for each row of pairs; a row without a countable stratum gives 0."""
        weights = np.array([self.weights[key] for key in sorted(self.weights)]) * self._counted(sums)
        shares = sums[..., ::2] / np.maximum(sums[..., 1::2], 1)
        return np.asarray(
            100 * (weights * shares).sum(axis=-1) / np.maximum(weights.sum(axis=-1), 1e-12), dtype=np.float64
        )

    def _draws(self, rows: pa.Table, context: Context, draws: int) -> FloatArray:
        # Rows hold alike records only when split into fulfilled and not, which a resample of records needs.
        spread, counts = self._split(rows)
        weeks, _ = codes(rows, "week")
        sums = block_draws(context.generator, np.tile(weeks, 2), counts, spread, draws)
        return self._weighted(sums)

    def _split(self, rows: pa.Table) -> tuple[IntArray, IntArray]:
        good, n = integers(rows, "good"), integers(rows, "n")
        fulfilled, other = self._columns(rows), self._columns(rows)
        fulfilled[:, 1::2] = fulfilled[:, ::2]
        other[:, 1::2] -= other[:, ::2]
        other[:, ::2] = 0
        return np.vstack([fulfilled, other]), np.concatenate([good, n - good])

    def _reason(self, sums: IntArray) -> str:
        parts = [
            f"{self.stratum} {key}: {100 * sums[2 * number] / sums[2 * number + 1]:.1f} %"
            for number, key in enumerate(sorted(self.weights))
            if sums[2 * number + 1] >= self.minimum_stratum
        ]
        return ", ".join(parts)

    def _groups(self, rows: pa.Table) -> tuple[tuple[str, float, int], ...]:
        index, names = codes(rows, "team")
        n, bad = integers(rows, "n"), integers(rows, "n") - integers(rows, "good")
        sums = [int(bad[index == team].sum()) for team in range(len(names))]
        totals = [int(n[index == team].sum()) for team in range(len(names))]
        return worst_groups([name for (name,) in names], sums, totals)
