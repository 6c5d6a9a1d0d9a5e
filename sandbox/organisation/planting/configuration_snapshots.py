"""What earlier assessments would have seen: the months of healthy items, which no record tells any more."""

from __future__ import annotations

from datetime import date

import numpy as np

from sandbox.organisation.clock import DAY, day_of, months_before
from sandbox.organisation.numbers import Flags, Floats, Integers
from sandbox.organisation.planting.configuration_items import ITEMS
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.world import World

POINTS = 24
CALM, SMALL = 0.12, 0.03
"""How far the months swing about their trend (logit), where they do not improve and where they do."""
RISE, DECLINE = 1.0 / 23, 0.003
"""Movement from month to month (logit): within the swing where it declines, so that no run gets long."""
BEYOND = 3.6
"""How many sigma below the centre a bad month falls; three are the limit."""
INDICATORS = ("cfg-health-in-control", "cfg-health-trend")


def remember(world: World, draft: Draft, asked: Asked, healthy: Flags) -> float:
    """Keep the snapshots of the months before this one; return the share of judged months in control.

    The second half of the months is judged against the first; today's records are the last of them.
    """
    working = draft.is_true(ITEMS, "operational")
    whole, good = int(working.sum()), int((working & healthy).sum())
    days = _days(world)
    share = float(np.clip(good / whole, 0.01, 0.99))
    levels = _levels(asked, len(days) + 1, float(np.log(share / (1 - share))))
    bad = _bad(world, asked, len(levels))
    levels[bad] = _fallen(levels)
    counts = np.round(whole * (1 - 0.002 * np.arange(len(days), 0, -1))).astype(np.int64)
    fulfilled = np.round(counts / (1 + np.exp(-levels[:-1]))).astype(np.int64)
    seen = tuple(zip(days, fulfilled.tolist(), counts.tolist(), strict=True))
    draft.snapshots |= dict.fromkeys(INDICATORS, seen)
    judged = len(levels) - len(levels) // 2
    return 100 * (1 - len(bad) / judged)


def _days(world: World) -> list[date]:
    """Return the first days of the months whose assessment shows the month before, up to last month."""
    today = day_of(world.period.end - DAY)
    months = min(POINTS - 1, (world.period.end - world.period.start) // (31 * DAY))
    return [months_before(today.replace(day=1), back) for back in range(months - 1, -1, -1)]


def _levels(asked: Asked, count: int, last: float) -> Floats:
    """Swing up and down about a clear rise, or about a decline that is smaller than the swing."""
    improving = asked.improves("cfg-health-trend")
    place = np.arange(count) - (count - 1)
    swing = (SMALL if improving else CALM) * np.where(place % 2 == 0, -1.0, 1.0)
    moved = place * (RISE if improving else -DECLINE)
    return np.asarray(last + moved + swing - swing[-1], dtype=np.float64)


def _bad(world: World, asked: Asked, count: int) -> Integers:
    """Choose the bad months among the judged ones before today, neighbours last."""
    judged = count - count // 2
    wanted = round(judged * (1 - asked.share("cfg-health-in-control")))
    free = count // 2 + np.arange(judged - 1)
    order = np.concatenate([free[1::2], free[0::2]])
    turn = int(world.stream("plant bad months").integers(0, max(len(free[1::2]), 1)))
    return np.asarray(np.sort(np.roll(order[: len(free[1::2])], turn)[:wanted]), dtype=np.int64)


def _fallen(levels: Floats) -> float:
    first = levels[: len(levels) // 2]
    sigma = float(np.median(np.abs(np.diff(first)))) / 0.954
    return float(np.median(first)) - BEYOND * sigma - 0.05
