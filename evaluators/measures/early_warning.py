"""Early warning: how many serious incidents were announced, if warnings say more than chance (method B)."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import Context, MeasureModel, codes, insufficient, integers, judged_by_width
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.cells import condition_of
from evaluators.measures.population import Population
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from storage.records.schema import RecordKind

COLUMNS = ("warning_used", "warned", "comparison_warnings", "comparison_windows")


class EarlyWarning(MeasureModel):
    """100 × incidents with a warning that was acted on / incidents; 0 unless the lift exceeds `lift`.

    The lift is the share of incidents with a warning before them, over the share of other windows of the
    same items with a warning before them (mon-early-warning). Who warns all the time has a lift of 1.
    """

    family: Literal["early_warning"]
    where: Predicate | None = None
    """Incidents that count, of those with an item or service."""
    lift: Annotated[int, Field(ge=1)] = 2

    def needs(self) -> tuple[str, ...]:
        """Return the warnings before incidents and other windows, and the columns of the condition."""
        return (*COLUMNS, *sorted(self.where.columns if self.where else ()))

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the condition for this kind."""
        return (self.where.problems(kind) if self.where else []) or super().problems(kind)

    def sql(self, population: Population) -> str:
        """Add up by department and ISO week."""
        sums = ", ".join(f"CAST(SUM(CAST({name} AS BIGINT)) AS BIGINT) AS {name}" for name in COLUMNS)
        return (
            f"SELECT department, CAST(date_trunc('week', {population.dated_by}) AS DATE) AS week, "
            f"COUNT(*) AS n, {sums} FROM {population.relation} WHERE {population.where} AND {self._counted} "
            "GROUP BY 1, 2 ORDER BY 1, 2"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take share and lift, with the block-bootstrap interval of the share under the lift rule."""
        n = int(integers(rows, "n").sum())
        if n < context.minimum:
            return insufficient(f"{n} of at least {context.minimum} incidents have an item or service", n)
        sums = np.column_stack([integers(rows, name) for name in ("n", *COLUMNS)])
        total = sums.sum(axis=0)
        _, used, warned, _, windows = total.tolist()
        if windows == 0:
            return insufficient("alerts are not known of any day before an incident to compare with", n)
        weeks, _ = codes(rows, "week")
        draws = self._value(block_draws(context.generator, weeks, sums[:, 0], sums, INTERVAL_DRAWS))
        low, high = block_interval(draws, weeks)
        measurement = Measurement(
            State.MEASURED,
            f"{used:,} of {n:,} incidents with a warning that was acted on, {warned:,} with any; "
            f"{self._compared(total)}",
            value=float(self._value(total[None, :])[0]),
            low=low,
            high=high,
            numerator=used,
            denominator=n,
            n=n,
            sample=context.sample(f"{self._counted} AND NOT warning_used"),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=tuple(zip(("incidents", *_names()), total.tolist(), strict=True)),
        )
        return judged_by_width(measurement, context)

    @property
    def _counted(self) -> str:
        return f"{condition_of(self.where)} AND warned IS NOT NULL"

    def _value(self, sums: IntArray | FloatArray) -> FloatArray:
        """Return the value in percent for each row of n and COLUMNS."""
        n, used, warned, warnings, windows = np.asarray(sums, dtype=np.float64).T
        lifted = warned * windows > self.lift * warnings * n
        return np.asarray(np.where(lifted, 100 * used / np.maximum(n, 1), 0.0))

    def _compared(self, total: IntArray) -> str:
        n, _, warned, warnings, windows = total.tolist()
        if warnings == 0:
            return "no other window has one"
        lift = warned * windows / (warnings * n)
        rule = "" if lift > self.lift else f", not above {self.lift}, so none of them counts"
        return f"lift {lift:.1f} over other windows{rule}"


def _names() -> tuple[str, ...]:
    return tuple(name.replace("_", " ") for name in COLUMNS)
