"""Every problem indicator in a world small enough to work its value out by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from evaluators.results import State
from tests.evaluators.linked import delivers_all, item, month, problem, problems, taken
from tests.evaluators.world import World

IN_DEPARTMENTS = Policy(
    departments={"Network*": "Infrastructure", "Mail*": "Applications", "HR*": "People"},
    exclusions=Exclusions(enabled=False),
)


def major(world: World, **columns: Any) -> str:
    """An incident of priority 1, resolved on 1 May at 11:00."""
    return world.incident(**{"opened_at": "2026-05-01 09:00", "priority": 1, **columns})


def test_major_incidents_are_covered_by_a_problem_within_14_days_of_their_resolution(world: World) -> None:
    problem(world, id="soon", opened_at="2026-05-03 09:00")
    problem(world, id="on the last second", opened_at="2026-05-15 11:00:00")
    problem(world, id="too late", opened_at="2026-05-15 11:00:01")
    problem(world, id="there before", opened_at="2026-01-15 09:00")
    problem(world, id="cancelled", opened_at="2026-05-02 09:00", disposition="cancelled")
    for name in ("soon", "soon", "on the last second", "there before"):
        major(world, problem_id=name)
    problem(world, opened_at="2026-05-02 09:00", first_incident_id=major(world))
    major(world, priority=2, major=True, problem_id="soon")
    for missed in ("too late", "cancelled", None, "unknown"):
        major(world, problem_id=missed)
    world.incidents(5, priority=2)
    found = taken(world, "prb-major-incident-coverage")
    assert (found.value, found.numerator, found.denominator) == (60, 6, 10)


def test_throughput_sets_what_was_resolved_in_the_year_against_what_was_opened_in_it(world: World) -> None:
    problems(world, 6)
    problems(world, 14, after=30)
    problem(world, opened_at="2025-01-05 09:00", resolved_at="2026-01-05 09:00")
    problem(world, opened_at="2025-01-05 09:00", resolved_at="2025-02-05 09:00")
    found = taken(world, "prb-throughput")
    assert found.state is State.MEASURED
    assert found.value == pytest.approx(15 / 20)


def test_cancelled_problems_are_neither_opened_nor_resolved(world: World) -> None:
    # Erratum B2: that they count as opened is a counter-check, and rule X0 leaves them out.
    problems(world, 15, after=30)
    problems(world, 15, disposition="cancelled")
    found = taken(world, "prb-throughput", policy=Policy())
    assert found.value == 1


def test_problem_records_are_complete_with_cause_remedy_item_and_occasion(world: World) -> None:
    filled = {"root_cause_note_length": 50, "fix_note_length": 1, "origin": "trend"}
    problems(world, 4, after=10, **filled)
    linked = problem(
        world, after=10, root_cause_code="Capacity", workaround_note_length=9, origin="incident", ci_id=None
    )
    world.incident(problem_id=linked)
    problems(world, 4, after=10, root_cause_note_length=49, origin="incident")
    problem(world, after=10, service_id=None, ci_id=None)
    problems(world, 5, root_cause_note_length=0)
    found = taken(world, "prb-record-completeness")
    # Five with 4 of 4, four with the item alone, one with nothing; five are not resolved.
    assert (found.numerator, found.denominator) == (5 * 4 + 4 * 1, 40)
    assert found.value == 60


def test_known_errors_are_documented_by_a_flag_with_a_workaround_or_an_article(world: World) -> None:
    problems(world, 5, known_error=True, workaround_note_length=30)
    problems(world, 2, known_error=True, knowledge_id="KB1")
    problem(world, known_error=True)
    problem(world, known_error=False, workaround_note_length=30)
    problem(world, workaround_note_length=30)
    # 30 days on 15 June, and ended: neither is open for more than 30 days.
    problem(world, opened_at="2026-05-16 09:00")
    problem(world, after=100)
    problem(world, closed_at="2026-03-01 09:00")
    found = taken(world, "prb-known-error-documented")
    assert (found.value, found.numerator, found.denominator) == (70, 7, 10)


def test_a_problem_resolved_after_the_day_is_open_on_it(world: World) -> None:
    problems(world, 10, resolved_at="2026-06-15 09:00", known_error=True, knowledge_id="KB1")
    assert taken(world, "prb-known-error-documented").denominator == 10


def test_a_root_cause_counts_within_30_days_of_the_opening(world: World) -> None:
    problems(world, 6, root_cause_at="2026-03-04 09:00")
    problems(world, 4, root_cause_at="2026-03-04 09:00:01")
    problems(world, 3)
    for _ in range(2):
        steps = [("2026-02-10 09:00", None, None), ("2026-02-20 09:00", "Capacity", "person:ann")]
        world.changes(problem(world), "root_cause_code", steps, kind="problem")
    problems(world, 9, opened_at="2026-05-20 09:00", root_cause_at="2026-05-21 09:00")
    found = taken(world, "prb-root-cause-within-30-days")
    assert (found.numerator, found.denominator) == (6 + 2, 15)
    assert found.value == pytest.approx(100 * 8 / 15)


def test_departments_take_part_that_progressed_a_problem_of_their_own(world: World) -> None:
    world.incidents(120, assignment_group="Network")
    world.incidents(60, assignment_group="Mail")
    world.incidents(20, assignment_group="HR")
    problem(world, after=10)
    problem(world, assignment_group="Mail")
    moved = problem(world, assignment_group="HR", opened_at="2024-02-02 09:00")
    world.changes(moved, "state", [("2024-02-02 09:00", "New", None)], kind="problem")
    found = taken(world, "prb-department-participation", policy=IN_DEPARTMENTS)
    assert found.value == 60
    steps = [("2024-02-02 09:00", "New", None), ("2026-02-02 09:00", "Assess", "person:ann")]
    world.changes(moved, "state", steps, kind="problem")
    assert taken(world, "prb-department-participation", policy=IN_DEPARTMENTS).value == 70


def test_participation_cannot_be_seen_without_departments(world: World) -> None:
    world.incidents(250)
    problem(world, after=10)
    assert taken(world, "prb-department-participation").state is not State.MEASURED


def test_problems_are_resolved_within_120_days_or_not(world: World) -> None:
    old = {"opened_at": "2025-06-02 09:00"}
    problems(world, 9, **old, after=120)
    problems(world, 2, **old, after=121)
    problems(world, 4, **old)
    problems(world, 20, opened_at="2026-03-02 09:00", after=1)
    found = taken(world, "prb-resolved-within-120-days")
    assert (found.value, found.numerator, found.denominator) == (60, 9, 15)


def test_the_backlog_is_aged_after_180_days_unless_the_risk_is_accepted(world: World) -> None:
    problems(world, 3, opened_at="2025-12-16 09:00")
    problems(world, 4, opened_at="2025-12-17 09:00")
    problems(world, 2, opened_at="2025-01-01 09:00", risk_accepted=True)
    problem(world, opened_at="2025-01-01 09:00", risk_accepted=False)
    problems(world, 3, opened_at="2025-01-01 09:00", after=500)
    found = taken(world, "prb-aged-backlog-share")
    assert (found.value, found.numerator, found.denominator) == (40, 4, 10)


def test_recurring_incidents_are_covered_by_a_problem_that_is_active_or_a_known_error(world: World) -> None:
    problem(world, id="open", opened_at="2026-06-02 09:00")
    problem(world, id="solved before", after=10)
    problem(world, id="known", after=10, known_error=True)
    problem(world, id="cancelled", disposition="cancelled")
    cluster = {"ci_id": "srv-1", "category": "Network"}
    world.incidents(12, problem_id="open", **cluster)
    world.incidents(3, problem_id="known", **cluster)
    world.incidents(10, problem_id="solved before", **cluster)
    world.incidents(5, problem_id="cancelled", **cluster)
    world.incidents(20, **{**cluster, "ci_id": None})
    world.incidents(4, problem_id="open", ci_id="srv-2")
    world.incidents(7, problem_id="open", category=None)
    found = taken(world, "prb-repeat-incident-coverage")
    assert (found.value, found.numerator, found.denominator) == (30, 15, 50)


def test_fixes_go_through_a_change_that_was_carried_out(world: World) -> None:
    done = {"closed_at": "2026-02-10 09:00"}
    world.record("change", id="done", **done)
    world.record("change", id="planned", opened_at="2026-02-10 09:00")
    world.record("change", id="cancelled", disposition="cancelled", **done)
    world.record("change", id="shipped", opened_at="2026-02-10 09:00")
    world.record("release", id="deployment", change_id="shipped", released_at="2026-02-10 09:00")
    fixed = {"after": 20, "resolution_code": "fix_applied"}
    problems(world, 5, **fixed, fix_change_id="done")
    problem(world, **fixed, fix_change_id="shipped")
    world.record("change", problem_id=problem(world, **{**fixed, "resolution_code": "Fixed"}), **done)
    for missed in ("planned", "cancelled", None):
        problem(world, **fixed, fix_change_id=missed)
    problems(world, 4, after=20, resolution_code="risk_accepted", fix_change_id="done")
    problem(world, after=20, fix_change_id="done")
    found = taken(world, "prb-fix-through-change")
    assert (found.value, found.numerator, found.denominator) == (70, 7, 10)


def test_proactive_problems_come_from_signals_and_before_anything_urgent_happened(world: World) -> None:
    for origin in ("trend", "event", "review", "Vendor advisory", "trend", "trend"):
        problem(world, origin=origin, service_id="quiet")
    problems(world, 2, origin="trend", service_id="hurt")
    problems(world, 2, origin="trend", service_id=None)
    problems(world, 9, origin="incident", service_id="quiet")
    problem(world, service_id="quiet")
    world.incident(service_id="hurt", priority=2, opened_at="2026-01-03 09:00")
    world.incident(service_id="quiet", priority=2, opened_at="2026-01-03 08:59")
    world.incident(service_id="quiet", priority=3, opened_at="2026-01-20 09:00")
    world.incident(service_id="quiet", priority=1, opened_at="2026-02-02 09:00")
    found = taken(world, "prb-proactive-share")
    assert (found.value, found.numerator, found.denominator) == (30, 6, 20)


def fixed(world: World, before: int, after: int, *, on: str = "2026-01-15 12:00") -> str:
    """A problem resolved at noon with incidents of its cluster in the 90 days before and after."""
    name = f"srv-{world.next_number()}"
    resolved = problem(world, opened_at="2025-12-01 09:00", resolved_at=on, ci_id=name)
    opened_at = f"{on[:10]} 09:00"
    world.incidents(before, ci_id=name, opened_at=opened_at, problem_id=resolved)
    world.incidents(after, ci_id=name, opened_at=f"{on[:10]} 15:00")
    return resolved


def test_a_fix_works_if_incidents_credibly_halve(world: World) -> None:
    # P(X <= after | before + after, 1/2): 1/32, 7/64 = 0.109, 379/8192 = 0.046, 4944/32768 = 0.151.
    for before, after in ((5, 0), (5, 1), (10, 3), (10, 5), (5, 0), (6, 4), (5, 0), (7, 9)):
        fixed(world, before, after)
    fixed(world, 4, 0)
    fixed(world, 9, 0, on="2026-03-17 12:00")
    found = taken(world, "prb-fix-effectiveness")
    assert (found.value, found.numerator, found.denominator) == (50, 4, 8)
    assert found.aggregates[2:] == (("before", 53), ("after", 22))


def monthly_incidents(world: World, number: int, repeats: int, total: int = 50) -> None:
    """Incidents of one month, of which so many repeat another one of it, long after the first of all."""
    world.incident(opened_at="2024-01-01 09:00")
    for position in range(total):
        pair = position % (total // 2) if position < total // 2 + repeats else position
        world.incident(
            opened_at=month(number) + timedelta(hours=position),
            ci_id=f"srv-{number}-{pair}",
            lasting=timedelta(1),
        )


def test_repeat_incidents_get_rarer_month_by_month(world: World) -> None:
    for number in range(12):
        monthly_incidents(world, number, repeats=24 - 2 * number)
    world.incidents(5, category=None)
    found = taken(world, "prb-repeat-incident-trend")
    assert found.value == 100
    assert found.series[0] == ("2025-06", 48.0, 50)
    assert found.series[-1] == ("2026-05", 4.0, 50)


def test_repeat_incidents_that_get_more_frequent_score_nothing(world: World) -> None:
    for number in range(12):
        monthly_incidents(world, number, repeats=2 * number)
    assert taken(world, "prb-repeat-incident-trend").value == 0


def test_causes_are_found_faster_quarter_by_quarter(world: World) -> None:
    for quarter in range(8):
        found_at = month(3 * quarter - 14) + timedelta(days=2)
        for days in (-9, -1, 0, 1, 9):
            opened = found_at - timedelta(days=60 - 5 * quarter + days)
            problem(world, opened_at=opened, root_cause_at=found_at)
    found = taken(world, "prb-time-to-cause-trend")
    assert found.value == 100
    assert [value for _, value, _ in found.series] == [60, 55, 50, 45, 40, 35, 30, 25]


# --- Evidence states ---


def test_the_problem_practice_is_assessed_whole(world: World) -> None:
    item(world, "srv-1")
    problems(world, 20, after=10)
    delivers_all(world)
    (result,) = world.assess(practices=("problem",)).practices
    assert len(result.indicators) == 14
