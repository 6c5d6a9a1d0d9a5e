"""Matched ratio: how much faster are records with something than alike ones without it (method B)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import ConfigDict, Field

from evaluators.measures.base import Context, MeasureModel, codes, insufficient, judged_by_width
from evaluators.measures.blocks import block_interval, record_weights
from evaluators.measures.case_mix import expected_of, floored, medians_by, with_expected
from evaluators.measures.cells import Columns, complete, numbered
from evaluators.measures.population import Population
from evaluators.measures.series import periods_of
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import BoolArray, FloatArray, IntArray
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from storage.records.schema import RecordKind


class MatchedRatio(MeasureModel):
    """exp(median log ratio with − median log ratio without), over strata that hold both (section 5.7).

    The ratio is observed over the stratum's median. minimum_sample asks for so many records with, and as
    many without, in such strata.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    family: Literal["matched_ratio"]
    duration: str
    """Column with seconds; negative ones are left out."""
    strata: Columns
    including: Predicate = Field(alias="with")
    without: Predicate

    def needs(self) -> tuple[str, ...]:
        """Duration, strata and the columns of both conditions."""
        return (self.duration, *self.strata, *sorted(self.including.columns | self.without.columns))

    def reckoned(self) -> tuple[str, ...]:
        """Return the duration."""
        return (self.duration,)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the conditions for this kind."""
        return self.including.problems(kind) + self.without.problems(kind) or super().problems(kind)

    def sql(self, population: Population) -> str:
        """Return one row a record with or without it."""
        return (
            f"SELECT department, {population.dated_by} AS day, {', '.join(self.strata)}, "
            f"{self.duration} AS seconds, COALESCE({self.including.sql}, FALSE) AS included "
            f"FROM {population.relation} WHERE {population.where} AND {self.duration} >= 0 "
            f"AND {complete(self.strata)} AND (({self.including.sql}) OR ({self.without.sql})) "
            f"ORDER BY {population.dated_by}, source, id"
        )

    def expanded(self, rows: pa.Table) -> pa.Table:
        """Add the expected seconds: medians of the organisation's strata, in every scope (section 5.7)."""
        strata, names = codes(rows, *self.strata)
        seconds = floored(rows)
        return with_expected(rows, medians_by(strata, seconds, len(names))[strata])

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Compare within strata and take the bootstrap interval."""
        shared = self._shared(rows)
        included = np.asarray(shared.column("included"), dtype=np.bool_)
        found = (int(included.sum()), int((~included).sum()))
        if min(found) < max(context.minimum, 1):
            reason = f"{found[0]} records with it and {found[1]} without in strata that hold both"
            return insufficient(f"{reason}; {context.minimum} of each are needed", sum(found))
        order = np.argsort(self._logs(shared), kind="stable")
        logs, included = self._logs(shared)[order], included[order]
        weeks = numbered(periods_of(shared, "day", "week"))[order]
        weights = record_weights(context.generator, weeks, INTERVAL_DRAWS)
        draws = np.array([_ratio(logs, included, taken) for taken in weights])
        low, high = block_interval(draws, weeks)
        measurement = Measurement(
            State.MEASURED,
            f"{found[0]:,} records with it and {found[1]:,} without, of the same {', '.join(self.strata)}",
            value=_ratio(logs, included, np.ones(len(logs), np.int64)),
            low=low,
            high=high,
            n=sum(found),
            sample=context.sample(f"({self.including.sql}) AND {complete(self.strata)}"),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("with", found[0]), ("without", found[1])),
        )
        return judged_by_width(measurement, context)

    def _shared(self, rows: pa.Table) -> pa.Table:
        """Return the records of strata that hold both."""
        strata, names = codes(rows, *self.strata)
        included = np.asarray(rows.column("included"), dtype=np.int64)
        of_them = np.bincount(strata, weights=included, minlength=len(names))
        both = (of_them > 0) & (of_them < np.bincount(strata, minlength=len(names)))
        return rows.filter(pa.array(both[strata], pa.bool_()))

    def _logs(self, rows: pa.Table) -> FloatArray:
        known = expected_of(rows)
        if known is None:
            return self._logs(self.expanded(rows))
        return np.asarray(np.log(floored(rows) / known), dtype=np.float64)


def _ratio(logs: FloatArray, included: BoolArray, weights: IntArray) -> float:
    """Return the ratio of the medians; records are sorted, each taken so often. NaN where a side is empty."""
    medians = [_median(logs[side], weights[side]) for side in (included, ~included)]
    return float(np.exp(medians[0] - medians[1]))


def _median(ascending: FloatArray, weights: IntArray) -> float:
    taken = np.cumsum(weights)
    total = int(taken[-1])
    if total == 0:
        return float("nan")
    places = np.searchsorted(taken, [(total - 1) // 2, total // 2], side="right")
    return float(ascending[places].mean())
