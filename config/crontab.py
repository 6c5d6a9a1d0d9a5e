"""Cron lines as crontab(5) means them, as calendars of APScheduler.

APScheduler counts weekdays from Monday, knows no 7 and no `@daily`, and wants day of month AND weekday
where crontab says OR; so a line is read here and handed over as plain lists of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.values import setting_error

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FORM = "write minute, hour, day of month, month and weekday: 0 6 * * MON"

_PART = re.compile(r"(\*|[0-9a-z]+)(?:-([0-9a-z]+))?(?:/([0-9]{1,4}))?")


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: Mapping[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of month", 1, 31, {}),
    _Field("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    _Field("weekday", 0, 7, {name: number for number, name in enumerate(WEEKDAYS)}),
)


@dataclass(frozen=True)
class Crontab:
    """A cron line; its numbers by field, weekdays counted from Sunday as 0."""

    line: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Both days are named, so that either one is enough."""
    names_hours: bool
    """The hour does not begin with `*`: the times are those of a clock on the wall."""

    def trigger(self) -> BaseTrigger:
        """Return its calendar on a clock that is never changed."""
        from apscheduler.triggers.combining import OrTrigger

        days = _listed(self.days, 31)
        weekdays = _listed({(each - 1) % 7 for each in self.weekdays}, 7)
        if not self.either_day:
            return self._calendar(day=days, day_of_week=weekdays)
        return OrTrigger([self._calendar(day=days), self._calendar(day_of_week=weekdays)])

    def _calendar(self, **days: str) -> Any:
        from apscheduler.triggers.cron import CronTrigger

        times = {"minute": _listed(self.minutes, 60), "hour": _listed(self.hours, 24)}
        return CronTrigger(month=_listed(self.months, 12), **days, **times, second=0, timezone="UTC")


def crontab(value: object) -> Crontab:
    """Return what a cron line means; raises a `setting_error` that says which part is wrong."""
    if not isinstance(value, str):
        raise setting_error(value, f"is not a cron line ({FORM})")
    line = value.strip().lower()
    if line == "@reboot":
        raise setting_error(value, f"has no times; {FORM}")
    if line.startswith("@") and line not in MACROS:
        raise setting_error(value, "is not a known abbreviation", among=tuple(MACROS))
    parts = MACROS.get(line, line).split()
    if len(parts) != len(_FIELDS):
        raise setting_error(value, f"is not a cron line of five fields ({FORM})")
    minutes, hours, days, months, weekdays = (
        frozenset(_numbers(value, field, part)) for field, part in zip(_FIELDS, parts, strict=True)
    )
    # As Vixie's cron has it: a field that begins with a star restricts nothing, whatever its step.
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    weekdays = frozenset(each % 7 for each in weekdays)
    return Crontab(
        value.strip(), minutes, hours, days, months, weekdays, either, not parts[1].startswith("*")
    )


def _numbers(line: str, field: _Field, text: str) -> Iterator[int]:
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise _wrong(line, field, part, "cannot be read")
        first, last, step = match.groups()
        if first == "*":
            low, high = field.low, field.high
        else:
            low = _number(line, field, first)
            high = _number(line, field, last) if last else low
        if (step and last is None and first != "*") or (first == "*" and last):
            raise _wrong(line, field, part, f"is no range (write {first}-{field.high}/{step or 1})")
        if low > high:
            raise _wrong(line, field, part, "ends before it begins; write two ranges")
        if step and int(step) == 0:
            raise _wrong(line, field, part, "has a step of 0")
        yield from range(low, high + 1, int(step or 1))


def _number(line: str, field: _Field, text: str) -> int:
    number = field.names.get(text, int(text) if text.isdigit() else -1)
    if not field.low <= number <= field.high:
        names = f" or {', '.join(field.names)}" if field.names else ""
        raise _wrong(line, field, text, f"is not {field.low} to {field.high}{names}")
    return number


def _wrong(line: str, field: _Field, part: str, why: str) -> Exception:
    return setting_error(line, f"is not a cron line: its {field.name} '{part}' {why}")


def _listed(numbers: frozenset[int] | set[int], all_of_them: int) -> str:
    return "*" if len(numbers) == all_of_them else ",".join(map(str, sorted(numbers)))
