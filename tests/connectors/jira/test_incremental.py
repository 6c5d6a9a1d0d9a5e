"""What changes is read and nothing else; what is gone, late, moved or merely breached is noticed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.jira import snapshots
from sandbox.jira import Limits, SandboxJira, Site
from sandbox.jira.fill.template import add_project, status_of, type_of
from sandbox.jira.settings import Mode, Settings
from sandbox.jira.store import Issue
from tests.connectors.jira.support import MODES, Store, connect, sandbox, site

HOUR = timedelta(hours=1)


def read(jira: SandboxJira, store: Store, **changes: Any) -> None:
    store.sync(connect(jira, store.ids, **{"records": ["incident", "change", "problem"]} | changes))


def first(jira: SandboxJira, kind: str = "incident") -> Issue:
    return jira.site.issues[min(int(row["issue"]) for row in jira.site.planted[kind])]


@pytest.mark.parametrize("mode", MODES)
def test_a_change_is_read_alone_with_its_history(mode: Mode) -> None:
    store = Store()
    with sandbox(mode, site(0.05)) as jira:
        read(jira, store)
        issue, before = first(jira), len(store.readings)
        jira.clock.advance(HOUR / 2)
        jira.writer.transition(issue, status_of(jira.site, "Work in progress"), author=jira.site.user("ann"))
        jira.clock.advance(timedelta(minutes=1))
        read(jira, store)
        assert sum(reading.records for _, reading in store.readings[before:]) == 1
        record = store.records["incident"][str(issue.id)]
        assert record.values["state"] == "Work in progress"
        assert record.values["reopen_count"] == 1
        told = [
            one.values["new_value"]
            for one in store.records["transition"].values()
            if _of(one, issue, "state")
        ]
        assert "Work in progress" in told


def _of(record: Any, issue: Issue, field: str) -> bool:
    return bool(record.values["record_id"] == str(issue.id) and record.values["field"] == field)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_gone_is_deleted_with_what_came_along(mode: Mode) -> None:
    store = Store()
    with sandbox(mode, site(0.05)) as jira:
        read(jira, store)
        issue = first(jira)
        jira.writer.delete(issue)
        for _ in range(2):
            jira.clock.advance(timedelta(days=8))
            read(jira, store)
        assert str(issue.id) not in store.records["incident"]
        assert not [name for name in store.records["transition"] if f":{issue.id}:" in name]
        assert len(store.records["incident"]) == len(jira.site.planted["incident"]) - 1


@pytest.mark.parametrize("mode", MODES)
def test_a_project_that_disappears_deletes_nothing(mode: Mode) -> None:
    store, hidden = Store(), set[str]()
    with sandbox(mode, _two_projects(), settings=Settings(hidden_projects=hidden)) as jira:  # type: ignore[arg-type]
        read(jira, store)
        before = store.ids("incident")
        hidden.add("OPS")
        jira.clock.advance(timedelta(days=8))
        read(jira, store)
        assert store.ids("incident") == before


def _two_projects() -> Site:
    made = site(0.05)
    other = add_project(made, "OPS", "Operations", ("Incident",), kind="service_desk")
    made.take(
        [Issue(99_001, made.next_key(other), _fields(made, other), 1_767_225_600_000, 1_767_225_600_000)]
    )
    return made


def _fields(made: Site, project: Any) -> dict[str, Any]:
    type_ = type_of(made, "Incident")
    status = made.statuses_of(project, type_)[0]
    return {"project": project, "issuetype": type_, "status": status, "summary": "x", "labels": []}


@pytest.mark.parametrize("mode", MODES)
def test_a_moved_issue_stays_the_same_record(mode: Mode) -> None:
    store = Store()
    with sandbox(mode, _two_projects()) as jira:
        read(jira, store)
        count, issue = len(store.records["incident"]), first(jira)
        jira.clock.advance(HOUR)
        jira.writer.move(issue, next(one for one in jira.site.projects.values() if one.key == "OPS"))
        jira.clock.advance(HOUR)
        read(jira, store)
        assert len(store.records["incident"]) == count


@pytest.mark.parametrize("mode", MODES)
def test_another_issue_type_makes_another_record_of_it(mode: Mode) -> None:
    store = Store()
    with sandbox(mode, site(0.05)) as jira:
        read(jira, store)
        issue = first(jira)
        jira.clock.advance(HOUR)
        jira.writer.update(issue, {"issuetype": type_of(jira.site, "Problem")})
        jira.clock.advance(HOUR)
        read(jira, store)
        assert str(issue.id) in store.records["problem"]
        assert str(issue.id) not in store.records["incident"]


def test_what_a_search_shows_late_is_found() -> None:
    store = Store()
    with sandbox("cloud", site(0.05), settings=Settings(index_lag=5 * 3600.0)) as jira:
        read(jira, store)
        issue = first(jira)
        jira.writer.transition(issue, status_of(jira.site, "Pending"))
        for _ in range(5):
            jira.clock.advance(4 * HOUR)
            read(jira, store)
        assert store.records["incident"][str(issue.id)].values["state"] == "Pending"


@pytest.mark.parametrize("mode", MODES)
def test_a_clock_that_breaks_without_a_change_is_read(mode: Mode) -> None:
    store = Store()
    with sandbox(mode, site(0.05)) as jira:
        issue, field = _running(jira)
        read(jira, store)
        name = next(name for name in store.records["service_level"] if f":{issue.id}:{field}:" in name)
        assert store.records["service_level"][name].values["breached"] is False
        jira.clock.advance(timedelta(days=2))
        read(jira, store)
        assert store.records["service_level"][name].values["breached"] is True


def _running(jira: SandboxJira) -> tuple[Issue, str]:
    """Start a clock of a day on an open incident, and return both."""
    from sandbox.jira.sla import Cycle, SlaValue

    made = jira.site
    project = next(iter(made.projects.values()))
    issue = jira.writer.create(
        project, type_of(made, "Incident"), {"summary": "x"}, at=jira.writer.now - 7_200_000
    )
    field = made.english("field", "Time to resolution")
    issue.fields[field.id] = SlaValue(
        field.number, field.name, issue.id, (Cycle(jira.writer.now - 3_600_000, None, 86_400_000),)
    )
    return issue, field.id


def test_many_issues_are_read_in_parts() -> None:
    store = Store()
    with sandbox("cloud", site(0.3)) as jira:
        read(jira, store, window_rows=100)
        parts = [reading for kind, reading in store.readings if kind == "incident"]
        assert len(parts) > 2
        assert all(reading.received <= 150 for reading in parts)
        assert len(store.records["incident"]) == len(jira.site.planted["incident"])


def test_only_what_is_recent_is_read_where_that_is_wanted() -> None:
    store = Store()
    with sandbox("cloud", site(0.1)) as jira:
        read(jira, store, since="2024-05-01")
        ends = [one.updated_at for one in store.records["incident"].values() if one.updated_at]
        assert min(ends) >= datetime(2024, 5, 1, tzinfo=UTC)
        assert 0 < len(ends) < len(jira.site.planted["incident"])
        before = len(store.records["incident"])
        jira.clock.advance(timedelta(days=8))
        read(jira, store, since="2024-05-01")
        assert len(store.records["incident"]) == before


@pytest.mark.parametrize("oldest", [None, date(2025, 6, 1)])
def test_alerts_are_read_beyond_the_wall_of_one_query(
    oldest: date | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_WALL", 200)
    served = site(1.0)
    operations = served.operations
    assert operations is not None
    with sandbox("cloud", served, settings=Settings(limits=Limits(alerts=200))) as jira:
        store = Store()
        store.sync(connect(jira, oldest=oldest, records=["alert"]))
    first = 0 if oldest is None else datetime(2025, 6, 1, tzinfo=UTC).timestamp() * 1000
    wanted = {each.id for each in operations.alerts if each.created >= first}
    assert len(wanted) > 150
    assert store.ids("alert") == wanted
