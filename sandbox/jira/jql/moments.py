"""Moments in queries: read in the asker's zone to the minute, as UNIX milliseconds, or relative."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.jira.jql.syntax import Value
from sandbox.jira.jql.words import QueryError

_LITERAL = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?")
_RELATIVE = re.compile(r"([+-]?)((?:\d+[yMwdhm]\s*)+)")
_PART = re.compile(r"(\d+)([yMwdhm])")
_SPANS = {
    "y": timedelta(days=365),
    "M": timedelta(days=30),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
}
_UNITS = {"day": "d", "week": "w", "month": "M", "year": "y", "hour": "h", "minute": "m"}


@dataclass(frozen=True)
class Asker:
    """Who asks and when: what `currentUser()`, `now()` and literal moments mean."""

    user: str
    now: datetime
    zone: ZoneInfo
    coarse: bool = False
    """UNIX milliseconds count to the minute only."""


def moment(value: Value, asker: Asker) -> int | None:
    """Return UNIX milliseconds, None for EMPTY; raises QueryError for what is no moment."""
    if value.empty:
        return None
    if value.call is not None:
        return _called(value.call, asker)
    if value.number:
        number = int(value.text)
        return number // 60_000 * 60_000 if asker.coarse else number
    match = _LITERAL.fullmatch(value.text.strip())
    if match:
        return _literal(match, asker)
    if _RELATIVE.fullmatch(value.text.strip()):
        return milliseconds(asker.now + span(value.text.strip()))
    raise QueryError(
        f"Date value '{value.text}' for field is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def milliseconds(at: datetime) -> int:
    """Return UNIX milliseconds of an aware moment."""
    return round(at.timestamp() * 1000)


def span(text: str) -> timedelta:
    """Return a period such as -5d or 4w 2d."""
    total = sum((int(count) * _SPANS[unit] for count, unit in _PART.findall(text)), timedelta(0))
    return -total if text.startswith("-") else total


def _literal(match: re.Match[str], asker: Asker) -> int:
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    try:
        # of the hour that comes twice when summer ends, the first is meant
        return milliseconds(datetime(year, month, day, hour, minute, tzinfo=asker.zone))
    except ValueError as error:
        raise QueryError(f"Date value '{match.group(0)}' for field is invalid.") from error


def _called(call: tuple[str, ...], asker: Asker) -> int:
    name, *arguments = call
    if name == "now":
        return milliseconds(asker.now)
    match = re.fullmatch(r"(start|end)of(day|week|month|year)", name)
    if not match:
        raise QueryError(f"Unable to find JQL function '{name}({', '.join(arguments)})'.")
    local = asker.now.astimezone(asker.zone).replace(tzinfo=None)
    if arguments:
        text = arguments[0]
        local += span(text if text[-1:].isalpha() else text + _UNITS[match.group(2)])
    begin = _begin(local, match.group(2))
    if match.group(1) == "end":
        begin = _begin(begin + _LONGER[match.group(2)], match.group(2)) - timedelta(milliseconds=1)
    return milliseconds(begin.replace(tzinfo=asker.zone).astimezone(UTC))


_LONGER = {
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}


def _begin(at: datetime, unit: str) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day
