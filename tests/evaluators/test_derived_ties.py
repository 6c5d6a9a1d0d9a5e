"""Derived columns that tie incidents to problems, items, services and targets."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from tests.evaluators.linked import change, item, problem
from tests.evaluators.world import EVERYTHING_COUNTS, World

AUCKLAND = Policy(time_zone="Pacific/Auckland", exclusions=Exclusions(enabled=False))


LONG_AGO = "2025-01-01 09:00"


def one(world: World, column: str, name: str, policy: Policy = EVERYTHING_COUNTS) -> Any:
    return world.column(column, policy)[name]


# --- Repeats ---


def test_an_incident_repeats_another_one_that_was_resolved_up_to_30_days_before(world: World) -> None:
    world.incident(opened_at=LONG_AGO)
    first = world.incident(opened_at="2026-03-01 09:00", resolved_at="2026-03-01 11:00")
    last = world.incident(opened_at="2026-03-31 11:00", resolved_at="2026-03-31 12:00")
    late = world.incident(opened_at="2026-04-30 12:00:01")
    assert [one(world, "repeats_within_30_days", name) for name in (first, last, late)] == [
        False,
        True,
        False,
    ]


def test_an_incident_does_not_repeat_one_that_is_still_open(world: World) -> None:
    world.incident(opened_at=LONG_AGO)
    world.incident(opened_at="2026-06-01 08:00", resolved_at=None)
    assert one(world, "repeats_within_30_days", world.incident()) is False


def test_an_incident_does_not_repeat_itself(world: World) -> None:
    world.incident(opened_at=LONG_AGO)
    odd = world.incident(opened_at="2026-06-01 09:00", resolved_at="2026-06-01 08:00")
    assert one(world, "repeats_within_30_days", odd) is False


@pytest.mark.parametrize("other", [{"category": "Mail"}, {"ci_id": "srv-2"}, {"subcategory": "Cable"}])
def test_only_the_same_item_and_symptom_repeat(world: World, other: dict[str, Any]) -> None:
    world.incident(opened_at=LONG_AGO)
    world.incident(opened_at="2026-05-30 09:00", **other)
    assert one(world, "repeats_within_30_days", world.incident()) is False


@pytest.mark.parametrize("left_out", [{"disposition": "duplicate"}, {"parent_id": "INC1"}])
def test_what_does_not_count_is_not_repeated(world: World, left_out: dict[str, Any]) -> None:
    world.incident(opened_at=LONG_AGO)
    world.incident(opened_at="2026-05-30 09:00", **left_out)
    assert one(world, "repeats_within_30_days", world.incident()) is False


def test_a_cluster_is_the_item_or_the_service_with_the_finest_symptom(world: World) -> None:
    whole = world.incident(subcategory="Cable")
    coarse = world.incident(ci_id=None)
    assert one(world, "cluster", whole) == "desk/srv-1/Cable"
    assert one(world, "cluster", coarse) == "desk/mail/Network"


@pytest.mark.parametrize("unknown", [{"category": None}, {"ci_id": None, "service_id": None}])
def test_without_item_or_symptom_nothing_is_said(world: World, unknown: dict[str, Any]) -> None:
    name = world.incident(**unknown)
    assert one(world, "cluster", name) is None
    assert one(world, "repeats_within_30_days", name) is None


def test_nothing_is_said_of_the_first_30_days_of_a_source(world: World) -> None:
    first = world.incident(opened_at="2026-05-02 09:00")
    early, late = world.incident(opened_at="2026-05-31 09:00"), world.incident(opened_at="2026-06-01 09:00")
    assert [one(world, "repeats_within_30_days", name) for name in (first, early, late)] == [None, None, True]


# --- Problems ---


def test_the_first_problem_tied_to_an_incident_says_how_soon(world: World) -> None:
    name = world.incident(problem_id="later")
    problem(world, id="later", opened_at="2026-06-03 11:00")
    problem(world, opened_at="2026-06-02 11:00", first_incident_id=name)
    assert one(world, "problem_opened_seconds", name) == 86_400


def test_a_problem_that_was_there_before_counts_negative(world: World) -> None:
    problem(world, id="before", opened_at="2026-06-01 10:00")
    assert one(world, "problem_opened_seconds", world.incident(problem_id="before")) == -3_600


def test_a_duplicate_problem_ties_an_incident_and_a_cancelled_one_does_not(world: World) -> None:
    problem(world, id="duplicate", opened_at="2026-06-01 11:00", disposition="duplicate")
    problem(world, id="cancelled", opened_at="2026-06-01 11:00", disposition="cancelled")
    assert one(world, "problem_opened_seconds", world.incident(problem_id="duplicate")) == 0
    assert one(world, "problem_opened_seconds", world.incident(problem_id="cancelled")) is None


def test_problems_of_another_source_tie_nothing(world: World) -> None:
    problem(world, id="PRB1", source="elsewhere")
    assert one(world, "problem_active", world.incident(problem_id="PRB1")) is False


@pytest.mark.parametrize(
    ("columns", "active"),
    [
        ({}, True),
        ({"resolved_at": "2026-06-01 09:00"}, True),
        ({"resolved_at": "2026-06-01 08:59"}, False),
        ({"resolved_at": "2026-06-01 08:59", "known_error": True}, True),
        ({"resolved_at": "2026-06-01 08:59", "known_error_at": "2026-05-01 09:00"}, True),
        ({"resolved_at": "2026-06-01 08:59", "known_error": False, "known_error_at": "2026-05-01"}, False),
    ],
)
def test_a_problem_is_active_while_unsolved_or_a_known_error(
    world: World, columns: dict[str, Any], active: bool
) -> None:
    problem(world, id="PRB1", **columns)
    assert one(world, "problem_active", world.incident(problem_id="PRB1")) is active


# --- Items, services, targets ---


def test_a_ticket_is_bound_to_an_item_or_service_that_was_in_operation(world: World) -> None:
    item(world, "running")
    item(world, "off", operational=False)
    item(world, "gone since", operational=False, retired_at="2026-06-02 09:00")
    item(world, "gone before", operational=False, retired_at="2026-05-02 09:00")
    bound = {
        name: world.incident(ci_id=name, service_id=None)
        for name in ("running", "off", "gone since", "gone before", "unknown")
    }
    by_service = world.incident(ci_id="unknown", service_id="running")
    valid = {name for name, incident in bound.items() if one(world, "ci_valid", incident)}
    assert valid == {"running", "gone since"}
    assert one(world, "ci_valid", by_service) is True


def test_changes_are_bound_alike(world: World) -> None:
    item(world, "running")
    name, other = change(world, ci_id="running"), change(world, ci_id=None, service_id=None)
    assert world.column("ci_valid", kind="change") == {name: True, other: False}


def test_the_service_is_known_by_itself_or_by_the_item(world: World) -> None:
    item(world, "mail", service=True)
    item(world, "server")
    item(world, "lonely")
    world.record("ci_relationship", parent_id="mail", child_id="server")
    world.record("ci_relationship", parent_id="server", child_id="lonely")
    known = {
        columns: world.incident(service_id=columns[0], ci_id=columns[1])
        for columns in (("mail", None), (None, "mail"), (None, "server"), (None, "lonely"), ("unknown", None))
    }
    assert [one(world, "service_known", name) for name in known.values()] == [True, True, True, False, False]


def test_a_target_is_attached_unless_it_was_cancelled_before_it_stopped(world: World) -> None:
    names = [world.incident() for _ in range(4)]
    world.service_level(names[0])
    world.service_level(names[1], stopped_at=None, cancelled=True)
    world.service_level(names[2], target="response")
    assert [one(world, "target_attached", name) for name in names] == [True, False, False, False]


def test_a_ticket_ends_when_it_is_resolved_else_closed_on_the_day_of_the_zone(world: World) -> None:
    resolved = world.incident(resolved_at="2026-06-01 13:00")
    closed = world.incident(resolved_at=None, closed_at="2026-06-02 11:00")
    still_open = world.incident(resolved_at=None)
    assert one(world, "ended_on", resolved, AUCKLAND) == date(2026, 6, 2)
    assert one(world, "ended_on", closed, AUCKLAND) == date(2026, 6, 2)
    assert one(world, "ended_on", still_open, AUCKLAND) is None
