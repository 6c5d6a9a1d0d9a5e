from __future__ import annotations

import pytest

from evaluators.results import State
from tests.evaluators.world import World, entry

PAUSED = entry(
    {"family": "total_ratio", "numerator": "paused_seconds", "denominator": "open_seconds"},
    minimum_sample=2,
    window={"days": 90, "of": "resolved_on"},
)


def opened_for(world: World, hours: int, paused: int, times: int = 1) -> None:
    for _ in range(times):
        name = world.incident(opened_at="2026-06-01 00:00", updated_at="2026-06-02 00:00")
        steps = [("2026-06-01 00:00", "On Hold", "person:ann")] if paused else []
        if hours > paused:
            steps.append((f"2026-06-01 {paused:02d}:00", "Work", "person:ann"))
        world.changes(name, "state", [*steps, (f"2026-06-01 {hours:02d}:00", "Closed", "person:ann")])


def test_totals_are_divided_not_shares_averaged(world: World) -> None:
    opened_for(world, hours=20, paused=5, times=10)
    opened_for(world, hours=2, paused=2, times=10)
    found = world.measure(PAUSED).measurement
    # 10 x (5 + 2) of 10 x (20 + 2) hours; the mean of the shares would be 62.5 %.
    assert found.value == pytest.approx(100 * 70 / 220)
    assert found.aggregates == (("numerator", 70 * 3600), ("denominator", 220 * 3600))
    assert found.low is not None
    assert found.high is not None
    assert found.low < 100 * 70 / 220 < found.high


def test_records_without_history_are_left_out(world: World) -> None:
    opened_for(world, hours=4, paused=1, times=3)
    world.incidents(5)
    assert world.measure(PAUSED).measurement.n == 3


def test_a_total_of_nothing_is_an_insufficient_sample(world: World) -> None:
    world.incidents(5)
    world.changes(world.incident(), "state", [("2026-06-01 09:00", "Closed", None)])
    world.changes(world.incident(), "state", [("2026-06-01 09:00", "Closed", None)])
    assert world.measure(PAUSED).measurement.state is State.INSUFFICIENT_SAMPLE
