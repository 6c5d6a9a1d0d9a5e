from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from evaluators.results import Measurement, State
from tests.evaluators.world import World, entry, share

DEPARTMENTS = Policy(departments={"Small*": "Works"}, exclusions=Exclusions(enabled=False))


def volume(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    measure = {"family": "conforming_volume", "of": of, **more}
    return entry(measure, window={"days": 90, "of": "resolved_on"}, unit="% of volume")


NOT_REOPENED = volume(share("reopen_count = 0"))
REOPENED = volume(share("reopen_count >= 1"), better="down")
SPEED = "inc-team-resolution-consistency"


def team(world: World, name: str | None, good: int, bad: int) -> None:
    world.incidents(good, assignment_group=name, reopen_count=0)
    world.incidents(bad, assignment_group=name, reopen_count=1)


def found(world: World, policy: Policy | None = None) -> Measurement:
    result = world.measure(NOT_REOPENED, policy) if policy else world.measure(NOT_REOPENED)
    return result.measurement


def test_a_team_is_held_against_the_usual_value_of_the_volume(world: World) -> None:
    # Pooled 85 %, weighted median 90 %: r - 10 = 80. C's upper bound is 75.9: above 75, below 80.
    team(world, "A", 360, 40)
    team(world, "B", 180, 20)
    team(world, "C", 140, 60)
    measured = found(world)
    assert (measured.numerator, measured.denominator, measured.value) == (600, 800, 75.0)
    assert measured.groups == (("C", 70.0, 200),)
    assert measured.aggregates == (("conforming", 600), ("tested", 800), ("all", 800))


def test_a_team_is_held_against_the_pooled_value_where_that_is_better(world: World) -> None:
    # Weighted median 60 %, pooled 77.8 %: r - 10 = 67.8, and A's upper bound is 64.2.
    team(world, "A", 300, 200)
    team(world, "B", 200, 0)
    team(world, "C", 200, 0)
    assert found(world).value == pytest.approx(100 * 400 / 900)


def test_a_better_team_is_never_punished(world: World) -> None:
    team(world, "A", 140, 60)
    team(world, "B", 140, 60)
    team(world, "C", 200, 0)
    assert found(world).value == 100.0


def test_where_less_is_better_the_lower_bound_counts(world: World) -> None:
    # Reopened: A and B 10 %, C 30 %; r = min(pooled 15, median 10) + 10 = 20, C's lower bound is 24.1.
    team(world, "A", 360, 40)
    team(world, "B", 180, 20)
    team(world, "C", 140, 60)
    assert world.measure(REOPENED).measurement.value == 75.0


def test_small_teams_are_tested_together_as_their_department(world: World) -> None:
    team(world, "A", 200, 0)
    team(world, "B", 200, 0)
    team(world, "Small 1", 10, 10)
    team(world, "Small 2", 10, 10)
    measured = found(world, DEPARTMENTS)
    assert (measured.numerator, measured.denominator) == (400, 440)
    assert measured.groups == (("Works (small teams)", 50.0, 40),)


def test_small_teams_without_a_department_are_not_tested(world: World) -> None:
    for name in "ABC":
        team(world, name, 200, 0)
    team(world, "Small 1", 0, 20)
    team(world, "Small 2", 0, 20)
    assert (found(world).denominator, found(world).value) == (600, 100.0)


def test_a_department_that_stays_below_30_is_not_tested(world: World) -> None:
    for name in "ABC":
        team(world, name, 200, 0)
    team(world, "Small 1", 0, 20)
    team(world, "Small 2", 0, 9)
    assert found(world, DEPARTMENTS).denominator == 600
    team(world, "Small 2", 0, 1)
    assert found(world, DEPARTMENTS).denominator == 630


def test_two_teams_are_too_few_to_compare(world: World) -> None:
    team(world, "A", 200, 0)
    team(world, "B", 200, 0)
    team(world, "C", 29, 0)
    assert found(world).state is State.INSUFFICIENT_SAMPLE


def test_an_entry_may_ask_for_more_teams(world: World) -> None:
    for name in "ABC":
        team(world, name, 200, 0)
    assert world.measure(NOT_REOPENED | {"minimum_sample": 4}).measurement.state is State.INSUFFICIENT_SAMPLE
    team(world, "D", 200, 0)
    assert world.measure(NOT_REOPENED | {"minimum_sample": 4}).measurement.state is State.MEASURED


@pytest.mark.parametrize(("without_team", "state"), [(200, State.MEASURED), (201, State.INSUFFICIENT_SAMPLE)])
def test_tested_teams_hold_60_percent_of_all_volume(world: World, without_team: int, state: State) -> None:
    for name in "ABC":
        team(world, name, 100, 0)
    team(world, None, without_team, 0)
    assert found(world).state is state


def test_records_without_a_team_are_in_the_pooled_value(world: World) -> None:
    # With the 300 good ones without team 80 % is pooled, r - 10 = 70; without them the median 72 % gives 62.
    for name in "ABCD":
        team(world, name, 90, 35)
    team(world, None, 300, 0)
    team(world, "E", 60, 40)
    # E's upper bound is 69.1.
    measured = found(world)
    assert (measured.numerator, measured.denominator) == (500, 600)


@pytest.mark.parametrize(("precise", "state"), [(120, State.MEASURED), (119, State.INSUFFICIENT_SAMPLE)])
def test_at_most_40_percent_of_the_volume_may_be_too_uncertain(
    world: World, precise: int, state: State
) -> None:
    # At 20 of 40 the interval is +-15 points wide, at 120 of 120 +-1.5.
    team(world, "A", precise, 0)
    team(world, "B", 20, 20)
    team(world, "C", 20, 20)
    assert found(world).state is state


def test_completeness_is_compared_by_the_mean_of_each_team(world: World) -> None:
    world.incidents(100, assignment_group="A")
    world.incidents(100, assignment_group="B")
    world.incidents(100, assignment_group="C", category=None, close_code=None, resolution_note_length=3)
    # C fills 4 of 6 items, 67 %; r = max(pooled 88.9, median 100).
    measured = world.measure("inc-team-record-consistency").measurement
    assert (measured.numerator, measured.denominator) == (200, 300)


# --- Speed ---


def speed(
    world: World, name: str | None, count: int, minutes: float, category: str = "Network", priority: int = 3
) -> None:
    world.incidents(
        count,
        assignment_group=name,
        lasting=timedelta(minutes=minutes),
        category=category,
        priority=priority,
    )


def fast_teams(world: World) -> None:
    for name in "AB":
        speed(world, name, 100, 120)


@pytest.mark.parametrize(("minutes", "conforming"), [(180, 240), (181, 200), (10, 240)])
def test_a_team_may_take_half_as_long_again_and_any_team_may_be_faster(
    world: World, minutes: int, conforming: int
) -> None:
    fast_teams(world)
    speed(world, "C", 40, minutes)
    measured = world.measure(SPEED).measurement
    assert (measured.numerator, measured.denominator) == (conforming, 240)


@pytest.mark.parametrize(("tolerable", "conforming"), [(13, 236), (12, 200)])
def test_the_lower_bound_of_the_median_decides(world: World, tolerable: int, conforming: int) -> None:
    # Erratum A14: for 36 records the 13th smallest, ceil(18 - 0.98 x 6).
    fast_teams(world)
    speed(world, "C", tolerable, 180)
    speed(world, "C", 36 - tolerable, 600)
    assert world.measure(SPEED).measurement.numerator == conforming


@pytest.mark.parametrize(("of_each", "conforming"), [(20, 240), (19, 200)])
def test_hard_work_is_compared_with_like_work_where_there_are_20_of_it(
    world: World, of_each: int, conforming: int
) -> None:
    # Strata below 20 records are compared with all of their priority.
    fast_teams(world)
    speed(world, "C", of_each, 480, category="SAP")
    speed(world, "C", of_each, 480, category="Mainframe")
    assert world.measure(SPEED).measurement.numerator == conforming


def test_priority_is_compared_with_all_where_it_is_rare(world: World) -> None:
    fast_teams(world)
    speed(world, "C", 19, 480, priority=1)
    speed(world, "C", 19, 480, priority=2)
    assert world.measure(SPEED).measurement.numerator == 200


def test_seconds_long_incidents_count_as_one_minute(world: World) -> None:
    fast_teams(world)
    for name in "CDE":
        speed(world, name, 100, 0)
    # Median of all is a minute, so A and B at 120 minutes fall behind.
    measured = world.measure(SPEED).measurement
    assert (measured.numerator, measured.denominator) == (300, 500)


def test_negative_durations_are_left_out(world: World) -> None:
    fast_teams(world)
    speed(world, "C", 40, 120)
    world.incidents(5, lasting=timedelta(minutes=-5), assignment_group="C")
    assert world.measure(SPEED).measurement.denominator == 240


def test_expected_durations_come_from_all_records_also_those_without_a_team(world: World) -> None:
    # With the 160 slow ones without team the median of all 400 is 180 minutes and C takes 1.33 of it, else 2.
    fast_teams(world)
    speed(world, "C", 40, 240)
    speed(world, None, 160, 240)
    assert world.measure(SPEED).measurement.numerator == 240
