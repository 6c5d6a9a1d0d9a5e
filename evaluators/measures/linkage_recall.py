"""Linkage recall: how many of the incidents that changes cause are recorded as caused by a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import Context, MeasureModel, codes, insufficient, integers, judged_by_width
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.population import Population, Reading
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from evaluators.windows import Window

COLUMNS = (
    "incidents_recorded",
    "incidents_after",
    "incidents_before",
    "placebo_incidents_after",
    "placebo_incidents_before",
)
WEEKS = 4
"""Weeks that the counts before a change, or before its placebo, are summed over."""
INCIDENTS = "incidents"


class LinkageRecall(MeasureModel):
    """100 × recorded / max(recorded, estimated) over changes (chg-incident-linkage-recall, method B).

    Estimated are the incidents after changes that the four weeks before do not explain, less those that a
    change seven days earlier would have been blamed for; both sums are floored at 0. The sums are floored
    and not the single changes: chance that hits a change up or down cancels out only in a sum.
    """

    family: Literal["linkage_recall"]
    minimum_incidents: Annotated[int, Field(ge=1)] = 300
    """Incidents with an item or service in the window; minimum_sample counts such changes."""

    def needs(self) -> tuple[str, ...]:
        """Return the counts of incidents around a change."""
        return COLUMNS

    def reckoned(self) -> tuple[str, ...]:
        """Return the counts of incidents around a change."""
        return COLUMNS

    def also(self, kinds: tuple[str, ...], window: Window) -> Mapping[str, Reading]:
        """Return the incidents opened in the window."""
        opened = window.model_copy(update={"of": "opened_on"})
        return {INCIDENTS: Reading(("incident",), opened, ("ci_id|service_id",))}

    def sql(self, population: Population) -> str:
        """Add up the counts by ISO week, with the number of incidents in the window beside them."""
        sums = ", ".join(f"CAST(SUM({name}) AS BIGINT) AS {name}" for name in COLUMNS)
        incidents = population.also[INCIDENTS]
        return (
            f"SELECT department, CAST(date_trunc('week', {population.dated_by}) AS DATE) AS week, "
            f"COUNT(*) AS n, {sums}, (SELECT COUNT(*) FROM {incidents.relation} WHERE {incidents.where} "
            f"AND COALESCE(ci_id, service_id) IS NOT NULL) AS incidents "
            f"FROM {population.relation} WHERE {population.where} AND incidents_after IS NOT NULL "
            f"GROUP BY 1, 2 ORDER BY 1, 2"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Set what is recorded against what is estimated, with its block-bootstrap interval."""
        changes = int(integers(rows, "n").sum())
        incidents = int(integers(rows, "incidents").max(initial=0))
        if changes < context.minimum or incidents < self.minimum_incidents:
            reason = (
                f"{changes} of at least {context.minimum} changes and {incidents} of at least "
                f"{self.minimum_incidents} incidents have an item or service"
            )
            return insufficient(reason, changes)
        sums = np.column_stack([integers(rows, name) for name in COLUMNS])
        recorded, estimated = (float(part[0]) for part in _compared(sums.sum(axis=0)[None, :]))
        if max(recorded, estimated) <= 0:
            return insufficient("no incident is recorded or likely to be caused by a change", changes)
        weeks, _ = codes(rows, "week")
        draws = _recall(block_draws(context.generator, weeks, integers(rows, "n"), sums, INTERVAL_DRAWS))
        low, high = block_interval(draws, weeks)
        measurement = Measurement(
            State.MEASURED,
            f"{recorded:.0f} incidents recorded as caused by {changes:,} changes, {estimated:.1f} estimated",
            value=100 * recorded / max(recorded, estimated),
            low=low,
            high=high,
            n=changes,
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("changes", changes), *_named(sums)),
        )
        return judged_by_width(measurement, context)


def _compared(sums: FloatArray | IntArray) -> tuple[FloatArray, FloatArray]:
    """Return recorded and estimated incidents for each row of sums in the order of COLUMNS."""
    recorded, after, before, placebo_after, placebo_before = np.asarray(sums, dtype=np.float64).T
    excess = after - before / WEEKS
    placebo = np.maximum(placebo_after - placebo_before / WEEKS, 0.0)
    return recorded, np.maximum(excess - placebo, 0.0)


def _recall(sums: FloatArray) -> FloatArray:
    """Return the value in percent for each row of sums; where nothing is recorded or estimated, 100."""
    recorded, estimated = _compared(sums)
    whole = np.maximum(recorded, estimated)
    return np.asarray(np.where(whole > 0, 100 * recorded / np.where(whole > 0, whole, 1), 100.0))


def _named(sums: IntArray) -> tuple[tuple[str, int], ...]:
    totals = sums.sum(axis=0).tolist()
    return tuple(zip((name.replace("_", " ") for name in COLUMNS), totals, strict=True))
