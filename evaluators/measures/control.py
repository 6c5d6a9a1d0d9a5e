"""In control: how many weeks stay within what the organisation's own past allows (method C)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa

from evaluators.measures.base import Context, MeasureModel, Population, insufficient
from evaluators.measures.case_mix import CaseMixRatio, Ratios
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.control import FEWEST_POINTS, in_control
from evaluators.statistics.intervals import percentile_interval
from evaluators.statistics.periods import complete_weeks, iso_week, merge_short
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, median_draws
from storage.records.schema import RecordKind

MONDAY_OF_WEEK_0 = date(1969, 12, 29)


class InControl(MeasureModel):
    """Share of judged weeks in percent that are not bad, of the weekly median log ratio (section 5.5)."""

    family: Literal["in_control"]
    of: CaseMixRatio
    minimum_in_period: int = 10
    """Weeks with fewer records merge with the next (erratum B11)."""

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
        """Judge the second half of the weeks against the first."""
        ratios = self.of.ratios(rows)
        weeks = self._weeks(ratios, context)
        enough = [week for week in weeks if len(week[1]) >= self.minimum_in_period]
        needed = max(context.minimum, FEWEST_POINTS)
        if len(enough) < needed:
            reason = f"{len(enough)} of at least {needed} weeks with {self.minimum_in_period} records"
            return insufficient(reason, len(enough), n_unit="weeks")
        values = np.array([float(np.median(logs)) for _, logs in enough])
        verdict = in_control(values)
        if verdict is None:
            return insufficient("the first half of the weeks does not vary", len(enough), n_unit="weeks")
        draws = self._draws([logs for _, logs in enough], context)
        low, high = percentile_interval(draws)
        judged = len(verdict.bad)
        return Measurement(
            State.MEASURED,
            f"{int(verdict.bad.sum())} of {judged} judged weeks out of control",
            value=100 * verdict.share,
            low=low,
            high=high,
            numerator=judged - int(verdict.bad.sum()),
            denominator=judged,
            n=len(enough),
            n_unit="weeks",
            series=tuple(
                (name, round(float(value), 6), len(logs))
                for (name, logs), value in zip(enough, values, strict=True)
            ),
            draws=tuple(draws),
            aggregates=(("weeks in control", judged - int(verdict.bad.sum())), ("judged weeks", judged)),
        )

    def _weeks(self, ratios: Ratios, context: Context) -> list[tuple[str, FloatArray]]:
        """Return (first week of the group, sorted log ratios) of complete weeks, short ones merged."""
        mondays = complete_weeks(context.population.first, context.population.until)
        numbers = [(monday - MONDAY_OF_WEEK_0) // timedelta(weeks=1) for monday in mondays]
        counts = [int((ratios.weeks == number).sum()) for number in numbers]
        return [
            (
                iso_week(mondays[group[0]]),
                np.sort(ratios.logs[np.isin(ratios.weeks, [numbers[position] for position in group])]),
            )
            for group in merge_short(counts, self.minimum_in_period)
        ]

    def _draws(self, weeks: list[FloatArray], context: Context) -> FloatArray:
        """Return resampled values in percent: records are resampled within each week."""
        medians = np.column_stack([median_draws(context.generator, logs, CONFIDENCE_DRAWS) for logs in weeks])
        verdicts = [in_control(series) for series in medians]
        return np.array([100 * verdict.share if verdict else 100.0 for verdict in verdicts])
