"""Working hours: how long was worked between two moments, and when so much will have been."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_UTC = ZoneInfo("UTC")
_YEARS = 3660
"""Days that are looked ahead for a moment that working hours never reach."""


@dataclass(frozen=True)
class Calendar:
    """Hours by weekday (Monday is 0) in a zone, without holidays; moments in UNIX milliseconds."""

    name: str
    hours: Mapping[int, tuple[time, time]] = field(default_factory=dict)
    zone: ZoneInfo = _UTC
    holidays: frozenset[date] = frozenset()

    @property
    def always(self) -> bool:
        """It has no hours: every moment counts."""
        return not self.hours

    def worked(self, begin: int, end: int) -> int:
        """Return the milliseconds worked from `begin` to `end`."""
        if end <= begin:
            return 0
        if self.always:
            return end - begin
        return sum(min(b, end) - max(a, begin) for a, b in self._shifts(begin, end))

    def within(self, at: int) -> bool:
        """Return whether it is worked at a moment."""
        return self.always or any(a <= at < b for a, b in self._shifts(at, at + 1))

    def after(self, begin: int, span: int) -> int:
        """Return the moment when `span` milliseconds have been worked since `begin`."""
        if self.always or span <= 0:
            return begin + span
        left = span
        for a, b in self._shifts(begin, begin + _YEARS * 86_400_000):
            length = b - max(a, begin)
            if length >= left:
                return max(a, begin) + left
            left -= length
        return begin + _YEARS * 86_400_000

    def _shifts(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the shifts that overlap a span."""
        day = datetime.fromtimestamp(begin / 1000, UTC).astimezone(self.zone).date() - timedelta(days=1)
        last = datetime.fromtimestamp(end / 1000, UTC).astimezone(self.zone).date()
        while day <= last:
            hours = self.hours.get(day.weekday())
            if hours and day not in self.holidays:
                a, b = (self._moment(day, hour) for hour in hours)
                if a < end and b > begin:
                    yield a, b
            day += timedelta(days=1)

    def _moment(self, day: date, hour: time) -> int:
        return round(datetime.combine(day, hour, self.zone).timestamp() * 1000)


ALWAYS = Calendar("Default 24/7 calendar")
