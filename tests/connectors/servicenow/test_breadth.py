"""What hangs on records arrives: tasks, links, releases, departments, answers on their own scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox.organisation import Organisation, Quality, generate
from sandbox.servicenow import Access, Clock, SandboxServiceNow, sys_id, tables_of
from storage.evidence.protection import Protection
from storage.evidence.store import KindState
from tests.connectors.servicenow.support import BEGIN, Store, connect, full_tables, sandbox, stamps

TABLE = {"change": "change_request", "request": "sc_req_item", "survey": "asmt_assessment_instance"}
PERSON = Protection(key=b"test", automation=("svc_*",)).person
SURVEY = sys_id("asmt_assessment_instance", "0")


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return generate(Quality.of_level(3, seed=5), seed=5, until=date(2026, 6, 30), incidents=1000, months=15)


@pytest.fixture(scope="module")
def synced(organisation: Organisation) -> Iterator[tuple[Store, SandboxServiceNow]]:
    clock = Clock(datetime(2026, 7, 1, tzinfo=UTC))
    with SandboxServiceNow(tables_of(organisation), clock=clock) as instance:
        store = Store()
        records = ["change", "request", "release", "configuration_item", "ci_relationship", "survey"]
        store.sync(connect(instance, records=records, page_size=1000))
        yield store, instance


def planted(organisation: Organisation, kind: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the organisation's records of a kind by sys_id."""
    records = getattr(organisation, f"{kind}s").rows()
    return {sys_id(TABLE[kind], str(record["id"])): record for record in records}


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("survey", "score"),
        ("change", "pipeline"),
        ("change", "affected_ci_count"),
        ("change", "outcome"),
        ("request", "category"),
        ("request", "target_seconds"),
    ],
)
def test_what_was_planted_arrives(
    organisation: Organisation, synced: tuple[Store, SandboxServiceNow], kind: str, column: str
) -> None:
    held = synced[0].records[kind]
    expected = {name: record[column] for name, record in planted(organisation, kind).items()}
    if column == "outcome":
        # The platform has no close code of its own for what was backed out.
        expected = {name: "failed" if one == "backed_out" else one for name, one in expected.items()}
    assert {name: record.values[column] for name, record in held.items()} == expected
    assert len(set(expected.values())) > 1


def test_whoever_ended_the_implementation_task_implemented_the_change(
    organisation: Organisation, synced: tuple[Store, SandboxServiceNow]
) -> None:
    held = synced[0].records["change"]
    expected = {
        name: PERSON(record["implementer"]) if record["implementer"] else None
        for name, record in planted(organisation, "change").items()
    }
    assert {name: record.values["implementer"] for name, record in held.items()} == expected


def test_a_change_names_its_release(
    organisation: Organisation, synced: tuple[Store, SandboxServiceNow]
) -> None:
    held = synced[0].records["change"]
    for name, record in planted(organisation, "change").items():
        release = sys_id("rm_release", record["release_id"]) if record["release_id"] else None
        assert held[name].values["release_id"] == release


def test_releases_are_those_of_the_plugin_and_runs_of_pipelines(
    synced: tuple[Store, SandboxServiceNow],
) -> None:
    store, instance = synced
    types = {name: record.values["type"] for name, record in store.records["release"].items()}
    expected = {row["sys_id"]: "release" for row in instance.truth("rm_release")}
    runs = instance.truth("sn_devops_pipeline_execution")
    assert types == expected | {row["sys_id"]: "deployment" for row in runs}
    run = store.records["release"][runs[0]["sys_id"]].values
    assert run["change_id"] == runs[0]["change_request"]
    assert run["outcome"] in ("successful", "failed")


def test_relationships_are_those_of_items_and_of_mapped_services(
    synced: tuple[Store, SandboxServiceNow],
) -> None:
    store, instance = synced
    held = store.records["ci_relationship"]
    rows = instance.truth("svc_ci_assoc")
    assert held.keys() == {row["sys_id"] for row in [*instance.truth("cmdb_rel_ci"), *rows]}
    first = held[rows[0]["sys_id"]].values
    assert (first["parent_id"], first["child_id"]) == (rows[0]["service_id"], rows[0]["ci_id"])


def read(instance: SandboxServiceNow, kind: str, name: str, **changes: Any) -> Mapping[str, Any]:
    store = Store()
    store.sync(connect(instance, records=[kind], **changes), kind)
    return store.records[kind][name].values


