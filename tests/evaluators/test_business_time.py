from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.derive.business_time import BusinessTime
from evaluators.policy import OFFICE_HOURS, Calendar

ALWAYS = Calendar(dict.fromkeys(range(7), (0, 86_400)))
LONDON = "Europe/London"
HOUR = 3600


def at(text: str, zone: str = "UTC") -> int:
    """UTC seconds of a moment on the clock of a zone."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp())


def calendar(zone: str = "UTC", hours: Calendar = OFFICE_HOURS) -> BusinessTime:
    return BusinessTime(hours, zone, at("2025-01-01 00:00"), at("2026-12-31 00:00"))


def between(time: BusinessTime, start: int, end: int) -> int:
    return int(time.seconds_between(np.array([start]), np.array([end]))[0])


def due(time: BusinessTime, start: int, target: int) -> int:
    return int(time.due(np.array([start]), np.array([target]))[0])


def local(moment: int, zone: str) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


# 2026-06-12 is a Friday, 2026-06-15 a Monday.


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-06-12 09:00", "2026-06-12 11:30", 2.5),
        ("2026-06-12 17:00", "2026-06-15 09:00", 2),
        ("2026-06-13 09:00", "2026-06-14 20:00", 0),
        ("2026-06-12 06:00", "2026-06-12 09:00", 1),
        ("2026-06-12 19:00", "2026-06-15 08:30", 0.5),
        ("2026-06-12 09:00", "2026-06-12 23:00", 9),
        ("2026-06-12 08:00", "2026-06-19 08:00", 50),
        ("2026-06-12 11:00", "2026-06-12 09:00", 0),
    ],
)
def test_nights_and_weekends_do_not_count(start: str, end: str, hours: float) -> None:
    assert between(calendar(), at(start), at(end)) == hours * HOUR


def test_holidays_do_not_count() -> None:
    time = calendar(hours=Calendar(OFFICE_HOURS.hours, (date(2026, 6, 15), date(2026, 6, 14))))
    assert between(time, at("2026-06-12 17:00"), at("2026-06-16 09:00")) == 2 * HOUR


@pytest.mark.parametrize(
    ("start", "target", "end"),
    [
        ("2026-06-12 09:00", 0.5, "2026-06-12 09:30"),
        ("2026-06-12 17:00", 2, "2026-06-15 09:00"),
        ("2026-06-12 17:00", 1, "2026-06-12 18:00"),
        ("2026-06-13 12:00", 8, "2026-06-15 16:00"),
        ("2026-06-12 06:00", 8, "2026-06-12 16:00"),
        ("2026-06-12 10:00", 8, "2026-06-12 18:00"),
        ("2026-06-12 10:00", 28, "2026-06-16 18:00"),
    ],
)
def test_a_target_is_due_when_its_business_hours_have_passed(start: str, target: float, end: str) -> None:
    assert due(calendar(), at(start), int(target * HOUR)) == at(end)


# Clocks go forward on 2026-03-29 at 01:00 UTC, back on 2026-10-25 at 01:00 UTC.


@pytest.mark.parametrize("day", ["2026-03-27", "2026-10-23"])
def test_office_hours_are_those_of_the_clock_on_either_side_of_a_change(day: str) -> None:
    # Friday 17:00 to Monday 09:00 London time is two hours, whatever UTC says.
    time, monday = calendar(LONDON), {"2026-03-27": "2026-03-30", "2026-10-23": "2026-10-26"}[day]
    start, end = at(f"{day} 17:00", LONDON), at(f"{monday} 09:00", LONDON)
    assert between(time, start, end) == 2 * HOUR
    assert local(due(time, start, 2 * HOUR), LONDON) == f"{monday} 09:00"


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_round_the_clock_a_day_of_change_is_as_long_as_it_was(day: str, hours: int) -> None:
    time = calendar(LONDON, ALWAYS)
    start = at(f"{day} 00:00", LONDON)
    assert between(time, start, start + hours * HOUR) == hours * HOUR
    assert local(due(time, start, hours * HOUR), LONDON).endswith("00:00")


@pytest.mark.parametrize("change", ["2026-03-29 01:00", "2026-10-25 01:00"])
def test_a_quarter_of_an_hour_across_a_change_is_a_quarter_of_an_hour(change: str) -> None:
    time = calendar(LONDON, ALWAYS)
    before, after = at(change) - 300, at(change) + 600
    assert between(time, before, after) == 900
    assert due(time, before, 900) == after


ZONES = ("UTC", LONDON, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    start=st.integers(at("2025-01-05 00:00"), at("2026-12-20 00:00")),
    target=st.integers(1, 200 * HOUR),
    zone=st.sampled_from(ZONES),
    hours=st.sampled_from((OFFICE_HOURS, ALWAYS)),
)
def test_due_is_the_inverse_of_elapsed_business_time(
    start: int, target: int, zone: str, hours: Calendar
) -> None:
    time = SHARED[zone, hours is ALWAYS]
    end = due(time, start, target)
    assert between(time, start, end) == target
    # And it is the first such moment.
    assert between(time, start, end - 1) == target - 1


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    moments=st.lists(st.integers(at("2025-01-05 00:00"), at("2026-12-20 00:00")), min_size=3, max_size=3),
    zone=st.sampled_from(ZONES),
)
def test_business_time_adds_up(moments: list[int], zone: str) -> None:
    first, middle, last = sorted(moments)
    time = SHARED[zone, False]
    assert between(time, first, last) == between(time, first, middle) + between(time, middle, last)


SHARED = {
    (zone, always): calendar(zone, ALWAYS if always else OFFICE_HOURS)
    for zone in ZONES
    for always in (True, False)
}


def test_a_week_without_hours_never_becomes_due_soon() -> None:
    closed = calendar(hours=Calendar({}))
    assert between(closed, at("2026-06-12 09:00"), at("2026-06-19 09:00")) == 0
    assert due(closed, at("2026-06-12 09:00"), HOUR) > at("2026-12-31 00:00")


def test_moments_that_no_calendar_has_are_counted_and_never_crash() -> None:
    far = np.array([-62_135_596_800, 253_402_300_799])
    time = BusinessTime(OFFICE_HOURS, "Europe/London", int(far[0]), int(far[1]))
    assert time.seconds_between(far[:1], far[1:]) > 0
    assert len(time.due(far, np.array([3600, 3600]))) == 2
    assert len(time.local(far)) == 2


@pytest.mark.parametrize("year", ["0001", "1900", "1969", "2101", "9999"])
def test_records_that_all_lie_outside_1970_to_2100_are_answered_all_the_same(year: str) -> None:
    moment = at(f"{year}-06-12 09:00")
    time = BusinessTime(OFFICE_HOURS, "UTC", moment, moment + HOUR)
    assert between(time, moment, moment + HOUR) == 0
