from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from evaluators.policy import Policy
from evaluators.results import State
from tests.evaluators.world import EVERYTHING_COUNTS, World, entry, share

RESOLVED_IN_WINDOW = {"window": {"days": 90, "of": "resolved_on"}}


def wilson_by_hand(successes: int, n: int) -> tuple[float, float]:
    """Section 5.3 P, in percent."""
    z, p = 1.959964, successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return 100 * (centre - reach), 100 * (centre + reach)


def test_the_window_holds_its_first_day_and_not_the_day_of_the_assessment(world: World) -> None:
    # W90 before 2026-06-15 starts on 2026-03-17.
    world.incident(opened_at="2026-03-16 23:59")
    world.incident(opened_at="2026-03-17 00:00")
    world.incident(opened_at="2026-06-14 23:59")
    world.incident(opened_at="2026-06-15 00:00")
    result = world.measure(entry(share("priority = 3")))
    assert result.measurement.denominator == 2
    assert result.window == (date(2026, 3, 17), date(2026, 6, 15))


def test_days_are_those_of_the_zone(world: World) -> None:
    # 23:30 UTC is 00:30 of the next day in Paris in March, and so is 22:30 UTC in June.
    policy = Policy(time_zone="Europe/Paris", exclusions=EVERYTHING_COUNTS.exclusions)
    world.incident(opened_at="2026-03-16 23:30")
    world.incident(opened_at="2026-06-14 22:30")
    counted = world.measure(entry(share("priority = 3")), policy)
    assert counted.measurement.denominator == 1


def test_the_value_is_what_fulfils_the_numerator_among_what_the_denominator_picks(world: World) -> None:
    world.incidents(30, channel="phone", reopen_count=0)
    world.incidents(10, channel="phone", reopen_count=2)
    world.incidents(60, channel="monitoring", reopen_count=2)
    found = world.measure(entry(share("reopen_count = 0", "channel = 'phone'"))).measurement
    low, high = wilson_by_hand(30, 40)
    assert (found.numerator, found.denominator, found.n, found.value) == (30, 40, 40, 75.0)
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)
    assert found.aggregates == (("numerator", 30), ("denominator", 40))


def test_an_empty_column_does_not_fulfil_the_numerator_but_counts(world: World) -> None:
    world.incidents(9, category="Network")
    world.incidents(3, category=None)
    assert world.measure(entry(share("category = 'Network'"))).measurement.value == 75.0
    assert world.measure(entry(share("category <> 'Mail'"))).measurement.value == 75.0


def test_a_record_is_judged_only_when_its_target_has_passed(world: World) -> None:
    # P3 has eight business hours (08-18): opened on Friday 12 June 13:00, due on Monday 15 June 11:00.
    world.incidents(30, opened_at="2026-06-01 09:00", acknowledged_at="2026-06-01 10:00")
    world.incident(opened_at="2026-06-12 13:00", resolved_at=None)
    world.incident(opened_at="2026-06-12 09:59", resolved_at=None)
    found = world.measure("inc-response-within-target").measurement
    # Opened on Friday at 09:59 it was due on Friday at 17:59 and still waits: it counts against.
    assert (found.numerator, found.denominator) == (30, 31)


def test_maturity_is_judged_by_midnight_of_the_zone(world: World) -> None:
    # The assessment's day starts in New York at 04:00 UTC; hours 00-24 there, P1 has 30 minutes.
    from evaluators.policy import Calendar

    around_the_clock = Calendar(dict.fromkeys(range(7), (0, 86_400)))
    policy = Policy(
        time_zone="America/New_York",
        calendar=around_the_clock,
        exclusions=EVERYTHING_COUNTS.exclusions,
    )
    world.incidents(30, opened_at="2026-06-01 15:00", acknowledged_at="2026-06-01 15:10", priority=1)
    world.incident(opened_at="2026-06-15 03:20", resolved_at=None, priority=1)
    world.incident(opened_at="2026-06-15 03:40", resolved_at=None, priority=1)
    found = world.measure("inc-response-within-target", policy).measurement
    assert (found.numerator, found.denominator) == (30, 31)


def test_backlog_counts_against_completion(world: World) -> None:
    # Cohort (T-120 d, T-30 d]: opened in [2026-02-15, 2026-05-16).
    world.incidents(27, opened_at="2026-04-01 09:00")
    world.incidents(2, opened_at="2026-04-01 09:00", resolved_at=None)
    world.incident(opened_at="2026-04-01 09:00", lasting=timedelta(days=30, seconds=1))
    world.incident(opened_at="2026-04-01 09:00", lasting=timedelta(days=30))
    world.incidents(5, opened_at="2026-05-16 00:00")
    world.incidents(5, opened_at="2026-02-14 23:00")
    found = world.measure("inc-resolved-within-30-days").measurement
    assert (found.numerator, found.denominator) == (28, 31)


