"""What an instance shows is told apart: readable, empty, hidden, denied, absent, unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.contract import ProbeResult
from sandbox.servicenow import Access, SandboxServiceNow, Settings, faults, tail
from storage.errors import FatalError
from storage.evidence.store import KindState
from tests.connectors.servicenow.support import connect, full_tables, instance_tables, sandbox

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
        (REFUSED, KindState.DENIED, "sn_incident_read"),
        (Access(fields={"sys_updated_on": "absent"}), KindState.DENIED, "may not read sys_updated_on"),
        (Access(), KindState.READABLE, ""),
    ],
)
def test_a_table_is_what_the_real_query_shows(access: Access, state: KindState, told: str) -> None:
    with sandbox(access={"incident": access}) as instance:
        found = probed(instance)["incident"]
        assert found.state is state
        assert told in found.detail


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
    with sandbox(access={"incident": hidden, "m2m_kb_task": Access(denied=True)}) as instance:
        found = probed(instance)["incident"]
        promised = connect(instance).capabilities()["incident"].columns
        assert found.capability is not None
        lost = {"assignee", "knowledge_used", "resolution_note_length", "resolution_note_fingerprint"}
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
