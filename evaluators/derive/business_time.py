"""Business time: seconds that count on a calendar between two moments, and the moment a target is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from evaluators.policy import Calendar
from evaluators.statistics.arrays import IntArray

DAY = 86_400
EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday."""
EARLIEST, LATEST = 0, 4_102_444_800
"""1970 to 2100: moments outside are mistakes of the record and count as the nearest of these."""
OFFSET_STEP = 1_800
"""Zone offsets change on half-hours at the finest."""


class BusinessTime:
    """Answers for one calendar in one zone; moments are UTC seconds since 1970, any shape."""

    def __init__(self, calendar: Calendar, time_zone: str, first: int, last: int) -> None:
        """Prepare for moments in [first, last], plus a year of room for due times.

        Opening and closing are taken to UTC day by day, so a day that the clocks change in is as long as it
        really was.
        """
        self._zone = ZoneInfo(time_zone)
        first, last = (min(max(moment, EARLIEST), LATEST) for moment in (first, last))
        days = np.arange(first // DAY - 2, last // DAY + 400)
        weekdays = (days + EPOCH_WEEKDAY) % 7
        opening, closing = np.zeros(7, np.int64), np.zeros(7, np.int64)
        for weekday, (begin, end) in calendar.hours.items():
            opening[weekday], closing[weekday] = begin, end
        holidays = np.array(calendar.holidays, dtype="datetime64[D]").astype(np.int64)
        closed = np.isin(days, holidays)
        self._open = _in_utc(days * DAY + opening[weekdays], self._zone)
        closing_of_day = np.where(closed, opening[weekdays], closing[weekdays])
        self._length = _in_utc(days * DAY + closing_of_day, self._zone) - self._open
        self._before = np.concatenate([[0], np.cumsum(self._length)])

    def seconds_between(self, start: IntArray, end: IntArray) -> IntArray:
        """Return business seconds from start to end; 0 where end is not after start."""
        return np.asarray(np.maximum(self._elapsed(end) - self._elapsed(start), 0), dtype=np.int64)

    def due(self, start: IntArray, target: IntArray) -> IntArray:
        """Return the first moment at which `target` business seconds have passed since start."""
        wanted = self._elapsed(start) + target
        day = np.searchsorted(self._before, wanted, side="left") - 1
        day = np.clip(day, 0, len(self._open) - 1)
        return np.asarray(self._open[day] + wanted - self._before[day], dtype=np.int64)

    def local(self, moments: IntArray) -> IntArray:
        """Return seconds since 1970 on the clock of the zone."""
        return moments + zone_offsets(moments, self._zone)

    def _elapsed(self, moments: IntArray) -> IntArray:
        day = np.maximum(np.searchsorted(self._open, moments, side="right") - 1, 0)
        within = np.clip(moments - self._open[day], 0, self._length[day])
        return np.asarray(self._before[day] + within, dtype=np.int64)


def zone_offsets(moments: IntArray, zone: ZoneInfo) -> IntArray:
    """Return the zone's offset from UTC in seconds at each moment."""
    steps, where = np.unique(np.clip(moments, EARLIEST, LATEST) // OFFSET_STEP, return_inverse=True)
    return np.array([_offset(step, zone) for step in steps.tolist()], np.int64)[where]


@lru_cache(maxsize=100_000)
def _offset(step: int, zone: ZoneInfo) -> int:
    """Return the offset in seconds at a step: many columns of an organisation ask for the same ones."""
    moment = datetime.fromtimestamp(step * OFFSET_STEP, UTC).astimezone(zone)
    return (moment.utcoffset() or timedelta()) // timedelta(seconds=1)


def _in_utc(local: IntArray, zone: ZoneInfo) -> IntArray:
    """Return UTC seconds of moments given as seconds since 1970 on the clock of the zone."""
    epoch = datetime(1970, 1, 1)
    clocks = [(epoch + timedelta(seconds=moment)).replace(tzinfo=zone) for moment in local.tolist()]
    offsets = [(clock.utcoffset() or timedelta()) // timedelta(seconds=1) for clock in clocks]
    return local - np.array(offsets, np.int64)