@pytest.mark.parametrize(("records", "state"), [(29, State.INSUFFICIENT_SAMPLE), (30, State.MEASURED)])
def test_fewer_records_than_the_minimum_sample_are_not_rated(
    world: World, records: int, state: State
) -> None:
    world.incidents(records)
    result = world.measure(entry(share("priority = 3"), minimum_sample=30))
    assert result.measurement.state is state
    assert (result.achievement is None) is (state is not State.MEASURED)


def test_an_interval_wider_than_30_points_either_side_is_not_rated(world: World) -> None:
    # 3 of 6: Wilson 18.8 … 81.2, half-width 31.2.
    low, high = wilson_by_hand(3, 6)
    assert (high - low) / 2 > 30
    world.incidents(3, priority=1)
    world.incidents(3, priority=2)
    result = world.measure(entry(share("priority = 1")))
    assert result.measurement.state is State.INSUFFICIENT_SAMPLE
    assert result.achievement is None
    assert "±31 points" in result.measurement.reason


@pytest.mark.parametrize(("half", "low_precision"), [(4, True), (12, True), (13, False)])
def test_an_interval_between_18_and_30_points_is_rated_with_low_precision(
    world: World, half: int, low_precision: bool
) -> None:
    # Half-widths of n/2 of n: 28.5 at 8, 18.6 at 24, 17.9 at 26.
    low, high = wilson_by_hand(half, 2 * half)
    assert ((high - low) / 2 > 18) is low_precision
    world.incidents(half, priority=1)
    world.incidents(half, priority=2)
    result = world.measure(entry(share("priority = 1")))
    assert result.measurement.state is State.MEASURED
    assert result.achievement == 0.5
    assert result.measurement.low_precision is low_precision


def test_the_sample_names_five_records_that_count_against_it_newest_first(world: World) -> None:
    world.incidents(40, opened_at="2026-06-10 09:00")
    days = (2, 9, 5, 7, 3, 4)
    for day in days:
        world.incident(id=f"INC-{day}", opened_at=f"2026-06-{day:02d} 09:00", ci_id=None)
    found = world.measure(entry(share("ci_id IS NOT NULL"))).measurement
    assert found.sample == ("INC-9", "INC-7", "INC-5", "INC-4", "INC-3")


def test_where_less_is_better_the_sample_names_what_fulfils_the_numerator(world: World) -> None:
    world.incidents(40, reopen_count=0)
    world.incident(id="REOPENED", reopen_count=1)
    rule = entry(share("reopen_count >= 1"), anchors=anchors(20, 0))
    assert world.measure(rule).measurement.sample == ("REOPENED",)


def anchors(zero: float, full: float) -> dict[str, object]:
    return {"zero": zero, "full": full, "origin": "a test", "expert_default": True}


def test_the_groups_with_most_records_against_it_come_first(world: World) -> None:
    for group, good, bad in (("Mail", 10, 1), ("Unix", 30, 10), ("Desk", 0, 2), ("Web", 5, 0), (None, 1, 3)):
        world.incidents(good, assignment_group=group, reopen_count=0)
        world.incidents(bad, assignment_group=group, reopen_count=1)
    found = world.measure(entry(share("reopen_count = 0"))).measurement
    assert found.groups == (("Unix", 25.0, 40), ("(no group)", 75.0, 4), ("Desk", 100.0, 2))


def test_a_column_that_is_optional_is_done_without(world: World) -> None:
    world.incidents(30, reassignment_count=0, channel=None)
    world.incidents(30, reassignment_count=1, channel=None)
    world.lacks("channel")
    assert world.measure("inc-first-assignment-resolution").measurement.value == 50.0


def test_first_assignment_looks_at_what_people_report_alone(world: World) -> None:
    world.incidents(30)
    world.incidents(8, reassignment_count=1)
    world.incidents(2, reopen_count=1)
    world.incidents(50, channel="monitoring", reassignment_count=3)
    world.incidents(7, channel=None)
    found = world.measure("inc-first-assignment-resolution").measurement
    assert (found.numerator, found.denominator) == (37, 47)


def test_the_query_that_was_asked_goes_with_the_number(world: World) -> None:
    world.incidents(30)
    result = world.measure(entry(share("priority = 3")))
    rows = world.store.query(result.query)
    assert sum(rows.column("denominator").to_pylist()) == 30


def test_achievement_is_read_off_the_anchors(world: World) -> None:
    # 70 -> 97: 27 points are all of it; 93 of 100 are (93 - 70)/27.
    world.incidents(93, opened_at="2026-04-01 09:00")
    world.incidents(7, opened_at="2026-04-01 09:00", resolved_at=None)
    assert world.measure("inc-resolved-within-30-days").achievement == round(23 / 27, 9)
