"""Case-mix adjustment: observed over expected duration, expected being the stratum's median (section 5.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import Context, MeasureModel, Population, codes, integers
from evaluators.measures.series import Series, series_of, wanted_months
from evaluators.measures.teams import TeamEvidence
from evaluators.results import Measurement
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.intervals import median_interval
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, median_draws

FLOOR_SECONDS = 60
"""Durations are floored at one minute before the logarithm (erratum A14)."""


@dataclass(frozen=True)
class Ratios:
    """Log of observed over expected duration of every record, with team, month and week of the record."""

    logs: FloatArray
    teams: IntArray
    team_names: list[str | None]
    months: IntArray
    weeks: IntArray


class CaseMixRatio(MeasureModel):
    """Median log ratio of a duration to the median of its stratum; a building block of D, C and T.

    A stratum with fewer than `minimum_stratum` records is replaced by its parent, which drops the last
    column of `strata`; the root is all records.
    """

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

    def sql(self, population: Population) -> str:
        """Return one row a record."""
        return (
            f"SELECT department, {self.group} AS team, {population.dated_by} AS day, "
            f"{', '.join(self.strata)}, {self.duration} AS seconds FROM {population.relation} "
            f"WHERE {population.where} AND {self.duration} >= 0 ORDER BY {population.dated_by}, source, id"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Refuse: a ratio alone is no indicator, it needs teams, weeks or months around it."""
        raise NotImplementedError("case_mix_ratio stands inside conforming_volume, in_control or improvement")

    def ratios(self, rows: pa.Table) -> Ratios:
        """Return the log ratios of all records (expected durations come from all of them, erratum A14)."""
        seconds = np.maximum(integers(rows, "seconds"), FLOOR_SECONDS).astype(np.float64)
        teams, names = codes(rows, "team")
        days = rows.column("day").to_numpy().astype("datetime64[D]")
        return Ratios(
            np.log(seconds / self._expected(rows, seconds)),
            teams,
            [name for (name,) in names],
            days.astype("datetime64[M]").astype(np.int64) + 1970 * 12,
            (days.astype(np.int64) + 3) // 7,
        )

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

    def series(self, rows: pa.Table, context: Context, minimum: int) -> Series:
        """Return monthly medians of the log ratio, months with fewer records than `minimum` left out."""
        ratios = self.ratios(rows)
        wanted = wanted_months(context)
        parts = []
        for month in np.unique(ratios.months).tolist():
            logs = np.sort(ratios.logs[ratios.months == month])
            if month in wanted and len(logs) >= minimum:
                draws = median_draws(context.generator, logs, CONFIDENCE_DRAWS)
                parts.append((month, float(np.median(logs)), len(logs), draws))
        return series_of(parts)


def medians_by(groups: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Return the median of the values of each group 0 … count - 1, none of which is empty."""
    order = np.lexsort((values, groups))
    ordered, sizes = values[order], np.bincount(groups, minlength=count)
    ends = np.cumsum(sizes)
    starts = ends - sizes
    lower, upper = starts + (sizes - 1) // 2, starts + sizes // 2
    return np.asarray((ordered[lower] + ordered[upper]) / 2, dtype=np.float64)
