"""An organisation seen through Jira says what the organisation says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest

from sandbox.jira import Clock, SandboxJira, Settings, Site, Traps, site_of
from sandbox.jira.fill.records import rows
from sandbox.jira.sla import SlaValue
from sandbox.jira.store import Issue
from sandbox.organisation import Organisation, Quality, generate
from tests.sandbox.jira.support import Client


@cache
def _organisation() -> Organisation:
    return generate(Quality.of_level(3, seed=5), seed=5, until=date(2026, 6, 30), incidents=1000)


@pytest.fixture(scope="module")
def site() -> Site:
    return site_of(_organisation())


def _of_kind(site: Site, kind: str) -> dict[str, Issue]:
    return {row["id"]: site.issues[int(row["issue"])] for row in site.planted[kind]}


def _steps(issue: Issue) -> list[tuple[int, str]]:
    return [
        (entry.at, change["toString"])
        for entry in issue.histories
        for change in entry.items
        if change["field"] == "status"
    ]


def test_every_ticket_is_an_issue(site: Site) -> None:
    organisation = _organisation()
    expected = {
        "incident": len(organisation.incidents),
        "problem": len(organisation.problems),
        "change": len(organisation.changes),
        "request": len(organisation.requests),
    }
    assert {kind: len(site.planted[kind]) for kind in expected} == expected
    assert len(site.issues) == sum(expected.values())


def test_states_are_places_in_the_workflow(site: Site) -> None:
    names = {"New": "Open", "In Progress": "Work in progress", "On Hold": "Pending"}
    names |= {"Resolved": "Completed", "Closed": "Closed", "Canceled": "Canceled"}
    issues = _of_kind(site, "incident")
    for row in rows(_organisation(), "incidents"):
        assert issues[row["id"]].status.name == names[row["state"]]


def test_a_history_ends_where_the_issue_stands(site: Site) -> None:
    for issue in site.issues.values():
        steps = _steps(issue)
        assert steps == sorted(steps, key=lambda step: step[0])
        if steps:
            assert steps[-1][1] == issue.status.name
        statuses = site.statuses_of(issue.project, issue.type)
        assert {name for _, name in steps} <= {status.name for status in statuses}
        assert issue.updated >= max([issue.created, *(entry.at for entry in issue.histories)])


class _Transitions:
    """Changes as an organisation holds them."""

    columns = dict.fromkeys(("record_kind", "record_id", "field", "old_value", "new_value", "at", "actor"))

    def __init__(self, *told: tuple[Any, ...]) -> None:
        self._told = told

    def column(self, name: str) -> list[Any]:
        return [row[list(self.columns).index(name)] for row in self._told]

    def __len__(self) -> int:
        return len(self._told)


def test_changes_of_items_and_priorities_are_in_the_history() -> None:
    organisation, at = _organisation(), "2030-01-01T08:00:00Z"
    change, request = organisation.changes.column("id")[0], organisation.requests.column("id")[0]
    item = organisation.configuration_items.column("id")[4]
    told: dict[str, Any] = {
        "transitions": _Transitions(
            ("change", change, "ci_id", None, item, at, "ann"),
            ("request", request, "priority", "4", "2", at, "ann"),
        )
    }
    site = site_of(replace(organisation, **told))
    items, priorities = (
        site.issues[int(row["issue"])].histories[-1].items[-1]
        for kind, name in (("change", change), ("request", request))
        for row in site.planted[kind]
        if row["id"] == name
    )
    assert (items["fromString"], items["toString"]) == (None, f"{item} (ITSM-5)")
    assert (priorities["fromString"], priorities["toString"]) == ("Low", "High")


def test_groups_and_assignees_change_as_planted(site: Site) -> None:
    issues, expected = _of_kind(site, "incident"), Counter[str]()
    opened = {row["id"]: row["opened_at"] for row in rows(_organisation(), "incidents")}
    for row in rows(_organisation(), "transitions"):
        initial = row["old_value"] is None and row["at"] <= opened[row["record_id"]]
        if row["field"] != "state" and not initial:
            expected[row["record_id"]] += 1
    for key, issue in issues.items():
        items = [change for entry in issue.histories for change in entry.items]
        assert sum(change["field"] in ("assignee", "Assignment group") for change in items) == expected[key]


def test_clocks_say_what_was_planted(site: Site) -> None:
    issues = _of_kind(site, "incident")
    names = {"resolution": "Time to resolution", "response": "Time to first response"}
    seen = 0
    for row in rows(_organisation(), "service_levels"):
        if row["stopped_at"] is None or row["cancelled"]:
            continue
        values = issues[row["record_id"]].fields.values()
        value = next(v for v in values if isinstance(v, SlaValue) and v.name == names[row["target"]])
        cycle = value.cycles[0]
        assert cycle.breached(cycle.stop or 0) == row["breached"]
        assert abs(cycle.elapsed(0) - row["elapsed_seconds"] * 1000) <= 1000
        seen += 1
    assert seen > 500


def _runs(value: object) -> bool:
    if not isinstance(value, SlaValue):
        return False
    return any(cycle.stop is None and not cycle.paused(cycle.start + 10**13) for cycle in value.cycles)


def test_a_clock_that_runs_is_reckoned_to_the_time_of_the_request(site: Site) -> None:
    clock = Clock(datetime(2026, 6, 30, tzinfo=UTC))
    with SandboxJira(site, clock=clock) as jira:
        client = Client(jira)
        field = site.english("field", "Time to resolution").id
        key = next(key for key, issue in _of_kind(site, "incident").items() if _runs(issue.fields.get(field)))
        number = _of_kind(site, "incident")[key].id

        def running() -> dict[str, Any]:
            found: dict[str, Any] = client.get(f"issue/{number}").json()["fields"][field]["ongoingCycle"]
            return found

        before = running()
        clock.set(datetime(2026, 7, 30, tzinfo=UTC))
        after = running()
        assert after["elapsedTime"]["millis"] - before["elapsedTime"]["millis"] == 30 * 86_400_000
        assert after["breached"]
        assert after["remainingTime"]["millis"] < 0


def test_stock_workflows_set_no_resolution_and_repaired_ones_do(site: Site) -> None:
    assert all(issue.fields.get("resolutiondate") is None for issue in site.issues.values())
    repaired = site_of(_organisation(), traps=Traps(resolution=True))
    done = [issue for issue in repaired.issues.values() if issue.status.category == "done"]
    assert all(issue.fields.get("resolutiondate") for issue in done if _steps(issue))


def test_problems_cause_incidents(site: Site) -> None:
    incidents, problems = _of_kind(site, "incident"), _of_kind(site, "problem")
    linked = [row for row in rows(_organisation(), "incidents") if row["problem_id"] in problems]
    assert linked
    for row in linked:
        links = incidents[row["id"]].fields["issuelinks"]
        assert any(link.other == problems[row["problem_id"]].id and not link.outward for link in links)


def test_changes_are_approved_before_they_are_carried_out(site: Site) -> None:
    issues = _of_kind(site, "change")
    field = site.english("field", "Approvals").id
    for row in rows(_organisation(), "changes"):
        issue = issues[row["id"]]
        steps = {name: at for at, name in _steps(issue)}
        assert steps.get("Awaiting implementation") == row["approved_at"]
        if row["actual_start_at"] is not None:
            assert steps["Implementing"] == row["actual_start_at"]
        assert len(issue.fields.get(field) or ()) == max(
            row["approval_count"], int(row["approval"] == "requested")
        )


def test_releases_are_versions_with_their_dates(site: Site) -> None:
    versions = next(iter(site.versions.values()))
    expected = list(rows(_organisation(), "releases"))
    assert len(versions) == len(expected) > 0
    for version, row in zip(versions, expected, strict=True):
        assert version.content["released"] == (row["released_at"] is not None)
    named = [issue for issue in site.issues.values() if issue.fields.get("fixVersions")]
    assert named


def test_what_jira_has_no_field_for_becomes_a_field_of_a_customer(site: Site) -> None:
    field = site.english("field", "Resolution note")
    issues = _of_kind(site, "incident")
    for row in rows(_organisation(), "incidents"):
        assert issues[row["id"]].fields.get(field.id) == row["resolution_note"]


def test_the_same_organisation_gives_the_same_site(site: Site) -> None:
    again = site_of(_organisation())
    for id_, issue in site.issues.items():
        other = again.issues[id_]
        assert (issue.key, issue.updated, len(issue.histories)) == (
            other.key,
            other.updated,
            len(other.histories),
        )
    assert list(site.fields) == list(again.fields)


def test_an_organisation_can_be_split(site: Site) -> None:
    part = site_of(_organisation(), kinds=("incident", "request"))
    assert set(part.planted) >= {"incident", "request"}
    assert "change" not in part.planted


def test_traps_are_laid_as_asked_for() -> None:
    traps = Traps(
        twice=("Severity",),
        translated={"Time to resolution": "해결시간", "Closed": "Geschlossen"},
        empty_approvals=1.0,
        group_field=False,
    )
    site = site_of(_organisation(), traps=traps)
    names = Counter(field.name for field in site.fields.values())
    assert names["Severity"] == 2
    assert names["해결시간"] == 1
    assert "Assignment group" not in names
    assert any(issue.status.name == "Geschlossen" for issue in site.issues.values())
    approvals = site.english("field", "Approvals").id
    given = [each for issue in site.issues.values() for each in issue.fields.get(approvals) or ()]
    assert given
    assert all(not approval.approvers and approval.completed is None for approval in given)


def test_without_a_licence_clocks_are_left_out(site: Site) -> None:
    with SandboxJira(site, settings=Settings(agent=False)) as jira:
        client, field = Client(jira), site.english("field", "Time to resolution").id
        key = site.planted["incident"][0]["key"]
        assert client.get(f"issue/{key}").json()["fields"][field] is None
        assert client.raw("GET", f"/rest/servicedeskapi/request/{key}/sla").status_code == 403
