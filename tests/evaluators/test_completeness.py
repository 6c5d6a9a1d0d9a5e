from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from evaluators.results import Measurement, State
from tests.evaluators.world import World, entry

COMPLETENESS = "inc-record-completeness"


def completeness(*items: list[str], **more: Any) -> dict[str, Any]:
    measure = {"family": "mean_completeness", "items": list(items), **more}
    return entry(measure, window={"days": 90, "of": "resolved_on"})


def measured(world: World, policy: Policy | None = None) -> Measurement:
    found = world.measure(COMPLETENESS, policy) if policy else world.measure(COMPLETENESS)
    assert found.measurement.state is State.MEASURED
    return found.measurement


def test_a_record_with_all_six_items_is_complete(world: World) -> None:
    world.incidents(30)
    assert (measured(world).value, measured(world).numerator, measured(world).denominator) == (100, 180, 180)


def test_the_value_is_the_mean_share_of_filled_items(world: World) -> None:
    world.incidents(30)
    world.incidents(10, category=None, resolver=None, assignment_group=None)
    # 30 x 6 + 10 x 3 of 40 x 6.
    assert measured(world).value == 87.5
    assert measured(world).aggregates == (("filled", 210), ("items", 6), ("records", 40))


def test_either_service_or_configuration_item_is_enough(world: World) -> None:
    world.incidents(10, service_id=None)
    world.incidents(10, ci_id=None)
    world.incidents(10, service_id=None, ci_id=None)
    assert measured(world).numerator == 170


def test_a_form_default_counts_as_empty(world: World) -> None:
    world.incidents(30)
    world.incidents(6, category="Other")
    policy = Policy(
        field_defaults={"incident.category": ("Other", "None")}, exclusions=Exclusions(enabled=False)
    )
    assert measured(world).numerator == 216
    assert measured(world, policy).numerator == 210


def test_a_form_default_of_a_number_counts_as_empty(world: World) -> None:
    world.incidents(30, priority=2)
    world.incidents(6, priority=3)
    policy = Policy(field_defaults={"incident.priority": ("3",)}, exclusions=Exclusions(enabled=False))
    assert measured(world, policy).numerator == 210


def test_a_note_stands_in_for_a_missing_code_from_20_characters_on(world: World) -> None:
    world.incidents(10, close_code=None, resolution_note_length=20)
    world.incidents(10, close_code=None, resolution_note_length=19)
    world.incidents(10, close_code="Solved", resolution_note_length=0, resolution_note_fingerprint=None)
    assert measured(world).numerator == 170


def test_a_text_on_exactly_a_fifth_of_the_records_is_no_boilerplate(world: World) -> None:
    world.incidents(10, close_code=None, resolution_note_fingerprint="done")
    world.incidents(40, close_code=None)
    assert measured(world).numerator == 300


def test_a_text_on_more_than_a_fifth_of_the_records_counts_as_empty(world: World) -> None:
    world.incidents(11, close_code=None, resolution_note_fingerprint="done")
    world.incidents(39, close_code=None)
    assert measured(world).numerator == 300 - 11


def test_a_boilerplate_note_beside_a_code_takes_nothing_away(world: World) -> None:
    world.incidents(30, close_code="Solved", resolution_note_fingerprint="done")
    assert measured(world).value == 100


def test_a_code_on_nearly_all_records_is_no_boilerplate(world: World) -> None:
    # Erratum A6: the rule is for free texts, never for codes or choice fields.
    world.incidents(30, close_code="6", resolution_note_length=0, resolution_note_fingerprint=None)
    assert measured(world).value == 100


def test_unresolved_incidents_are_not_asked_for(world: World) -> None:
    world.incidents(30)
    world.incidents(10, resolved_at=None, resolver=None, close_code=None)
    assert measured(world).n == 30


def test_the_least_filled_item_is_named(world: World) -> None:
    world.incidents(30)
    world.incidents(10, service_id=None, ci_id=None)
    assert measured(world).reason == "least filled: service id or ci id, on 75.0 % of 40 records"


def test_incomplete_records_are_the_sample_and_their_groups_the_worst(world: World) -> None:
    world.incidents(30)
    world.incident(id="OLD", opened_at="2026-05-01 09:00", category=None, assignment_group="Mail")
    world.incident(id="NEW", opened_at="2026-05-02 09:00", resolver=None, assignment_group="Mail")
    world.incident(id="DBA", opened_at="2026-04-30 09:00", category=None, assignment_group="DBA")
    found = measured(world)
    assert found.sample == ("NEW", "OLD", "DBA")
    # Two items of twelve are empty at Mail, one of six at DBA.
    assert found.groups == (("Mail", 16.67, 2), ("DBA", 16.67, 1))


@pytest.mark.parametrize(("weeks", "blocks"), [(7, False), (8, True)])
def test_whole_weeks_are_resampled_from_eight_weeks_on(world: World, weeks: int, blocks: bool) -> None:
    # Every other week lacks the category altogether, so whole weeks vary far more than records do.
    for week in range(weeks):
        monday = date(2026, 4, 6) + timedelta(weeks=week)
        world.incidents(40, opened_at=f"{monday} 09:00", category="Network" if week % 2 else None)
    found = world.measure(completeness(["category"], ["priority"])).measurement
    assert found.low is not None
    assert found.high is not None
    # Blocks: of 8 weeks the expanded percentiles leave out 0.6 % a side, from 1 to 7 full weeks: +-19 points;
    # records: +-1.96 x 25/sqrt(280) = 3 points.
    half = (found.high - found.low) / 2
    assert half == pytest.approx(19 if blocks else 3, abs=2)


def test_the_interval_is_the_same_in_every_run(worlds: Callable[[], World]) -> None:
    found = []
    for _ in range(2):
        world = worlds()
        world.incidents(20)
        world.incidents(20, category=None)
        found.append(measured(world))
    assert found[0] == found[1]
    assert len(found[0].draws) == 200


def test_the_interval_holds_the_value_and_shrinks_with_records(worlds: Callable[[], World]) -> None:
    widths = []
    for times in (1, 9):
        world = worlds()
        world.incidents(20 * times, category=None, resolver=None, priority=None)
        world.incidents(20 * times)
        found = measured(world)
        assert found.value == 75
        assert found.low is not None
        assert found.high is not None
        assert found.low < 75 < found.high
        widths.append(found.high - found.low)
    # By hand: sd of a record 25 points, so +-1.96 x 25/sqrt(40) = 7.7 and a third of it.
    assert widths[0] / 2 == pytest.approx(7.7, abs=1.0)
    assert widths[1] / 2 == pytest.approx(7.7 / 3, abs=0.5)
