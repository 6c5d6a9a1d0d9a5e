"""Time as whole seconds since 1970, UTC: business hours 08:00-18:00 Monday to Friday, weeks from Monday."""

from __future__ import annotations

from datetime import date

import numpy as np

from sandbox.organisation.numbers import Floats, Integers

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY
FIRST_MONDAY = 4 * DAY
OPENING = 8 * HOUR
BUSINESS_DAY = 10 * HOUR


def midnight(day: date) -> int:
    """Return the first second of a day."""
    return (day - date(1970, 1, 1)).days * DAY


def day_of(second: int) -> date:
    """Return the day a second lies in."""
    return date.fromordinal(date(1970, 1, 1).toordinal() + second // DAY)


def months_before(day: date, months: int) -> date:
    """Return the same day `months` earlier, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = after.toordinal() - date(year, month + 1, 1).toordinal()
    return date(year, month + 1, min(day.day, last))


def week_of(seconds: Integers) -> Integers:
    """Return the number of the ISO week, counted from the first Monday of 1970."""
    return np.asarray((seconds - FIRST_MONDAY) // WEEK, dtype=np.int64)


def business_seconds(seconds: Integers) -> Integers:
    """Return the business seconds that have passed since the first Monday of 1970."""
    since = seconds - FIRST_MONDAY
    weekday, second = (since % WEEK) // DAY, since % DAY
    today = np.clip(second - OPENING, 0, BUSINESS_DAY) * (weekday < 5)
    return np.asarray((since // WEEK * 5 + np.minimum(weekday, 5)) * BUSINESS_DAY + today, dtype=np.int64)


def business_moment(passed: Integers | Floats) -> Integers:
    """Return the last moment at which `passed` business seconds have passed: inverse of the above."""
    whole = np.asarray(passed, dtype=np.int64)
    day, second = whole // BUSINESS_DAY, whole % BUSINESS_DAY
    start = FIRST_MONDAY + day // 5 * WEEK + day % 5 * DAY + OPENING
    return np.asarray(start + second, dtype=np.int64)
