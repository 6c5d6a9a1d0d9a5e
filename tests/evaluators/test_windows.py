from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from evaluators.policy import Cohort, Exclusions, Policy
from evaluators.windows import Window
from storage.records import KINDS
from tests.evaluators.world import World, entry, share

MONDAY = date(2026, 6, 15)
COHORT = Policy(cohort=Cohort(date(2026, 3, 1), date(2026, 5, 18)), exclusions=Exclusions(enabled=False))


def bounds(as_of: date = MONDAY, policy: Policy | None = None, **length: Any) -> tuple[date, date]:
    return Window(of="opened_on", **length).bounds(as_of, policy or Policy())


def test_days_end_with_the_day_before_the_assessment() -> None:
    assert bounds(days=30) == (date(2026, 5, 16), MONDAY)


def test_days_may_end_earlier_so_that_records_had_time_to_finish() -> None:
    # (T-120 d, T-30 d]
    assert bounds(days=90, ending_days_ago=30) == (date(2026, 2, 15), date(2026, 5, 16))


@pytest.mark.parametrize("as_of", [MONDAY, date(2026, 6, 16), date(2026, 6, 21)])
def test_weeks_are_complete_and_end_with_a_sunday(as_of: date) -> None:
    assert bounds(as_of, weeks=52) == (date(2025, 6, 16), MONDAY)


@pytest.mark.parametrize(
    ("as_of", "first", "until"),
    [
        (date(2026, 6, 15), date(2024, 6, 1), date(2026, 6, 1)),
        (date(2026, 6, 1), date(2024, 6, 1), date(2026, 6, 1)),
        (date(2026, 1, 31), date(2024, 1, 1), date(2026, 1, 1)),
        (date(2026, 12, 31), date(2024, 12, 1), date(2026, 12, 1)),
    ],
)
def test_months_are_complete(as_of: date, first: date, until: date) -> None:
    assert bounds(as_of, months=24) == (first, until)


def test_months_across_a_leap_day_are_months() -> None:
    assert bounds(date(2024, 3, 15), months=1) == (date(2024, 2, 1), date(2024, 3, 1))


def test_a_small_organisation_may_lengthen_the_90_days() -> None:
    assert bounds(policy=Policy(window_days=180), days=90) == (date(2025, 12, 17), MONDAY)


@pytest.mark.parametrize("length", [{"days": 180}, {"weeks": 52}, {"months": 24}])
def test_other_windows_keep_their_length(length: dict[str, Any]) -> None:
    assert bounds(policy=Policy(window_days=45), **length) == bounds(**length)


def test_the_cohort_of_completion_keeps_its_length() -> None:
    policy = Policy(window_days=180)
    assert bounds(policy=policy, days=90, ending_days_ago=30) == bounds(days=90, ending_days_ago=30)


@pytest.mark.parametrize("length", [{"days": 90}, {"weeks": 52}, {"months": 24}])
def test_a_fixed_cohort_replaces_every_window(length: dict[str, Any]) -> None:
    assert bounds(policy=COHORT, **length) == (date(2026, 3, 1), date(2026, 5, 18))


def test_a_cohort_holds_what_was_opened_in_it_whenever_it_was_resolved(world: World) -> None:
    # Erratum A1 and A5: outcomes are read to the end of the log.
    world.incident(opened_at="2026-03-01 00:00")
    world.incident(opened_at="2026-05-17 23:59", resolved_at="2026-06-30 09:00")
    world.incident(opened_at="2026-05-17 23:59", resolved_at=None)
    world.incident(opened_at="2026-05-18 00:00")
    world.incident(opened_at="2026-02-28 23:59", resolved_at="2026-03-02 09:00")
    by_resolution = entry(share("priority = 3"), window={"days": 90, "of": "resolved_on"})
    assert world.measure(by_resolution, COHORT).measurement.denominator == 2
    assert world.measure(entry(share("priority = 3")), COHORT).measurement.denominator == 3


def test_nothing_in_a_cohort_is_too_young_to_be_judged(world: World) -> None:
    world.incidents(30, opened_at="2026-05-15 17:00", resolved_at=None)
    found = world.measure("inc-response-within-target", COHORT, date(2026, 5, 16))
    assert found.measurement.denominator == 30


@pytest.mark.parametrize(
    "length", [{}, {"days": 90, "weeks": 2}, {"days": 0}, {"days": 9, "ending_days_ago": -1}]
)
def test_a_window_has_one_positive_length(length: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Window(of="opened_on", **length)


@pytest.mark.parametrize("column", ["opened_at", "priority", "openedon"])
def test_a_window_needs_a_date_column(column: str) -> None:
    problems = Window(of=column, days=90).problems(KINDS["incident"])
    start = f"window of: '{column}' is not a date column of incident; choose from opened_on, resolved_on"
    assert [problem.startswith(start) for problem in problems] == [True]
