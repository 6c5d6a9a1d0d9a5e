"""Improvement: does a series get better, or is excellence held (method T)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, model_validator

from evaluators.measures.base import Context, MeasureModel, insufficient
from evaluators.measures.population import Population, Reading
from evaluators.measures.serials import Serial
from evaluators.measures.series import Series, wanted_periods
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.intervals import percentile_interval
from evaluators.statistics.periods import period_name
from evaluators.statistics.trend import (
    CAP,
    FEWEST_POINTS,
    FEWEST_QUARTERS,
    Ceiling,
    TrendResult,
    improvement,
    improvement_scores,
    reached,
)
from evaluators.windows import Window
from storage.records.schema import RecordKind

RECENT = {"month": (12, FEWEST_POINTS), "quarter": (8, FEWEST_QUARTERS)}
"""How many of the last periods are looked at, and how many of them must have a value."""
A_YEAR = {"month": 12, "quarter": 4}


class Balance(BaseModel):
    """What must not suffer for the gain: else the score is at most 50 (section 5.6, balance rule)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    indicator: str
    worse: Literal["significantly"] | None = None
    """The other indicator's series, or the one it scores, gets worse with z' <= -1.645."""
    above: float | None = None
    """The other indicator's value is above this."""
    below: float | None = None
    minimum_in_period: int | None = None
    """Records that a period of the other indicator's series needs; as here where it is not given."""

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if sum(test is not None for test in (self.worse, self.above, self.below)) != 1:
            raise ValueError("a balance has exactly one of worse, above and below")
        return self


class Improvement(MeasureModel):
    """Improvement score 0-100 of up to 24 months or 8 quarters (section 5.6, errata B12 and B13)."""

    family: Literal["improvement"]
    of: Serial
    better: Literal["up", "down"]
    """Direction in which the series gets better."""
    period: Literal["month", "quarter"] = "month"
    minimum_in_period: int = 20
    """Periods with fewer records leave a gap."""
    ceiling: str | None = None
    """Indicator whose F point, held for 10 of 12 months, stands for excellence."""
    ceiling_value: float | None = None
    """Value of the series itself that, held for 10 of 12 months, stands for excellence."""
    balance: Balance | None = None

    @model_validator(mode="after")
    def _one_ceiling(self) -> Self:
        if self.ceiling is not None and self.ceiling_value is not None:
            raise ValueError("a series has a ceiling or a ceiling_value, not both")
        if self.ceiling_value is not None and self.period != "month":
            raise ValueError("a ceiling_value is held for months, so it goes with months only")
        return self

    def needs(self) -> tuple[str, ...]:
        """Return what the series needs."""
        return self.of.needs()

    def columns(self) -> frozenset[str]:
        """Return what the series reads."""
        return self.of.columns()

    def also(self, kinds: tuple[str, ...], window: Window) -> Mapping[str, Reading]:
        """Return what the series reads besides."""
        return self.of.also(kinds, window)

    def references(self) -> Mapping[tuple[str, ...], str]:
        """Return the indicators of ceiling and balance."""
        named: dict[tuple[str, ...], str | None] = {("ceiling",): self.ceiling}
        if self.balance is not None:
            named["balance", "indicator"] = self.balance.indicator
        return {path: name for path, name in named.items() if name is not None}

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the series."""
        return self.of.problems(kind)

    def sql(self, population: Population) -> str:
        """Return the query of the series."""
        return self.of.sql_by(population, self.period)

    def expanded(self, rows: pa.Table) -> pa.Table:
        """Return the rows as the series expands them."""
        return self.of.expanded(rows)

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Score the series."""
        series = self.of.series(rows, context, self.minimum_in_period, self.period)
        span, fewest = RECENT[self.period]
        recent = recent_of(series, context, self.period)
        needed = max(context.minimum, fewest)
        if recent < needed:
            reason = (
                f"{recent} of the last {span} {self.period}s have {self.minimum_in_period} records, "
                f"{needed} are needed"
            )
            return insufficient(reason, len(series), n_unit=f"{self.period}s", aggregates=self.of.kept(rows))
        return self._scored(series, context, self.of.kept(rows))

    def _scored(self, series: Series, context: Context, kept: tuple[tuple[str, int], ...]) -> Measurement:
        ceiling, worsened = context.reference(), context.worsened()
        trend = self._trend(series.values, series, ceiling)
        most = CAP if worsened else 100.0
        draws = np.minimum(self._scores(series, ceiling), most)
        low, high = percentile_interval(draws)
        balanced = f"; at most {CAP:.0f} because {worsened}" if worsened else ""
        return Measurement(
            State.MEASURED,
            self._reason(trend, len(series)) + balanced,
            value=min(trend.score, most),
            low=low,
            high=high,
            n=len(series),
            n_unit=f"{self.period}s",
            series=tuple(
                (period_name(int(period), self.period), round(float(value), 6), int(count))
                for period, value, count in zip(series.index, series.values, series.counts, strict=True)
            ),
            draws=tuple(draws),
            aggregates=((f"{self.period}s", len(series)), ("held at excellence", int(trend.held)), *kept),
        )

    def _trend(self, values: FloatArray, series: Series, ceiling: Ceiling | None) -> TrendResult:
        up = self.better == "up"
        if self.ceiling_value is not None:
            recent = series.index > int(series.index[-1]) - 12
            ceiling = Ceiling(values[recent], self.ceiling_value, up)
        return improvement(
            values,
            series.index,
            kind=self.of.series_kind,
            better_is_up=up,
            ceiling=ceiling,
            a_year=A_YEAR[self.period],
        )

    def _scores(self, series: Series, ceiling: Ceiling | None) -> FloatArray:
        """Return the score of every resample."""
        up = self.better == "up"
        held = np.full(len(series.draws), ceiling is not None and ceiling.reached())
        if self.ceiling_value is not None:
            recent = series.index > int(series.index[-1]) - 12
            held = reached(series.draws[:, recent], self.ceiling_value, better_is_up=up)
        return improvement_scores(
            series.draws,
            series.index,
            held,
            kind=self.of.series_kind,
            better_is_up=up,
            a_year=A_YEAR[self.period],
        )

    def _reason(self, trend: TrendResult, periods: int) -> str:
        if trend.held:
            held = (
                "the reference stays at its F point"
                if self.ceiling
                else f"it stays at {self.ceiling_value:g}"
            )
            return f"held at excellence: {held} for 10 of 12 months"
        sign = 1 if self.better == "up" else -1
        change = {
            "log_ratio": f"{100 * (np.exp(-trend.slope_per_year) - 1):+.1f} % a year",
            "share": f"{sign * trend.slope_per_year:+.1f} points a year",
            "score": f"{sign * trend.slope_per_year:+.3g} a year",
        }[self.of.series_kind]
        strength = f"z' {trend.z_guarded:.2f} over {periods} {self.period}s"
        return f"{change}, {strength}" + ("; too small a gain to count fully" if trend.capped else "")


def recent_of(series: Series, context: Context, period: Literal["month", "quarter"]) -> int:
    """Return how many of the last 12 months, or 8 quarters, of the window have a value."""
    wanted = wanted_periods(context, period)
    span, _ = RECENT[period]
    return int((series.index > wanted[-1] - span).sum()) if wanted else 0
