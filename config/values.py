"""Values as people write them: durations, hours, days, zones, priorities.

Each type is checked by a function that raises a `setting_error`: an expectation in words, with the
offending value kept apart so that a value that came from a secret is never shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from config.places import printable

SETTING_ERROR = "setting"
"""Error type of this module; `config.messages` puts value and expectation together."""

_UNIT_SECONDS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "seconds": 1,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hour": 3600,
    "hours": 3600,
    "day": 86400,
    "days": 86400,
    "week": 604800,
    "weeks": 604800,
}
_DURATION = re.compile(r"(\d{1,6})\s*([a-z]+)")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s+([A-Za-z]{3})(?:\s*-\s*([A-Za-z]{3}))?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PRIORITY = re.compile(r"P([1-5])")
_CELL = re.compile(r"([1-5])-([1-5])")
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

LARGEST_WEIGHT = 1000
"""Of a practice in the mean index; the others weigh 1."""

Hours = Mapping[int, tuple[int, int]]
"""For each weekday (0 Monday) the opening and closing second of the day."""


def setting_error(value: object, expectation: str, *, among: Sequence[str] = ()) -> PydanticCustomError:
    """Return an error that reads `<value> <expectation>`; `among` are the values to suggest from."""
    return PydanticCustomError(
        SETTING_ERROR, "{expectation}", {"value": value, "expectation": expectation, "among": list(among)}
    )


def suggestion(value: object, among: Sequence[str]) -> str:
    """Return ` (did you mean 'x'?)` for the nearest of `among`, or nothing."""
    lowered = {name.casefold(): name for name in among}
    near = get_close_matches(str(value).casefold(), lowered, n=1, cutoff=0.6)
    return f" (did you mean '{lowered[near[0]]}'?)" if near else ""


def shown(value: object) -> str:
    """Return a short, quoted, single-line form of a value."""
    text = printable(str(value)) if isinstance(value, str) else str(value)
    return f"'{text if len(text) <= 60 else text[:57] + '…'}'"


def duration_seconds(value: object) -> int:
    """Return seconds of `30 min`, `2 h`, `60 days` or `1 week`."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    seconds = _UNIT_SECONDS.get(match.group(2)) if match else None
    if match is None or seconds is None:
        raise setting_error(value, "is not a duration (write it as 30 min, 2 h or 90 days)")
    return int(match.group(1)) * seconds


def duration_days(value: object) -> int:
    """Return days of a duration of whole days; none is allowed."""
    seconds = duration_seconds(value)
    if seconds % 86400:
        raise setting_error(value, "is not a number of whole days (write it as 90 days or 4 weeks)")
    return seconds // 86400


def window_days(value: object) -> int:
    """Return days of a window, one at least and ten years at most."""
    days = duration_days(value)
    if not 1 <= days <= 3660:
        raise setting_error(
            value, "is not a usable window (90 days is usual, 180 days suits small organisations)"
        )
    return days


def business_seconds(value: object) -> int:
    """Return seconds of a target in business time, where a day would be ambiguous."""
    seconds = duration_seconds(value)
    if not seconds or (isinstance(value, str) and re.search(r"day|week", value)):
        raise setting_error(value, "is not a target in business time (write minutes or hours: 30 min, 8 h)")
    return seconds


