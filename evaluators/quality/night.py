"""Time-zone mismatch: whether the busy hours of the day lie in the night (section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from evaluators.derive.business_time import DAY, EPOCH_WEEKDAY, zone_offsets
from evaluators.gaming.scene import Scene
from evaluators.statistics.arrays import IntArray

HOUR = 3600
CONCENTRATED = 0.7
"""Share of all openings in the busiest hours of the day from which a working day can be recognised."""
FEWEST = 100


@dataclass(frozen=True)
class Openings:
    """Openings on working days, and how many of them outside business hours."""

    outside: int
    total: int
    shifted: bool
    """Most fall into as many hours as a working day has, and these are not the business hours."""


def openings(scene: Scene, kind: str) -> Openings | None:
    """Count openings by the hour of the configured zone; None without enough of them."""
    records = scene.records(kind, "opened_at")
    if records is None:
        return None
    rows = scene.rows(
        f"SELECT CAST(floor(epoch_us(r.opened_at) / 3600000000) AS BIGINT) AS hour, COUNT(*) AS n "
        f"FROM {records} AS r WHERE {scene.between('r.opened_at', scene.past_since, scene.until)} "
        "GROUP BY 1 ORDER BY 1"
    )
    hours = np.array([row["hour"] for row in rows], dtype=np.int64)
    return _compared(scene, hours * HOUR, np.array([row["n"] for row in rows], dtype=np.int64))


def _compared(scene: Scene, moments: IntArray, counts: IntArray) -> Openings | None:
    policy = scene.examination.policy
    calendar = policy.calendar.hours
    local = moments + zone_offsets(moments, ZoneInfo(policy.time_zone))
    weekday, second = (local // DAY + EPOCH_WEEKDAY) % 7, local % DAY
    working = np.isin(weekday, list(calendar))
    total = int(counts[working].sum())
    if total < FEWEST:
        return None
    begin = np.array([calendar.get(day, (0, 0))[0] for day in range(7)])
    end = np.array([calendar.get(day, (0, 0))[1] for day in range(7)])
    outside = working & ((second < begin[weekday]) | (second >= end[weekday]))
    of_day = np.bincount(second[working] // HOUR, weights=counts[working], minlength=24)
    length = max(
        1, min(24, round(float(np.mean(end - begin, where=np.isin(range(7), list(calendar)))) / HOUR))
    )
    busiest = max(
        float(np.take(of_day, range(first, first + length), mode="wrap").sum()) for first in range(24)
    )
    return Openings(int(counts[outside].sum()), total, busiest >= CONCENTRATED * total)
