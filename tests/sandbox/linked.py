"""Organisations to look at, and which column of which records refers to what."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache

from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.export import FILES
from sandbox.organisation.table import Table
from tests.sandbox.recount import Row

UNTIL = date(2026, 3, 11)
END = datetime.combine(UNTIL, time(0), UTC)
CASES = [(1, 21, 5), (3, 22, 12), (5, 23, 40)]
"""Level, seed and number of groups."""

TABLES = {"incident": "incidents", "transition": "transitions", **FILES}
"""Where an organisation has the records of each kind."""

OBJECTS = {"service_id": "configuration_item", "ci_id": "configuration_item"}
REFERENCES: dict[str, dict[str, str]] = {
    "incident": {
        **OBJECTS,
        "problem_id": "problem",
        "caused_by_change_id": "change",
        "fix_change_id": "change",
        "parent_id": "incident",
    },
    "problem": {
        **OBJECTS,
        "first_incident_id": "incident",
        "fix_change_id": "change",
        "duplicate_of_id": "problem",
        "knowledge_id": "knowledge",
    },
    "change": {**OBJECTS, "problem_id": "problem", "incident_id": "incident", "release_id": "release"},
    "release": {**OBJECTS, "change_id": "change"},
    "configuration_item": {"duplicate_of_id": "configuration_item"},
    "ci_relationship": {"parent_id": "configuration_item", "child_id": "configuration_item"},
    "event": {**OBJECTS, "alert_id": "alert"},
    "alert": {**OBJECTS, "incident_id": "incident", "parent_id": "alert", "knowledge_id": "knowledge"},
    "request": OBJECTS,
    "knowledge": {"service_id": "configuration_item", "problem_id": "problem", "origin_id": "incident"},
    "knowledge_use": {"article_id": "knowledge", "record_id": "incident"},
    "survey": {"service_id": "configuration_item"},
    "outage": {**OBJECTS, "incident_id": "incident", "change_id": "change"},
}
GROUP_COLUMNS = (
    "assignment_group",
    "support_group",
    "owner_group",
    "receiving_group",
    "author_group",
    "user_group",
)


@cache
def organisation(level: int, seed: int, groups: int) -> Organisation:
    return generate(
        Quality.of_level(level, seed), seed=seed, until=UNTIL, months=18, incidents=3000, groups=groups
    )


@cache
def ordinary() -> Organisation:
    return generate(Quality.of_level(3, 4), seed=4, until=UNTIL)


def table(made: Organisation, kind: str) -> Table:
    found = getattr(made, TABLES[kind])
    assert isinstance(found, Table)
    return found


def rows(made: Organisation, kind: str) -> list[Row]:
    return list(table(made, kind).rows())


def by_id(made: Organisation, kind: str) -> dict[object, Row]:
    return {row["id"]: row for row in table(made, kind).rows()}
