"""Dominated cells: how much work sits in cells that hang on one person (method B)."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import (
    Context,
    MeasureModel,
    codes,
    insufficient,
    integers,
    judged_by_width,
    quoted,
)
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.population import Population
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from storage.records.schema import RecordKind


class DominatedCells(MeasureModel):
    """100 × records in cells where one person has more than `above` percent / records in tested cells.

    Records without cell or person are left out; cells below `minimum_cell` are not tested (erratum A7).
    """

    family: Literal["dominated_cells"]
    cells: Annotated[list[str], Field(min_length=1)]
    person: str
    counted: Predicate
    above: float
    minimum_cell: int

    def needs(self) -> tuple[str, ...]:
        """Cells, person and the columns of the condition."""
        return (*self.cells, self.person, *sorted(self.counted.columns))

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the condition for this kind."""
        return self.counted.problems(kind) or super().problems(kind)

    def sql(self, population: Population) -> str:
        """Count by department, ISO week, cell and person."""
        complete = " AND ".join(f"{column} IS NOT NULL" for column in (*self.cells, self.person))
        order = ", ".join(str(number) for number in range(1, len(self.cells) + 4))
        return (
            f"SELECT department, CAST(date_trunc('week', {population.dated_by}) AS DATE) AS week, "
            f"{', '.join(self.cells)}, {self.person} AS person, COUNT(*) AS n FROM {population.relation} "
            f"WHERE {population.where} AND ({self.counted.sql}) AND {complete} "
            f"GROUP BY {order} ORDER BY {order}"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Find dominated cells and the block-bootstrap interval."""
        pairs, cell_of_pair, names, by_pair = self._pairs(rows)
        dominated, tested = self._dominated(by_pair[None, :].astype(np.float64), cell_of_pair)
        num, den = int(dominated.sum()), int(tested.sum())
        if den < context.minimum:
            return insufficient(
                f"{den} of at least {context.minimum} records in cells of {self.minimum_cell}", den
            )
        draws = self._draws(rows, pairs, cell_of_pair, context)
        low, high = block_interval(draws, codes(rows, "week")[0])
        cells = np.flatnonzero(dominated[0])
        worst = sorted(cells, key=lambda cell: (-dominated[0, cell], cell))
        measurement = Measurement(
            State.MEASURED,
            f"{len(cells)} of {int((tested > 0).sum())} cells hang on one person",
            value=100 * num / den,
            low=low,
            high=high,
            numerator=num,
            denominator=den,
            n=den,
            groups=tuple((" / ".join(names[cell]), 100.0, int(dominated[0, cell])) for cell in worst[:3]),
            sample=self._sample([names[cell] for cell in worst[:1]], context),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("dominated", num), ("tested", den)),
        )
        return judged_by_width(measurement, context)

    def _pairs(self, rows: pa.Table) -> tuple[IntArray, IntArray, list[tuple[str, ...]], IntArray]:
        """Return the (cell, person) pair of each row, the cell of each pair, cell names, records by pair."""
        pairs, keys = codes(rows, *self.cells, "person")
        names = sorted({key[:-1] for key in keys})
        number = {name: index for index, name in enumerate(names)}
        cell_of_pair = np.array([number[key[:-1]] for key in keys], dtype=np.int64)
        by_pair = np.bincount(pairs, weights=integers(rows, "n"), minlength=len(keys)).astype(np.int64)
        return pairs, cell_of_pair, [tuple(map(str, name)) for name in names], by_pair

    def _dominated(self, by_pair: FloatArray, cell_of_pair: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return records in dominated and in tested cells, shape (draws, cells); pairs are sorted by cell."""
        if by_pair.shape[1] == 0:
            return np.zeros((len(by_pair), 1)), np.zeros((len(by_pair), 1))
        starts = np.flatnonzero(np.diff(cell_of_pair, prepend=-1))
        total = np.add.reduceat(by_pair, starts, axis=1)
        most = np.maximum.reduceat(by_pair, starts, axis=1)
        tested = np.where(total >= self.minimum_cell, total, 0.0)
        return np.where(100 * most > self.above * total, tested, 0.0), tested

    def _draws(self, rows: pa.Table, pairs: IntArray, cell_of_pair: IntArray, context: Context) -> FloatArray:
        n = integers(rows, "n")
        spread = np.zeros((len(n), len(cell_of_pair)), np.int64)
        spread[np.arange(len(n)), pairs] = n
        weeks, _ = codes(rows, "week")
        resampled = block_draws(context.generator, weeks, n, spread, INTERVAL_DRAWS)
        dominated, tested = self._dominated(resampled, cell_of_pair)
        return np.asarray(100 * dominated.sum(axis=1) / np.maximum(tested.sum(axis=1), 1), dtype=np.float64)

    def _sample(self, worst: list[tuple[str, ...]], context: Context) -> tuple[str, ...]:
        if not worst:
            return ()
        cell = zip(self.cells, worst[0], strict=True)
        same = [f"CAST({column} AS VARCHAR) = {quoted(value)}" for column, value in cell]
        return context.sample(" AND ".join([*same, f"({self.counted.sql})", f"{self.person} IS NOT NULL"]))
