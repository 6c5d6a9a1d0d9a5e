"""When a job is due, as a function of its schedule, of what history holds and of the present moment.

Clock changes are met as Vixie's cron meets them. A cron line whose hour begins with `*` is about elapsed
time: it runs through a repeated hour twice and knows nothing of a skipped one. A line that names its hours
is about the clock on the wall: a time in a repeated hour comes once, the first time, and times in a skipped
hour come at the moment of the change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from config.schedules import Schedule

LARGEST_SHIFT = timedelta(hours=3)
"""Clock changes are smaller than this, as cron assumes as well."""
CAUGHT_UP = timedelta(days=7)
"""Longest stretch that is looked at in one step, however long nobody was there."""
_FIRST_LOOK, _FARTHEST = timedelta(hours=1), timedelta(days=366 * 12)


class Timetable:
    """The moments at which a job is due, UTC."""

    def __init__(self, job: str, schedule: Schedule) -> None:
        self._job = job
        self._jitter = schedule.jitter
        self._trigger: Any = schedule.trigger()
        self._zone = ZoneInfo(schedule.time_zone or "UTC") if schedule.cron is not None else ZoneInfo("UTC")
        self._on_the_wall = schedule.crontab is not None and schedule.crontab.names_hours

    def between(self, after: datetime, until: datetime) -> list[datetime]:
        """Return the moments later than `after`, up to and with `until`, in order and each once."""
        sides = (after, until)
        near = {self._offset(side + shift) for side in sides for shift in (-LARGEST_SHIFT, LARGEST_SHIFT)}
        margin = LARGEST_SHIFT if len(near) > 1 else timedelta()
        first, last = self._wall(after) - margin, self._wall(until) + margin
        moments = (moment for wall in self._walls(first, last) for moment in self._moments(wall))
        return sorted({moment for moment in moments if after < moment <= until})

    def following(self, after: datetime) -> datetime:
        """Return the first moment later than `after`."""
        begin, length = after, _FIRST_LOOK
        while begin - after < _FARTHEST:
            found = self.between(begin, begin + length)
            if found:
                return found[0]
            begin, length = begin + length, length * 8
        raise ValueError(f"{self._job} is never due again")

    def start_of(self, due: datetime) -> datetime:
        """Return when a run that is due then starts: later by its jitter, the same on every machine."""
        if not self._jitter:
            return due
        digest = hashlib.sha256(f"{self._job} {due.isoformat()}".encode()).digest()
        return due + timedelta(seconds=int.from_bytes(digest[:4]) % (self._jitter + 1))

    def _walls(self, first: datetime, last: datetime) -> Iterator[datetime]:
        def walls() -> Iterator[datetime]:
            wall = self._trigger.get_next_fire_time(None, first)
            while wall is not None:
                yield wall
                wall = self._trigger.get_next_fire_time(wall, wall)

        return takewhile(lambda wall: wall <= last, walls())

    def _moments(self, wall: datetime) -> list[datetime]:
        """Return when a clock in the zone shows a time: once, twice, or (on the wall) as it jumps over it."""
        early, late = (wall.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if early <= late:
            return [early] if self._on_the_wall else [early, late]
        # In a gap the two readings stand on either side of the change.
        return [self._change(late, early)] if self._on_the_wall else []

    def _change(self, before: datetime, after: datetime) -> datetime:
        old = self._offset(before)
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) // 2
            middle -= timedelta(microseconds=middle.microsecond)
            before, after = (middle, after) if self._offset(middle) == old else (before, middle)
        return after

    def _offset(self, moment: datetime) -> timedelta | None:
        return moment.astimezone(self._zone).utcoffset()

    def _wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Try:
    """One run of a job: the due time it stands for, and how many times in a row it was tried."""

    due: datetime
    attempt: int


@dataclass(frozen=True)
class Known:
    """What is known of a job: each due time up to `since` has its row."""

    since: datetime
    running: Try | None = None
    failed: Try | None = None
    retry_at: datetime | None = None
    """When what failed is tried again."""


@dataclass(frozen=True)
class Step:
    """What has to be done about a job now; each due time up to `since` is among these or has its row."""

    since: datetime
    missed: tuple[datetime, ...] = ()
    skipped: tuple[datetime, ...] = ()
    start: Try | None = None


def step(timetable: Timetable, known: Known, now: datetime) -> Step:
    """Return what is due, missed and skipped of a job by now.

    Of several times that passed, the last one is run and the others are missed. While a run goes on, or
    waits to be tried again, further times are skipped.
    """
    until = min(now, known.since + CAUGHT_UP)
    times = timetable.between(known.since, until)
    passed = tuple(each for each in times if timetable.start_of(each) <= now)
    behind = until < now and len(passed) == len(times)
    since = until if behind else max((*passed, known.since))
    if known.running is not None or (known.retry_at is not None and now < known.retry_at):
        return Step(since, skipped=passed)
    if behind:
        return Step(since, missed=passed)
    attempt = known.failed.attempt + 1 if known.failed else 1
    if passed:
        return Step(since, missed=passed[:-1], start=Try(passed[-1], attempt))
    return Step(since, start=Try(known.failed.due, attempt) if known.failed else None)


def wake(timetable: Timetable, known: Known) -> datetime:
    """Return the moment at which there is something to do about a job next, runs that end aside."""
    following = timetable.start_of(timetable.following(known.since))
    if known.retry_at is None or known.running is not None:
        return following
    return min(following, known.retry_at)
