"""Tables made of an organisation's records and of exported files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sandbox.organisation import Organisation, Quality, generate
from sandbox.servicenow import SandboxServiceNow, Tables, sys_id, tables_from_folder, tables_of
from storage.errors import UsageError
from tests.sandbox.servicenow.support import Client

Cells = dict[str, str]


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return generate(Quality.of_level(3, seed=3), seed=3, until=date(2026, 6, 30), incidents=1000, months=15)


@pytest.fixture(scope="module")
def tables(organisation: Organisation) -> Tables:
    return tables_of(organisation)


@pytest.fixture(scope="module")
def planted() -> Organisation:
    """All practices are planted: deployments, contacts with the desk, corrected items, replaced models."""
    return generate(Quality.everywhere(3, 3), seed=3, until=date(2026, 6, 30), incidents=1000, months=15)


@pytest.fixture(scope="module")
def planted_tables(planted: Organisation) -> Tables:
    return tables_of(planted)


def _by_number(tables: Tables, table: str) -> dict[str, Cells]:
    return {row["number"]: row for row in tables.rows(table)}


def test_every_incident_is_there_with_its_own_values(organisation: Organisation, tables: Tables) -> None:
    rows = _by_number(tables, "incident")
    assert len(rows) == len(organisation.incidents) == 1000
    for record in organisation.incidents.rows():
        row = rows[str(record["id"])]
        assert row["sys_id"] == sys_id("incident", str(record["id"]))
        assert row["opened_at"] == str(record["opened_at"])[:19].replace("T", " ")
        assert row["priority"] == str(record["priority"])
        assert row["u_acknowledged_at"] == str(record["acknowledged_at"] or "")[:19].replace("T", " ")
        assert row["sys_created_on"] <= row["sys_updated_on"]


def test_states_are_codes_whose_labels_are_choices(organisation: Organisation, tables: Tables) -> None:
    labels = {
        row["value"]: row["label"]
        for row in tables.rows("sys_choice")
        if (row["name"], row["element"], row["language"]) == ("incident", "state", "en")
    }
    rows = _by_number(tables, "incident")
    for record in organisation.incidents.rows():
        assert labels[rows[str(record["id"])]["state"]] == record["state"]


def test_old_states_have_the_codes_of_before_the_state_model(organisation: Organisation) -> None:
    old = {row["number"]: row["state"] for row in tables_of(organisation, old_states=True).rows("incident")}
    on_hold = [str(r["id"]) for r in organisation.incidents.rows() if r["state"] == "On Hold"]
    assert {old[number] for number in on_hold} <= {"4"}


def test_old_states_have_the_labels_of_before_the_state_model(organisation: Organisation) -> None:
    rows = tables_of(organisation, old_states=True).rows("sys_choice")
    labels = {
        row["value"]: row["label"] for row in rows if row["name"] == "incident" and row["language"] == "en"
    }
    assert [labels[code] for code in "345"] == ["Awaiting Problem", "Awaiting User Info", "Awaiting Evidence"]


def test_whoever_implements_a_change_ends_its_task(organisation: Organisation, tables: Tables) -> None:
    ended = {
        row["change_request"]: (row["closed_by"], row["closed_at"])
        for row in tables.rows("change_task")
        if row["change_task_type"] == "implementation" and row["closed_at"]
    }
    expected = {
        sys_id("change_request", str(record["id"])): (
            sys_id("sys_user", str(record["implementer"])),
            str(record["actual_end_at"])[:19].replace("T", " "),
        )
        for record in organisation.changes.rows()
        if record["implementer"]
    }
    assert ended == expected


def test_changes_of_a_pipeline_have_its_run(organisation: Organisation, tables: Tables) -> None:
    runs = {row["change_request"]: row["pipeline"] for row in tables.rows("sn_devops_pipeline_execution")}
    assert runs == {
        sys_id("change_request", str(record["id"])): sys_id("sn_devops_pipeline", str(record["pipeline"]))
        for record in organisation.changes.rows()
        if record["pipeline"]
    }


def test_deployments_are_runs_of_a_pipeline_and_no_releases(
    planted: Organisation, planted_tables: Tables
) -> None:
    types = dict(zip(planted.releases.column("id"), planted.releases.column("type"), strict=True))
    runs = _by_number(planted_tables, "sn_devops_pipeline_execution")
    assert {*runs} == {name for name, type_ in types.items() if type_ == "deployment"}
    assert {*_by_number(planted_tables, "rm_release")} == {*types} - {*runs}
    for record in planted.releases.rows():
        if record["type"] == "deployment":
            row = runs[str(record["id"])]
            assert row["end_time"] == str(record["released_at"] or "")[:19].replace("T", " ")
            assert row["result"] == (record["outcome"] or "")
            assert row["u_version"] == (record["version"] or "")


def test_only_requested_items_are_requested_items(planted: Organisation, planted_tables: Tables) -> None:
    items = {str(row["id"]) for row in planted.requests.rows() if row["type"] == "item"}
    assert {*_by_number(planted_tables, "sc_req_item")} == items
    clocks = {row["task"] for row in planted_tables.rows("task_sla")}
    assert clocks <= {row["sys_id"] for row in planted_tables.rows("task")}
    assert any(sys_id("sc_req_item", item) in clocks for item in items)


def test_contacts_are_interactions_with_what_they_turned_into(
    planted: Organisation, planted_tables: Tables
) -> None:
    contacts = {str(row["id"]): row for row in planted.requests.rows() if row["type"] == "contact"}
    rows = _by_number(planted_tables, "interaction")
    assert {*rows} == {*contacts}
    became = {
        row["interaction"]: row["document_id"]
        for row in planted_tables.rows("interaction_related_record")
        if row.get("document_table") == "incident"
    }
    for name, contact in contacts.items():
        incident = sys_id("incident", str(contact["incident_id"])) if contact["incident_id"] else None
        assert became.get(sys_id("interaction", name)) == incident
        assert bool(rows[name]["wait_time"]) == bool(contact["acknowledged_at"])


def test_an_article_names_what_it_was_written_from_and_a_departed_owner_has_no_active_account(
    planted: Organisation, planted_tables: Tables
) -> None:
    rows = _by_number(planted_tables, "kb_knowledge")
    users = {row["sys_id"]: row for row in planted_tables.rows("sys_user")}
    known = {str(row["id"]): row for row in planted.knowledge.rows()}
    for name, article in known.items():
        versions = [row for row in planted_tables.rows("kb_knowledge") if row["number"] == name]
        row = next(one for one in versions if one["sys_id"] == sys_id("kb_knowledge", name))
        if article["problem_id"] and not article["origin_id"]:
            assert row["source"] == sys_id("problem", str(article["problem_id"]))
        if article["owner"]:
            assert users[row["author"]]["active"] == str(bool(article["owner_active"])).lower()
        else:
            assert row["author"] == ""
    assert rows


def test_a_replaced_model_is_in_the_history_of_its_item(
    planted: Organisation, planted_tables: Tables
) -> None:
    replaced = [row for row in planted.transitions.rows() if row["field"] == "model"]
    audits = {row["sys_id"]: row for row in planted_tables.rows("sys_audit")}
    assert replaced
    for record in replaced:
        audit = audits[sys_id("sys_audit", str(record["id"]))]
        assert (audit["tablename"], audit["fieldname"]) == ("cmdb_ci", "model_id")
        assert planted_tables.row("cmdb_ci", audit["documentkey"]) is not None
        before = planted_tables.row("cmdb_model", audit["oldvalue"])
        assert before is not None
        assert before["name"] == record["old_value"]


def test_answers_are_marks_on_the_scale_of_their_question(organisation: Organisation, tables: Tables) -> None:
    results = {row["instance"]: row for row in tables.rows("asmt_metric_result")}
    for record in organisation.surveys.rows():
        if record["score"] is not None:
            row = results[sys_id("asmt_assessment_instance", str(record["id"]))]
            question = tables.row("asmt_metric", row["metric"])
            assert question is not None
            best, worst = (1, 5) if question["scale"] == "low" else (5, 1)
            share = (int(row["actual_value"]) - worst) / (best - worst)
            assert 100 * share == record["score"]
            assert float(row["normalized_value"]) == 10 * share


def test_services_consist_of_what_is_right_below_them(tables: Tables) -> None:
    services = tables.view("cmdb_ci_service").by_id
    below = {(row["parent"], row["child"]) for row in tables.rows("cmdb_rel_ci") if row["parent"] in services}
    assert {(row["service_id"], row["ci_id"]) for row in tables.rows("svc_ci_assoc")} == below
    assert below


def _dangling(tables: Tables) -> Iterator[str]:
    for table in tables:
        for name, field in tables.schema.fields(table).items():
            if field.type == "reference":
                found = {row[name] for row in tables.rows(table) if row.get(name)}
                for key in found:
                    if tables.row(field.reference, key) is None:
                        yield f"{table}.{name}"


def test_every_reference_leads_to_a_row(tables: Tables) -> None:
    assert sorted(set(_dangling(tables))) == []


@pytest.mark.parametrize("which", ["tables", "planted_tables"])
def test_metrics_follow_each_other_without_a_gap(which: str, request: pytest.FixtureRequest) -> None:
    tables: Tables = request.getfixturevalue(which)
    lasted: dict[tuple[str, str], list[Cells]] = {}
    for row in tables.rows("metric_instance"):
        lasted.setdefault((row["id"], row["field"]), []).append(row)
    for parts in lasted.values():
        ordered = sorted(parts, key=lambda row: (row["start"], row["end"] or "9"))
        assert [row["end"] for row in ordered[:-1]] == [row["start"] for row in ordered[1:]]
        assert [row["calculation_complete"] for row in ordered].count("false") == 1


def test_every_change_of_a_field_begins_a_metric(organisation: Organisation, tables: Tables) -> None:
    assert len(tables.rows("metric_instance")) == len(organisation.transitions)


def test_the_audit_has_every_change_with_its_actor(organisation: Organisation, tables: Tables) -> None:
    rows = tables.rows("sys_audit")
    assert len(rows) == len(organisation.transitions)
    actors = {str(actor) for actor in organisation.transitions.column("actor") if actor}
    assert actors <= {row["user"] for row in rows}


def test_clocks_point_to_their_definition_and_state_durations_as_moments(
    organisation: Organisation, tables: Tables
) -> None:
    rows = {row["sys_id"]: row for row in tables.rows("task_sla")}
    for record in organisation.service_levels.rows():
        row = rows[sys_id("task_sla", str(record["id"]))]
        definition = tables.row("contract_sla", row["sla"])
        assert definition is not None
        assert definition["name"] == record["name"]
        assert row["has_breached"] == str(record["breached"]).lower()
        assert row["business_duration"].startswith(("1970-", "1971-"))
        assert row["active"] == str(not record["stopped_at"] and not record["cancelled"]).lower()


def test_groups_have_as_many_members_as_they_say(organisation: Organisation, tables: Tables) -> None:
    members: dict[str, int] = {}
    for row in tables.rows("sys_user_grmember"):
        members[row["group"]] = members.get(row["group"], 0) + 1
    for record in organisation.groups.rows():
        assert members[sys_id("sys_user_group", str(record["name"]))] == record["member_count"]


def test_the_same_organisation_gives_the_same_rows(organisation: Organisation, tables: Tables) -> None:
    again = tables_of(organisation)
    assert list(again) == list(tables)
    assert all(again.rows(table) == tables.rows(table) for table in again)


def test_the_kinds_that_an_organisation_lacks_are_absent(organisation: Organisation) -> None:
    class Small:
        incidents = organisation.incidents
        transitions = organisation.transitions

    small = tables_of(Small())
    assert "rm_release" not in small
    assert "em_alert" not in small
    assert not [
        name for name in _dangling(small) if name in ("incident.cmdb_ci", "incident.business_service")
    ]


def test_counts_of_a_change_are_rows_that_hang_on_it(organisation: Organisation, tables: Tables) -> None:
    found: dict[str, int] = {}
    for row in tables.rows("sysapproval_approver"):
        found[row["sysapproval"]] = found.get(row["sysapproval"], 0) + (row["state"] == "approved")
    for record in organisation.changes.rows():
        assert found.get(sys_id("change_request", str(record["id"])), 0) == record["approval_count"]


def test_exported_files_are_tables(tmp_path: Path) -> None:
    (tmp_path / "incident.csv").write_text("number,state\nINC1,1\nINC2,\n", encoding="utf-8")
    (tmp_path / "u_log.jsonl").write_text(
        '{"sys_id": "a", "ref": {"link": "x", "value": "y"}, "on": true, "none": null}\n\n', encoding="utf-8"
    )
    with SandboxServiceNow(tables_from_folder(tmp_path)) as instance:
        client = Client(instance)
        assert client.numbers("stateISEMPTY") == ["INC2"]
        assert client.rows("u_log", fields="ref,on,none") == [{"ref": "y", "on": "true", "none": ""}]
        assert client.rows("sys_dictionary", query="name=u_log^element=ref", fields="element")


def test_a_folder_without_tables_and_a_line_that_is_no_object_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no table"):
        tables_from_folder(tmp_path)
    (tmp_path / "incident.jsonl").write_text("{}\n[1]\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"incident\.jsonl:2"):
        tables_from_folder(tmp_path)
