"""Clocks: working hours, pauses, breaches, and that cycles agree with history."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.jira.changes import Writer
from sandbox.jira.fill.template import status_of
from sandbox.jira.sla import Calendar, Cycle, Metric, cycles
from sandbox.jira.store import Comment, Issue, Site
from sandbox.serving.clock import Clock
from tests.sandbox.jira.support import START, small_site

HOUR = 3_600_000
OFFICE = Calendar(
    "Office",
    {day: (time(9), time(17)) for day in range(5)},
    ZoneInfo("Europe/Berlin"),
    frozenset({date(2026, 5, 1)}),
)


def _ms(*parts: int, zone: str = "Europe/Berlin") -> int:
    year, month, day, hour, minute = parts
    return round(datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def test_only_working_hours_count() -> None:
    friday, monday = _ms(2026, 4, 24, 16, 0), _ms(2026, 4, 27, 10, 0)
    assert OFFICE.worked(friday, monday) == 2 * HOUR
    assert OFFICE.worked(_ms(2026, 4, 30, 9, 0), _ms(2026, 5, 4, 9, 0)) == 8 * HOUR
    assert OFFICE.after(friday, 2 * HOUR) == monday


def test_a_working_day_is_as_long_when_the_clocks_change() -> None:
    before, after = _ms(2026, 3, 27, 9, 0), _ms(2026, 3, 30, 17, 0)
    assert OFFICE.worked(before, after) == 16 * HOUR


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.integers(0, 20 * 24 * 60), st.integers(1, 100 * 60))
def test_so_much_later_so_much_has_been_worked(minute: int, span: int) -> None:
    begin = _ms(2026, 3, 20, 0, 0) + minute * 60_000
    end = OFFICE.after(begin, span * 60_000)
    assert OFFICE.worked(begin, end) == span * 60_000
    assert OFFICE.worked(begin, end - 60_000) < span * 60_000


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=3, max_size=9), st.integers(1, 100))
def test_a_clock_is_breached_from_its_breach_time_on(steps: list[int], goal: int) -> None:
    moments = [sum(steps[: at + 1]) * 60_000 for at in range(len(steps))]
    pauses = tuple(zip(moments[1::2], moments[2::2], strict=False))
    cycle = Cycle(moments[0], None, goal * 60_000, pauses)
    breach = cycle.breach_at(moments[0])
    assert breach is not None
    assert not cycle.breached(breach)
    assert cycle.breached(breach + 60_000) or any(a <= breach + 60_000 <= b for a, b in pauses)
    assert cycle.elapsed(breach) == goal * 60_000


def test_cycles_follow_the_statuses() -> None:
    site = small_site(1)
    issue = site.issue("ITSM-1")
    assert issue is not None
    names = ["Work in progress", "Pending", "Work in progress", "Completed", "Work in progress"]
    issue = _walked(site, issue, names)
    found = cycles(site, issue, Metric("Time to resolution", lambda issue: HOUR, frozenset({"Pending"})))
    assert [(cycle.start, cycle.stop) for cycle in found] == [
        (START, START + 4 * HOUR),
        (START + 5 * HOUR, None),
    ]
    assert found[0].pauses == ((START + 2 * HOUR, START + 3 * HOUR),)
    assert found[0].elapsed(START + 9 * HOUR) == 3 * HOUR
    assert found[0].breached(START + 9 * HOUR)


def _walked(site: Site, issue: Issue, names: list[str]) -> Issue:
    """Return an issue that came into one status after the other, an hour apart."""
    writer = Writer(site, Clock(datetime(2026, 2, 1, tzinfo=UTC)))
    issue = issue.changed(histories=())
    site.take([issue])
    for hours, name in enumerate(names, 1):
        issue = writer.update(issue, {"status": status_of(site, name)}, at=START + hours * HOUR)
    return issue


def test_the_first_public_answer_of_another_stops_the_clock() -> None:
    site = small_site(1)
    issue = site.issue("ITSM-1")
    assert issue is not None
    reporter, agent = site.user("agent0"), site.user("agent1")
    issue.comments = (
        Comment(1, START + HOUR, reporter, "please"),
        Comment(2, START + 2 * HOUR, agent, "internal", public=False),
        Comment(3, START + 3 * HOUR, agent, "hello"),
    )
    metric = Metric("Time to first response", lambda issue: HOUR, response=True)
    assert cycles(site, issue, metric)[0].stop == START + 3 * HOUR


def test_without_a_goal_there_is_no_cycle() -> None:
    site = small_site(1)
    issue = site.issue("ITSM-1")
    assert issue is not None
    assert cycles(site, issue, Metric("Time to resolution", lambda issue: None)) == ()
