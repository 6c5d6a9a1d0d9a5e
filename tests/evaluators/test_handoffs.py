from __future__ import annotations

from dataclasses import replace
from datetime import date

from evaluators.handoffs import HandOff, hand_offs
from tests.evaluators.world import EVERYTHING_COUNTS, World

MAPPED = replace(EVERYTHING_COUNTS, departments={"Net*": "Platform", "Desk": "Users", "Apps": "Software"})
TODAY = date(2026, 6, 15)


def pass_on(world: World, *steps: tuple[str, str], taken: str | None = None) -> None:
    name = world.incident()
    world.changes(
        name, "assignment_group", [(f"2026-06-01 {at}", group, "person:ann") for at, group in steps]
    )
    if taken is not None:
        world.changes(name, "assignee", [(f"2026-06-01 {taken}", "person:bob", "person:bob")])


def found(world: World) -> tuple[HandOff, ...]:
    return hand_offs(world.stored(MAPPED), MAPPED, TODAY)


def test_a_change_of_group_within_a_department_is_no_hand_off(world: World) -> None:
    pass_on(world, ("09:00", "Net 1"), ("10:00", "Net 2"))
    assert found(world) == ()


def test_hand_offs_are_counted_by_pair_with_the_time_until_somebody_takes_them(world: World) -> None:
    pass_on(world, ("09:00", "Desk"), ("10:00", "Net 1"), taken="11:00")
    pass_on(world, ("09:00", "Desk"), ("10:00", "Net 2"), taken="13:00")
    pass_on(world, ("09:00", "Desk"), ("10:00", "Apps"))
    assert found(world) == (
        HandOff("Users", "Platform", 2, 7200.0, 0.0),
        HandOff("Users", "Software", 1, None, 0.0),
    )


def test_a_person_named_in_the_hand_over_itself_says_nothing_of_waiting(world: World) -> None:
    pass_on(world, ("09:00", "Desk"), ("10:00", "Net 1"), taken="10:00")
    assert found(world) == (HandOff("Users", "Platform", 1, None, 0.0),)
    pass_on(world, ("09:00", "Desk"), ("10:00", "Net 1"), taken="11:00")
    assert found(world) == (HandOff("Users", "Platform", 2, 3600.0, 0.0),)


def test_work_that_comes_straight_back_has_bounced(world: World) -> None:
    pass_on(world, ("09:00", "Desk"), ("10:00", "Net 1"), ("11:00", "Desk"))
    pass_on(world, ("09:00", "Desk"), ("10:00", "Net 1"), ("11:00", "Apps"))
    shares = {(each.sender, each.receiver): each.bounced for each in found(world)}
    assert shares["Users", "Platform"] == 0.5
    assert shares["Platform", "Users"] == 0.0


def test_groups_without_a_department_hand_nothing_over(world: World) -> None:
    pass_on(world, ("09:00", "Desk"), ("10:00", "Elsewhere"))
    assert found(world) == ()
