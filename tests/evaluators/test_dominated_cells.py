from __future__ import annotations

from evaluators.results import Measurement, State
from tests.evaluators.world import World

DEPENDENCE = "inc-single-person-dependence"


def cell(world: World, group: str | None, category: str | None, **people: int) -> None:
    """Incidents of one group and category by number per person."""
    for person, count in people.items():
        world.incidents(count, assignment_group=group, category=category, resolver=f"person:{person}")


def found(world: World) -> Measurement:
    return world.measure(DEPENDENCE).measurement


def shared_work(world: World, records: int = 100) -> None:
    cell(world, "Desk", "Access", ann=records // 2, bob=records - records // 2)


def test_a_cell_with_exactly_80_percent_by_one_person_is_shared_work(world: World) -> None:
    shared_work(world)
    cell(world, "Mail", "Mail", ann=80, bob=20)
    assert (found(world).numerator, found(world).denominator) == (0, 200)


def test_a_cell_with_more_than_80_percent_by_one_person_hangs_on_that_person(world: World) -> None:
    shared_work(world)
    cell(world, "Mail", "Mail", ann=81, bob=19)
    measured = found(world)
    assert (measured.numerator, measured.denominator, measured.value) == (100, 200, 50.0)
    assert measured.reason == "1 of 2 cells hang on one person"
    assert measured.groups == (("Mail / Mail", 100.0, 100),)


def test_a_cell_is_group_and_category_together(world: World) -> None:
    shared_work(world)
    cell(world, "Mail", "Mail", ann=15)
    cell(world, "Mail", "Calendar", bob=15)
    assert (found(world).numerator, found(world).denominator) == (30, 130)


def test_cells_below_ten_records_are_not_tested(world: World) -> None:
    shared_work(world)
    cell(world, "Mail", "Mail", ann=9)
    assert found(world).denominator == 100
    cell(world, "Mail", "Mail", ann=1)
    assert (found(world).numerator, found(world).denominator) == (10, 110)


def test_records_without_group_category_or_person_are_left_out(world: World) -> None:
    shared_work(world)
    cell(world, None, "Mail", ann=20)
    cell(world, "Mail", None, ann=20)
    world.incidents(20, assignment_group="Mail", category="Mail", resolver=None)
    assert (found(world).numerator, found(world).denominator) == (0, 100)


def test_what_automation_resolves_does_not_count(world: World) -> None:
    shared_work(world)
    cell(world, "Mail", "Mail", ann=9)
    world.incidents(50, assignment_group="Mail", category="Mail", resolver="automation:robot")
    assert (found(world).numerator, found(world).denominator) == (0, 100)


def test_the_sample_holds_records_of_the_largest_dominated_cell(world: World) -> None:
    shared_work(world)
    cell(world, "Mail", "Mail", ann=12)
    world.incidents(
        3, opened_at="2026-06-10 09:00", assignment_group="Mail", category="Mail", resolver="automation:x"
    )
    sample = found(world).sample
    rows = world.store.query("SELECT id, assignment_group, resolver FROM incident").to_pylist()
    by_id = {row["id"]: row for row in rows}
    assert len(sample) == 5
    assert {by_id[name]["assignment_group"] for name in sample} == {"Mail"}
    assert {by_id[name]["resolver"] for name in sample} == {"person:ann"}


def test_the_window_is_half_a_year(world: World) -> None:
    # 180 days before 2026-06-15 start on 2025-12-17.
    world.incidents(100, opened_at="2025-12-17 09:00")
    world.incidents(100, opened_at="2025-12-16 09:00")
    assert found(world).denominator == 100


def test_fewer_than_100_records_in_cells_are_not_rated(world: World) -> None:
    shared_work(world, 99)
    assert found(world).state is State.INSUFFICIENT_SAMPLE


def test_less_dependence_is_better(world: World) -> None:
    # Anchors 40 -> 10: 25 % is half of it.
    cell(world, "Desk", "Access", ann=75, bob=75)
    cell(world, "Mail", "Mail", ann=50)
    result = world.measure(DEPENDENCE)
    assert (result.measurement.value, result.achievement) == (25.0, 0.5)


def test_without_any_record_nothing_is_claimed(world: World) -> None:
    world.delivers("incident")
    assert found(world).state is State.INSUFFICIENT_SAMPLE
