"""Reading again: what changed and nothing else, deletions, silent arrivals, running clocks, history."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from connectors.contract import Reading
from sandbox.servicenow import Access, SandboxServiceNow, sys_id
from storage.evidence.store import Record
from storage.records import KINDS
from tests.connectors.servicenow.support import (
    BEGIN,
    DAY,
    GROUPS,
    PEOPLE,
    Store,
    connect,
    full_tables,
    held,
    instance_tables,
    sandbox,
    stamps,
    text,
    truth,
)

LATER = timedelta(minutes=30)
FIRST = sys_id("incident", "INC1")


def synced(instance: SandboxServiceNow, *kinds: str, **changes: Any) -> Store:
    store = Store()
    store.sync(connect(instance, store.ids, **changes), *kinds)
    store.readings.clear()
    return store


def again(instance: SandboxServiceNow, store: Store, *kinds: str, **changes: Any) -> None:
    """Sync half an hour later."""
    instance.clock.advance(LATER)
    store.sync(connect(instance, store.ids, **changes), *kinds)


def test_a_second_sync_of_unchanged_tables_asks_little_and_reads_nothing() -> None:
    with sandbox(full_tables()) as instance:
        store = synced(instance, records=list(KINDS))
        before = len(instance.journal)
        again(instance, store, records=list(KINDS))
        asked = Counter(call.table for call in list(instance.journal)[before:])
        assert store.readings == []
        # Deletions are asked for once for every audited kind.
        assert asked.pop("sys_audit_delete") <= 10
        assert max(asked.values()) <= 6
        assert asked.total() <= 120


def test_requests_are_proportional_to_the_changes() -> None:
    with sandbox(instance_tables(2000)) as instance:
        store = synced(instance, "incident", page_size=100)
        for row in instance.truth("incident")[:120]:
            instance.writer.update("incident", row["sys_id"], {"priority": "1"})
        again(instance, store, "incident", page_size=100)
        ((_, reading),) = store.readings
        assert held(store) == truth(instance)
        assert reading.received == 120
        assert reading.requests <= 12


def test_fifty_changes_among_twenty_thousand_rows_cost_a_page_and_a_handful_of_requests() -> None:
    tables = instance_tables(0)
    tables.add("incident", _plain_incidents(20_000))
    with sandbox(tables) as instance:
        store = synced(instance, "incident", page_size=1000)
        for row in random.Random(7).sample(instance.truth("incident"), 50):
            instance.writer.update("incident", row["sys_id"], {"priority": "1"})
        instance.journal.clear()
        again(instance, store, "incident", page_size=1000)
        pages = [call for call in instance.journal.calls("incident") if call.rows > 1]
        assert held(store) == truth(instance)
        assert [call.rows for call in pages] == [50]
        assert store.readings[0][1].requests <= 12


def _plain_incidents(number: int) -> list[dict[str, str]]:
    begin, group = text(BEGIN), sys_id("sys_user_group", GROUPS[0])
    frame = {"sys_created_on": begin, "sys_updated_on": begin, "opened_at": begin}
    return [
        frame | {"sys_id": sys_id("incident", str(one)), "state": "6", "assignment_group": group}
        for one in range(number)
    ]


def test_what_is_younger_than_the_overlap_is_read_again() -> None:
    with sandbox() as instance:
        instance.writer.update("incident", FIRST, {})
        instance.clock.advance(timedelta(minutes=7))
        store = synced(instance, "incident")
        late = stamps("incident", "late", instance.clock.now() - timedelta(minutes=6))
        instance.tables.put("incident", late)
        again(instance, store, "incident")
        assert held(store) == truth(instance)


def test_deletions_come_from_the_deletion_record() -> None:
    with sandbox() as instance:
        store = synced(instance, "incident")
        instance.writer.delete("incident", FIRST)
        again(instance, store, "incident")
        assert FIRST not in store.ids("incident")
        assert held(store) == truth(instance)


def test_a_record_that_was_deleted_and_restored_stays() -> None:
    with sandbox() as instance:
        store = synced(instance, "incident")
        row = instance.tables.row("incident", FIRST)
        assert row is not None
        instance.writer.delete("incident", FIRST)
        instance.tables.put("incident", row)
        again(instance, store, "incident")
        assert held(store) == truth(instance)


@pytest.mark.parametrize("kind", ["incident", "transition", "service_level"])
def test_a_sweep_finds_silent_deletions_and_arrivals(kind: str) -> None:
    table = {"incident": "incident", "transition": "metric_instance", "service_level": "task_sla"}[kind]
    with sandbox() as instance:
        store = synced(instance, kind)
        gone, model = instance.truth(table)[:2]
        instance.writer.delete(table, gone["sys_id"], audited=False)
        instance.tables.put(table, model | {"sys_id": sys_id(table, "silent")})
        again(instance, store, kind)
        assert held(store, kind) != truth(instance, table)
        instance.clock.advance(8 * DAY)
        again(instance, store, kind)
        assert held(store, kind) == truth(instance, table)


def test_a_sweep_that_sees_less_than_is_counted_says_so() -> None:
    with sandbox(
        access={"incident": Access(hidden=(lambda ids: lambda row: row["sys_id"] == FIRST,))}
    ) as instance:
        store = synced(instance, "incident")
        instance.clock.advance(8 * DAY)
        again(instance, store, "incident")
        assert [reading.hidden for _, reading in store.readings] == [1]


def test_large_tables_are_read_in_parts_that_are_stored_one_by_one() -> None:
    with sandbox(instance_tables(5000)) as instance:
        connector = connect(instance, window_rows=1000, page_size=500)
        windows = list(connector.windows("incident", None))
        assert len(windows) > 4
        assert all(one.until == other.since for one, other in pairwise(windows))
        store = Store()
        _keep(store, connector, windows[:3])
        rest = connect(instance, store.ids, window_rows=1000, page_size=500)
        before = len(instance.journal)
        store._pull(rest, "incident")
        seconds = [call for call in list(instance.journal)[before:] if call.rows > 1]
        assert held(store) == truth(instance)
        assert sum(call.rows for call in seconds if call.table == "incident") < 5000 - 1500
        connector.close()
        rest.close()


def _keep(store: Store, connector: Any, windows: list[Any]) -> None:
    for window in windows:
        for batch in connector.read(window, Reading()):
            store.keep(window.kind, batch)
        store.bookmarks[window.kind] = window.bookmark


def test_running_clocks_are_read_once_a_day_and_ended_ones_when_they_change() -> None:
    tables = instance_tables(40)
    running = instance_row(tables.rows("task_sla")[0], active="true", stage="in_progress", end_time="")
    tables.put("task_sla", running)
    with sandbox(tables) as instance:
        store = synced(instance, "service_level")
        assert len(store.ids("service_level")) == 40
        instance.writer.update("task_sla", running["sys_id"], {"business_duration": "1970-01-01 03:00:00"})
        again(instance, store, "service_level")
        assert store.readings == []
        instance.clock.advance(DAY)
        again(instance, store, "service_level")
        assert store.records["service_level"][running["sys_id"]].values["elapsed_seconds"] == 3 * 3600
        instance.writer.update("task_sla", running["sys_id"], {"active": "false", "end_time": text(BEGIN)})
        again(instance, store, "service_level")
        assert store.records["service_level"][running["sys_id"]].values["stopped_at"] == BEGIN


def instance_row(row: dict[str, str], **values: str) -> dict[str, str]:
    return row | values


def test_a_change_of_a_companion_is_a_change_of_its_record() -> None:
    with sandbox(full_tables()) as instance:
        store = synced(instance, "change", records=["change"])
        change = sys_id("change_request", "0")
        assert _value(store, "change", change, "affected_ci_count") == 2
        instance.writer.insert("task_ci", {"task": change, "ci_item": sys_id("cmdb_ci", "9")})
        again(instance, store, "change", records=["change"])
        assert _value(store, "change", change, "affected_ci_count") == 3
        assert _value(store, "change", change, "approval_count") == 1
        assert _value(store, "change", change, "outcome") == "successful_with_issues"


def _value(store: Store, kind: str, name: str, column: str) -> object:
    return store.records[kind][name].values[column]


def test_members_are_counted_by_the_instance() -> None:
    with sandbox() as instance:
        store = synced(instance, "group")
        group = sys_id("sys_user_group", GROUPS[0])
        instance.writer.insert("sys_user_grmember", {"group": group, "user": sys_id("sys_user", PEOPLE[2])})
        again(instance, store, "group")
        assert _value(store, "group", group, "member_count") == 3


def test_events_are_counted_and_counts_that_moved_are_replaced() -> None:
    with sandbox(full_tables()) as instance:
        store = synced(instance, "event", records=["event"])
        assert len(store.ids("event")) == 3
        event = next(row for row in instance.truth("em_event") if row["severity"] == "1")
        instance.writer.update("em_event", event["sys_id"], {"state": "Ignored"})
        again(instance, store, "event", records=["event"])
        states = Counter(record.values["state"] for record in store.records["event"].values())
        assert states == {"Processed": 2, "Ignored": 1}
        listed = [call for call in instance.journal if call.table == "em_event" and call.area == "table"]
        assert max(call.rows for call in listed) == 1


def changes_of(store: Store, field: str) -> list[Record]:
    found = [one for one in store.records["transition"].values() if one.values["field"] == field]
    return sorted(found, key=lambda one: (str(one.values["record_id"]), int(str(one.values["sequence"]))))


def test_history_says_what_was_there_before_across_windows() -> None:
    with sandbox() as instance:
        store = synced(instance, "transition")
        own = [one.values for one in changes_of(store, "state") if one.values["record_id"] == FIRST]
        assert [(one["old_value"], one["new_value"]) for one in own] == [(None, "New"), ("New", "Resolved")]
        end_metric(instance, FIRST, "Resolved", ("7", "Closed"))
        again(instance, store, "transition")
        own = [one.values for one in changes_of(store, "state") if one.values["record_id"] == FIRST]
        assert [one["old_value"] for one in own] == [None, "New", "Resolved"]


def end_metric(instance: SandboxServiceNow, record: str, label: str, after: tuple[str, str]) -> None:
    row = next(
        row for row in instance.truth("metric_instance") if row["id"] == record and row["value"] == label
    )
    now = instance.clock.text()
    instance.writer.update("metric_instance", row["sys_id"], {"end": now})
    told = {"field_value": after[0], "value": after[1], "start": now}
    frame = {name: row[name] for name in ("id", "definition", "field")}
    instance.writer.insert("metric_instance", frame | told | {"end": ""})


def test_a_field_that_was_empty_in_between_did_not_change_from_its_former_value() -> None:
    with sandbox() as instance:
        end_metric(instance, FIRST, "Resolved", ("7", "Closed"))
        row = next(row for row in instance.truth("metric_instance") if row["value"] == "Closed")
        later = text(instance.clock.now() + timedelta(minutes=5))
        instance.writer.update("metric_instance", row["sys_id"], {"start": later})
        instance.clock.advance(LATER)
        store = synced(instance, "transition")
        own = [one.values for one in changes_of(store, "state") if one.values["record_id"] == FIRST]
        assert [one["old_value"] for one in own] == [None, "New", None]


def test_a_long_history_in_many_windows_is_that_of_one_window() -> None:
    with sandbox(instance_tables(1500)) as instance:
        whole, parts = synced(instance, "transition"), Store()
        connector = connect(instance, window_rows=1000)
        parts.sync(connector, "transition")
        assert len(parts.readings) > 3
        assert parts.records["transition"] == whole.records["transition"]


def test_assignees_and_groups_of_history_are_those_of_the_record() -> None:
    with sandbox() as instance:
        store = synced(instance)
        incident = store.records["incident"][FIRST].values
        for field, column in (("assignee", "assignee"), ("assignment_group", "assignment_group")):
            (own,) = [one for one in changes_of(store, field) if one.values["record_id"] == FIRST]
            assert own.values["new_value"] == incident[column] is not None


def test_those_who_made_changes_come_from_the_audit_trail_of_the_records() -> None:
    tables = instance_tables(20)
    row = next(row for row in tables.rows("metric_instance") if row["id"] == FIRST and row["value"] == "New")
    told = {"tablename": "incident", "documentkey": FIRST, "fieldname": "state", "user": "svc_monitor"}
    tables.add("sys_audit", [told | {"sys_created_on": row["start"]}])
    with sandbox(tables) as instance:
        silent, told_by = synced(instance, "transition"), synced(instance, "transition", audit=True)
        assert {one.values.get("actor") for one in silent.records["transition"].values()} == {None}
        assert str(told_by.records["transition"][row["sys_id"]].values["actor"]).startswith("automation:")
        asked = [call.parameters["sysparm_query"] for call in instance.journal if call.table == "sys_audit"]
        assert all("sys_id=0" in query or "documentkeyIN" in query for query in asked)


@pytest.mark.parametrize("given", [date(2025, 12, 2), "3 months", "2025-12-02"])
def test_since_leaves_out_what_changed_before(given: date | str) -> None:
    with sandbox() as instance:
        store = Store()
        asked = {"oldest": given} if isinstance(given, date) else {"since": given}
        store.sync(connect(instance, **asked), "incident")
        assert held(store) == {name: at for name, at in truth(instance).items() if at >= "2025-12-02"}


def test_a_new_own_field_is_read_from_the_beginning() -> None:
    tables = instance_tables(20)
    for row in tables.rows("incident"):
        tables.put("incident", row | {"u_affected_service": "Payroll"})
    with sandbox(tables) as instance:
        store = synced(instance, "incident")
        again(instance, store, "incident", map={"incident.service_id": "u_affected_service"})
        assert {one.values["service_id"] for one in store.records["incident"].values()} == {"Payroll"}


def test_nothing_but_reading_requests_leave() -> None:
    with sandbox(full_tables()) as instance:
        synced(instance, records=list(KINDS), workers=4)
        assert [call for call in instance.journal if call.writes] == []
        assert max(call.concurrent for call in instance.journal) <= 4
        listed = [call for call in instance.journal if call.area == "table"]
        assert [call.path for call in listed if "sysparm_fields" not in call.parameters] == []