def day(value: object) -> date:
    """Return the day that `2026-12-31` means."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise setting_error(value, "is not a day in the calendar") from None
    raise setting_error(value, "is not a day (write it as 2026-12-31)")


def time_zone(value: object) -> str:
    """Return the name of a time zone of the IANA database."""
    if not isinstance(value, str):
        raise setting_error(value, "is not a time zone (write it as Europe/London)")
    try:
        ZoneInfo(value)
    except (ValueError, KeyError, OSError):
        names = sorted(available_timezones())
        raise setting_error(value, "is not a time zone such as Europe/London", among=names) from None
    return value


def business_hours(value: object) -> Hours:
    """Return opening and closing seconds by weekday of `08:00-18:00 Mon-Thu, 08:00-16:00 Fri`."""
    if not isinstance(value, str):
        raise _hours_error(value, "are not business hours")
    hours: dict[int, tuple[int, int]] = {}
    for part in value.split(","):
        opening, weekdays = _opening(value, part.strip())
        for weekday in weekdays:
            if weekday in hours:
                raise _hours_error(value, f"give hours for {WEEKDAYS[weekday]} twice")
            hours[weekday] = opening
    return MappingProxyType(dict(sorted(hours.items())))


def _opening(value: str, part: str) -> tuple[tuple[int, int], list[int]]:
    match = _HOURS.fullmatch(part)
    if match is None:
        raise _hours_error(value, "are not business hours")
    opens, closes = _second(match.group(1), match.group(2)), _second(match.group(3), match.group(4))
    if opens is None or closes is None or opens >= closes:
        raise _hours_error(value, "do not open before they close on the same day")
    return (opens, closes), _weekdays(value, match.group(5), match.group(6) or match.group(5))


def _second(hour: str, minute: str) -> int | None:
    second = int(hour) * 3600 + int(minute) * 60
    return second if int(minute) < 60 and second <= 86400 else None


def _weekdays(value: str, first: str, last: str) -> list[int]:
    if first.title() not in WEEKDAYS or last.title() not in WEEKDAYS:
        raise _hours_error(value, f"name a day that is none of {', '.join(WEEKDAYS)}")
    start, end = WEEKDAYS.index(first.title()), WEEKDAYS.index(last.title())
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _hours_error(value: object, expectation: str) -> PydanticCustomError:
    return setting_error(value, f"{expectation} (write them as 08:00-18:00 Mon-Fri)")


def priority(value: object) -> int:
    """Return 1 to 5 of `P1` to `P5`."""
    match = _PRIORITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise setting_error(value, "is not a priority (write P1, P2, P3, P4 or P5)")
    return int(match.group(1))


def matrix_cell(value: object) -> tuple[int, int]:
    """Return impact and urgency of `1-2`."""
    match = _CELL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise setting_error(value, "is not impact-urgency (write 1-1 to 5-5)")
    return int(match.group(1)), int(match.group(2))


def matrix_priority(value: object) -> int:
    """Return 1 to 5 of a number or of `P1` to `P5`."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5:
        return value
    if isinstance(value, str) and value in {"1", "2", "3", "4", "5"}:
        return int(value)
    return priority(value)


def from_level(value: object) -> int:
    """Return 2 to 5, an overall level from which on a practice is asked for."""
    number = int(value) if isinstance(value, str) and value in {"2", "3", "4", "5"} else value
    if isinstance(number, bool) or not isinstance(number, int) or not 2 <= number <= 5:
        raise setting_error(value, "is not a level that asks for practices (write 2, 3, 4 or 5)")
    return number


def weight(value: object) -> float:
    """Return a weight, a number above 0."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except ValueError:
        number = 0.0
    if not 0 < number <= LARGEST_WEIGHT:
        raise setting_error(value, f"is not a weight (write a number above 0, {LARGEST_WEIGHT} at most)")
    return number


def active_users(value: object) -> Mapping[str, int] | int:
    """Return a number of users, or numbers by the month (`2026-01`) from which each holds."""
    if not isinstance(value, Mapping):
        return _users(value, value)
    for month in value:
        if not isinstance(month, str) or not _MONTH.fullmatch(month):
            raise setting_error(month, "is not a month such as 2026-01")
    if not value:
        raise setting_error(None, "should have a month with its number of users (2026-01: 1200)")
    return {str(month): _users(users, month) for month, users in value.items()}


def _users(value: object, named: object) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise setting_error(named, "should have a whole number of users, 1 or more")
    return number


def one_of(names: Sequence[str], what: str) -> Callable[[object], str]:
    """Return a check that a value is one of `names`."""

    def check(value: object) -> str:
        if isinstance(value, str) and value in names:
            return value
        raise setting_error(value, f"is not {what}; choose from {', '.join(names)}", among=names)

    return check


def written(pattern: str, *examples: str) -> WithJsonSchema:
    """Return the JSON Schema of a text of that pattern."""
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$", "examples": list(examples)})


_DURATION_PATTERN = r"\s*\d{1,6}\s*(?:s|sec|seconds?|min|minutes?|h|hours?|days?|weeks?)\s*"

Text = Annotated[str, Field(min_length=1)]
"""A text that is not empty."""
DurationDays = Annotated[
    int, BeforeValidator(duration_days), written(_DURATION_PATTERN, "60 days", "8 weeks")
]
"""A duration of whole days."""
WindowDays = Annotated[int, BeforeValidator(window_days), written(_DURATION_PATTERN, "90 days", "180 days")]
"""Length of a window in days."""
BusinessSeconds = Annotated[
    int,
    BeforeValidator(business_seconds),
    written(r"\s*\d{1,6}\s*(?:s|sec|seconds?|min|minutes?|h|hours?)\s*", "30 min", "8 h"),
]
"""A target in business time, seconds."""
Day = Annotated[date, BeforeValidator(day), written(r"\s*\d{4}-\d{2}-\d{2}\s*", "2026-12-31")]
"""A day of the calendar."""
TimeZone = Annotated[
    str, BeforeValidator(time_zone), written(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", "Europe/London")
]
"""A time zone of the IANA database."""
