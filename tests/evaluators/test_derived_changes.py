"""Derived columns of changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from evaluators.policy import Policy
from tests.evaluators.linked import CHANGE, change, item
from tests.evaluators.world import EVERYTHING_COUNTS, World, moment

START, END = moment(CHANGE["actual_start_at"]), moment(CHANGE["actual_end_at"])


def one(world: World, column: str, name: str, policy: Policy = EVERYTHING_COUNTS) -> Any:
    return world.column(column, policy, kind="change")[name]


def test_a_change_is_implemented_when_its_work_ends_else_when_it_is_closed(world: World) -> None:
    worked, closed = change(world), change(world, actual_end_at=None)
    going, cancelled = (
        change(world, actual_end_at=None, closed_at=None),
        change(world, disposition="cancelled"),
    )
    days = [one(world, "implemented_on", name) for name in (worked, closed, going, cancelled)]
    assert days == [date(2026, 5, 4), date(2026, 5, 5), None, None]


def test_what_was_not_carried_out_has_neither_succeeded_nor_failed(world: World) -> None:
    assert one(world, "succeeded", change(world, disposition="cancelled")) is None


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("Patch of a server", True),
        ("Normal", False),
        ("Normal change", False),
        ("EMERGENCY", False),
        ("Unauthorized", False),
        (None, False),
    ],
)
def test_a_model_named_like_a_type_is_none(world: World, model: str | None, named: bool) -> None:
    assert one(world, "named_model", change(world, model=model)) is named


def test_a_repair_is_an_emergency_on_the_same_item_after_the_change(world: World) -> None:
    repaired = change(world, ci_id="srv-1")
    before = change(world, ci_id="srv-2")
    elsewhere = change(world, ci_id=None)
    repair = {"type": "emergency", "actual_end_at": None, "closed_at": None}
    change(world, ci_id="srv-1", **repair, actual_start_at=None, opened_at=END + timedelta(hours=1))
    change(world, ci_id="srv-2", **repair, actual_start_at=END - timedelta(hours=1))
    change(world, ci_id=None, **repair, actual_start_at=END + timedelta(hours=1))
    assert [one(world, "succeeded", name) for name in (repaired, before, elsewhere)] == [False, True, True]


def test_an_emergency_change_does_not_repair_itself(world: World) -> None:
    assert one(world, "succeeded", change(world, type="emergency", actual_start_at=END)) is True


def test_an_item_without_history_was_there_since_the_opening(world: World) -> None:
    item(world, "srv-1")
    in_time = change(world, service_id=None)
    recorded_late = change(world, service_id=None, opened_at=START + timedelta(hours=1))
    moved = change(world, service_id=None)
    steps = [(START + timedelta(hours=1), "srv-1", "person:ann")]
    world.changes(moved, "ci_id", steps, kind="change", before="srv-2")
    known = [one(world, "impact_known_before_start", name) for name in (in_time, recorded_late, moved)]
    assert known == [True, False, True]


def test_windows_that_only_touch_do_not_collide(world: World) -> None:
    first = change(world)
    second = change(
        world, assignment_group="Mail", planned_start_at="2026-05-04 11:00", planned_end_at="2026-05-04 12:00"
    )
    assert [one(world, "collides", name) for name in (first, second)] == [False, False]


def test_without_item_or_window_nothing_is_said_of_collisions(world: World) -> None:
    assert one(world, "collides", change(world, ci_id=None)) is None
    assert one(world, "collides", change(world, planned_start_at=None)) is None


COUNTS = ("incidents_after", "incidents_before", "placebo_incidents_after", "placebo_incidents_before")


def around(world: World, name: str) -> list[int]:
    return [one(world, column, name) for column in COUNTS]


@pytest.mark.parametrize(
    ("weeks", "counts"),
    [
        (0, [1, 0, 0, 0]),
        (-1, [0, 1, 1, 0]),
        (-2, [0, 1, 0, 1]),
        (-4, [0, 1, 0, 1]),
        (-5, [0, 0, 0, 1]),
        (-6, [0, 0, 0, 0]),
        (1, [0, 0, 0, 0]),
    ],
)
def test_incidents_are_counted_in_the_same_48_hours_of_each_week(
    world: World, weeks: int, counts: list[int]
) -> None:
    name = change(world)
    begin = END + timedelta(weeks=weeks)
    world.incident(opened_at=begin - timedelta(seconds=1))
    world.incident(opened_at=begin + timedelta(hours=47, minutes=59))
    world.incident(opened_at=begin + timedelta(hours=48))
    assert around(world, name) == counts


def test_items_are_compared_where_the_change_names_one_else_services(world: World) -> None:
    on_item, on_service = change(world), change(world, ci_id=None)
    opened = END + timedelta(hours=1)
    world.incident(opened_at=opened, ci_id="srv-1", service_id=None)
    world.incident(opened_at=opened, ci_id="srv-2", service_id="mail")
    world.incident(opened_at=opened, ci_id="mail", service_id="mail")
    world.incident(opened_at=opened, ci_id="srv-1", service_id="mail", disposition="duplicate")
    assert one(world, "incidents_after", on_item) == 1
    assert one(world, "incidents_after", on_service) == 2
    assert one(world, "incidents_after", change(world, ci_id=None, service_id=None)) is None


def test_recorded_are_the_incidents_that_name_the_change(world: World) -> None:
    name = change(world)
    world.incidents(2, caused_by_change_id=name, ci_id="elsewhere")
    world.incident(caused_by_change_id=name, parent_id="INC1")
    assert one(world, "incidents_recorded", name) == 2
