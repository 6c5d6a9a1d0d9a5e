"""Covered volume: how much of the work lies in cells that something else has named (method B)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluators.measures.base import (
    Context,
    MeasureModel,
    codes,
    insufficient,
    integers,
    judged_by_width,
    unknown_columns,
    worst_groups,
)
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.cells import Columns, complete, condition_of, in_cells, numbered, numbered_cells
from evaluators.measures.population import Population, Reading
from evaluators.measures.series import by_period, periods_of
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from evaluators.windows import Window
from storage.records import KINDS
from storage.records.schema import RecordKind


class Covering(BaseModel):
    """Other records that name cells."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    cells: Columns
    where: Predicate | None = None
    of: str | None = None
    """Date column that places them in the indicator's window."""
    window: Window | None = None
    """A window of their own; without it and `of` the indicator's window as it is."""
    minimum: Annotated[int, Field(ge=1)] = 1
    """Records that must name a cell."""

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.kind not in KINDS:
            raise ValueError(f"'{self.kind}' is not a record kind; choose from {', '.join(KINDS)}")
        if self.of is not None and self.window is not None:
            raise ValueError("give a window of its own or another date column `of`, not both")
        return self

    def reading(self, window: Window) -> Reading:
        """Return what it asks of evidence."""
        needs = (*self.cells, *sorted(self.where.columns if self.where else ()))
        own = self.window or (window.model_copy(update={"of": self.of}) if self.of else window)
        return Reading((self.kind,), own, needs, frozenset(needs))

    def problems(self, cells: int) -> list[str]:
        """Say what is wrong with its columns."""
        kind = KINDS[self.kind]
        dates = self.window or (Window(of=self.of, days=1) if self.of else None)
        found = unknown_columns(kind, self.cells) + (dates.problems(kind) if dates else [])
        if len(self.cells) != cells:
            found.append(f"covered_by {self.kind} has {len(self.cells)} columns in its cells, not {cells}")
        return found + (self.where.problems(kind) if self.where else [])


class CoveredVolume(MeasureModel):
    """100 × records whose cell every element of `covered_by` names / records (a cell with a gap never is)."""

    family: Literal["covered_volume"]
    cells: Columns
    covered_by: Annotated[list[Covering], Field(min_length=1)]
    where: Predicate | None = None
    """Records that count."""
    minimum_records: int | None = None
    """With it, minimum_sample asks for so many different cells and this for records."""

    def needs(self) -> tuple[str, ...]:
        """Cells and the columns of the condition."""
        return (*self.cells, *sorted(self.where.columns if self.where else ()))

    def also(self, kinds: tuple[str, ...], window: Window) -> Mapping[str, Reading]:
        """Return the covering records."""
        return {f"covering {number}": each.reading(window) for number, each in enumerate(self.covered_by)}

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the columns here and of the covering records."""
        found = [each for covering in self.covered_by for each in covering.problems(len(self.cells))]
        return found + (self.where.problems(kind) if self.where else []) + super().problems(kind)

    def sql(self, population: Population) -> str:
        """Count records and covered ones by department, ISO week and cell."""
        further = (name for name in self.cells if name != "department")
        columns = ("department", by_period(population, "week"), *further)
        order = ", ".join(str(number) for number in range(1, len(columns) + 1))
        return (
            f"SELECT {', '.join(columns)}, COUNT(*) AS n, "
            f"CAST(SUM(CASE WHEN {self._covered(population)} THEN 1 ELSE 0 END) AS BIGINT) AS covered "
            f"FROM {population.relation} WHERE {population.where} AND {condition_of(self.where)} "
            f"GROUP BY {order} ORDER BY {order}"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Add up, take the block-bootstrap interval, name the largest cells that are not covered."""
        n, covered = integers(rows, "n"), integers(rows, "covered")
        records, good = int(n.sum()), int(covered.sum())
        cells, names = numbered_cells(rows, self.cells)
        filled = self._filled(rows)
        wanted = self.minimum_records if self.minimum_records is not None else context.minimum
        if records < max(wanted, 1):
            return insufficient(f"{records} of at least {wanted} records", records)
        if self.minimum_records is not None and filled < context.minimum:
            what = " and ".join(self.cells)
            return insufficient(f"{filled} of at least {context.minimum} different {what}", records)
        weeks = numbered(periods_of(rows, "week", "week"))
        pairs = np.vstack([np.column_stack([covered, covered]), np.column_stack([0 * n, n - covered])])
        sums = block_draws(context.generator, np.tile(weeks, 2), pairs[:, 1], pairs, INTERVAL_DRAWS)
        draws = 100 * sums[:, 0] / np.maximum(sums[:, 1], 1)
        low, high = block_interval(draws, weeks)
        missing = np.bincount(cells, weights=n - covered)
        totals = np.bincount(cells, weights=n).astype(np.int64)
        measurement = Measurement(
            State.MEASURED,
            f"{good:,} of {records:,} records lie in covered cells",
            value=100 * good / records,
            low=low,
            high=high,
            numerator=good,
            denominator=records,
            n=records,
            groups=worst_groups(names, missing.tolist(), totals.tolist()),
            sample=context.sample(self._uncovered(context.population)),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("numerator", good), ("denominator", records)),
        )
        return judged_by_width(measurement, context)

    def _filled(self, rows: pa.Table) -> int:
        return sum(None not in cell for cell in codes(rows, *self.cells)[1])

    def _covered(self, population: Population) -> str:
        tests = [
            in_cells(
                self.cells,
                population.also[f"covering {number}"],
                each.cells,
                condition_of(each.where),
                each.minimum,
            )
            for number, each in enumerate(self.covered_by)
        ]
        return " AND ".join(tests)

    def _uncovered(self, population: Population) -> str:
        return (
            f"{condition_of(self.where)} AND {complete(self.cells)} "
            f"AND NOT COALESCE({self._covered(population)}, FALSE)"
        )
