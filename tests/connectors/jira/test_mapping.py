"""What was planted in a site is what is read, column by column, on Cloud and on Data Center alike."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from connectors.jira.service import targets_of
from sandbox.jira.settings import Mode
from storage.evidence.store import Record
from storage.records import KINDS
from storage.records.schema import FieldClass
from tests.connectors.jira.support import MODES, Store, connect, sandbox, seconds, site

OTHER_WORDS = frozenset({"state", "service_id", "ci_id", "release_id"})
"""Columns whose values Jira has other words or identifiers for."""
REFERENCES = frozenset({"problem_id", "fix_change_id", "caused_by_change_id", "incident_id", "parent_id"})
NOT_TOLD = {
    "incident": frozenset[str](),
    "problem": frozenset({"first_incident_id", "knowledge_id"}),
    "change": frozenset({"model"}),
    "request": frozenset({"type", "reopen_count"}),
}
"""Of requests reopenings are planted as a figure, without a history; a change's request type is its model."""


@cache
def read(mode: Mode) -> tuple[dict[str, list[dict[str, Any]]], dict[str, dict[str, Record]]]:
    """Return what was planted, and what was read."""
    served, store = site(0.3), Store()
    with sandbox(mode, served) as jira:
        store.sync(connect(jira, store.ids))
    return served.planted, store.records


@pytest.mark.parametrize("kind", NOT_TOLD)
@pytest.mark.parametrize("mode", MODES)
def test_every_column_says_what_was_planted(mode: Mode, kind: str) -> None:
    planted, records = read(mode)
    skipped = OTHER_WORDS | REFERENCES | NOT_TOLD[kind]
    wrong: Counter[str] = Counter()
    for row in planted[kind]:
        values = records[kind][row["issue"]].values
        for column in KINDS[kind].mapped:
            if column.name in row and column.field_class is FieldClass.PLAIN and column.name not in skipped:
                wrong[column.name] += values.get(column.name) != expected(column.name, row[column.name])
    found = {name: number for name, number in wrong.items() if number}
    assert {name for name, number in found.items() if number > 0.01 * len(planted[kind])} == set(), found


def expected(name: str, value: Any) -> Any:
    return seconds(value) if name.endswith("_at") else value


@pytest.mark.parametrize("mode", MODES)
def test_links_lead_to_the_issues_that_were_meant(mode: Mode) -> None:
    planted, records = read(mode)
    issues = {(kind, row["id"]): row["issue"] for kind in NOT_TOLD for row in planted[kind]}
    pairs = {"problem_id": "problem", "fix_change_id": "change", "caused_by_change_id": "change"}
    checked = 0
    for row in planted["incident"]:
        for column, kind in pairs.items():
            meant = issues.get((kind, str(row.get(column))))
            if meant:
                checked += 1
                assert records["incident"][row["issue"]].values[column] == meant
    assert checked


@pytest.mark.parametrize("mode", MODES)
def test_the_history_begins_with_the_first_value_and_ends_with_the_present_one(mode: Mode) -> None:
    records = read(mode)[1]
    stories: dict[tuple[Any, Any], list[Record]] = {}
    for one in records["transition"].values():
        stories.setdefault((one.values["record_id"], one.values["field"]), []).append(one)
    for (issue, field), steps in stories.items():
        steps.sort(key=lambda one: (at(one), str(one.values["sequence"])))
        assert steps[0].values["old_value"] is None
        for before, after in itertools.pairwise(steps):
            assert after.values["old_value"] == before.values["new_value"]
        if field == "state" and issue in records["incident"]:
            assert steps[-1].values["new_value"] == records["incident"][str(issue)].values["state"]


def at(one: Record) -> datetime:
    moment = one.values["at"]
    assert isinstance(moment, datetime)
    return moment


def test_both_kinds_of_site_give_the_same_records() -> None:
    cloud, server = (read(mode)[1] for mode in MODES)
    for kind in ("incident", "problem", "change", "request", "service_level", "survey", "release"):
        assert cloud[kind].keys() == server[kind].keys()
    for name, one in cloud["incident"].items():
        other = server["incident"][name].values
        same = {
            key for key in one.values if KINDS["incident"].by_name[key].field_class is not FieldClass.PERSON
        }
        assert {key: one.values[key] for key in same} == {key: other[key] for key in same}


def test_clocks_are_service_levels() -> None:
    records = read("cloud")[1]
    clocks = list(records["service_level"].values())
    assert {one.values["target"] for one in clocks} >= {"response", "resolution"}
    for one in clocks:
        assert one.values["target_seconds"]
        started, stopped = one.values["started_at"], one.values["stopped_at"]
        assert isinstance(started, datetime)
        assert stopped is None or (isinstance(stopped, datetime) and stopped >= started)


def test_a_clock_promises_what_its_name_says() -> None:
    names = {"1": "Time to resolution", "2": "Time to first response", "3": "Time to close after resolution"}
    names |= {"4": "Time to triage", "5": "Time to resolution after hours"}
    assert targets_of(names) == {
        "1": "resolution",
        "2": "response",
        "3": "Time to close after resolution",
        "4": "Time to triage",
        "5": "resolution",
    }


def test_where_no_clock_is_named_after_a_resolution_all_but_responses_promise_one() -> None:
    names = {"1": "Gold customers", "2": "Time to first response"}
    assert targets_of(names) == {"1": "resolution", "2": "response"}


def test_a_program_that_closed_an_alert_is_told_from_a_person() -> None:
    alerts = read("cloud")[1]["alert"].values()
    closers = {str(one.values.get("closed_by")).partition(":")[0] for one in alerts}
    assert {"automation", "person"} <= closers


def test_services_that_issues_name_are_configuration_items() -> None:
    records = read("cloud")[1]
    named = {one.values["service_id"] for one in records["incident"].values()} - {None}
    services = {name for name, one in records["configuration_item"].items() if one.values.get("service")}
    assert named & services


def test_an_alert_says_what_its_own_properties_are_named_like() -> None:
    records = read("cloud")[1]
    alerts = list(records["alert"].values())
    assert alerts
    for name in ("monitor", "node", "metric", "resource"):
        assert any(one.values.get(name) for one in alerts), name
    assert any(
        str(one.values.get("closed_by") or "").startswith(("person:", "automation:")) for one in alerts
    )
