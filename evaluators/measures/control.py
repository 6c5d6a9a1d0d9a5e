"""In control: how many periods stay within what the organisation's own past allows (method C)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa

from evaluators.measures.base import Context, MeasureModel, insufficient
from evaluators.measures.population import Population, Reading
from evaluators.measures.serials import Serial
from evaluators.measures.series import Sampled, Series, series_of, wanted_periods
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.control import FEWEST_POINTS, ControlResult, in_control
from evaluators.statistics.intervals import percentile_interval
from evaluators.statistics.periods import merge_short, period_name
from evaluators.windows import Window
from storage.records.schema import RecordKind


class InControl(MeasureModel):
    """Share of judged weeks or months in percent that are not bad (section 5.5)."""

    family: Literal["in_control"]
    of: Serial
    better: Literal["up", "down"] = "down"
    """Direction in which the series gets better; only the worse side is bad."""
    period: Literal["week", "month"] = "week"
    minimum_in_period: int = 10
    """Periods with fewer records merge with the next (erratum B11)."""

    def needs(self) -> tuple[str, ...]:
        """Return what the series needs."""
        return self.of.needs()

    def columns(self) -> frozenset[str]:
        """Return what the series reads."""
        return self.of.columns()

    def also(self, kinds: tuple[str, ...], window: Window) -> Mapping[str, Reading]:
        """Return what the series reads besides."""
        return self.of.also(kinds, window)

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
        """Judge the second half of the periods against the first."""
        series = self._merged(self.of.sampled(rows, context, self.period), context)
        kept, many = self.of.kept(rows), f"{self.period}s"
        # Two halves of 13 weeks (section 5.5); where months are stated the indicator says how many.
        needed = max(context.minimum, FEWEST_POINTS) if self.period == "week" else context.minimum
        if len(series) < needed:
            reason = f"{len(series)} of at least {needed} {many} with {self.minimum_in_period} records"
            return insufficient(reason, len(series), n_unit=many, aggregates=kept)
        verdict = self._verdict(series.values, series.counts)
        if verdict is None:
            reason = f"the first half of the {many} does not vary"
            return insufficient(reason, len(series), n_unit=many, aggregates=kept)
        verdicts = [self._verdict(values, series.counts) for values in series.draws]
        draws = np.array([100 * each.share if each else 100.0 for each in verdicts])
        low, high = percentile_interval(draws)
        judged, bad = len(verdict.bad), int(verdict.bad.sum())
        return Measurement(
            State.MEASURED,
            f"{bad} of {judged} judged {many} out of control",
            value=100 * verdict.share,
            low=low,
            high=high,
            numerator=judged - bad,
            denominator=judged,
            n=len(series),
            n_unit=many,
            series=tuple(
                (period_name(int(period), self.period), round(float(value), 6), int(count))
                for period, value, count in zip(series.index, series.values, series.counts, strict=True)
            ),
            draws=tuple(draws),
            aggregates=((f"{many} in control", judged - bad), (f"judged {many}", judged), *kept),
        )

    def _merged(self, sampled: Sampled, context: Context) -> Series:
        """Return a value for each period of the window, short ones merged with the next."""
        periods = wanted_periods(context, self.period)
        counts = [sampled.counts.get(period, 0) for period in periods]
        parts = []
        for group in merge_short(counts, self.minimum_in_period):
            count = sum(counts[position] for position in group)
            enough = count >= max(self.minimum_in_period, 1)
            taken = sampled.taken([periods[position] for position in group]) if enough else None
            if taken is not None:
                parts.append((periods[group[0]], taken[0], count, taken[1]))
        return series_of(parts)

    def _verdict(self, values: FloatArray, counts: IntArray) -> ControlResult | None:
        """Judge values turned so that high is bad; percentages are taken to their logits."""
        turned = logits(values, counts) if self.of.series_kind == "share" else values
        return in_control(-turned if self.better == "up" else turned)


def logits(percentages: FloatArray, counts: IntArray) -> FloatArray:
    """Return the empirical logit of shares in percent, finite also at 0 and 100."""
    successes = percentages * counts / 100
    return np.asarray(np.log((successes + 0.5) / (counts - successes + 0.5)), dtype=np.float64)
