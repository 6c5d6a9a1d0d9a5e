"""What earlier assessments saw of a snapshot that today's records cannot show of earlier days."""

from __future__ import annotations

from datetime import date, timedelta

from evaluators.measures.base import Snapshot
from evaluators.measures.past import COUNTED, FULFILLED
from evaluators.policy import measured_part
from storage.history import History, IndicatorPoint

MONTHS = 25
"""Months that are looked back over: the 24 of a series and the one that has begun."""
MOST = 5000
"""Assessments that are looked through at most."""


def snapshots(
    history: History, indicator: str, department: str | None, rule: str, policy: str, before: date
) -> list[Snapshot]:
    """Return (as of, fulfilled, counted) of one assessment a calendar month, its latest, oldest first.

    Only assessments before a day count, and only those by the same rule of the indicator and where
    `policy` is the digest of what was measured: others measured something else.
    """
    since = before - timedelta(days=31 * MONTHS)
    page = history.indicator_history(indicator, department=department, since=since, limit=MOST)
    latest: dict[tuple[int, int], Snapshot] = {}
    for point in page.items:
        # Assessments come newest first, and each shows the end of the day before.
        shown = point.as_of - timedelta(days=1)
        alike = (point.indicator.rule, measured_part(point.policy)) == (rule, policy)
        found = _snapshot(point) if alike and point.as_of < before else None
        if found is not None:
            latest.setdefault((shown.year, shown.month), found)
    return sorted(latest.values())


def _snapshot(point: IndicatorPoint) -> Snapshot | None:
    sums = dict(point.indicator.aggregates)
    if FULFILLED not in sums or COUNTED not in sums:
        return None
    return point.as_of, sums[FULFILLED], sums[COUNTED]
