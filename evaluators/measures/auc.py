"""AUC: does a score tell beforehand which records go wrong (method B)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from evaluators.measures.base import Context, MeasureModel, codes, insufficient, integers
from evaluators.measures.blocks import block_interval, category_draws
from evaluators.measures.cells import condition_of, numbered
from evaluators.measures.population import Population, Reading
from evaluators.measures.series import by_period, periods_of
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from evaluators.windows import Window
from storage.records.schema import RecordKind

CHANCE = 0.5


class Extended(BaseModel):
    """The longer window that is looked at where the events of the window are too few."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[int, Field(gt=0, le=3660)]


class AreaUnderCurve(MeasureModel):
    """Chance that a record with the event has a riskier score than one without; equal scores count half.

    minimum_sample asks for so many records with the event, and as many without.
    """

    family: Literal["auc"]
    score: str
    """Column of whole numbers; records without one do not count."""
    event: Predicate
    where: Predicate | None = None
    higher_is_riskier: bool = True
    extended: Extended | None = None

    def needs(self) -> tuple[str, ...]:
        """Score and the columns of both conditions."""
        picked = self.where.columns if self.where else frozenset()
        return (self.score, *sorted(self.event.columns | picked))

    def reckoned(self) -> tuple[str, ...]:
        """Return the score."""
        return (self.score,)

    def also(self, kinds: tuple[str, ...], window: Window) -> Mapping[str, Reading]:
        """Return the records of the longer window."""
        if self.extended is None:
            return {}
        longer = window.model_copy(
            update={"days": self.extended.days, "weeks": None, "months": None, "quarters": None}
        )
        return {"extended": Reading(kinds, longer, self.needs(), self.columns())}

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the conditions for this kind."""
        found = self.event.problems(kind) + (self.where.problems(kind) if self.where else [])
        return found or super().problems(kind)

    def sql(self, population: Population) -> str:
        """Count by department, ISO week, score, event, and whether the record lies in the window itself."""
        records = population.also.get("extended", population)
        return (
            f"SELECT department, {by_period(records, 'week')}, {self.score} AS score, "
            f"COALESCE({self.event.sql}, FALSE) AS event, "
            f"{records.dated_by} >= DATE '{population.first}' AS recent, COUNT(*) AS n "
            f"FROM {records.relation} WHERE {records.where} AND {condition_of(self.where)} "
            f"AND {self.score} IS NOT NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Compare all pairs, in the longer window where the shorter has too few."""
        recent = rows.filter(rows.column("recent"))
        used = recent if min(_counts(recent)) >= context.minimum else rows
        events, others = _counts(used)
        if min(events, others) < max(context.minimum, 1):
            reason = (
                f"{events} records with the event and {others} without; {context.minimum} of each are needed"
            )
            return insufficient(reason, events + others)
        index, levels = codes(used, "score")
        happened = np.asarray(used.column("event"), dtype=np.int64)
        n, width = integers(used, "n"), 2 * len(levels)
        categories = 2 * index + happened
        counts = np.bincount(categories, weights=n, minlength=width)
        weeks = numbered(periods_of(used, "week", "week"))
        # Every category once without a record, so that none is missing from the resamples.
        padded = (np.append(weeks, np.zeros(width, np.int64)), np.append(categories, np.arange(width)))
        resampled = category_draws(
            context.generator, *padded, np.append(n, np.zeros(width, np.int64)), INTERVAL_DRAWS
        )
        draws = self._area(resampled)
        low, high = block_interval(draws, weeks)
        longer = "" if used is recent else f", in the last {self.extended.days if self.extended else 0} days"
        return Measurement(
            State.MEASURED,
            f"{events:,} records with the event and {others:,} without{longer}",
            value=float(self._area(counts[None, :])[0]),
            low=low,
            high=high,
            n=events + others,
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=tuple(
                (f"{self.score} {level} {what}", int(counts[2 * number + offset]))
                for number, (level,) in enumerate(levels)
                for offset, what in enumerate(("without", "with"))
            ),
        )

    def _area(self, counts: IntArray | FloatArray) -> FloatArray:
        """Return the area for each row of counts, pairs (without, with) by ascending score."""
        others, events = counts[:, ::2], counts[:, 1::2]
        below = np.cumsum(others, axis=1) - others
        pairs = others.sum(axis=1) * events.sum(axis=1)
        won = (events * (below + others / 2)).sum(axis=1)
        area = np.where(pairs > 0, won / np.maximum(pairs, 1), CHANCE)
        return np.asarray(area if self.higher_is_riskier else 1 - area, dtype=np.float64)


def _counts(rows: pa.Table) -> tuple[int, int]:
    """Return records with and without the event."""
    n = integers(rows, "n")
    events = int(n[np.asarray(rows.column("event"), dtype=np.bool_)].sum())
    return events, int(n.sum()) - events