def test_pipelines_count_where_the_release_plugin_is_not_active() -> None:
    tables = full_tables()
    tables.remove("rm_release")
    tables.remove("rm_m2m_release_task")
    with sandbox(tables) as instance:
        store = Store()
        connector = connect(instance, records=["release"])
        found = {result.kind: result for result in connector.probe()}["release"]
        assert found.state is KindState.READABLE
        assert "rm_release: there is no such table. Activate the plugin com.snc.release_management_v2" in (
            found.detail
        )
        store.sync(connector, "release")
        assert [one.values["type"] for one in store.records["release"].values()] == ["deployment"]


def test_without_any_release_plugin_the_kind_is_absent_and_no_error() -> None:
    with sandbox() as instance:
        connector = connect(instance, records=["incident", "release"])
        found = {result.kind: result for result in connector.probe()}["release"]
        connector.close()
        assert found.state is KindState.ABSENT
        assert "com.snc.release_management_v2" in found.detail
        assert "DevOps Change Velocity" in found.detail


def test_a_group_has_the_department_of_its_manager_unless_it_has_its_own() -> None:
    tables = full_tables()
    unit = stamps("business_unit", "IT", BEGIN) | {"name": "Information Technology"}
    departments = [
        stamps("cmn_department", name, BEGIN) | {"name": name, "business_unit": unit["sys_id"]}
        for name in ("Operations", "Security")
    ]
    tables.add("business_unit", [unit])
    tables.add("cmn_department", departments)
    ann = tables.row("sys_user", sys_id("sys_user", "ann.example"))
    own = tables.row("sys_user_group", sys_id("sys_user_group", "Database"))
    assert ann is not None
    assert own is not None
    tables.put("sys_user", ann | {"department": departments[0]["sys_id"]})
    tables.put("sys_user_group", own | {"u_department": departments[1]["sys_id"]})
    with sandbox(tables) as instance:
        store = Store()
        store.sync(connect(instance), "group")
        held = {one.values["name"]: one.values for one in store.records["group"].values()}
        assert held["Network"]["department"] == "Operations"
        assert held["Database"]["department"] == "Security"
        assert {one["business_unit"] for one in held.values()} == {"Information Technology"}


def test_a_request_item_without_a_recipient_has_that_of_its_request() -> None:
    tables = full_tables()
    request = stamps("sc_request", "R", BEGIN) | {"requested_for": sys_id("sys_user", "bob.example")}
    item = stamps("sc_req_item", "old", BEGIN) | {"request": request["sys_id"]}
    tables.add("sc_request", [request])
    tables.add("sc_req_item", [item])
    with sandbox(tables) as instance:
        found = read(instance, "request", item["sys_id"])
        assert (found["requested_for"], found["parent_id"]) == (PERSON("bob.example"), request["sys_id"])


def test_a_contact_is_answered_after_its_wait_and_names_what_it_turned_into() -> None:
    with sandbox(full_tables()) as instance:
        store = Store()
        store.sync(connect(instance, records=["request", "knowledge_use"]), "request", "knowledge_use")
    contact = store.records["request"][sys_id("interaction", "0")]
    assert contact.feed == "interaction"
    assert contact.values["type"] == "contact"
    assert contact.values["acknowledged_at"] == BEGIN + timedelta(seconds=90)
    assert contact.values["fulfilled_at"] == contact.values["closed_at"]
    assert contact.values["incident_id"] == "i1"
    uses = [
        one for one in store.records["knowledge_use"].values() if one.feed == "interaction_related_record"
    ]
    assert sorted(str(one.values["type"]) for one in uses) == ["None", "linked"]


def test_what_was_given_up_is_closed_and_not_fulfilled() -> None:
    tables = full_tables()
    for state in ("3", "4", "7"):
        closed = {"state": state, "closed_at": "2026-05-01 10:00:00"}
        tables.add("sc_req_item", [stamps("sc_req_item", f"in {state}", BEGIN) | closed])
    with sandbox(tables) as instance:
        store = Store()
        store.sync(connect(instance, records=["request"]), "request")
    fulfilled = {
        state: store.records["request"][sys_id("sc_req_item", f"in {state}")].values["fulfilled_at"]
        for state in ("3", "4", "7")
    }
    assert [state for state, at in fulfilled.items() if at is not None] == ["3"]


def test_an_approval_without_an_approver_counts_from_when_it_was_set() -> None:
    tables = full_tables()
    for approval in ("approved", "rejected"):
        given = {"approval": approval, "approval_set": "2026-05-01 10:00:00"}
        tables.add("change_request", [stamps("change_request", approval, BEGIN) | given])
    with sandbox(tables) as instance:
        approved = read(instance, "change", sys_id("change_request", "approved"))
        rejected = read(instance, "change", sys_id("change_request", "rejected"))
    assert str(approved["approved_at"])[:19] == "2026-05-01 10:00:00"
    assert rejected["approved_at"] is None


