"""What an account does not see, and how that shows."""

from __future__ import annotations

import pytest

from sandbox.servicenow import Access, SandboxServiceNow, only, run, scattered, tail
from tests.sandbox.servicenow.support import Client, ids, moment, served


def test_rows_are_hidden_after_the_page_was_cut() -> None:
    access = {"incident": Access(hidden=(run(100, 100),))}
    with SandboxServiceNow(served(300), access=access) as instance:
        client = Client(instance)
        pages = [client.page(query="ORDERBYsys_id", limit=100, offset=at) for at in (0, 100, 200)]
        assert [len(page.json()["result"]) for page in pages] == [100, 0, 100]
        assert {page.headers["X-Total-Count"] for page in pages} == {"300"}


def test_the_end_of_a_table_can_be_hidden() -> None:
    with SandboxServiceNow(served(300), access={"incident": Access(hidden=(tail(80),))}) as instance:
        everything = ids(instance.truth("incident", visible=False))
        assert ids(Client(instance).rows(query="ORDERBYsys_id", limit=300)) == everything[:220]


def test_scattered_rows_are_hidden_in_about_the_share_asked_for() -> None:
    with SandboxServiceNow(served(2000), access={"incident": Access(hidden=(scattered(0.1),))}) as instance:
        seen = ids(Client(instance).rows(limit=2000))
        assert 150 < 2000 - len(seen) < 250
        assert seen == ids(instance.truth("incident"))


def test_a_row_that_is_hidden_in_its_class_is_hidden_above_it_too() -> None:
    with SandboxServiceNow(served(300), access={"incident": Access(hidden=(tail(80),))}) as instance:
        assert len(Client(instance).rows("task", limit=300)) == len(instance.truth("task")) == 220


def test_statistics_count_hidden_rows_too() -> None:
    with SandboxServiceNow(served(300), access={"incident": Access(hidden=(tail(80),))}) as instance:
        stats = Client(instance).get("stats/incident", count="true").json()
        assert stats["result"]["stats"]["count"] == "300"


def test_a_hidden_row_reads_as_if_it_were_missing() -> None:
    tables = served(10)
    key = tables.rows("incident")[4]["sys_id"]
    with SandboxServiceNow(tables, access={"incident": Access(hidden=(only([key]),))}) as instance:
        answer = Client(instance).get(f"table/incident/{key}")
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "No Record found")


def test_a_before_query_rule_hides_rows_from_the_count_as_well() -> None:
    access = {"incident": Access(before_query="priority=1")}
    with SandboxServiceNow(served(100), access=access) as instance:
        client = Client(instance)
        page = client.page(query="state=1^NQstate=2", fields="priority")
        assert {row["priority"] for row in page.json()["result"]} == {"1"}
        assert page.headers["X-Total-Count"] == str(len(page.json()["result"]))
        assert client.get("stats/incident", count="true").json()["result"]["stats"]["count"] == "20"
        assert len(instance.truth("incident")) == 20


def test_fields_are_absent_or_empty() -> None:
    access = {"incident": Access(fields={"number": "absent", "state": "empty"})}
    with SandboxServiceNow(served(1), access=access) as instance:
        assert Client(instance).rows(fields="number,state,priority") == [{"state": "", "priority": "1"}]


def test_some_rows_come_hollow() -> None:
    access = {"incident": Access(hollow=scattered(0.5))}
    with SandboxServiceNow(served(100), access=access) as instance:
        rows = Client(instance).rows(fields="sys_id")
        assert len(rows) == 100
        assert [row for row in rows if row] == [{"sys_id": key} for key in ids(instance.truth("incident"))]


@pytest.mark.parametrize("rule", [Access(denied=True), Access(closed=True)])
def test_a_denied_or_closed_table_is_forbidden(rule: Access) -> None:
    with SandboxServiceNow(served(), access={"incident": rule}) as instance:
        client = Client(instance)
        assert client.page().status_code == 403
        assert client.get("stats/incident", count="true").status_code == 403
        assert instance.truth("incident") == []


def test_a_query_on_a_protected_field_is_refused() -> None:
    access = {"incident": Access(refused=frozenset({"short_description"}))}
    with SandboxServiceNow(served(), access=access) as instance:
        answer = Client(instance).page(query="short_descriptionLIKEx")
        assert answer.status_code == 403
        assert answer.json()["error"]["message"] == "Insufficient rights to query records"


def test_a_range_without_the_right_to_it_is_dropped_without_a_word() -> None:
    access = {"incident": Access(without_range=frozenset({"sys_updated_on"}))}
    with SandboxServiceNow(served(100), access=access) as instance:
        answer = Client(instance).page(query=f"sys_updated_on>={moment(3000)}^sys_updated_on<{moment(3600)}")
        assert (answer.status_code, len(answer.json()["result"])) == (200, 100)
