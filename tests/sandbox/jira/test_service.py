"""Service desks, Assets and Operations as a reader finds them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from sandbox.jira import Limits, SandboxJira, Settings, Site, site_of
from sandbox.jira.settings import Mode
from sandbox.jira.store import fields as kinds
from sandbox.organisation import Organisation, Quality, generate
from tests.sandbox.jira.support import Client, small_site

DESK = "/rest/servicedeskapi"


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return generate(Quality.of_level(2, seed=3), seed=3, until=date(2026, 6, 30), incidents=1000)


@pytest.fixture(scope="module")
def site(organisation: Organisation) -> Site:
    return site_of(organisation)


@pytest.fixture(scope="module")
def cloud(site: Site) -> Iterator[SandboxJira]:
    with SandboxJira(site, settings=Settings(limits=Limits(aql_total=50, alerts=300))) as jira:
        yield jira


def _json(jira: SandboxJira, path: str, **parameters: Any) -> Any:
    reply = Client(jira).raw("GET", path, params=parameters)
    assert reply.status_code == 200, reply.text
    return reply.json()


def _assets(jira: SandboxJira) -> str:
    workspace = _json(jira, f"{DESK}/assets/workspace")["values"][0]["workspaceId"]
    return f"/jsm/assets/workspace/{workspace}/v1"


def test_a_desk_has_the_request_types_of_the_catalogue(
    cloud: SandboxJira, organisation: Organisation
) -> None:
    desk = _json(cloud, f"{DESK}/servicedesk")["values"][0]
    types = _json(cloud, f"{DESK}/servicedesk/{desk['id']}/requesttype", limit=100)["values"]
    assert {str(item) for item in organisation.requests.column("item")} <= {each["name"] for each in types}


def test_pages_of_a_desk_say_whether_they_are_the_last(cloud: SandboxJira) -> None:
    first = _json(cloud, f"{DESK}/servicedesk/1/requesttype", limit=5)
    assert (first["size"], first["isLastPage"]) == (5, False)
    assert "next" in first["_links"]
    assert _json(cloud, f"{DESK}/servicedesk/1/requesttype", start=5, limit=50)["isLastPage"] is True


def test_queues_count_their_issues(cloud: SandboxJira) -> None:
    queue = _json(cloud, f"{DESK}/servicedesk/1/queue", includeCount="true")["values"][0]
    assert queue["issueCount"] == len(Client(cloud).every(queue["jql"]))


def test_a_request_shows_its_type_status_clocks_and_approvals(cloud: SandboxJira, site: Site) -> None:
    row = next(row for row in site.planted["request"] if row["approval_requested_at"] and row["fulfilled_at"])
    path = f"{DESK}/request/{row['key']}"
    assert _json(cloud, path)["currentStatus"]["status"] == "Closed"
    approvals = _json(cloud, f"{path}/approval")["values"]
    assert [each["finalDecision"] for each in approvals] == ["approved"] * row["approval_count"]
    clocks = _json(cloud, f"{path}/sla")["values"]
    assert "Time to resolution" in {each["name"] for each in clocks}
    statuses = _json(cloud, f"{path}/status")["values"]
    times = [each["statusDate"]["epochMillis"] for each in statuses]
    assert times == sorted(times, reverse=True)


def test_everything_evidential_is_in_the_issue_too(cloud: SandboxJira, site: Site) -> None:
    row = next(row for row in site.planted["request"] if row["approval_requested_at"] and row["fulfilled_at"])
    fields = _json(cloud, f"/rest/api/3/issue/{row['key']}")["fields"]
    by_kind = {each.custom: each.id for each in site.fields.values() if each.custom}
    assert fields[by_kind[kinds.APPROVALS]][0]["approvers"]
    assert fields[by_kind[kinds.REQUEST_TYPE]]["requestType"]["name"] == row["item"]
    assert fields[by_kind[kinds.SERVICES]][0]["id"].startswith("ari:cloud:graph::service/")


def test_only_ones_own_requests_are_listed(cloud: SandboxJira) -> None:
    assert _json(cloud, f"{DESK}/request")["values"] == []


def test_satisfaction_is_in_issues_and_at_its_address(cloud: SandboxJira, site: Site) -> None:
    field = site.field_of(kinds.SATISFACTION)
    assert field is not None
    rated = next(issue for issue in site.issues.values() if issue.fields.get(field.id))
    rating = _json(cloud, f"{DESK}/request/{rated.key}/feedback")["rating"]
    assert 1 <= rating <= 5
    with SandboxJira(site, settings=Settings(feedback=False)) as jira:
        assert Client(jira).raw("GET", f"{DESK}/request/{rated.key}/feedback").status_code == 404


def test_a_site_without_the_product_has_none_of_its_addresses() -> None:
    site = small_site(10)
    site.desk = None
    with SandboxJira(site) as jira:
        client = Client(jira)
        assert client.raw("GET", f"{DESK}/info").status_code == 404
        assert client.raw("GET", f"{DESK}/assets/workspace").status_code == 404
        alerts = f"/jsm/ops/api/{jira.settings.cloud_id}/v1/alerts"
        assert client.raw("GET", alerts).status_code == 404


def test_objects_are_paged_in_the_address_and_their_total_is_capped(
    cloud: SandboxJira, organisation: Organisation
) -> None:
    base, client = _assets(cloud), Client(cloud)
    query, found, start = {"qlQuery": 'objectSchema = "IT assets"'}, [], 0
    while True:
        path = f"{base}/object/aql?startAt={start}&maxResults=40"
        page = client.raw("POST", path, json={**query, "startAt": 999}).json()
        found += page["values"]
        start += 40
        if page["isLast"] == "true":
            break
        assert page["isLast"] == "false"
        assert page["total"] == 50
    assert len(found) == len(organisation.configuration_items) > 50
    assert client.raw("POST", f"{base}/object/aql/totalcount", json=query).json() == {
        "totalCount": len(found)
    }


def test_objects_can_be_asked_for_by_type_and_attribute(
    cloud: SandboxJira, organisation: Organisation
) -> None:
    asked = {"qlQuery": "objectType = Server AND Status = Retired"}
    page = Client(cloud).raw("POST", f"{_assets(cloud)}/object/aql", json=asked).json()
    rows = list(organisation.configuration_items.rows())
    expected = {row["name"] for row in rows if (row["class"], row["status"]) == ("server", "Retired")}
    assert {each["label"] for each in page["values"]} == expected


def test_an_attribute_that_there_is_none_of_is_refused(cloud: SandboxJira) -> None:
    reply = Client(cloud).raw("POST", f"{_assets(cloud)}/object/aql", json={"qlQuery": "Colour = red"})
    assert reply.status_code == 400


def test_an_object_knows_the_issues_that_name_it(cloud: SandboxJira, site: Site) -> None:
    field = site.field_of(kinds.ASSETS_CLOUD)
    assert field is not None
    issue = next(issue for issue in site.issues.values() if issue.fields.get(field.id))
    named = _json(cloud, f"/rest/api/3/issue/{issue.key}")["fields"][field.id][0]
    assert set(named) == {"workspaceId", "id", "objectId"}
    tickets = _json(cloud, f"{_assets(cloud)}/objectconnectedtickets/{named['objectId']}/tickets")["tickets"]
    assert issue.key in {each["key"] for each in tickets}


def test_data_center_pages_objects_by_number_and_names_them_by_label(site: Site) -> None:
    with SandboxJira(site, "data_center") as jira:
        path, query = "/rest/assets/1.0/aql/objects", 'objectSchema = "IT assets"'
        first = _json(jira, path, qlQuery=query, page=1, resultPerPage=30)
        last = _json(jira, path, qlQuery=query, page=first["pageSize"], resultPerPage=30)
        total = first["totalFilterCount"]
        assert (len(first["objectEntries"]), last["toIndex"]) == (30, total)
        assert len(last["objectEntries"]) == total - 30 * (first["pageSize"] - 1)


def test_data_center_describes_fields_of_the_desk_less_closely(site: Site) -> None:
    names = ("Time to resolution", "Affected assets")
    types: dict[str, list[tuple[str, str]]] = {}
    modes: tuple[Mode, ...] = ("cloud", "data_center")
    for mode in modes:
        with SandboxJira(site, mode) as jira:
            found = {each["name"]: each["schema"] for each in Client(jira).get("field").json()}
            types[mode] = [(found[name]["type"], found[name]["custom"]) for name in names]
    sla = kinds.SLA
    assert types["cloud"] == [("sd-servicelevelagreement", sla), ("array", kinds.ASSETS_CLOUD)]
    assert types["data_center"] == [("any", sla), ("any", kinds.ASSETS_SERVER)]


def test_alerts_end_at_a_wall_that_windows_get_round(cloud: SandboxJira, site: Site) -> None:
    assert site.operations is not None
    path, client = f"/jsm/ops/api/{cloud.settings.cloud_id}/v1/alerts", Client(cloud)
    assert client.raw("GET", path, params={"offset": 250, "size": 100}).status_code == 422
    times = sorted(alert.created for alert in site.operations.alerts)
    middle, seen = times[len(times) // 2], set[str]()
    for query in (f"createdAt < {middle}", f"createdAt >= {middle}"):
        address: str | None = f"{cloud.root}{path}?size=50&order=asc&query={query}"
        while address:
            page = client.session.get(address, timeout=5).json()
            seen |= {each["id"] for each in page["values"]}
            address = page.get("links", {}).get("next")
    assert len(times) > 300
    assert len(seen) == len(times)


def test_alerts_tell_when_they_were_acknowledged(cloud: SandboxJira, organisation: Organisation) -> None:
    path = f"/jsm/ops/api/{cloud.settings.cloud_id}/v1/alerts"
    acknowledged = [text for text in organisation.alerts.column("acknowledged_at") if text]
    first = _json(cloud, path, size=1)["values"][0]
    assert {"lastOccuredAt", "closeTime", "integrationName", "responders"} <= set(first)
    assert acknowledged
    logs = _json(cloud, f"{path}/{first['id']}/logs")["values"]
    assert logs[0]["log"] == "Alert created"


def test_teams_are_the_groups(cloud: SandboxJira, organisation: Organisation) -> None:
    teams = _json(cloud, f"/jsm/ops/api/{cloud.settings.cloud_id}/v1/teams")["platformTeams"]
    assert {each["teamName"] for each in teams} == set(organisation.groups.column("name"))


def test_an_incident_tells_the_ids_of_its_fields(cloud: SandboxJira, site: Site) -> None:
    number = site.planted["incident"][0]["issue"]
    path = f"/jsm/incidents/cloudId/{cloud.settings.cloud_id}/v1/incident/{number}"
    assert _json(cloud, path)["majorIncident"]["fieldId"] == site.english("field", "Major incident").id


def test_fields_of_one_project_only_field_search_has() -> None:
    site = small_site(5)
    site.add_fields(kinds.custom(12_345, "Team field", kinds.TEXT_FIELD, project="10000"))
    with SandboxJira(site) as jira:
        client = Client(jira)
        assert "Team field" not in {each["name"] for each in client.get("field").json()}
        page = client.get("field/search", query="team field").json()
        assert [each["id"] for each in page["values"]] == ["customfield_12345"]


def test_versions_come_whole_and_by_page(cloud: SandboxJira, organisation: Organisation) -> None:
    whole = _json(cloud, "/rest/api/3/project/ITSM/versions")
    page = _json(cloud, "/rest/api/3/project/ITSM/version", status="released", expand="issuesstatus")
    released = [row for row in organisation.releases.rows() if row["released_at"]]
    assert (len(whole), page["total"]) == (len(organisation.releases), len(released))
    assert "issuesStatusForFixVersion" in page["values"][0]


def test_a_project_tells_the_statuses_of_its_issue_types(cloud: SandboxJira) -> None:
    found = {each["name"]: each for each in _json(cloud, "/rest/api/3/project/ITSM/statuses")}
    names = [status["name"] for status in found["Incident"]["statuses"]]
    assert names == ["Open", "Work in progress", "Pending", "Completed", "Closed", "Canceled"]


def test_agents_pages_tell_which_clocks_and_working_hours_there_are(cloud: SandboxJira) -> None:
    clocks = _json(cloud, "/rest/servicedesk/1/servicedesk/agent/ITSM/sla/metrics")["timeMetrics"]
    assert {"Time to resolution", "Time to first response"} <= {each["name"] for each in clocks}
    calendars = _json(cloud, "/rest/workinghours/1/api/calendar")
    assert [len(each["workingTimes"]) for each in calendars] == [0, 5]
