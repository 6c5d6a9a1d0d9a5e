from __future__ import annotations

from typing import Any

import pytest

from evaluators.results import Measurement, State
from tests.evaluators.world import World, entry

ATTAINMENT = "inc-sla-attainment"


def stratum(world: World, priority: int | None, met: int, missed: int) -> None:
    world.incidents(met, priority=priority, made_sla=True)
    world.incidents(missed, priority=priority, made_sla=False)


def found(world: World) -> Measurement:
    return world.measure(ATTAINMENT).measurement


def test_urgent_priorities_weigh_more_per_stratum_not_per_record(world: World) -> None:
    stratum(world, 1, 5, 15)
    stratum(world, 2, 10, 10)
    stratum(world, 3, 60, 40)
    stratum(world, 4, 360, 40)
    # (4 x 25 + 3 x 50 + 2 x 60 + 1 x 90) / 10
    assert found(world).value == pytest.approx(46.0)


def test_strata_with_fewer_than_ten_records_are_dropped_with_their_weight(world: World) -> None:
    stratum(world, 1, 0, 9)
    stratum(world, 2, 10, 0)
    stratum(world, 3, 10, 10)
    # (3 x 100 + 2 x 50) / 5
    assert found(world).value == pytest.approx(80.0)


def test_a_stratum_counts_from_ten_records_on(world: World) -> None:
    stratum(world, 1, 0, 10)
    stratum(world, 3, 20, 0)
    # (4 x 0 + 2 x 100) / 6
    assert found(world).value == pytest.approx(100 / 3)


def test_priorities_4_and_5_are_one_stratum(world: World) -> None:
    stratum(world, 3, 20, 0)
    stratum(world, 4, 3, 3)
    stratum(world, 5, 3, 3)
    # (2 x 100 + 1 x 50) / 3
    assert found(world).value == pytest.approx(250 / 3)


def test_records_without_a_promise_or_priority_are_not_judged(world: World) -> None:
    stratum(world, 3, 30, 0)
    world.incidents(20, priority=3)
    stratum(world, None, 0, 20)
    assert (found(world).value, found(world).n) == (100.0, 30)


def test_the_stored_sums_give_the_value_again(world: World) -> None:
    stratum(world, 1, 5, 15)
    stratum(world, 3, 60, 40)
    measured = found(world)
    sums = dict(measured.aggregates)
    strata = {1: 4, 2: 3, 3: 2, 4: 1}
    counted = {key: w for key, w in strata.items() if sums[f"priority {key} records"] >= 10}
    weighted = sum(
        w * sums[f"priority {k} fulfilled"] / sums[f"priority {k} records"] for k, w in counted.items()
    )
    assert measured.value == pytest.approx(100 * weighted / sum(counted.values()))


def test_all_strata_too_small_is_an_insufficient_sample(world: World) -> None:
    for priority in (1, 2, 3, 4):
        stratum(world, priority, 9, 0)
    assert found(world).state is State.INSUFFICIENT_SAMPLE


def test_too_few_records_are_an_insufficient_sample(world: World) -> None:
    stratum(world, 3, 29, 0)
    assert found(world).state is State.INSUFFICIENT_SAMPLE


def test_breached_records_are_the_sample_and_their_groups_the_worst(world: World) -> None:
    stratum(world, 3, 40, 0)
    world.incident(id="LATE", priority=3, made_sla=False, assignment_group="Mail")
    assert found(world).sample == ("LATE",)
    assert found(world).groups == (("Mail", 100.0, 1),)


def test_an_empty_numerator_counts_against_and_is_in_the_sample(world: World) -> None:
    measure: dict[str, Any] = {
        "family": "stratified_share",
        "numerator": "category = 'Network'",
        "denominator": "opened_at IS NOT NULL",
        "stratum": "priority",
        "weights": {1: 2, 3: 1},
    }
    world.incidents(30, priority=3)
    world.incident(id="BLANK", priority=3, category=None)
    result = world.measure(entry(measure)).measurement
    assert result.value == pytest.approx(100 * 30 / 31)
    assert result.sample == ("BLANK",)


def test_the_interval_holds_the_value(world: World) -> None:
    stratum(world, 1, 30, 10)
    stratum(world, 3, 60, 40)
    measured = found(world)
    assert measured.value == pytest.approx((4 * 75 + 2 * 60) / 6)
    assert measured.low is not None
    assert measured.high is not None
    assert measured.low < 70 < measured.high
    # P1 alone moves the value by 2/3 of its own +-13 points.
    assert 7 < (measured.high - measured.low) / 2 < 13