def test_an_own_field_of_another_table_fills_what_that_table_has_no_field_for() -> None:
    tables = full_tables()
    for table in ("rm_release", "sn_devops_pipeline_execution"):
        tables.add(table, [stamps(table, "own", BEGIN) | {"u_version": "7.1", "u_name": "seven"}])
    own = {"release.version": "u_version", "release.name": "u_name"}
    with sandbox(tables) as instance:
        store = Store()
        connector = connect(instance, records=["release"], map=own)
        store.sync(connector, "release")
    run = store.records["release"][sys_id("sn_devops_pipeline_execution", "own")].values
    release = store.records["release"][sys_id("rm_release", "own")].values
    assert (run["version"], release["version"]) == ("7.1", "7.1")
    assert (run["name"], release["name"]) == (None, "seven")


@pytest.mark.parametrize(
    ("metric", "choices", "answer", "score"),
    [
        ({"min": "1", "max": "5"}, (), "4", 75),
        ({"min": "0", "max": "10", "scale": "high"}, (), "9", 90),
        ({"min": "1", "max": "5", "scale": "low"}, (), "2", 75),
        ({"scale": "high"}, ("1", "2", "3"), "2", 50),
        ({"scale": "low"}, ("0", "1", "2", "3"), "0", 100),
        ({}, (), "4", None),
        ({"min": "1", "max": "5"}, (), "7", None),
        ({"min": "1", "max": "5"}, (), "", None),
    ],
)
def test_an_answer_counts_on_the_scale_of_its_question(
    metric: dict[str, str], choices: tuple[str, ...], answer: str, score: int | None
) -> None:
    tables = full_tables()
    for row in tables.rows("asmt_metric_result"):
        tables.drop("asmt_metric_result", row["sys_id"])
    question = sys_id("asmt_metric", "own")
    tables.add("asmt_metric", [stamps("asmt_metric", "own", BEGIN) | metric])
    definitions = [{"metric": question, "value": value} for value in choices]
    tables.add(
        "asmt_metric_definition", [stamps("d", str(n), BEGIN) | row for n, row in enumerate(definitions)]
    )
    result = {"instance": SURVEY, "metric": question, "actual_value": answer, "normalized_value": "3.3"}
    tables.add("asmt_metric_result", [stamps("asmt_metric_result", "own", BEGIN) | result])
    with sandbox(tables) as instance:
        assert read(instance, "survey", SURVEY)["score"] == score


def test_a_clock_without_its_definition_promises_nothing_about_targets() -> None:
    with sandbox(access={"contract_sla": Access(denied=True)}) as instance:
        connector = connect(instance)
        found = {result.kind: result for result in connector.probe()}["service_level"]
        connector.close()
        assert found.capability is not None
        lost = connector.capabilities()["service_level"].columns - found.capability.columns
        connector.close()
        assert lost == {"record_kind", "type", "target", "target_seconds"}
        assert "contract_sla: the account may not read it. Grant sn_sla_definition_read" in found.detail


@pytest.mark.parametrize(
    ("collection", "kind"), [("incident", "incident"), ("sc_req_item", "request"), ("sc_task", "sc_task")]
)
def test_agreements_of_all_types_are_read(collection: str, kind: str) -> None:
    tables = full_tables()
    said = {"name": "Vendor", "type": "Underpinning contract", "target": "response", "collection": collection}
    tables.add(
        "contract_sla", [stamps("contract_sla", "V", BEGIN) | said | {"duration": "1970-01-02 00:00:00"}]
    )
    clock = {
        "sla": sys_id("contract_sla", "V"),
        "stage": "breached",
        "active": "false",
        "has_breached": "true",
    }
    tables.add("task_sla", [stamps("task_sla", "V", BEGIN) | clock])
    with sandbox(tables) as instance:
        found = read(instance, "service_level", sys_id("task_sla", "V"))
        expected = {
            "name": "Vendor",
            "type": "Underpinning contract",
            "target": "response",
            "target_seconds": 86_400,
            "record_kind": kind,
            "breached": True,
        }
        assert {name: found[name] for name in expected} == expected


def test_how_critical_a_service_is_comes_from_the_class_of_services() -> None:
    tables = full_tables()
    service = {
        "name": "Payroll",
        "busines_criticality": "1 - most critical",
        "sys_class_name": "cmdb_ci_service",
    }
    tables.add("cmdb_ci_service", [stamps("cmdb_ci_service", "pay", BEGIN) | service])
    name = sys_id("cmdb_ci_service", "pay")
    with sandbox(tables) as instance:
        store = Store()
        store.sync(connect(instance, store.ids, records=["configuration_item"]), "configuration_item")
        found = {key: one.values["criticality"] for key, one in store.records["configuration_item"].items()}
        assert found.pop(name) == "1 - most critical"
        assert set(found.values()) == {None}
