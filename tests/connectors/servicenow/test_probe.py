"""What an instance shows is told apart: readable, empty, hidden, denied, absent, unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from connectors.contract import ProbeResult
from sandbox.servicenow import Access, Limits, SandboxServiceNow, Settings, Tables, faults, run, sys_id, tail
from sandbox.servicenow.store import standard
from storage.errors import FatalError
from storage.evidence.store import KindState
from storage.records import KINDS
from tests.connectors.servicenow.support import (
    Store,
    connect,
    full_tables,
    held,
    instance_tables,
    sandbox,
    truth,
)

ALL_HIDDEN = Access(hidden=(tail(10_000),))
WITHOUT_RANGE = Access(without_range=frozenset({"sys_updated_on"}))
REFUSED = Access(refused=frozenset({"sys_updated_on"}))


def probed(instance: SandboxServiceNow, **changes: Any) -> Mapping[str, ProbeResult]:
    connector = connect(instance, **changes)
    found = {result.kind: result for result in connector.probe()}
    connector.close()
    return found


@pytest.mark.parametrize(
    ("access", "state", "told"),
    [
        (Access(denied=True), KindState.DENIED, "sn_incident_read"),
        (Access(closed=True), KindState.DENIED, "sn_incident_read"),
        (ALL_HIDDEN, KindState.HIDDEN, "120 rows are there"),
        (Access(before_query="number=none"), KindState.EMPTY, "no rows"),
        (WITHOUT_RANGE, KindState.DENIED, "may not filter by sys_updated_on"),
        (REFUSED, KindState.DENIED, "query_range and query_match rules on incident.sys_updated_on"),
        (Access(fields={"sys_updated_on": "absent"}), KindState.DENIED, "may not read sys_updated_on"),
        (Access(), KindState.READABLE, ""),
    ],
)
def test_a_table_is_what_the_real_query_shows(access: Access, state: KindState, told: str) -> None:
    with sandbox(access={"incident": access}) as instance:
        found = probed(instance)["incident"]
        assert found.state is state
        assert told in found.detail


def test_rows_behind_many_hidden_ones_are_found_where_pages_have_to_be_small() -> None:
    behind = Access(hidden=(run(0, 90),))
    by_one = Settings(limits=Limits(cancelled_above=1))
    with sandbox(access={"incident": behind}, settings=by_one) as instance:
        assert probed(instance)["incident"].state is KindState.READABLE


def test_a_table_whose_plugin_is_not_active_is_absent() -> None:
    with sandbox() as instance:
        found = probed(instance, records=["release", "event"])
        assert {found[kind].state for kind in ("release", "event", "alert")} == {KindState.ABSENT}
        assert "plugin" in found["release"].detail


def test_an_instance_that_sleeps_is_unknown() -> None:
    with sandbox(faults=[faults.hibernating().at("*", area="*")]) as instance:
        found = probed(instance)
        assert {one.state for one in found.values()} == {KindState.UNKNOWN}
        assert "hibernates" in found["incident"].detail
        assert len(instance.journal) <= 5


def test_fields_that_may_not_be_read_are_no_columns() -> None:
    hidden = Access(fields={"close_notes": "absent", "assigned_to": "absent"})
    with sandbox(access={"incident": hidden}) as instance:
        found = probed(instance)["incident"]
        promised = connect(instance).capabilities()["incident"].columns
        assert found.capability is not None
        lost = {"assignee", "resolution_note_length", "resolution_note_fingerprint"}
        assert promised - found.capability.columns == lost
        assert "assigned_to, close_notes" in found.detail


def test_only_fields_with_a_definition_have_history() -> None:
    tables = instance_tables(10)
    with sandbox(tables) as instance:
        found = probed(instance)["incident"].capability
        assert found is not None
        assert found.tracked == {"state", "assignment_group", "assignee"}
    for row in tables.rows("metric_definition"):
        tables.drop("metric_definition", row["sys_id"])
    with sandbox(tables) as instance:
        without = probed(instance)
        assert without["transition"].state is KindState.ABSENT
        assert without["incident"].capability is not None
        assert without["incident"].capability.tracked == frozenset()


def test_counting_events_needs_the_right_to_count() -> None:
    with sandbox(full_tables(), faults=[faults.status(403).at("em_event", area="stats")]) as instance:
        found = probed(instance, records=["event"])
        assert found["event"].state is KindState.DENIED
        assert "counted" in found["event"].detail


def test_an_account_in_another_time_zone_is_told_to_change_it() -> None:
    elsewhere = Settings(zone=ZoneInfo("America/New_York"), zoned_literals=True)
    with sandbox(settings=elsewhere) as instance, pytest.raises(FatalError, match="not UTC") as raised:
        probed(instance)
    assert "GMT" in raised.value.hint


def test_a_person_who_needs_a_second_factor_is_told() -> None:
    with (
        sandbox(faults=[faults.second_factor().at("*", area="*")]) as instance,
        pytest.raises(FatalError, match="second factor") as raised,
    ):
        probed(instance)
    assert "MFA" in raised.value.hint


def test_a_mapped_field_that_is_not_there_is_a_problem_of_the_settings() -> None:
    with sandbox() as instance:
        connector = connect(instance, map={"incident.service_id": "u_afected_service"})
        (problem,) = connector.problems()
        connector.close()
        assert problem.path == ("map", "incident.service_id")
        assert "no field 'u_afected_service'" in problem.message


def without(table: str, *names: str) -> Tables:
    """Return an instance whose table never had some fields."""
    schema = standard()
    definition = schema[table]
    own = {name: one for name, one in definition.own.items() if name not in names}
    schema.define(replace(definition, own=own))
    tables, full = Tables(schema), full_tables()
    for name in full:
        tables.add(name, [{k: v for k, v in row.items() if k not in names} for row in full.rows(name)])
    return tables


def test_fields_that_do_not_exist_are_told_from_those_that_may_not_be_read() -> None:
    closed = {"incident": Access(fields={"assignment_group": "absent", "close_notes": "absent"})}
    with sandbox(without("incident", "major_incident_state"), access=closed) as instance:
        detail = probed(instance)["incident"].detail
    assert "incident has no major_incident_state." in detail
    assert "incident: assignment_group, close_notes may not be read. Add a read rule" in detail


@pytest.mark.parametrize("table", ["sys_dictionary", "sys_db_object"])
def test_without_the_dictionary_both_are_possible(table: str) -> None:
    closed = {"incident": Access(fields={"close_notes": "absent"}), table: Access(denied=True)}
    with sandbox(full_tables(), access=closed) as instance:
        detail = probed(instance)["incident"].detail
    assert "incident: without close_notes, which are absent or may not be read." in detail


def test_a_mistyped_field_is_found_in_an_empty_table_too() -> None:
    with sandbox() as instance:
        connector = connect(instance, records=["problem"], map={"problem.service_id": "u_service"})
        (problem,) = connector.problems()
        assert problem.message.startswith("problem has no field 'u_service' (did you mean")
        connector.close()


def test_a_field_that_may_not_be_read_is_a_problem_of_another_kind() -> None:
    closed = {"incident": Access(fields={"correlation_id": "absent"})}
    with sandbox(access=closed) as instance:
        connector = connect(instance, map={"incident.service_id": "correlation_id"})
        (problem,) = connector.problems()
        connector.close()
        assert problem.message == "incident has no field 'correlation_id' that the account can read."


MODES: tuple[Literal["drop", "no_rows", "forbidden"], ...] = ("drop", "no_rows", "forbidden")
DROPS = "leaves clauses on fields that it does not know out of a query"


@pytest.mark.parametrize("mode", MODES)
def test_the_probe_says_when_clauses_are_left_out(mode: Literal["drop", "no_rows", "forbidden"]) -> None:
    with sandbox(settings=Settings(unknown_clause=mode)) as instance:
        told = [one.detail for one in probed(instance).values() if DROPS in one.detail]
    assert len(told) == (1 if mode == "drop" else 0)


@pytest.mark.parametrize("mode", MODES)
def test_evidence_is_the_same_whatever_becomes_of_unknown_clauses(
    mode: Literal["drop", "no_rows", "forbidden"],
) -> None:
    with sandbox(full_tables(), settings=Settings(unknown_clause=mode)) as instance:
        store = Store()
        store.sync(connect(instance, records=list(KINDS)))
        assert held(store) == truth(instance)
        assert held(store, "service_level") == truth(instance, "task_sla")
        assert store.ids("transition") == truth(instance, "metric_instance").keys()


@pytest.mark.parametrize("mode", MODES)
def test_a_table_without_a_field_that_clauses_name_is_not_read(
    mode: Literal["drop", "no_rows", "forbidden"],
) -> None:
    """Else an instance would answer with everything, or with nothing at all, and both look like rows."""
    with sandbox(without("task_sla", "active"), settings=Settings(unknown_clause=mode)) as instance:
        found = probed(instance)["service_level"]
        assert found.state is KindState.DENIED
        assert "task_sla: the account may not read active, which queries name." in found.detail


@pytest.mark.parametrize("mode", MODES)
def test_a_companion_that_cannot_be_asked_by_record_promises_nothing(
    mode: Literal["drop", "no_rows", "forbidden"],
) -> None:
    tables = without("task_ci", "task")
    with sandbox(tables, settings=Settings(unknown_clause=mode)) as instance:
        connector = connect(instance, records=["change"])
        found = {one.kind: one for one in connector.probe()}["change"]
        assert found.capability is not None
        assert "affected_ci_count" not in found.capability.columns
        assert "affected_service_count" in found.capability.columns
        assert "task_ci: the account may not read task" in found.detail
        store = Store()
        store.sync(connector, "change")
        values = store.records["change"][sys_id("change_request", "0")].values
        assert values["affected_ci_count"] is None


def test_every_table_that_is_missing_is_named_with_what_helps() -> None:
    closed = {
        "kb_knowledge": Access(denied=True),
        "task_sla": Access(denied=True),
        "sys_user_grmember": Access(denied=True),
    }
    tables = full_tables()
    tables.remove("em_alert")
    with sandbox(tables, access=closed) as instance:
        found = probed(instance, records=["problem", "service_level", "event"])
        assert "kb_knowledge: the account may not read it. Grant knowledge" in found["problem"].detail
        assert "Grant itil, or add a read rule on task_sla.*" in found["service_level"].detail
        assert (
            "em_alert: there is no such table. Activate the plugin Event Management" in found["alert"].detail
        )
        assert "Add a read rule on sys_user_grmember.*" in found["group"].detail
        assert found["group"].capability is not None
        assert "member_count" not in found["group"].capability.columns


NOTHING = dict.fromkeys(Tables(), Access(denied=True))


@pytest.mark.parametrize(
    "access",
    [
        NOTHING,
        dict.fromkeys(Tables(), Access(hidden=(tail(10_000),))),
        dict.fromkeys(Tables(), Access(before_query="sys_id=none")),
        NOTHING | {"sys_user_group": Access(), "sys_user": Access()},
        dict.fromkeys(Tables(), Access(before_query="sys_id=none")) | {"sys_user_group": Access()},
    ],
)
def test_an_account_without_a_role_is_told_which_ones_it_needs(access: dict[str, Access]) -> None:
    with (
        sandbox(access=access) as instance,
        pytest.raises(FatalError, match="read nothing of cmdb_ci_outage, incident, task_sla") as raised,
    ):
        probed(instance)
    assert "Grant it the roles itil, sn_incident_read" in raised.value.hint


def test_something_that_is_no_instance_is_not_taken_for_one_without_plugins() -> None:
    tables = Tables()
    for name in list(tables):
        tables.remove(name)
    with sandbox(tables) as instance:
        for name in ("sys_db_object", "sys_dictionary", "sys_properties"):
            tables.remove(name)
        with pytest.raises(FatalError, match="no ServiceNow instance") as raised:
            probed(instance)
    assert "`url`" in raised.value.hint


def test_a_table_is_probed_once_for_all_that_is_read_of_it() -> None:
    with sandbox(full_tables()) as instance:
        probed(instance, records=list(KINDS))
        calls = [call for call in instance.journal if call.area == "table"]
        asked = Counter((call.table, call.parameters["sysparm_query"]) for call in calls)
        # What classes a table has is looked up class by class.
        assert {name for (name, _), times in asked.items() if times > 1} <= {"sys_db_object"}
