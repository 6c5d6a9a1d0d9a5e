"""What the Table API answers to a reader."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from sandbox.servicenow import Limits, SandboxServiceNow, Settings, Tables, sys_id
from tests.sandbox.servicenow.support import Client, ids, incidents, moment, served


def test_pages_by_offset_are_the_whole_table_once() -> None:
    with SandboxServiceNow(served(250)) as instance:
        client = Client(instance)
        pages = [client.rows(query="ORDERBYsys_id", limit=100, offset=at) for at in (0, 100, 200)]
        assert [len(page) for page in pages] == [100, 100, 50]
        assert ids(row for page in pages for row in page) == ids(instance.truth("incident"))


def test_a_limit_that_is_not_given_is_ten_thousand() -> None:
    with SandboxServiceNow(served(10_050)) as instance:
        page = Client(instance).page(fields="sys_id")
        assert len(page.json()["result"]) == 10_000
        assert page.headers["X-Total-Count"] == "10050"


def test_an_instance_may_cap_the_page() -> None:
    with SandboxServiceNow(served(), settings=Settings(limits=Limits(page=40))) as instance:
        assert len(Client(instance).rows(limit=100)) == 40


def test_links_lead_from_page_to_page() -> None:
    with SandboxServiceNow(served(250)) as instance:
        client = Client(instance)
        page, seen = client.page(limit=100, fields="sys_id", query="ORDERBYsys_id"), []
        while True:
            seen += ids(page.json()["result"])
            if "next" not in page.links:
                break
            page = client.session.get(page.links["next"]["url"], timeout=10)
        assert seen == ids(instance.truth("incident"))
        assert set(page.links) == {"first", "prev", "last"}


def test_count_and_links_can_be_left_out() -> None:
    with SandboxServiceNow(served()) as instance:
        page = Client(instance).page(limit=10, no_count="true", suppress_pagination_header="true")
        assert "X-Total-Count" not in page.headers
        assert "Link" not in page.headers


def test_an_empty_list_is_404_in_the_first_version_only() -> None:
    with SandboxServiceNow(served()) as instance:
        client = Client(instance)
        statuses = [
            client.get(f"{v}table/incident", query="number=none").status_code for v in ("v1/", "v2/", "")
        ]
        assert statuses == [404, 200, 200]


def test_head_gives_the_headers_of_get_without_a_body() -> None:
    with SandboxServiceNow(served()) as instance:
        client = Client(instance)
        answer = client.session.head(f"{client.url}/api/now/table/incident", timeout=10)
        assert answer.headers["X-Total-Count"] == "250"
        assert answer.content == b""


def test_fields_are_what_was_asked_for_and_unknown_ones_are_left_out() -> None:
    with SandboxServiceNow(served()) as instance:
        row = Client(instance).rows(fields="number,zz_nofield,assigned_to", limit=1)[0]
        assert list(row) == ["number", "assigned_to"]
        assert row["assigned_to"] == ""


def _with_references() -> Tables:
    tables = served(1)
    tables.add("cmn_department", [{"sys_id": sys_id("cmn_department", "IT"), "name": "IT"}])
    tables.add(
        "sys_user",
        [{"sys_id": sys_id("sys_user", "ana"), "name": "Ana", "department": sys_id("cmn_department", "IT")}],
    )
    tables.add("sys_choice", [{"name": "task", "element": "state", "value": "1", "label": "New"}])
    row = {**incidents(1)[0], "assigned_to": sys_id("sys_user", "ana")}
    tables.add("incident", [row])
    return tables


def test_references_come_with_links_unless_they_are_excluded() -> None:
    with SandboxServiceNow(_with_references()) as instance:
        client = Client(instance)
        key = sys_id("sys_user", "ana")
        linked = client.rows(fields="assigned_to")[0]["assigned_to"]
        assert linked == {"link": f"{instance.url}/api/now/table/sys_user/{key}", "value": key}
        assert client.rows(fields="assigned_to", exclude_reference_link="true")[0]["assigned_to"] == key


def test_dot_walks_reach_over_references() -> None:
    with SandboxServiceNow(_with_references()) as instance:
        client = Client(instance)
        row = client.rows(fields="assigned_to.department.name", query="assigned_to.department.name=IT")[0]
        assert row == {"assigned_to.department.name": "IT"}


def test_display_values_are_labels_names_and_local_times() -> None:
    settings = Settings(zone=ZoneInfo("America/Los_Angeles"))
    with SandboxServiceNow(_with_references(), settings=settings) as instance:
        client = Client(instance)
        asked = {"fields": "state,assigned_to,sys_updated_on", "exclude_reference_link": "true"}
        assert client.rows(display_value="true", **asked)[0] == {
            "state": "New",
            "assigned_to": "Ana",
            "sys_updated_on": "2025-12-31 16:00:00",
        }
        both = client.rows(display_value="all", **asked)[0]
        assert both["sys_updated_on"] == {"display_value": "2025-12-31 16:00:00", "value": moment(0)}


def test_a_single_row_is_found_by_its_id_and_nothing_else_is() -> None:
    with SandboxServiceNow(served()) as instance:
        client = Client(instance)
        key = instance.truth("incident")[7]["sys_id"]
        assert client.get(f"table/incident/{key}", fields="sys_id").json() == {"result": {"sys_id": key}}
        assert client.get("table/incident/nothing").status_code == 404


def test_a_table_that_is_not_there_is_an_invalid_one() -> None:
    with SandboxServiceNow(served()) as instance:
        answer = Client(instance).page("rm_release")
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "Invalid table rm_release"


def test_statistics_count_group_and_add_up() -> None:
    with SandboxServiceNow(served(10)) as instance:
        client = Client(instance)
        whole = client.get("stats/incident", count="true", sum_fields="priority", query="priority<=2").json()
        assert whole["result"]["stats"] == {"count": "4", "sum": {"priority": "6"}}
        groups = client.get("stats/incident", count="true", group_by="priority").json()["result"]
        assert [(g["groupby_fields"][0]["value"], g["stats"]["count"]) for g in groups] == [
            (str(priority), "2") for priority in range(1, 6)
        ]


def test_an_address_that_is_too_long_is_answered_with_a_page() -> None:
    with SandboxServiceNow(served()) as instance:
        answer = Client(instance).page(query="numberIN" + "x" * 9000)
        assert answer.status_code == 414
        assert answer.text.startswith("<html>")


def test_tables_about_tables_describe_what_is_there() -> None:
    with SandboxServiceNow(served()) as instance:
        client = Client(instance)
        parent = client.rows("sys_db_object", query="name=incident", fields="super_class.name")
        assert parent == [{"super_class.name": "task"}]
        fields = client.rows("sys_dictionary", query="name=incident^element=problem_id", fields="reference")
        assert fields == [{"reference": "problem"}]
        known = client.rows(
            "sys_properties", query="name=glide.invalid_query.returns_no_rows", fields="value"
        )
        assert known == [{"value": "false"}]


@pytest.mark.parametrize("zipped", [True, False])
def test_bodies_are_zipped_where_it_is_set(zipped: bool) -> None:
    with SandboxServiceNow(served(), zipped=zipped) as instance:
        answer = Client(instance).page(limit=100)
        assert ("Content-Encoding" in answer.headers) is zipped
        assert len(answer.json()["result"]) == 100
