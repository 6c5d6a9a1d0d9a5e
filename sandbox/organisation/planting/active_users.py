"""How many people use the services: more or fewer from month to month, where that is to show in a trend."""

from __future__ import annotations

from datetime import date

from sandbox.organisation.clock import day_of
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.world import World

TRENDS = {"request": "req-demand-shift-trend", "knowledge": "knw-repeat-question-trend"}
"""What is counted per active user, by practice."""
PER_CALLER = 5
GROWTH, DECLINE = 0.2, -0.15
"""Over the whole period."""


def count_users(world: World, draft: Draft, asked: Asked) -> None:
    """Count the users of every month; they grow or decline only where that suits all trends asked for."""
    wanted = {
        Asked(practice, asked.quality).improves(trend)
        for practice, trend in TRENDS.items()
        if practice in asked.quality.practices
    }
    change = 0.0 if len(wanted) > 1 else GROWTH if True in wanted else DECLINE
    first, last = _month(day_of(world.period.earliest)), _month(day_of(world.period.end))
    start = _month(day_of(world.period.start))
    users = PER_CALLER * len(world.structure.callers)
    draft.active_users = {
        f"{month // 12}-{month % 12 + 1:02d}": round(
            users * (1 + change * max(month - start, 0) / (last - start))
        )
        for month in range(first, last + 1)
    }


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
