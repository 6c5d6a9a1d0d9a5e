"""Cron lines mean what crontab(5) means, and a wrong schedule is told where it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.crontab import FORM, crontab
from config.schedules import Schedule
from tests.config.support import lines, loaded


def days(line: str, count: int = 4) -> list[str]:
    """Return the first times of a line in 2026 as weekday and moment."""
    trigger, moment = crontab(line).trigger(), datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    found = []
    for _ in range(count):
        moment = trigger.get_next_fire_time(moment, moment)
        found.append(f"{moment:%a %d %b %H:%M}")
    return found


@pytest.mark.parametrize("line", ["0 6 * * 0", "0 6 * * 7", "0 6 * * SUN", "0 6 * * sun"])
def test_sunday_is_0_and_7_and_its_name(line: str) -> None:
    assert days(line, 2) == ["Sun 04 Jan 06:00", "Sun 11 Jan 06:00"]


def test_1_is_monday() -> None:
    assert days("0 6 * * 1", 1) == ["Mon 05 Jan 06:00"]


def test_a_range_of_weekdays_may_end_on_sunday_as_7() -> None:
    assert days("0 6 * * 5-7") == [
        "Fri 02 Jan 06:00",
        "Sat 03 Jan 06:00",
        "Sun 04 Jan 06:00",
        "Fri 09 Jan 06:00",
    ]


def test_day_of_month_or_weekday_is_enough_where_both_are_named() -> None:
    assert days("0 6 13 * FRI") == [
        "Fri 02 Jan 06:00",
        "Fri 09 Jan 06:00",
        "Tue 13 Jan 06:00",
        "Fri 16 Jan 06:00",
    ]


def test_a_time_that_fits_both_days_comes_once() -> None:
    assert days("0 6 2 * FRI", 2) == ["Fri 02 Jan 06:00", "Fri 09 Jan 06:00"]


def test_a_day_that_begins_with_a_star_restricts_the_other() -> None:
    assert days("0 6 */2 * MON", 3) == ["Mon 05 Jan 06:00", "Mon 19 Jan 06:00", "Mon 09 Feb 06:00"]


def test_steps_ranges_lists_and_names_of_months() -> None:
    assert days("*/20 8-10/2 1 JAN,mar-apr *", 7)[-1] == "Sun 01 Mar 08:00"
    assert days("*/20 8-10/2 1 JAN *", 6) == [
        f"Thu 01 Jan {time}" for time in ("08:00", "08:20", "08:40", "10:00", "10:20", "10:40")
    ]


@pytest.mark.parametrize(
    ("macro", "line"),
    [
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@hourly", "0 * * * *"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@Annually", "0 0 1 1 *"),
    ],
)
def test_abbreviations_are_crontab_s(macro: str, line: str) -> None:
    assert days(macro) == days(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 0 30 2 *", "never comes: no month it names has such a day"),
        ("0 0 31 feb,apr *", "never comes: no month it names has such a day"),
        ("60 * * * *", "is not a cron line: its minute '60' is not 0 to 59"),
        ("0 6 * * MONDAY", "is not a cron line: its weekday 'monday' is not 0 to 7 or sun, mon, tue, wed, "
         "thu, fri, sat"),
        ("0 6 0 * *", "is not a cron line: its day of month '0' is not 1 to 31"),
        ("5/10 * * * *", "is not a cron line: its minute '5/10' is no range (write 5-59/10)"),
        ("*/0 * * * *", "is not a cron line: its minute '*/0' has a step of 0"),
        ("0 22-6 * * *", "is not a cron line: its hour '22-6' ends before it begins; write two ranges"),
        ("0 6 * *", f"is not a cron line of five fields ({FORM})"),
        ("0 0 6 * * MON", f"is not a cron line of five fields ({FORM})"),
        ("@dayly", "is not a known abbreviation (did you mean '@daily'?)"),
        ("@reboot", f"has no times; {FORM}"),
        ("every 0 min", "is not a usable interval (write it as 30 min, 4 hours or 7 days)"),
    ],
)  # fmt: skip
def test_a_wrong_schedule_is_told_with_line_and_column(tmp_path: Path, line: str, said: str) -> None:
    text = f'connectors:\n  corp:\n    type: files\n    records: {{}}\n    schedule: "{line}"\n'
    shown = line.removeprefix("every ")
    assert f"itsm-maturity.yaml:5:15 connectors.corp.schedule: '{shown}' {said}" in lines(tmp_path, text)


def test_a_29th_of_february_comes() -> None:
    assert Schedule(cron="0 0 29 2 *").cron == "0 0 29 2 *"


def test_two_jobs_of_one_name_are_told_with_line_and_column(tmp_path: Path) -> None:
    text = "connectors:\n  corp: {type: files, records: {}}\n  corp: {type: files, records: {}}\n"
    found = [line for line in lines(tmp_path, text) if ":3:3 connectors.corp" in line]
    assert found, "the second one is named"


def test_an_unknown_zone_is_told_with_line_and_column(tmp_path: Path) -> None:
    text = 'assess:\n  schedule: {cron: "0 6 * * MON", time_zone: Europe/Lundon}\n'
    assert lines(tmp_path, text) == [
        "itsm-maturity.yaml:2:46 assess.schedule.time_zone: 'Europe/Lundon' is not a time zone such as "
        "Europe/London (did you mean 'Europe/London'?)"
    ]


def test_jitter_that_would_reach_the_next_run_is_refused(tmp_path: Path) -> None:
    text = "assess:\n  schedule: {every: 10 min, jitter: 10 min}\n"
    assert lines(tmp_path, text) == [
        "itsm-maturity.yaml:2:13 assess.schedule: jitter is longer than the shortest time between two runs; "
        "shorten it"
    ]


def test_a_schedule_is_a_cron_line_or_an_interval_and_not_both(tmp_path: Path) -> None:
    text = 'assess:\n  schedule: {every: 10 min, cron: "@daily"}\n'
    assert "name either a cron line or every" in lines(tmp_path, text)[0]


def test_jobs_have_the_schedules_of_the_file_and_the_zone_of_the_assessment(tmp_path: Path) -> None:
    text = """
connectors:
  corp: {type: files, records: {incident: {path: a.csv, columns: {id: number}}}, schedule: "*/30 * * * *"}
  apps: {type: files, records: {incident: {path: a.csv, columns: {id: number}}}, schedule: every 4 hours}
  rest: {type: files, records: {incident: {path: a.csv, columns: {id: number}}}}
assess: {schedule: "0 6 * * MON", time_zone: Europe/London}
backup: {schedule: {cron: "@daily", time_zone: UTC, jitter: 5 min}}
"""
    assert {name: one.text() for name, one in loaded(tmp_path, text).schedules.items()} == {
        "sync corp": "*/30 * * * *; Europe/London; 0 s",
        "sync apps": "every 14400 s; Europe/London; 0 s",
        "assess": "0 6 * * MON; Europe/London; 0 s",
        "backup": "@daily; UTC; 300 s",
    }


@pytest.mark.parametrize(
    "parts",
    [
        {"cron": "0 6 13 * FRI", "time_zone": "Asia/Kolkata", "jitter": "5 min"},
        {"every": "90 min", "time_zone": "UTC"},
    ],
)
def test_a_schedule_is_read_back_from_history(parts: dict[str, str]) -> None:
    schedule = Schedule.model_validate(parts)
    assert Schedule.of_text(schedule.text()) == schedule
