from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from evaluators.results import Measurement, State
from tests.evaluators.world import TODAY, World

CONTROL = "inc-resolution-in-control"
FIRST = date(2025, 6, 16)
"""Monday of the first of the 52 weeks before 2026-06-15."""
CALM = [120, 132] * 13
"""Minutes by week. Centre of the logs sqrt(1.1) x 120 = 125.9, sigma ln(1.1)/0.954, limit 169.8 minutes."""


def weeks(world: World, minutes: Sequence[float], first: date = FIRST, records: int = 10) -> None:
    for number, length in enumerate(minutes):
        monday = first + timedelta(weeks=number)
        world.incidents(records, opened_at=f"{monday} 09:00", lasting=timedelta(minutes=length))


def judged(world: World, second_half: Sequence[float]) -> Measurement:
    assert len(second_half) == 26
    weeks(world, [*CALM, *second_half])
    found = world.measure(CONTROL).measurement
    assert found.state is State.MEASURED
    return found


def test_weeks_like_those_before_are_in_control(world: World) -> None:
    found = judged(world, [120, 132] * 13)
    assert (found.value, found.n, found.n_unit) == (100.0, 52, "weeks")
    assert found.series[0][0] == "2025-W25"
    assert found.series[-1][0] == "2026-W24"
    assert {count for _, _, count in found.series} == {10}


def test_weeks_beyond_three_sigma_are_bad(world: World) -> None:
    found = judged(world, [120] * 22 + [169, 170, 120, 171])
    assert (found.numerator, found.denominator) == (24, 26)


def test_faster_weeks_are_never_bad(world: World) -> None:
    assert judged(world, [30] * 13 + [10] * 13).value == 100.0


def test_steady_improvement_is_in_control(world: World) -> None:
    assert judged(world, [120 - 2 * week for week in range(26)]).value == 100.0


@pytest.mark.parametrize(("run", "good"), [(7, 26), (8, 18)])
def test_all_weeks_of_a_run_of_eight_above_the_centre_are_bad(world: World, run: int, good: int) -> None:
    found = judged(world, [120] * 5 + [130] * run + [120] * (21 - run))
    assert found.numerator == good


def test_runs_start_within_the_judged_half(world: World) -> None:
    # Week 26 of the first half is above the centre too: seven more make no run of eight.
    assert judged(world, [130] * 7 + [120] * 19).value == 100.0


def test_the_same_case_mix_is_compared(world: World) -> None:
    # Later weeks hold harder work, which takes four times as long and varies as much.
    weeks(world, CALM)
    for number in range(26, 52):
        monday, length = FIRST + timedelta(weeks=number), timedelta(minutes=4 * CALM[number - 26])
        world.incidents(10, opened_at=f"{monday} 09:00", lasting=length, category="SAP")
    assert world.measure(CONTROL).measurement.value == 100.0


@pytest.mark.parametrize(("number", "state"), [(25, State.INSUFFICIENT_SAMPLE), (26, State.MEASURED)])
def test_fewer_than_26_weeks_are_not_rated(world: World, number: int, state: State) -> None:
    weeks(world, [120, 132] * 13, first=TODAY - timedelta(weeks=number))
    found = world.measure(CONTROL).measurement
    assert (found.state, found.n) == (state, number)


def test_short_weeks_merge_with_the_next(world: World) -> None:
    # 52 weeks of 5 records make 26 of 10.
    weeks(world, [120, 120, 132, 132] * 13, records=5)
    found = world.measure(CONTROL).measurement
    assert (found.state, found.n) == (State.MEASURED, 26)


def test_the_week_that_is_not_over_is_left_out(world: World) -> None:
    weeks(world, [*CALM, *CALM])
    world.incidents(10, opened_at="2026-06-15 09:00", lasting=timedelta(hours=50))
    found = world.measure(CONTROL, as_of=date(2026, 6, 18)).measurement
    assert (found.value, found.n) == (100.0, 52)


def test_a_first_half_without_any_variation_says_nothing(world: World) -> None:
    weeks(world, [120] * 52)
    assert world.measure(CONTROL).measurement.state is State.INSUFFICIENT_SAMPLE


def test_a_wide_interval_does_not_keep_it_from_being_rated(world: World) -> None:
    found = judged(world, [120, 132] * 8 + [180] * 10)
    assert found.low is not None
    assert not found.low_precision
