from __future__ import annotations

from evaluators.policy import Exclusions, Policy
from evaluators.results import Measurement, State
from tests.evaluators.world import World

CONFORMANCE = "inc-priority-model-conformance"
DECLARED = Policy(priority_matrix={(1, 1): 1, (1, 2): 2, (2, 2): 3}, exclusions=Exclusions(enabled=False))


def cell(world: World, count: int, impact: int | None, urgency: int | None, priority: int | None) -> None:
    world.incidents(count, impact=impact, urgency=urgency, priority=priority)


def test_without_a_matrix_the_usual_priority_of_a_cell_is_the_rule(world: World) -> None:
    cell(world, 20, 1, 1, 1)
    cell(world, 5, 1, 1, 2)
    cell(world, 30, 2, 2, 3)
    cell(world, 10, 2, 2, 4)
    found = world.measure(CONFORMANCE).measurement
    assert (found.numerator, found.denominator) == (50, 65)


def test_a_declared_matrix_is_the_rule(world: World) -> None:
    cell(world, 20, 1, 1, 2)
    cell(world, 5, 1, 1, 1)
    cell(world, 30, 2, 2, 3)
    assert world.measure(CONFORMANCE, DECLARED).measurement.numerator == 35
    assert world.measure(CONFORMANCE).measurement.numerator == 50


def test_a_cell_that_the_matrix_leaves_out_follows_its_usual_priority(world: World) -> None:
    cell(world, 30, 1, 1, 1)
    cell(world, 20, 3, 3, 4)
    cell(world, 5, 3, 3, 5)
    assert world.measure(CONFORMANCE, DECLARED).measurement.numerator == 50


def test_records_without_impact_or_urgency_are_not_judged(world: World) -> None:
    cell(world, 30, 1, 1, 1)
    cell(world, 25, 2, 2, 3)
    cell(world, 9, None, 2, 3)
    cell(world, 9, 2, None, 3)
    assert world.measure(CONFORMANCE).measurement.denominator == 55


def test_a_record_without_priority_counts_against_the_rule(world: World) -> None:
    cell(world, 30, 1, 1, 1)
    cell(world, 25, 2, 2, 3)
    cell(world, 5, 2, 2, None)
    cell(world, 3, 3, 3, None)
    found = world.measure(CONFORMANCE).measurement
    assert (found.numerator, found.denominator) == (55, 63)
    assert world.measure(CONFORMANCE, DECLARED).measurement.numerator == 55


def dominated(world: World, most: int, others: int) -> tuple[Measurement, float | None]:
    cell(world, most, 2, 2, 3)
    cell(world, others, 1, 1, 1)
    result = world.measure(CONFORMANCE)
    assert result.measurement.value == 100
    return result.measurement, result.achievement


def test_one_priority_on_exactly_90_percent_still_discriminates(world: World) -> None:
    found, achievement = dominated(world, 90, 10)
    assert (found.cap, achievement) == (1.0, 1.0)


def test_one_priority_on_more_than_90_percent_caps_the_achievement_at_half(world: World) -> None:
    found, achievement = dominated(world, 91, 10)
    assert (found.cap, achievement) == (0.5, 0.5)
    assert "capped at 50 %" in found.reason


def test_the_cap_does_not_lift_what_is_below(world: World) -> None:
    # 95 of 100 have priority 3, yet 22 of them should be 1: 78 % follow, and (78 - 70)/28 is 29 %.
    cell(world, 73, 2, 2, 3)
    cell(world, 22, 1, 1, 3)
    cell(world, 5, 1, 1, 1)
    assert world.measure(CONFORMANCE, DECLARED).achievement == round(8 / 28, 9)


def test_the_groups_that_deviate_are_named(world: World) -> None:
    world.incidents(40, impact=2, urgency=2, priority=3, assignment_group="Desk")
    world.incidents(20, impact=1, urgency=1, priority=1, assignment_group="Desk")
    world.incidents(4, impact=2, urgency=2, priority=1, assignment_group="Mail")
    assert world.measure(CONFORMANCE).measurement.groups == (("Mail", 100.0, 4),)


def test_fewer_than_50_judged_records_are_not_rated(world: World) -> None:
    cell(world, 49, 1, 1, 1)
    cell(world, 20, None, None, 1)
    assert world.measure(CONFORMANCE).measurement.state is State.INSUFFICIENT_SAMPLE
