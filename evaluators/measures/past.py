"""Past: a snapshot that today's records cannot show of earlier days, as earlier assessments saw it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa

from evaluators.measures.base import Context, integers
from evaluators.measures.population import Population
from evaluators.measures.series import Sampled, SerialMeasure, Taken
from evaluators.measures.share import Share
from evaluators.results import Measurement
from evaluators.statistics.periods import Period, period_index
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, binomial_share_draws
from storage.records.schema import RecordKind

FULFILLED, COUNTED = "snapshot fulfilled", "snapshot counted"
"""Names of the sums that an assessment keeps for those after it, also where nothing could be rated."""


class Past(SerialMeasure):
    """Share of a snapshot by period; of several assessments in a period the last. Today's is `snapshot`."""

    family: Literal["past"]
    snapshot: Share

    def needs(self) -> tuple[str, ...]:
        """Return what the snapshot needs."""
        return self.snapshot.needs()

    def columns(self) -> frozenset[str]:
        """Return what the snapshot reads."""
        return self.snapshot.columns()

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the snapshot."""
        return self.snapshot.problems(kind)

    def sql_by(self, population: Population, period: Period) -> str:
        """Return the query of the snapshot."""
        return self.snapshot.sql_by(population, period)

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Refuse: a series alone is no indicator."""
        raise NotImplementedError("past stands inside in_control or improvement")

    def kept(self, rows: pa.Table) -> tuple[tuple[str, int], ...]:
        """Return today's snapshot."""
        fulfilled, counted = int(integers(rows, "numerator").sum()), int(integers(rows, "denominator").sum())
        return ((FULFILLED, fulfilled), (COUNTED, counted))

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return shares in percent by period."""
        (_, fulfilled), (_, counted) = self.kept(rows)
        earlier = sorted(each for each in context.past() if each[0] < context.as_of)
        shown = {
            _period_shown(day, period): (good, n)
            for day, good, n in (*earlier, (context.as_of, fulfilled, counted))
            if n > 0
        }

        def taken(periods: Sequence[int]) -> Taken:
            successes, trials = shown[max(each for each in periods if each in shown)]
            draws = 100 * binomial_share_draws(context.generator, successes, trials, CONFIDENCE_DRAWS)
            return 100 * successes / trials, draws

        return Sampled({number: n for number, (_, n) in shown.items()}, taken)


def _period_shown(as_of: date, period: Period) -> int:
    """Return the period of the day that an assessment at the start of `as_of` shows the end of."""
    shown = np.array([as_of - timedelta(days=1)], dtype="datetime64[D]")
    return int(period_index(shown, period)[0])
