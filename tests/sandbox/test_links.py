"""Every record that another one refers to is there, and links that go both ways agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from sandbox.organisation import Organisation
from tests.sandbox.linked import (
    CASES,
    END,
    GROUP_COLUMNS,
    REFERENCES,
    TABLES,
    by_id,
    organisation,
    rows,
    table,
)
from tests.sandbox.recount import known, moment, number


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"level {case[0]}")
def made(request: pytest.FixtureRequest) -> Organisation:
    return organisation(*request.param)


@pytest.mark.parametrize("kind", TABLES)
def test_ids_are_unique(made: Organisation, kind: str) -> None:
    ids = table(made, kind).column("id")
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize(
    ("kind", "column", "target"),
    [(kind, column, target) for kind, columns in REFERENCES.items() for column, target in columns.items()],
)
def test_what_is_referred_to_exists(made: Organisation, kind: str, column: str, target: str) -> None:
    there = set(table(made, target).column("id"))
    assert set(table(made, kind).column(column)) - {None} <= there


def test_every_reference_of_a_column_is_used(made: Organisation) -> None:
    rare = {
        ("problem", "duplicate_of_id"),
        ("outage", "change_id"),
        ("configuration_item", "duplicate_of_id"),
    }
    for kind, columns in REFERENCES.items():
        for column in columns:
            if (kind, column) not in rare:
                assert any(table(made, kind).column(column)), (kind, column)


@pytest.mark.parametrize("kind", TABLES)
def test_groups_are_those_of_the_organisation(made: Organisation, kind: str) -> None:
    names = {None, *made.groups.column("name")}
    for column in set(GROUP_COLUMNS) & set(table(made, kind).columns):
        assert set(table(made, kind).column(column)) <= names


def test_services_are_services_and_items_are_not(made: Organisation) -> None:
    services = {row["id"] for row in rows(made, "configuration_item") if row["service"]}
    for kind, columns in REFERENCES.items():
        if "service_id" in columns:
            assert set(table(made, kind).column("service_id")) - {None} <= services, kind
        if "ci_id" in columns:
            assert not set(table(made, kind).column("ci_id")) & services, kind


def test_departments_count_their_groups_and_members(made: Organisation) -> None:
    groups, members = Counter[object](), Counter[object]()
    for row in rows(made, "group"):
        groups[row["department"]] += 1
        members[row["department"]] += number(row["member_count"])
        assert 2 <= number(row["active_member_count"]) <= number(row["member_count"])
    for department in made.departments.rows():
        assert groups.pop(department["name"]) == department["group_count"]
        assert members[department["name"]] == department["member_count"]
    assert not groups


def test_problems_count_the_incidents_that_name_them(made: Organisation) -> None:
    named = Counter(made.incidents.column("problem_id"))
    incidents = by_id(made, "incident")
    for problem in rows(made, "problem"):
        first = problem["first_incident_id"]
        assert problem["incident_count"] == named[problem["id"]]
        assert (first is not None) == (problem["origin"] == "incident")
        if first is not None:
            assert incidents[first]["problem_id"] == problem["id"]
            assert known(incidents[first]["opened_at"]) <= known(problem["opened_at"])


@pytest.mark.parametrize(("kind", "column"), [("problem", "problem_id"), ("incident", "incident_id")])
def test_fixes_are_linked_both_ways(made: Organisation, kind: str, column: str) -> None:
    there = {row["id"]: row["fix_change_id"] for row in rows(made, kind) if row["fix_change_id"]}
    back = {row[column]: row["id"] for row in rows(made, "change") if row[column]}
    assert there == back


def test_a_fix_ends_before_what_it_fixes_is_resolved(made: Organisation) -> None:
    problems, incidents = by_id(made, "problem"), by_id(made, "incident")
    for change in rows(made, "change"):
        fixed = problems.get(change["problem_id"]) or incidents.get(change["incident_id"])
        resolved = moment(fixed["resolved_at"]) if fixed else None
        if fixed is not None:
            assert known(fixed["opened_at"]) <= known(change["opened_at"])
        if resolved is not None:
            assert known(change["actual_end_at"]) <= resolved
            assert change["outcome"] == "successful"


def test_known_errors_and_articles_are_linked_both_ways(made: Organisation) -> None:
    there = {row["id"]: row["knowledge_id"] for row in rows(made, "problem") if row["knowledge_id"]}
    back = {row["problem_id"]: row["id"] for row in rows(made, "knowledge") if row["problem_id"]}
    known_errors = {row["id"] for row in rows(made, "problem") if row["known_error"]}
    assert there == back
    assert set(there) <= known_errors


def test_releases_have_the_changes_that_name_them(made: Organisation) -> None:
    changes = by_id(made, "change")
    members = Counter(made.changes.column("release_id"))
    for release in rows(made, "release"):
        assert release["change_count"] == members[release["id"]]
        assert (release["change_id"] is not None) == (release["change_count"] != 0)
        if release["change_id"] is not None:
            assert changes[release["change_id"]]["release_id"] == release["id"]
    releases = by_id(made, "release")
    for change in changes.values():
        released = moment(releases[change["release_id"]]["released_at"]) if change["release_id"] else None
        if released is not None:
            assert known(change["actual_end_at"]) <= released


def test_changes_that_cause_incidents_failed_shortly_before_on_the_same_service(made: Organisation) -> None:
    changes, items = by_id(made, "change"), by_id(made, "configuration_item")
    caused = [row for row in rows(made, "incident") if row["caused_by_change_id"]]
    for incident in caused:
        change = changes[incident["caused_by_change_id"]]
        wait = known(incident["opened_at"]) - known(change["actual_start_at"])
        assert timedelta(0) < wait <= timedelta(hours=48)
        assert change["outcome"] != "successful"
        assert incident["service_id"] in items
        assert change["service_id"] in (None, incident["service_id"])
    assert len(caused) == len({row["caused_by_change_id"] for row in caused})


def test_items_and_services_are_there_while_something_refers_to_them(made: Organisation) -> None:
    items = by_id(made, "configuration_item")
    for kind in ("incident", "problem", "change", "release", "alert", "request"):
        for row in rows(made, kind):
            for item in (items[row[name]] for name in ("ci_id", "service_id") if row[name]):
                retired = moment(item["retired_at"])
                assert known(item["created_at"]) <= known(row["opened_at"])
                assert retired is None or known(row["opened_at"]) < retired


def test_relationships_lead_down_without_repeating_or_returning(made: Organisation) -> None:
    order = ["service", "application", "database", "server", "network device"]
    rank = {row["id"]: order.index(str(row["class"])) for row in rows(made, "configuration_item")}
    pairs = [(row["parent_id"], row["child_id"]) for row in rows(made, "ci_relationship")]
    assert len(pairs) == len(set(pairs))
    assert all(rank[parent] < rank[child] for parent, child in pairs)


def test_most_services_are_mapped_to_at_least_two_levels(made: Organisation) -> None:
    below = defaultdict(set)
    for row in rows(made, "ci_relationship"):
        below[row["parent_id"]].add(row["child_id"])
    services = [row["id"] for row in rows(made, "configuration_item") if row["service"]]
    deep = [service for service in services if any(below[child] for child in below[service])]
    assert 0.6 * len(services) < len(deep) < len(services)


def test_duplicates_share_what_identifies_the_original(made: Organisation) -> None:
    items = by_id(made, "configuration_item")
    serials = Counter(row["serial_number"] for row in items.values() if row["serial_number"])
    for row in items.values():
        if row["duplicate_of_id"]:
            original = items[row["duplicate_of_id"]]
            assert row["class"] == original["class"]
            assert row["host_name"] == original["host_name"]
            assert original["duplicate_of_id"] is None
    assert max(serials.values()) >= 2


def test_alerts_lead_to_incidents_of_monitoring(made: Organisation) -> None:
    incidents = by_id(made, "incident")
    led = [row for row in rows(made, "alert") if row["incident_id"]]
    for alert in led:
        incident = incidents[alert["incident_id"]]
        automatic = alert["incident_created_automatically"]
        assert (incident["channel"] == "monitoring") == automatic
        assert known(alert["opened_at"]) < known(incident["opened_at"]) <= known(alert["ticketed_at"])
        if automatic:
            assert alert["ticketed_at"] == incident["opened_at"]
        if alert["ci_id"] and incident["ci_id"]:
            assert alert["ci_id"] == incident["ci_id"]
    monitored = [row for row in incidents.values() if row["channel"] == "monitoring"]
    found = {alert["incident_id"] for alert in led}
    assert 0.9 < sum(row["id"] in found for row in monitored) / len(monitored) <= 1


def test_grouped_alerts_follow_the_one_they_are_grouped_under(made: Organisation) -> None:
    alerts = by_id(made, "alert")
    for alert in alerts.values():
        if alert["parent_id"]:
            parent = alerts[alert["parent_id"]]
            assert parent["parent_id"] is None
            wait = known(alert["opened_at"]) - known(parent["opened_at"])
            assert timedelta(0) <= wait <= timedelta(minutes=5)
            assert alert["closed_at"] == parent["closed_at"]
            if alert["service_id"] and parent["service_id"]:
                assert alert["service_id"] == parent["service_id"]
            assert not alert["shown"]


def test_events_are_as_many_as_the_alerts_say(made: Organisation) -> None:
    week = END - timedelta(days=7)
    start = min(known(row["occurred_at"]) for row in rows(made, "event"))
    single = Counter(made.events.column("alert_id"))
    wanted = 0
    for alert in rows(made, "alert"):
        if known(alert["opened_at"]) >= week:
            assert single[alert["id"]] == alert["event_count"]
        elif known(alert["opened_at"]) >= start:
            wanted += number(alert["event_count"])
    counted = [row for row in rows(made, "event") if row["event_count"] is not None]
    noise = [row for row in counted if row["type"] != "heartbeat" and not row["ignored"]]
    assert sum(number(row["event_count"]) for row in noise) == wanted
    assert all(known(row["occurred_at"]) < week for row in counted)


def test_articles_count_their_uses(made: Organisation) -> None:
    uses = rows(made, "knowledge_use")
    used = Counter(row["article_id"] for row in uses if row["type"] in ("linked", "solved"))
    seen = Counter(row["article_id"] for row in uses if row["type"] == "viewed")
    votes = Counter((row["article_id"], row["helpful"]) for row in uses if row["type"] == "voted")
    for article in rows(made, "knowledge"):
        assert article["use_count"] == used[article["id"]]
        assert article["view_count"] == seen[article["id"]]
        assert article["helpful_votes"] == votes[article["id"], True]
        assert article["unhelpful_votes"] == votes[article["id"], False]


def test_incidents_say_whether_an_article_was_used(made: Organisation) -> None:
    uses = rows(made, "knowledge_use")
    on_incidents = {row["record_id"] for row in uses if row["type"] in ("linked", "solved")}
    said = {row["id"] for row in rows(made, "incident") if row["knowledge_used"]}
    assert said == on_incidents


def test_articles_are_used_while_they_are_published(made: Organisation) -> None:
    articles = by_id(made, "knowledge")
    for use in rows(made, "knowledge_use"):
        article = articles[use["article_id"]]
        since, retired = moment(article["published_at"]), moment(article["retired_at"])
        if use["type"] == "created":
            assert use["used_at"] == article["created_at"]
            assert use["record_id"] == article["origin_id"]
        else:
            assert since is not None
            assert since <= known(use["used_at"])
            assert retired is None or known(use["used_at"]) <= retired + timedelta(minutes=1)


def test_surveys_ask_the_person_the_record_is_about(made: Organisation) -> None:
    asked = {"incident": (by_id(made, "incident"), "caller", "resolved_at")}
    asked["request"] = (by_id(made, "request"), "requester", "fulfilled_at")
    for survey in rows(made, "survey"):
        records, person, ended = asked[str(survey["record_kind"])]
        record = records[survey["record_id"]]
        assert survey["respondent"] == record[person]
        assert survey["assignment_group"] == record["assignment_group"]
        assert known(record[ended]) < known(survey["sent_at"])
        assert (survey["score"] is None) == (survey["answered_at"] is None)


def test_outages_are_those_of_the_most_urgent_incidents(made: Organisation) -> None:
    incidents = by_id(made, "incident")
    for outage in rows(made, "outage"):
        incident = incidents[outage["incident_id"]]
        assert incident["priority"] == 1
        assert incident["service_id"] in (None, outage["service_id"])
        assert incident["ci_id"] in (None, outage["ci_id"])
        assert outage["change_id"] == incident["caused_by_change_id"]
        assert known(outage["started_at"]) <= known(incident["opened_at"])
        assert outage["ended_at"] == incident["resolved_at"]


def test_items_ordered_together_are_of_one_person_and_moment(made: Organisation) -> None:
    carts = defaultdict(set)
    for request in rows(made, "request"):
        carts[request["parent_id"]].add((request["requester"], request["opened_at"]))
    assert all(len(orders) == 1 for orders in carts.values())
    assert len(carts) < len(made.requests)
