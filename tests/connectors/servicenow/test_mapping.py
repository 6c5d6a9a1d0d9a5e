"""Rows become canonical values: both state models, both vocabularies, durations, persons, texts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.platform.mapping import seconds
from connectors.servicenow import ServiceNowConnector
from connectors.servicenow.tables import TABLES
from sandbox.servicenow import Access, SandboxServiceNow, sys_id
from storage.errors import FatalError
from storage.records import KINDS
from storage.records.schema import ColumnType
from tests.connectors.servicenow.support import (
    BEGIN,
    GROUPS,
    PEOPLE,
    Store,
    connect,
    full_tables,
    instance_tables,
    sandbox,
    stamps,
    text,
)

ONE = sys_id("incident", "INC1")


def only(table: str, row: dict[str, str], **options: Any) -> SandboxServiceNow:
    tables = full_tables()
    tables.add(table, [stamps(table, "one", BEGIN) | row])
    return sandbox(tables, **options)


def values(instance: SandboxServiceNow, kind: str, name: str, **changes: Any) -> dict[str, Any]:
    store = Store()
    store.sync(connect(instance, records=[kind], **changes), kind)
    return dict(store.records[kind][name].values)


@pytest.mark.parametrize(
    ("kind", "table", "row", "expected"),
    [
        ("incident", "incident", {"state": "8"}, {"state": "Canceled", "disposition": "cancelled"}),
        ("incident", "incident", {"state": "4"}, {"state": "Awaiting User Info", "disposition": None}),
        ("incident", "incident", {"state": "3"}, {"state": "On Hold"}),
        ("incident", "incident", {"close_code": "Duplicate"}, {"disposition": "duplicate"}),
        (
            "incident",
            "incident",
            {"close_code": "Solved (Permanently)"},
            {"close_code": "Solved (Permanently)"},
        ),
        ("incident", "incident", {"major_incident_state": "accepted"}, {"major": True}),
        ("problem", "problem", {"state": "2"}, {"state": "Known Error"}),
        ("problem", "problem", {"state": "103"}, {"state": "Root Cause Analysis"}),
        ("problem", "problem", {"resolution_code": "risk_accepted"}, {"risk_accepted": True}),
        (
            "change",
            "change_request",
            {"type": "Normal", "state": "-1"},
            {"type": "normal", "state": "Implement"},
        ),
        ("change", "change_request", {"close_code": "unsuccessful"}, {"outcome": "failed"}),
        ("change", "change_request", {"close_code": "something"}, {"outcome": None}),
        ("change", "change_request", {"close_code": "Successful"}, {"outcome": "successful"}),
        ("change", "change_request", {"close_code": "successful"}, {"outcome": "successful"}),
        (
            "change",
            "change_request",
            {"close_code": "Successful with issues"},
            {"outcome": "successful_with_issues"},
        ),
        ("change", "change_request", {"state": "4"}, {"state": "Canceled", "disposition": "cancelled"}),
        ("change", "change_request", {"risk": "2"}, {"risk": 2}),
        ("problem", "problem", {"resolution_code": "duplicate"}, {"disposition": "duplicate"}),
        ("problem", "problem", {"state": "4"}, {"state": "Closed"}),
        (
            "incident",
            "incident",
            {"close_code": "Solution provided"},
            {"close_code": "Solution provided", "disposition": None},
        ),
        ("release", "rm_release", {"state": "4"}, {"outcome": "failed", "type": "release"}),
        ("request", "sc_req_item", {"stage": "request_cancelled"}, {"disposition": "cancelled"}),
        ("service_level", "task_sla", {"stage": "cancelled", "active": "false"}, {"cancelled": True}),
        ("outage", "cmdb_ci_outage", {"type": "planned"}, {"planned": True}),
        (
            "knowledge",
            "kb_knowledge",
            {"valid_to": "2026-12-31"},
            {"valid_until": datetime(2026, 12, 31, tzinfo=UTC)},
        ),
    ],
)
def test_a_row_becomes_canonical(
    kind: str, table: str, row: dict[str, str], expected: dict[str, Any]
) -> None:
    with only(table, row, access={"sys_choice": Access(denied=True)}) as instance:
        found = values(instance, kind, sys_id(table, "one"))
        assert {name: found[name] for name in expected} == expected


def test_labels_of_the_instance_win() -> None:
    choice = stamps("sys_choice", "own", BEGIN) | {"name": "incident", "element": "state", "value": "9"}
    tables = instance_tables(5)
    tables.add("sys_choice", [choice | {"label": "Waiting for parts", "language": "en"}])
    tables.add("incident", [stamps("incident", "one", BEGIN) | {"state": "9"}])
    with sandbox(tables) as instance:
        assert values(instance, "incident", sys_id("incident", "one"))["state"] == "Waiting for parts"


def choices(table: str, labels: dict[str, str]) -> list[dict[str, str]]:
    said = {"name": table, "element": "state", "language": "en", "inactive": "false"}
    return [
        stamps("sys_choice", f"{table} {value}", BEGIN) | said | {"value": value, "label": label}
        for value, label in labels.items()
    ]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"4": "Closed Incomplete"}, {"state": "Closed Incomplete", "disposition": None}),
        ({"4": "Canceled"}, {"state": "Canceled", "disposition": "cancelled"}),
    ],
)
def test_a_code_that_both_state_models_have_is_told_by_its_label(
    labels: dict[str, str], expected: dict[str, Any]
) -> None:
    tables = full_tables()
    tables.add("sys_choice", choices("change_request", labels))
    tables.add("change_request", [stamps("change_request", "one", BEGIN) | {"state": "4"}])
    with sandbox(tables) as instance:
        found = values(instance, "change", sys_id("change_request", "one"))
        assert {name: found[name] for name in expected} == expected


def test_labels_of_tasks_hold_for_their_classes() -> None:
    tables = full_tables()
    tables.add("sys_choice", choices("task", {"3": "Closed Complete"}))
    with sandbox(tables) as instance:
        assert values(instance, "release", sys_id("rm_release", "0"))["state"] == "Closed Complete"


def test_names_of_groups_and_users_stand_for_their_identifiers() -> None:
    with sandbox() as instance:
        row = next(row for row in instance.truth("incident") if row["sys_id"] == ONE)
        found = values(instance, "incident", ONE)
        names = {sys_id("sys_user_group", name): name for name in GROUPS}
        assert found["assignment_group"] == names[row["assignment_group"]]
        robot = sys_id("sys_user", PEOPLE[2])
        expected = "automation:" if row["assigned_to"] == robot else "person:"
        assert found["assignee"].startswith(expected)


def test_identifiers_stand_in_where_names_may_not_be_read() -> None:
    closed = {"sys_user": Access(denied=True), "sys_user_group": Access(denied=True)}
    with sandbox(access=closed) as instance:
        row = next(row for row in instance.truth("incident") if row["sys_id"] == ONE)
        found = values(instance, "incident", ONE)
        assert found["assignment_group"] == row["assignment_group"]
        assert found["assignee"].startswith("person:")


def test_a_clock_is_read_with_its_definition() -> None:
    with sandbox() as instance:
        found = values(instance, "service_level", sys_id("task_sla", "INC0000001"))
        expected = {
            "record_kind": "incident",
            "record_id": ONE,
            "target": "resolution",
            "target_seconds": 8 * 3600,
            "elapsed_seconds": 2 * 3600 + 17,
            "breached": False,
        }
        assert {name: found[name] for name in expected} == expected


def test_approvals_and_surveys_are_summed_up() -> None:
    with sandbox(full_tables()) as instance:
        change = values(instance, "change", sys_id("change_request", "0"))
        assert (change["approval_count"], change["approved_at"]) == (1, BEGIN)
        assert change["approver"].startswith("person:")
        survey = values(instance, "survey", sys_id("asmt_assessment_instance", "0"))
        assert (survey["score"], survey["record_kind"]) == (88, "incident")


def test_own_fields_come_first() -> None:
    row = {"u_affected_service": "Payroll", "business_service": sys_id("cmdb_ci_service", "x")}
    with only("incident", row) as instance:
        mapping = {"incident.service_id": "u_affected_service"}
        assert values(instance, "incident", sys_id("incident", "one"), map=mapping)["service_id"] == "Payroll"


def test_what_does_not_fit_is_rejected_without_its_contents() -> None:
    with only("incident", {"opened_at": "not a time"}) as instance:
        store = Store()
        store.sync(connect(instance), "incident")
        (rejection,) = store.readings[0][1].rejected
        assert "opened_at" in rejection.reason
        assert "not a time" not in f"{rejection.position} {rejection.reason}"


def test_too_much_that_does_not_fit_stops_the_table() -> None:
    tables = instance_tables(50)
    for row in tables.rows("incident")[:10]:
        tables.put("incident", row | {"opened_at": "x"})
    with sandbox(tables) as instance, pytest.raises(FatalError, match="tolerated_share"):
        Store().sync(connect(instance), "incident")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1970-01-01 00:02:17", 137),
        ("1970-01-03 01:00:00", 2 * 86400 + 3600),
        ("3 02:00:00", 3 * 86400 + 7200),
        ("137", 137),
        ("-60", -60),
        ("1969-12-31 23:59:00", -60),
    ],
)
def test_durations_are_seconds(written: str, expected: int) -> None:
    assert seconds(written) == expected


def test_every_column_that_is_mapped_exists() -> None:
    for kind, tables in TABLES.items():
        known = {column.name for column in KINDS[kind].mapped}
        notes = {name.removesuffix("_length") for name in known if name.endswith("_length")}
        for table in tables:
            assert set(table.columns) <= known | notes, kind
            assert set(table.tracked.values()) <= set(KINDS[kind].tracked), kind


def test_constants_fit_their_columns() -> None:
    for kind, tables in TABLES.items():
        for table in tables:
            for name, source in table.sources({}).items():
                if source.constant is not None:
                    assert KINDS[kind].by_name[name].type is ColumnType.TEXT


def test_mapping_again_follows_todays_settings() -> None:
    with only("incident", {"close_code": "Duplicate"}) as instance:
        store = Store()
        store.sync(connect(instance), "incident")
        record = store.records["incident"][sys_id("incident", "one")]
        other: ServiceNowConnector = connect(instance, map={"incident.category": "close_code"})
        assert other.remap("incident", record).values["category"] == "Duplicate"
        assert text(record.updated_at or BEGIN) == text(BEGIN)
        other.close()


def test_a_field_that_is_empty_is_told_from_one_that_the_table_does_not_have() -> None:
    row = {"opened_at": "2026-01-01 08:00:00"}
    with only("incident", row | {"major_incident_state": "", "close_notes": ""}) as instance:
        found = values(instance, "incident", sys_id("incident", "one"))
        assert (found["major"], found["resolution_note_length"]) == (False, 0)
    hidden = Access(fields={"major_incident_state": "absent", "close_notes": "absent"})
    with only("incident", row, access={"incident": hidden}) as instance:
        found = values(instance, "incident", sys_id("incident", "one"))
        assert (found["major"], found["resolution_note_length"]) == (None, None)
