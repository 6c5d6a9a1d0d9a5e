"""Improvement: does a monthly series get better, or is excellence held (method T)."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import Context, MeasureModel, Population, insufficient
from evaluators.measures.case_mix import CaseMixRatio
from evaluators.measures.series import Series
from evaluators.measures.share import Share
from evaluators.measures.stratified import StratifiedShare
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.intervals import percentile_interval
from evaluators.statistics.periods import month_index, month_name, month_start
from evaluators.statistics.trend import (
    FEWEST_POINTS,
    Ceiling,
    SeriesKind,
    TrendResult,
    enough_months,
    improvement,
)
from storage.records.schema import RecordKind


class Improvement(MeasureModel):
    """Improvement score 0-100 of up to 24 monthly values (section 5.6, errata B12 and B13)."""

    family: Literal["improvement"]
    of: Annotated[Share | StratifiedShare | CaseMixRatio, Field(discriminator="family")]
    better: Literal["up", "down"]
    """Direction in which the series gets better."""
    minimum_in_period: int = 20
    """Months with fewer records leave a gap."""
    ceiling: str | None = None
    """Indicator whose F point, held for 10 of 12 months, stands for excellence."""

    def needs(self) -> tuple[str, ...]:
        """Return what the series needs."""
        return self.of.needs()

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the series."""
        return self.of.problems(kind)

    def sql(self, population: Population) -> str:
        """Return the query of the series."""
        return self.of.sql(population)

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Score the series."""
        series = self.of.series(rows, context, self.minimum_in_period)
        last_month = month_index(context.population.until) - 1
        recent = int((series.index > last_month - 12).sum())
        if not enough_months(series.index, last_month) or recent < context.minimum:
            reason = (
                f"{recent} of the last 12 months have {self.minimum_in_period} records, "
                f"{max(context.minimum, FEWEST_POINTS)} are needed"
            )
            return insufficient(reason, len(series), n_unit="months")
        ceiling = context.reference()
        trend = self._score(series.values, series, ceiling)
        draws = np.array([self._score(values, series, ceiling).score for values in series.draws])
        low, high = percentile_interval(draws)
        return Measurement(
            State.MEASURED,
            self._reason(trend, len(series)),
            value=trend.score,
            low=low,
            high=high,
            n=len(series),
            n_unit="months",
            series=tuple(
                (month_name(month_start(int(month))), round(float(value), 6), int(count))
                for month, value, count in zip(series.index, series.values, series.counts, strict=True)
            ),
            draws=tuple(draws),
            aggregates=(("months", len(series)), ("held at excellence", int(trend.held))),
        )

    def _score(self, values: FloatArray, series: Series, ceiling: Ceiling | None) -> TrendResult:
        kind: SeriesKind = "log_ratio" if isinstance(self.of, CaseMixRatio) else "share"
        return improvement(values, series.index, kind=kind, better_is_up=self.better == "up", ceiling=ceiling)

    def _reason(self, trend: TrendResult, months: int) -> str:
        if trend.held:
            return "held at excellence: the reference stays at its F point for 10 of 12 months"
        if isinstance(self.of, CaseMixRatio):
            change = f"{100 * (np.exp(-trend.slope_per_year) - 1):+.1f} % a year"
        else:
            sign = 1 if self.better == "up" else -1
            change = f"{sign * trend.slope_per_year:+.1f} points a year"
        strength = f"z' {trend.z_guarded:.2f} over {months} months"
        return f"{change}, {strength}" + ("; too small a gain to count fully" if trend.capped else "")
