"""Due times: a pure function of schedule, history and the moment, over clock changes and sleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from config.crontab import crontab
from config.schedules import Schedule
from scheduler.daemon.due import Known, Step, Timetable, Try, step, wake

LONDON = ZoneInfo("Europe/London")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def table(line: str, zone: str = "Europe/London", jitter: str = "0 s") -> Timetable:
    parts = {"every": line.removeprefix("every ")} if line.startswith("every") else {"cron": line}
    return Timetable("assess", Schedule(**parts, time_zone=zone, jitter=jitter))  # type: ignore[arg-type]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(moments: list[datetime]) -> list[str]:
    return [f"{moment:%d %H:%M}" for moment in moments]


def test_a_time_in_the_repeated_hour_comes_once_the_first_time() -> None:
    """London, 25 October 2026: 01:30 is 00:30 UTC, and again 01:30 UTC."""
    found = table("30 1 * * *").between(at("2026-10-24T12:00"), at("2026-10-26T12:00"))
    assert shown(found) == ["25 00:30", "26 01:30"]


def test_a_time_in_the_skipped_hour_comes_at_the_moment_of_the_change() -> None:
    """London, 29 March 2026: the clock jumps from 01:00 to 02:00 at 01:00 UTC."""
    found = table("30 1 * * *").between(at("2026-03-28T12:00"), at("2026-03-30T12:00"))
    assert shown(found) == ["29 01:00", "30 00:30"]


def test_several_times_in_the_skipped_hour_come_as_one() -> None:
    found = table("0,15,30 1,2 * * *").between(at("2026-03-29T00:00"), at("2026-03-29T02:00"))
    assert shown(found) == ["29 01:00", "29 01:15", "29 01:30"], "01:00 is also 02:00 of that day"


def test_a_line_of_every_half_hour_is_due_each_half_hour_over_both_changes() -> None:
    for begin in ("2026-03-28T22:00", "2026-10-24T22:00"):
        found = table("*/30 * * * *").between(at(begin), at(begin) + 6 * HOUR)
        assert found == [at(begin) + number * 30 * MINUTE for number in range(1, 13)]


def test_an_interval_knows_no_clock_changes() -> None:
    found = table("every 4 hours").between(at("2026-10-24T12:00"), at("2026-10-25T12:00"))
    assert shown(found) == ["24 16:00", "24 20:00", "25 00:00", "25 04:00", "25 08:00", "25 12:00"]


def test_a_change_at_midnight_loses_no_day() -> None:
    """Azores, 25 October 2026: 01:00 becomes 00:00, so the day begins twice."""
    found = table("0 0 * * *", "Atlantic/Azores").between(at("2026-10-24T00:30"), at("2026-10-26T01:30"))
    assert shown(found) == ["25 00:00", "26 01:00"]


ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Atlantic/Azores",
    "Asia/Kolkata",
    "America/Havana",
    "Pacific/Chatham",
)
CHANGES = ("03-08", "03-28", "03-29", "04-04", "10-03", "10-24", "10-25", "11-01")


@st.composite
def cron_lines(draw: st.DrawFn) -> str:
    minute = draw(st.sampled_from(["0", "30", "*/15", "*/7", "0,45", "*", "10-50/20"]))
    hour = draw(st.sampled_from(["*", "*/2", "*/6", "0", "1", "2", "1-3", "0-23/5", "22,23", "6"]))
    days = draw(st.sampled_from(["* *", "1 *", "*/10 *", "25-31 *"]))
    return f"{minute} {hour} {days} {draw(st.sampled_from(['*', 'SUN', '1-5', '7']))}"


moments = st.one_of(
    st.sampled_from([at(f"2026-{day}T00:00") for day in CHANGES]),
    st.integers(0, 2 * 365 * 1440).map(lambda minutes: at("2025-01-01T00:00") + minutes * MINUTE),
)


def expected(line: str, zone: str, after: datetime, until: datetime) -> list[datetime]:
    """Go through every minute with a clock on the wall beside it, as cron does."""
    found, parts, place = [], crontab(line), ZoneInfo(zone)

    def fits(wall: datetime) -> bool:
        day, weekday = wall.day in parts.days, wall.isoweekday() % 7 in parts.weekdays
        days = day or weekday if parts.either_day else day and weekday
        times = wall.minute in parts.minutes and wall.hour in parts.hours
        return times and days and wall.month in parts.months

    moment, last_wall = after - 4 * HOUR, (after - 4 * HOUR).astimezone(place).replace(tzinfo=None)
    while moment < until:
        moment += MINUTE
        wall = moment.astimezone(place).replace(tzinfo=None)
        if parts.names_hours:
            walls = [last_wall + number * MINUTE for number in range(1, int((wall - last_wall) / MINUTE) + 1)]
            last_wall = max(last_wall, wall)
        else:
            walls = [wall]
        if moment > after and any(map(fits, walls)):
            found.append(moment)
    return found


@given(line=cron_lines(), zone=st.sampled_from(ZONES), after=moments, hours=st.integers(1, 40))
@settings(max_examples=120, derandomize=True, deadline=None)
def test_due_times_are_those_of_a_cron_that_looks_at_the_clock_each_minute(
    line: str, zone: str, after: datetime, hours: int
) -> None:
    until = after + hours * HOUR
    assert table(line, zone).between(after, until) == expected(line, zone, after, until)


@given(line=cron_lines(), zone=st.sampled_from(ZONES), after=moments, cut=st.integers(0, 3 * 1440))
@settings(max_examples=80, derandomize=True, deadline=None)
def test_looking_more_often_finds_the_same_times(line: str, zone: str, after: datetime, cut: int) -> None:
    times, middle, until = table(line, zone), after + cut * MINUTE, after + 3 * DAY
    assert times.between(after, middle) + times.between(middle, until) == times.between(after, until)


@given(line=cron_lines(), zone=st.sampled_from(ZONES), after=moments)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_the_following_time_is_the_first_one_between(line: str, zone: str, after: datetime) -> None:
    times = table(line, zone)
    following = times.following(after)
    assert times.between(after, following) == [following]


def test_a_leap_day_is_found_years_ahead() -> None:
    assert table("0 0 29 2 *", "UTC").following(at("2096-03-01T00:00")) == at("2104-02-29T00:00")


def test_jitter_is_the_same_on_every_machine_and_another_each_time() -> None:
    times = table("0 * * * *", "UTC", "10 min")
    moments = times.between(at("2026-01-01T00:00"), at("2026-01-03T00:00"))
    delays = [times.start_of(each) - each for each in moments]
    again = table("0 * * * *", "UTC", "10 min")
    assert delays == [again.start_of(each) - each for each in moments]
    assert all(timedelta() <= each <= 10 * MINUTE for each in delays)
    assert len(set(delays)) > 20


NOW = at("2026-01-05T09:10")


def test_after_a_sleep_of_9_hours_the_last_time_is_run_and_the_others_are_missed() -> None:
    found = step(table("*/30 * * * *", "UTC"), Known(NOW - 9 * HOUR), NOW)
    assert found.start == Try(at("2026-01-05T09:00"), 1)
    assert len(found.missed) == 17
    assert found.since == at("2026-01-05T09:00")


def test_nothing_is_done_before_a_time_has_come() -> None:
    assert step(table("0 6 * * *", "UTC"), Known(NOW), NOW + HOUR) == Step(NOW)


def test_a_time_that_comes_while_the_one_before_runs_is_skipped() -> None:
    known = Known(at("2026-01-05T08:30"), running=Try(at("2026-01-05T08:30"), 1))
    assert step(table("*/30 * * * *", "UTC"), known, NOW) == Step(
        at("2026-01-05T09:00"), skipped=(at("2026-01-05T09:00"),)
    )


def test_a_time_that_comes_while_a_failed_one_waits_is_skipped() -> None:
    known = Known(at("2026-01-05T08:30"), failed=Try(at("2026-01-05T08:30"), 3), retry_at=NOW + MINUTE)
    assert step(table("*/30 * * * *", "UTC"), known, NOW).skipped == (at("2026-01-05T09:00"),)


def test_a_failed_run_is_tried_again_when_its_wait_is_over() -> None:
    known = Known(at("2026-01-05T09:00"), failed=Try(at("2026-01-05T09:00"), 3), retry_at=NOW)
    assert step(table("*/30 * * * *", "UTC"), known, NOW).start == Try(at("2026-01-05T09:00"), 4)
    assert wake(table("*/30 * * * *", "UTC"), known) == NOW


def test_jitter_holds_a_start_back_without_losing_it() -> None:
    times = table("0 9 * * *", "UTC", "10 min")
    due, known = at("2026-01-05T09:00"), Known(at("2026-01-05T08:00"))
    start = times.start_of(due)
    assert start > due
    assert step(times, known, start - timedelta(seconds=1)) == Step(known.since)
    assert step(times, known, start).start == Try(due, 1)


def test_after_a_year_of_absence_every_time_is_missed_but_the_last() -> None:
    times, known, missed = table("0 */6 * * *", "UTC"), Known(NOW - 365 * DAY), 0
    for _ in range(60):
        found = step(times, known, NOW)
        missed += len(found.missed)
        if found.start:
            break
        known = Known(found.since)
    assert found.start == Try(at("2026-01-05T06:00"), 1)
    assert missed == 365 * 4 - 1


looks = st.lists(st.tuples(st.sampled_from([1, 7, 31, 61, 300, 540]), st.sampled_from("defk")), max_size=40)


@given(line=cron_lines(), zone=st.sampled_from(ZONES), begin=moments, seen=looks)
@settings(max_examples=120, derandomize=True, deadline=None)
def test_every_time_is_accounted_for_once_whatever_becomes_of_the_runs(
    line: str, zone: str, begin: datetime, seen: list[tuple[int, str]]
) -> None:
    """Between two looks a run is done (d), ends not (e), fails (f), or its daemon is killed (k)."""
    times, known, now = table(line, zone), Known(begin), begin
    told: list[datetime] = []
    for minutes, fate in seen:
        now += minutes * MINUTE
        found = step(times, known, now)
        tried_again = (
            found.start is not None and known.failed is not None and found.start.due == known.failed.due
        )
        told += [*found.missed, *found.skipped]
        told += [found.start.due] if found.start and not tried_again else []
        going = found.start or known.running
        if fate == "e" and going:
            known = Known(found.since, running=going)
        elif fate in "fk" and going:
            known = Known(
                found.since, failed=going, retry_at=now + (10 * MINUTE if fate == "f" else 0 * MINUTE)
            )
        elif going:
            known = Known(found.since)
        else:
            known = Known(found.since, failed=known.failed, retry_at=known.retry_at)
    assert told == times.between(begin, now)
