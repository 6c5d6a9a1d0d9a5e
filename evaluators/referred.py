"""What a trend takes from other indicators: its ceiling and its balance (section 5.6, erratum B12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import pyarrow as pa

from evaluators.achievement import f_point
from evaluators.catalogue import Catalogue, Indicator
from evaluators.measures.base import Context, MeasureModel
from evaluators.measures.improvement import A_YEAR, RECENT, Balance, Improvement, recent_of
from evaluators.measures.population import Population
from evaluators.measures.series import SerialMeasure, Series
from evaluators.results import IndicatorResult, State
from evaluators.statistics.periods import month_index
from evaluators.statistics.trend import SIGNIFICANT, Ceiling, improvement
from evaluators.support import Answerable


class Examiner(Protocol):
    """What measures other indicators: the examination itself."""

    catalogue: Catalogue

    def result(self, indicator: Indicator, department: str | None = None) -> IndicatorResult:
        """Measure and rate an indicator."""

    def population(self, indicator: Indicator) -> Population | Answerable:
        """Return the records an indicator looks at, or why no source can show them."""

    def rows(self, measure: MeasureModel, query: str, department: str | None) -> pa.Table:
        """Return the rows of a query in one scope."""

    def context(self, indicator: Indicator, population: Population, department: str | None) -> Context:
        """Return what a measure may use besides its own rows."""


@dataclass(frozen=True)
class Referred:
    """Answers for one indicator in one scope; asks evidence only when it is asked."""

    examination: Examiner
    indicator: Indicator
    department: str | None

    def ceiling(self) -> Ceiling | None:
        """Return the last 12 monthly values of the indicator that the ceiling rule refers to (B12)."""
        measure = self.indicator.measure
        if not isinstance(measure, Improvement) or measure.ceiling is None:
            return None
        referred = self.examination.catalogue.indicator(measure.ceiling)
        found = self._series(referred, measure.minimum_in_period, "month")
        if found is None:
            return None
        series, until = found[0], found[1].population.until
        recent = series.index >= month_index(until) - 12
        anchors = referred.anchors
        point = f_point(anchors.zero, anchors.full, anchors.scale)
        return Ceiling(series.values[recent], point, referred.better_up)

    def worsened(self) -> str:
        """Return why the balance rule caps the score; empty where it does not, or cannot be told."""
        measure = self.indicator.measure
        if not isinstance(measure, Improvement) or measure.balance is None:
            return ""
        balance = measure.balance
        referred = self.examination.catalogue.indicator(balance.indicator)
        if balance.worse is None:
            return self._beyond(referred, balance)
        return self._worse(referred, balance, measure)

    def _beyond(self, referred: Indicator, balance: Balance) -> str:
        found = self.examination.result(referred, self.department).measurement
        if found.state is not State.MEASURED or found.value is None:
            return ""
        if balance.above is not None and found.value > balance.above:
            return f"{referred.id} is {found.value:.2f}, above {balance.above:g}"
        if balance.below is not None and found.value < balance.below:
            return f"{referred.id} is {found.value:.2f}, below {balance.below:g}"
        return ""

    def _worse(self, referred: Indicator, balance: Balance, own: Improvement) -> str:
        other = referred.measure
        trend = other if isinstance(other, Improvement) else own
        up = other.better == "up" if isinstance(other, Improvement) else referred.better_up
        minimum = balance.minimum_in_period or trend.minimum_in_period
        measure, found = serial_of(referred), self._series(referred, minimum, trend.period)
        if measure is None or found is None or recent_of(*found, trend.period) < RECENT[trend.period][1]:
            return ""
        result = improvement(
            found[0].values,
            found[0].index,
            kind=measure.series_kind,
            better_is_up=up,
            a_year=A_YEAR[trend.period],
        )
        worse = result.z_guarded <= -SIGNIFICANT
        return f"{referred.id} gets significantly worse (z' {result.z_guarded:.2f})" if worse else ""

    def _series(
        self, referred: Indicator, minimum: int, period: Literal["month", "quarter"]
    ) -> tuple[Series, Context] | None:
        """Return the series of another indicator over the window of this one, by its own date column."""
        measure = serial_of(referred)
        if measure is None or referred.window.of is None:
            return None
        window = self.indicator.window.model_copy(update={"of": referred.window.of})
        monthly = referred.model_copy(update={"window": window, "measure": measure})
        population = self.examination.population(monthly)
        if isinstance(population, Answerable):
            return None
        context = self.examination.context(monthly, population, self.department)
        rows = self.examination.rows(measure, measure.sql_by(population, period), self.department)
        return measure.series(rows, context, minimum, period), context


def serial_of(indicator: Indicator) -> SerialMeasure | None:
    """Return what an indicator can be taken of period by period; None where it cannot."""
    measure = indicator.measure
    inner = measure.of if isinstance(measure, Improvement) else measure
    return inner if isinstance(inner, SerialMeasure) else None
