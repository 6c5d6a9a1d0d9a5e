"""Cell spread: how much longer the slow ones of a kind take than the usual ones (method B)."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import Context, MeasureModel, insufficient, integers, judged_by_width
from evaluators.measures.blocks import block_interval, record_weights
from evaluators.measures.cells import Columns, complete, condition_of, numbered, numbered_cells
from evaluators.measures.population import Population
from evaluators.measures.series import periods_of
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.conforming import weighted_median
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from storage.records.schema import RecordKind

LEAST = 1.0
"""A duration of nothing counts as a second, so that a ratio exists."""


class CellSpread(MeasureModel):
    """Volume-weighted median over cells of P90 / P50 of `of` (req-fulfilment-predictability).

    Percentiles are linear between order statistics. Cells below `minimum_in_cell` are left out.
    """

    family: Literal["cell_spread"]
    cells: Columns
    of: str
    """Column with seconds; negative ones are left out."""
    where: Predicate | None = None
    minimum_in_cell: Annotated[int, Field(ge=2)] = 20

    def needs(self) -> tuple[str, ...]:
        """Cells, the duration and the columns of the condition."""
        return (*self.cells, self.of, *sorted(self.where.columns if self.where else ()))

    def reckoned(self) -> tuple[str, ...]:
        """Return the duration."""
        return (self.of,)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the condition for this kind."""
        return (self.where.problems(kind) if self.where else []) or super().problems(kind)

    def sql(self, population: Population) -> str:
        """Return one row a record."""
        return (
            f"SELECT department, {population.dated_by} AS day, {', '.join(self.cells)}, {self.of} AS seconds "
            f"FROM {population.relation} WHERE {population.where} AND {condition_of(self.where)} "
            f"AND {complete(self.cells)} AND {self.of} >= 0 ORDER BY {population.dated_by}, source, id"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take the spread of every cell, their median and its bootstrap interval."""
        cells, names = numbered_cells(rows, self.cells)
        seconds = np.maximum(integers(rows, "seconds").astype(np.float64), LEAST)
        tested = np.bincount(cells, minlength=len(names)) >= self.minimum_in_cell
        if tested.sum() < max(context.minimum, 1):
            what = " and ".join(self.cells)
            found = f"{int(tested.sum())} of at least {context.minimum} {what}"
            return insufficient(f"{found} with {self.minimum_in_cell} records", len(cells))
        order = np.lexsort((seconds, cells))
        cells, seconds = cells[order], seconds[order]
        weeks = numbered(periods_of(rows, "day", "week"))[order]
        ones = np.ones(len(cells), np.int64)
        ratios, volumes = self._ratios(cells, seconds, ones)
        weights = record_weights(context.generator, weeks, INTERVAL_DRAWS)
        draws = np.array([self._median(cells, seconds, taken) for taken in weights])
        low, high = block_interval(draws, weeks)
        large = np.flatnonzero(volumes >= self.minimum_in_cell)
        worst = sorted(large.tolist(), key=lambda cell: (-ratios[cell], cell))[:3]
        measurement = Measurement(
            State.MEASURED,
            f"median over {len(large)} with {self.minimum_in_cell} records or more each",
            value=self._median(cells, seconds, ones),
            low=low,
            high=high,
            n=len(large),
            n_unit=f"different {' and '.join(self.cells)}",
            groups=tuple((names[cell], round(float(ratios[cell]), 2), int(volumes[cell])) for cell in worst),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("cells", len(large)), ("records", int(volumes[large].sum()))),
        )
        return judged_by_width(measurement, context)

    def _median(self, cells: IntArray, seconds: FloatArray, weights: IntArray) -> float:
        ratios, volumes = self._ratios(cells, seconds, weights)
        large = np.flatnonzero(volumes >= self.minimum_in_cell).tolist()
        if not large:
            return float("nan")
        return weighted_median([(float(ratios[cell]), int(volumes[cell])) for cell in large])

    def _ratios(self, cells: IntArray, seconds: FloatArray, weights: IntArray) -> tuple[FloatArray, IntArray]:
        """Return P90 / P50 and volume by cell; rows are sorted by cell and duration, each taken so often."""
        taken = np.cumsum(weights)
        volumes = np.bincount(cells, weights=weights).astype(np.int64)
        before = np.cumsum(volumes) - volumes
        upper, middle = (_percentiles(seconds, taken, before, volumes, share) for share in (0.9, 0.5))
        return np.asarray(upper / middle, dtype=np.float64), volumes


def _percentiles(
    seconds: FloatArray, taken: IntArray, before: IntArray, volumes: IntArray, share: float
) -> FloatArray:
    """Return a percentile of every cell, linear between order statistics."""
    rank = np.maximum(volumes - 1, 0) * share
    lower = np.floor(rank).astype(np.int64)
    upper = np.minimum(lower + 1, np.maximum(volumes - 1, 0))
    last = len(seconds) - 1
    below, above = (
        seconds[np.minimum(np.searchsorted(taken, before + place, side="right"), last)]
        for place in (lower, upper)
    )
    return np.asarray(below + (above - below) * (rank - lower), dtype=np.float64)
