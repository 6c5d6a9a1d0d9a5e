"""Weeks, months, quarters: names, complete ones inside a window, merging of short ones (errata B6, B11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluators.statistics.arrays import IntArray

Period = Literal["week", "month", "quarter"]
MONDAY_OF_WEEK_0 = date(1969, 12, 29)


def iso_week(day: date) -> str:
    """Return the ISO week of `day`, such as 2016-W09; the year is the week's, not the day's."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def month_name(day: date) -> str:
    """Return the month of `day`, such as 2016-03."""
    return f"{day.year:04d}-{day.month:02d}"


def month_index(day: date) -> int:
    """Return the calendar index of the month of `day`: consecutive months differ by 1."""
    return day.year * 12 + day.month - 1


def month_start(index: int) -> date:
    """Return the first day of the month with this calendar index."""
    return date(index // 12, index % 12 + 1, 1)


def period_index(days: NDArray[np.datetime64], period: Period) -> IntArray:
    """Return the calendar number of the period of each day: weeks since 1970, months or quarters since 0."""
    if period == "week":
        return np.asarray((days.astype("datetime64[D]").astype(np.int64) + 3) // 7, dtype=np.int64)
    months = days.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return np.asarray(months // 3 if period == "quarter" else months, dtype=np.int64)


def period_name(index: int, period: Period) -> str:
    """Return the name of a period: 2016-W09, 2016-03 or 2016-Q1."""
    if period == "week":
        return iso_week(MONDAY_OF_WEEK_0 + timedelta(weeks=index))
    if period == "month":
        return month_name(month_start(index))
    return f"{index // 4:04d}-Q{index % 4 + 1}"


def complete_periods(start: date, end: date, period: Period) -> list[int]:
    """Return the calendar numbers of the periods wholly inside [start, end) (erratum B6)."""
    if period == "week":
        return [(monday - MONDAY_OF_WEEK_0) // timedelta(weeks=1) for monday in complete_weeks(start, end)]
    months = [month_index(month) for month in complete_months(start, end)]
    if period == "month":
        return months
    return [month // 3 for month in months if month % 3 == 0 and month + 2 in months]


def complete_weeks(start: date, end: date) -> list[date]:
    """Return the Mondays of ISO weeks wholly inside [start, end); others are dropped (erratum B6)."""
    monday = start + timedelta(days=-start.weekday() % 7)
    return list(_weeks(monday, end))


def _weeks(monday: date, end: date) -> Iterator[date]:
    while monday + timedelta(days=7) <= end:
        yield monday
        monday += timedelta(days=7)


def complete_months(start: date, end: date) -> list[date]:
    """Return the first days of months wholly inside [start, end); others are dropped (erratum B6)."""
    first = month_index(start) + (start.day > 1)
    return [month_start(index) for index in range(first, month_index(end))]


def merge_short(counts: Sequence[int], minimum: int) -> list[list[int]]:
    """Group the positions of consecutive periods so that each group has `minimum` records (section 5.5).

    A short period merges with the next; what is left over at the end merges backward (erratum B11). When all
    together are too few, one group remains, and the caller finds it short.
    """
    groups: list[list[int]] = []
    waiting: list[int] = []
    for position, _ in enumerate(counts):
        waiting.append(position)
        if sum(counts[index] for index in waiting) >= minimum:
            groups.append(waiting)
            waiting = []
    if not waiting:
        return groups
    if not groups:
        return [waiting]
    groups[-1].extend(waiting)
    return groups
