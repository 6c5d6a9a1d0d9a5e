"""Derived columns of problems."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from evaluators.measures.rate_drop import dropped_credibly
from evaluators.policy import Policy
from tests.evaluators.linked import problem
from tests.evaluators.world import EVERYTHING_COUNTS, World


def one(world: World, column: str, name: str, policy: Policy = EVERYTHING_COUNTS) -> Any:
    return world.column(column, policy, kind="problem")[name]


def test_the_cause_is_dated_by_the_platform_else_by_the_history_of_its_code(world: World) -> None:
    said = problem(world, root_cause_at="2026-02-03 09:00")
    steps = [("2026-02-02 10:00", "Capacity", None), ("2026-02-09 10:00", "Software", None)]
    for name in (said, followed := problem(world)):
        world.changes(name, "root_cause_code", steps, kind="problem")
    assert one(world, "cause_seconds", said) == 86_400
    assert one(world, "cause_seconds", followed) == 3_600
    assert one(world, "cause_found_on", followed) == date(2026, 2, 2)
    assert one(world, "cause_seconds", problem(world)) is None


def test_progress_is_the_last_of_state_cause_and_resolution(world: World) -> None:
    name = problem(world, root_cause_at="2026-02-04 09:00", resolved_at="2026-02-05 09:00")
    assert one(world, "progressed_on", name) == date(2026, 2, 5)
    steps = [("2026-02-02 09:00", "New", None), ("2026-02-06 09:00", "Closed", None)]
    world.changes(name, "state", steps, kind="problem")
    assert one(world, "progressed_on", name) == date(2026, 2, 6)
    assert one(world, "progressed_on", problem(world)) is None


def test_incidents_are_linked_from_either_side_and_once(world: World) -> None:
    first = world.incident()
    name = problem(world, first_incident_id=first)
    world.incident(id=first, problem_id=name)
    world.incident(problem_id=name)
    world.incident(problem_id=name, disposition="cancelled")
    assert one(world, "linked_incidents", name) == 2
    assert one(world, "linked_incidents", problem(world, incident_count=7)) == 7
    assert one(world, "linked_incidents", problem(world)) == 0


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        ("fix_applied", True),
        ("Fix Applied", True),
        ("Solved (Permanently)", True),
        ("Done", True),
        ("risk_accepted", False),
        ("Cause not found", False),
        (None, None),
    ],
)
def test_the_resolution_code_says_what_is_a_permanent_fix(
    world: World, code: str | None, permanent: bool | None
) -> None:
    assert one(world, "permanent_fix", problem(world, after=9, resolution_code=code)) is permanent


def test_an_open_problem_is_not_fixed_yet(world: World) -> None:
    assert one(world, "permanent_fix", problem(world, resolution_code="fix_applied")) is None


def test_a_fix_is_judged_by_the_cluster_most_of_its_incidents_share(world: World) -> None:
    name = problem(world, ci_id="srv-9", resolved_at="2026-03-01 12:00")
    world.incidents(3, ci_id="srv-1", opened_at="2026-02-01 09:00", problem_id=name)
    world.incidents(2, ci_id="srv-2", opened_at="2026-02-01 09:00", problem_id=name)
    world.incident(ci_id="srv-1", opened_at="2026-02-01 09:00")
    world.incident(ci_id="srv-1", opened_at="2026-02-01 09:00", disposition="duplicate")
    world.incidents(2, ci_id="srv-1", opened_at="2026-03-01 12:00")
    world.incident(ci_id="srv-9", opened_at="2026-02-01 09:00")
    assert one(world, "incidents_before_fix", name) == 4
    assert one(world, "incidents_after_fix", name) == 2


def test_a_fix_is_judged_by_90_days_to_either_side(world: World) -> None:
    name = problem(world, resolved_at="2026-03-02 12:00")
    world.incident(opened_at="2025-12-02 12:00")
    world.incident(opened_at="2025-12-02 11:59")
    world.incident(opened_at="2026-05-31 11:59")
    world.incident(opened_at="2026-05-31 12:00")
    assert one(world, "incidents_before_fix", name) == 1
    assert one(world, "incidents_after_fix", name) == 1


def test_without_a_cluster_a_fix_is_not_judged(world: World) -> None:
    name = problem(world, after=9, category=None)
    assert one(world, "incidents_before_fix", name) is None


@pytest.mark.parametrize(
    ("before", "after", "dropped"),
    [
        (5, 0, True),
        (5, 1, False),
        (8, 1, True),
        (8, 4, False),
        (20, 8, True),
        (20, 10, True),
        (20, 11, False),
    ],
)
def test_a_drop_is_credible_by_the_exact_bound_of_the_rate_ratio(
    before: int, after: int, dropped: bool
) -> None:
    from scipy.stats import beta

    upper = float(beta.ppf(0.9, after + 1, before))
    assert dropped_credibly(before, after) is dropped
    assert dropped is (2 * after <= before and upper / (1 - upper) < 1)


def test_departments_come_from_the_group(world: World) -> None:
    policy = Policy(departments={"net*": "Infrastructure"})
    assert one(world, "department", problem(world), policy) == "Infrastructure"
