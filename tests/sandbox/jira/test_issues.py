"""Issues in bulk and their histories, cut as the platform cuts them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from sandbox.jira import Limits, SandboxJira, Settings
from tests.sandbox.jira.support import START, Client, small_site, with_long_history


@pytest.fixture
def cloud() -> Iterator[SandboxJira]:
    site = small_site(120)
    with_long_history(site, "ITSM-1", 130, comments=45)
    with SandboxJira(site) as jira:
        yield jira


def _ids(count: int) -> list[str]:
    return [str(10_000 + number) for number in range(count)]


def test_a_bulk_fetch_comes_in_order_of_id_without_what_is_not_there(cloud: SandboxJira) -> None:
    asked = {"issueIdsOrKeys": ["DEV-1", "ITSM-1", "ITSM-999", "10001"], "fields": ["summary"]}
    issues = Client(cloud).post("issue/bulkfetch", asked).json()["issues"]
    assert [issue["id"] for issue in issues] == ["10000", "10001", "10004"]


@pytest.mark.parametrize(
    ("count", "fields", "expand", "status"),
    [
        (100, ["*all"], ["changelog"], 200),
        (101, ["*all"], [], 400),
        (120, ["summary", "status"], [], 200),
        (120, ["summary", "comment"], [], 400),
        (120, ["summary"], ["changelog"], 400),
        (120, [f"customfield_{number}" for number in range(101)], [], 400),
    ],
)
def test_more_than_100_issues_come_only_with_plain_named_fields(
    cloud: SandboxJira, count: int, fields: list[str], expand: list[str], status: int
) -> None:
    asked = {"issueIdsOrKeys": _ids(count), "fields": fields, "expand": expand}
    assert Client(cloud).post("issue/bulkfetch", asked).status_code == status


def test_a_moved_issue_comes_under_its_new_key(cloud: SandboxJira) -> None:
    issue, dev = cloud.site.issue("ITSM-1"), cloud.site.project("DEV")
    assert issue is not None
    assert dev is not None
    moved = cloud.writer.move(issue, dev)
    found = Client(cloud).post("issue/bulkfetch", {"issueIdsOrKeys": ["ITSM-1"]}).json()["issues"]
    assert [(each["id"], each["key"]) for each in found] == [(str(issue.id), moved.key)]
    assert moved.key.startswith("DEV-")


def test_a_history_within_an_issue_is_cut_to_the_newest(cloud: SandboxJira) -> None:
    found = Client(cloud).page("key = ITSM-1", fields="summary", expand="changelog")["issues"][0]["changelog"]
    assert (found["total"], len(found["histories"])) == (130, 40)
    assert found["histories"][0]["id"] == "60129"


@pytest.mark.parametrize("cap", [20, 40, 100])
def test_the_cut_differs_between_sites(cap: int) -> None:
    site = small_site(10)
    with_long_history(site, "ITSM-1", 130)
    with SandboxJira(site, settings=Settings(limits=Limits(changelog=cap))) as jira:
        found = Client(jira).page("key = ITSM-1", fields="summary", expand="changelog")["issues"][0]
        assert len(found["changelog"]["histories"]) == cap


def test_data_center_gives_the_whole_history_and_no_field_ids() -> None:
    site = small_site(10)
    with_long_history(site, "ITSM-1", 130)
    with SandboxJira(site, "data_center") as jira:
        found = Client(jira).get("search", jql="key = ITSM-1", expand="changelog").json()["issues"][0]
        assert len(found["changelog"]["histories"]) == 130
        assert "fieldId" not in found["changelog"]["histories"][0]["items"][0]


def test_comments_within_an_issue_are_cut_and_its_own_address_has_all(cloud: SandboxJira) -> None:
    client = Client(cloud)
    found = client.page("key = ITSM-1", fields="comment")["issues"][0]["fields"]["comment"]
    assert (found["total"], len(found["comments"]), found["startAt"]) == (45, 20, 25)
    assert len(client.get("issue/ITSM-1/comment").json()["comments"]) == 45


def test_the_address_of_a_history_has_all_of_it_oldest_first(cloud: SandboxJira) -> None:
    client = Client(cloud)
    first = client.get("issue/ITSM-1/changelog", maxResults=5000).json()
    rest = client.get("issue/ITSM-1/changelog", startAt=100).json()
    ids = [int(entry["id"]) for entry in first["values"] + rest["values"]]
    assert ids == list(range(60_000, 60_130))
    assert (first["isLast"], rest["isLast"], first["maxResults"]) == (False, True, 100)


def test_bulk_histories_come_by_time_and_are_split_over_pages(cloud: SandboxJira) -> None:
    client = Client(cloud)
    asked = {"issueIdsOrKeys": _ids(120), "maxResults": 50}
    pages, token = [], None
    while True:
        page = client.post("changelog/bulkfetch", asked | ({"nextPageToken": token} if token else {})).json()
        pages.append(page["issueChangeLogs"])
        token = page.get("nextPageToken")
        if token is None:
            break
    times = [[each["created"] for log in page for each in log["changeHistories"]] for page in pages]
    assert sum(map(len, times)) == 130 + 119
    assert sum(any(log["issueId"] == "10000" for log in page) for page in pages) > 1
    assert all(max(first) <= min(second) for first, second in pairwise(times))


def test_bulk_histories_can_be_of_some_fields_only(cloud: SandboxJira) -> None:
    client = Client(cloud)
    asked = {"issueIdsOrKeys": ["ITSM-2"], "fieldIds": ["assignee"]}
    assert client.post("changelog/bulkfetch", asked).json() == {"issueChangeLogs": []}
    too_many = {"issueIdsOrKeys": ["ITSM-2"], "fieldIds": [str(number) for number in range(11)]}
    assert client.post("changelog/bulkfetch", too_many).status_code == 400


def test_long_texts_are_documents_in_version_3_and_markup_in_version_2(cloud: SandboxJira) -> None:
    client = Client(cloud)
    shown = client.get("issue/ITSM-2", fields="description").json()["fields"]["description"]
    assert shown["type"] == "doc"
    client.version = "2"
    assert client.get("issue/ITSM-2", fields="description").json()["fields"]["description"] == (
        "first line\nsecond line"
    )


def test_people_have_account_ids_on_cloud_and_names_on_data_center(cloud: SandboxJira) -> None:
    shown = Client(cloud).get("issue/ITSM-2").json()["fields"]["reporter"]
    assert "accountId" in shown
    assert "name" not in shown
    with SandboxJira(small_site(10), "data_center") as jira:
        shown = Client(jira).get("issue/ITSM-2").json()["fields"]["reporter"]
        assert shown["name"] == "agent0"
        assert "accountId" not in shown


def test_addresses_in_replies_lead_back(cloud: SandboxJira) -> None:
    client = Client(cloud)
    address = client.get("issue/ITSM-2").json()["self"]
    assert client.session.get(address, timeout=5).json()["key"] == "ITSM-2"


def test_writes_move_the_stamp_and_leave_history(cloud: SandboxJira) -> None:
    issue = cloud.site.issue("ITSM-2")
    assert issue is not None
    after = cloud.writer.update(issue, {"summary": "other words"}, author=cloud.site.user("agent3"))
    assert after.updated > START + 10**9
    assert after.histories[-1].items[0]["toString"] == "other words"
    silent = cloud.writer.update(after, {"summary": "hidden"}, silent=True)
    assert (silent.updated, len(silent.histories)) == (after.updated, len(after.histories))
