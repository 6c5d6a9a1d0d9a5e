"""Case-mix adjustment: observed over expected duration, expected being the stratum's median (section 5.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import Context, codes, integers
from evaluators.measures.population import Population
from evaluators.measures.series import Sampled, SerialMeasure, Taken, periods_of, sums_by
from evaluators.measures.teams import TeamEvidence
from evaluators.results import Measurement
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.intervals import median_interval
from evaluators.statistics.periods import Period
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, median_draws
from evaluators.statistics.trend import SeriesKind

FLOOR_SECONDS = 60
"""Durations are floored at one minute before the logarithm (erratum A14)."""


EXPECTED = "expected_seconds"


@dataclass(frozen=True)
class Ratios:
    """Log of observed over expected duration of every record, with its team."""

    logs: FloatArray
    teams: IntArray
    team_names: list[str | None]


class CaseMixRatio(SerialMeasure):
    """Median log ratio of a duration to the median of its stratum; a building block of D, C and T.

    A stratum with fewer than `minimum_stratum` records is replaced by its parent, which drops the last
    column of `strata`; the root is all records.
    """

    series_kind: ClassVar[SeriesKind] = "log_ratio"

    family: Literal["case_mix_ratio"]
    duration: str
    """Column with seconds; negative ones are left out."""
    strata: Annotated[list[str], Field(min_length=1)]
    minimum_stratum: int = 20
    group: str = "assignment_group"

    def needs(self) -> tuple[str, ...]:
        """Duration and strata."""
        return (self.duration, *self.strata)

    def shown(self) -> tuple[str, ...]:
        """Return the column of the groups."""
        return (self.group,)

    def reckoned(self) -> tuple[str, ...]:
        """Return the duration."""
        return (self.duration,)

    def sql_by(self, population: Population, period: Period) -> str:
        """Return one row a record."""
        return (
            f"SELECT department, {self.group} AS team, {population.dated_by} AS day, "
            f"{', '.join(self.strata)}, {self.duration} AS seconds FROM {population.relation} "
            f"WHERE {population.where} AND {self.duration} >= 0 ORDER BY {population.dated_by}, source, id"
        )

    def expanded(self, rows: pa.Table) -> pa.Table:
        """Add the expected seconds: medians of the organisation's strata, in every scope (section 5.7)."""
        return with_expected(rows, self._expected(rows, floored(rows)))

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Refuse: a ratio alone is no indicator, it needs teams, weeks or months around it."""
        raise NotImplementedError("case_mix_ratio stands inside conforming_volume, in_control or improvement")

    def ratios(self, rows: pa.Table) -> Ratios:
        """Return the log ratios of all records (expected durations come from all of them, erratum A14)."""
        seconds = floored(rows)
        known = expected_of(rows)
        expected = self._expected(rows, seconds) if known is None else known
        teams, names = codes(rows, "team")
        return Ratios(np.log(seconds / expected), teams, [name for (name,) in names])

    def teams(self, rows: pa.Table, context: Context) -> list[TeamEvidence]:
        """Return the median log ratio of every team, for the dispersion between teams (method D)."""
        ratios = self.ratios(rows)
        found = []
        for number, name in enumerate(ratios.team_names):
            logs = np.sort(ratios.logs[ratios.teams == number])
            low, high = median_interval(logs)
            draws = median_draws(context.generator, logs, CONFIDENCE_DRAWS)
            found.append(TeamEvidence(name, len(logs), float(np.median(logs)), low, high, draws))
        return found

    def _expected(self, rows: pa.Table, seconds: FloatArray) -> FloatArray:
        expected = np.full(len(seconds), np.median(seconds) if len(seconds) else 1.0)
        for depth in range(1, len(self.strata) + 1):
            stratum, _ = codes(rows, *self.strata[:depth])
            counts = np.bincount(stratum)
            medians = medians_by(stratum, seconds, len(counts))
            large = counts[stratum] >= self.minimum_stratum
            expected[large] = medians[stratum[large]]
        return expected

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return medians of the log ratio by period; expected durations come from all periods."""
        logs = self.ratios(rows).logs
        return sampled_medians(logs, periods_of(rows, "day", period), context)


def floored(rows: pa.Table) -> FloatArray:
    """Return the durations in seconds, floored at one minute."""
    return np.maximum(integers(rows, "seconds"), FLOOR_SECONDS).astype(np.float64)


def with_expected(rows: pa.Table, expected: FloatArray) -> pa.Table:
    """Return rows with the expected seconds of each."""
    return rows.append_column(EXPECTED, pa.array(expected, pa.float64()))


def expected_of(rows: pa.Table) -> FloatArray | None:
    """Return the expected seconds of each row, where the rows have them already."""
    if EXPECTED not in rows.column_names:
        return None
    return np.asarray(rows.column(EXPECTED).to_numpy(), dtype=np.float64)


def sampled_medians(values: FloatArray, index: IntArray, context: Context) -> Sampled:
    """Return medians of values by period."""

    def taken(periods: Sequence[int]) -> Taken:
        chosen = np.sort(values[np.isin(index, periods)])
        return float(np.median(chosen)), median_draws(context.generator, chosen, CONFIDENCE_DRAWS)

    return Sampled(sums_by(index, np.ones(len(index), np.int64)), taken)


def medians_by(groups: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Return the median of the values of each group 0 … count - 1, none of which is empty."""
    order = np.lexsort((values, groups))
    ordered, sizes = values[order], np.bincount(groups, minlength=count)
    ends = np.cumsum(sizes)
    starts = ends - sizes
    lower, upper = starts + (sizes - 1) // 2, starts + sizes // 2
    return np.asarray((ordered[lower] + ordered[upper]) / 2, dtype=np.float64)
