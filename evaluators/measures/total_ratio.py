"""Ratio of totals: one duration or number summed over all records, over another one summed (method B)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa

from evaluators.measures.base import (
    Context,
    MeasureModel,
    codes,
    insufficient,
    integers,
    judged_by_width,
)
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.population import Population
from evaluators.results import Measurement, State
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS


class TotalRatio(MeasureModel):
    """100 × sum of `numerator` / sum of `denominator`, both integer columns (erratum A11)."""

    family: Literal["total_ratio"]
    numerator: str
    denominator: str

    def needs(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.numerator, self.denominator)

    def reckoned(self) -> tuple[str, ...]:
        """Return both columns."""
        return (self.numerator, self.denominator)

    def sql(self, population: Population) -> str:
        """Return both numbers of every record with its ISO week."""
        return (
            f"SELECT department, CAST(date_trunc('week', {population.dated_by}) AS DATE) AS week, "
            f"{self.numerator} AS part, {self.denominator} AS whole FROM {population.relation} "
            f"WHERE {population.where} AND {self.numerator} IS NOT NULL AND {self.denominator} IS NOT NULL "
            f"ORDER BY {population.dated_by}, source, id"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Divide the totals and take the block-bootstrap interval."""
        part, whole = integers(rows, "part"), integers(rows, "whole")
        if len(part) < context.minimum or whole.sum() <= 0:
            return insufficient(f"{len(part)} of at least {context.minimum} records", len(part))
        weeks, _ = codes(rows, "week")
        sums = block_draws(
            context.generator, weeks, np.ones_like(part), np.column_stack([part, whole]), INTERVAL_DRAWS
        )
        draws = 100 * sums[:, 0] / np.maximum(sums[:, 1], 1)
        low, high = block_interval(draws, weeks)
        measurement = Measurement(
            State.MEASURED,
            f"totals over {len(part):,} records",
            value=100 * int(part.sum()) / int(whole.sum()),
            low=low,
            high=high,
            numerator=int(part.sum()),
            denominator=int(whole.sum()),
            n=len(part),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("numerator", int(part.sum())), ("denominator", int(whole.sum()))),
        )
        return judged_by_width(measurement, context)
