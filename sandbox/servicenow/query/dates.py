"""Dates that a query's script gives: `javascript:gs.daysAgo(7)` in the session's zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.serving.clock import FORMAT, written

_CALL = re.compile(r"gs\.(\w+)\((.*)\)", re.DOTALL)
_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def script_value(script: str, now: datetime, zone: ZoneInfo) -> str | None:
    """Return what a script gives as a record's text, UTC; None where it is not understood."""
    match = _CALL.fullmatch(script.removeprefix("javascript:").strip().rstrip(";"))
    if match is None:
        return None
    name, arguments = match[1], match[2]
    if name == "dateGenerate":
        return _generated(arguments, zone)
    if name in _SPANS:
        return _ago(name, arguments, now, zone)
    start = _STARTS.get(name)
    return written(start(now.astimezone(zone))) if start else None


def in_zone(text: str, zone: ZoneInfo) -> str | None:
    """Return a text that was written in a zone as UTC; None where it is not a date."""
    padded = f"{text} 00:00:00" if len(text) == 10 else text
    try:
        return written(datetime.strptime(padded, FORMAT).replace(tzinfo=zone))
    except ValueError:
        return None


def _generated(arguments: str, zone: ZoneInfo) -> str | None:
    parts = [one or two for one, two in _TEXT.findall(arguments)]
    if len(parts) != 2:
        return None
    time = {"start": "00:00:00", "end": "23:59:59"}.get(parts[1], parts[1])
    return in_zone(f"{parts[0]} {time}", zone)


def _ago(name: str, arguments: str, now: datetime, zone: ZoneInfo) -> str | None:
    number = arguments.strip().strip("'\"")
    if not re.fullmatch(r"-?\d+", number):
        return None
    unit, edge = _SPANS[name]
    moment = (now - int(number) * unit).astimezone(zone)
    if edge:
        moment = _midnight(moment) + (timedelta(days=1, seconds=-1) if edge == "End" else timedelta(0))
    return written(moment)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


_UNITS = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}
_SPANS = {f"{unit}Ago{edge}": (span, edge) for unit, span in _UNITS.items() for edge in ("", "Start", "End")}
_STARTS: dict[str, Callable[[datetime], datetime]] = {
    "nowDateTime": lambda moment: moment,
    "now": _midnight,
    "beginningOfToday": _midnight,
    "endOfToday": lambda moment: _midnight(moment) + timedelta(days=1, seconds=-1),
    "beginningOfYesterday": lambda moment: _midnight(moment) - timedelta(days=1),
    "beginningOfThisWeek": lambda moment: _midnight(moment) - timedelta(days=moment.weekday()),
    "beginningOfThisMonth": lambda moment: _midnight(moment).replace(day=1),
    "beginningOfThisYear": lambda moment: _midnight(moment).replace(day=1, month=1),
}
