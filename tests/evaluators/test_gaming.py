"""The gaming monitor names what looks manipulated, and leaves ordinary work alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from evaluators.assessment import Request, examination_of
from evaluators.catalogue import shipped
from evaluators.gaming import SCENARIOS, Suspicion
from evaluators.gaming.comparison import Rate, rose
from evaluators.gaming.monitor import DETECTORS, monitor
from evaluators.policy import Exclusions
from tests.evaluators.world import EVERYTHING_COUNTS, TAKEN_AT, TODAY, World, moment

DAYS, RECENT = 360, 90
TEAMS, PEOPLE = ("Network", "Mail"), ("person:ann", "person:bob", "person:cy", "person:dee")
CATEGORIES = ("Network", "Mail", "Apps", "Access")
Columns = Mapping[str, Any]


def day(number: int, hour: int = 9) -> datetime:
    """An hour of the day so many days before the assessment."""
    return moment(f"{TODAY - timedelta(days=number)} {hour:02d}:00")


def a_year(world: World, differing: Callable[[int], Columns] = lambda _: {}) -> dict[int, str]:
    """One incident a day, resolved the same day; `differing` by days before the assessment. Returns ids."""
    return {
        number: world.incident(
            **{
                "opened_at": day(number),
                "assignment_group": TEAMS[number % 2],
                "category": CATEGORIES[number % 4],
                "resolver": PEOPLE[number % 4],
                **differing(number),
            }
        )
        for number in range(1, DAYS + 1)
    }


def burst(world: World, resolver: str = "person:ann") -> World:
    """A year of ordinary work, and forty old incidents closed by one identity in one evening."""
    a_year(world)
    for number in range(40):
        world.incident(
            id=f"OLD{number}",
            opened_at=day(40 + number % 20),
            resolved_at=day(3, 18),
            resolver=resolver,
            category=CATEGORIES[number % 4],
        )
    return world


def lately(columns: Columns) -> Callable[[int], Columns]:
    """Columns that differ on every second of the last ninety days."""
    return lambda number: columns if number <= RECENT and number % 2 else {}


def always(columns: Columns) -> Callable[[int], Columns]:
    """Columns that differ on every second day of the year."""
    return lambda number: columns if number % 2 else {}


def found(world: World, **more: Any) -> dict[str, Suspicion]:
    """What the monitor says, by scenario."""
    exclusions = more.pop("exclusions", EVERYTHING_COUNTS.exclusions)
    policy = replace(EVERYTHING_COUNTS, gaming=more.pop("limits", {}), exclusions=exclusions)
    asked = Request(as_of=TODAY, taken_at=TAKEN_AT, **more)
    examination = examination_of(world.stored(policy), world.catalogue, policy, asked)
    return {each.scenario: each for each in monitor(examination, world.catalogue.practices).suspicions}


# --- Data ---


def test_twelve_scenarios_have_a_detector_and_touch_indicators_of_the_catalogue() -> None:
    known = {entry.id for entry in shipped().entries}
    assert len(SCENARIOS) == 12
    assert set(DETECTORS) == {each.id for each in SCENARIOS}
    assert {name for each in SCENARIOS for name in (*each.indicators, *each.beside)} <= known


def test_all_limits_are_marked_as_the_authors_judgement() -> None:
    assert all(limit.expert_default and limit.doc for each in SCENARIOS for limit in each.limits)


def test_a_share_that_always_varied_from_week_to_week_does_not_stand_out() -> None:
    limits = {"least": 20, "points": 0.05, "times": 1.5, "sigma": 4, "past": 100, "alone": 0.4}
    calm = tuple((1, 10) for _ in range(39))
    restless = tuple((4 * (week % 4 == 0), 10) for week in range(39))
    assert rose(Rate(39, 130, calm), limits)
    assert not rose(Rate(39, 130, restless), limits)


def test_an_ordinary_year_names_nothing(world: World) -> None:
    a_year(world)
    assert found(world) == {}


def test_without_records_nothing_is_named(world: World) -> None:
    assert found(world) == {}


# --- Closure bursts ---


def test_forty_closures_of_one_person_on_one_day_are_named_with_the_value_without_them(world: World) -> None:
    burst(world)
    [suspicion] = found(world).values()
    assert suspicion.scenario == "closure-burst"
    # That day of hers had an incident of the ordinary kind as well.
    assert suspicion.suspects in (40, 41)
    assert "inc-resolved-within-30-days" in suspicion.indicators
    [beside] = suspicion.beside
    assert beside.value is not None
    assert beside.without == 100.0
    assert beside.value < beside.without


@pytest.mark.parametrize("resolver", ["migration:import", "automation:cleaner"])
def test_what_a_migration_or_a_job_closes_in_one_night_names_nobody(world: World, resolver: str) -> None:
    burst(world, resolver)
    assert found(world) == {}


def test_what_was_opened_before_a_system_had_warmed_up_names_nobody(world: World) -> None:
    burst(world)
    counted = Exclusions(go_live=TODAY - timedelta(days=300), warm_up_days=0)
    assert list(found(world, exclusions=counted)) == ["closure-burst"]
    assert found(world, exclusions=replace(counted, warm_up_days=280)) == {}


def test_many_closures_shared_by_many_are_no_burst(world: World) -> None:
    a_year(world)
    for number in range(40):
        world.incident(opened_at=day(5), resolved_at=day(3, 18), resolver=f"person:{number % 8}")
    assert found(world) == {}


# --- Priorities ---


def _lowered(world: World, ids: Mapping[int, str], chosen: Callable[[int], bool]) -> None:
    for number, name in ids.items():
        if chosen(number):
            steps = [(day(number), "2", "person:ann"), (day(number, 10), "4", "person:ann")]
            world.changes(name, "priority", steps)


def test_priorities_lowered_more_often_than_before_are_named(world: World) -> None:
    _lowered(world, a_year(world), lambda number: number <= RECENT and number % 3 == 0)
    assert list(found(world)) == ["priority-downgrade"]


def test_priorities_lowered_as_often_as_ever_are_not_named(world: World) -> None:
    _lowered(world, a_year(world), lambda number: number % 3 == 0)
    assert found(world) == {}


def test_targets_kept_by_a_lower_priority_stand_beside_those_of_the_priority_before(world: World) -> None:
    ids = a_year(world, lambda number: {"priority": 2 if number % 2 else 4})
    for number, name in ids.items():
        gamed = number <= RECENT and number % 3 == 0
        world.service_level(
            name,
            started_at=day(number),
            stopped_at=day(number, 13),
            elapsed_seconds=14_400,
            target_seconds=7200 if number % 2 and not gamed else 28_800,
            breached=bool(number % 2) and not gamed,
        )
    _lowered(world, ids, lambda number: number <= RECENT and number % 3 == 0)
    suspicion = found(world)["priority-downgrade"]
    figures = dict(suspicion.figures)
    # 45 of the last 90 were promised two hours and took four; 15 of these and 15 others were lowered from 2.
    assert figures["kept as recorded"] == pytest.approx(60 / 90, abs=1e-6)
    assert figures["kept at the priority before"] == pytest.approx(30 / 90, abs=1e-6)
    assert "against the targets of the priorities before" in suspicion.sentence


# --- Clocks ---


def _paused(world: World, *, breached: bool) -> None:
    for number, name in a_year(world, lambda _: {"lasting": timedelta(hours=10)}).items():
        gamed = number <= RECENT and number % 2 == 1
        states = [(day(number), "New", None), (day(number, 19), "Closed", None)]
        if gamed:
            states[1:1] = [(day(number, 11), "On Hold", None), (day(number, 16), "In Progress", None)]
        world.changes(name, "state", states)
        missed = number % 2 == 1
        world.service_level(
            name,
            started_at=day(number),
            stopped_at=day(number, 19),
            original_due_at=day(number, 17 if missed else 20),
            breached=missed and (breached or not gamed),
            elapsed_seconds=36_000 if missed and not gamed else 18_000,
        )


def test_targets_kept_by_pauses_are_named_beside_attainment_against_the_original_breach_time(
    world: World,
) -> None:
    _paused(world, breached=False)
    [suspicion] = found(world).values()
    assert suspicion.scenario == "pause-abuse"
    assert dict(suspicion.figures)["kept without pauses"] == 0.5


def test_pauses_that_save_no_target_are_not_named(world: World) -> None:
    _paused(world, breached=True)
    assert found(world) == {}


def _edited(world: World, chosen: Callable[[int], bool]) -> None:
    for number, name in a_year(world).items():
        edited = chosen(number)
        world.service_level(
            name, started_at=day(number), stopped_at=day(number, 11), elapsed_seconds=7200, edited=edited
        )


def test_clocks_edited_after_the_stop_more_often_than_before_are_named(world: World) -> None:
    _edited(world, lambda number: number <= RECENT and number % 3 == 0)
    assert list(found(world)) == ["edits-after-stop"]


def test_clocks_edited_as_often_as_ever_are_not_named(world: World) -> None:
    _edited(world, lambda number: number % 3 == 0)
    assert found(world) == {}


def test_clocks_kept_against_their_own_elapsed_time_are_named(world: World) -> None:
    for number, name in a_year(world).items():
        late = number <= RECENT and number % 3 == 0
        world.service_level(
            name,
            started_at=day(number),
            stopped_at=day(number, 11),
            elapsed_seconds=40_000 if late else 7200,
            edited=False,
        )
    assert list(found(world)) == ["edits-after-stop"]


# --- What stands in the records ---


def test_other_picked_more_often_than_before_is_named(world: World) -> None:
    a_year(world, lately({"category": "Other"}))
    assert list(found(world)) == ["category-other"]


def test_other_picked_as_often_as_ever_is_not_named(world: World) -> None:
    a_year(world, always({"category": "Other"}))
    assert found(world) == {}


def test_one_text_on_incidents_of_all_categories_is_named(world: World) -> None:
    a_year(world, lambda number: {"resolution_note_fingerprint": "same"} if 0 < number <= 45 else {})
    assert list(found(world)) == ["same-resolution-text"]


def test_one_text_on_incidents_of_one_category_is_not_named(world: World) -> None:
    a_year(
        world,
        lambda number: (
            {"resolution_note_fingerprint": "same"} if number <= RECENT and number % 4 == 1 else {}
        ),
    )
    assert found(world) == {}


def test_new_groups_too_small_to_be_tested_are_named_and_limits_can_be_set(world: World) -> None:
    a_year(world, lambda number: {"assignment_group": f"Network {number % 5}"} if number <= RECENT else {})
    assert found(world) == {}
    own = {"group-splitting": {"volume": 60}}
    assert list(found(world, limits=own)) == ["group-splitting"]


def test_one_new_large_group_is_not_named(world: World) -> None:
    a_year(world, lambda number: {"assignment_group": "Cloud"} if number <= RECENT else {})
    assert found(world, limits={"group-splitting": {"volume": 60}}) == {}


# --- Surveys ---


def _asked(world: World, ids: Mapping[int, str], chosen: Callable[[int], bool]) -> None:
    for number, name in ids.items():
        if chosen(number):
            world.record("survey", record_kind="incident", record_id=name, sent_at=day(number, 12))


def test_surveys_that_stop_are_named(world: World) -> None:
    _asked(world, a_year(world), lambda number: number > RECENT and number % 2 == 0)
    [suspicion] = found(world).values()
    assert suspicion.scenario == "survey-drop"
    assert suspicion.suspects == 45


def test_surveys_that_go_on_are_not_named(world: World) -> None:
    _asked(world, a_year(world), lambda number: number % 2 == 0)
    assert found(world) == {}


# --- Links ---


def test_links_to_problems_added_to_closed_incidents_in_one_evening_are_named(world: World) -> None:
    a_year(
        world,
        lambda number: {"problem_id": "PRB1", "updated_at": day(2, 20)} if 10 < number <= 50 else {},
    )
    [suspicion] = found(world).values()
    assert suspicion.scenario == "bulk-links"
    assert suspicion.suspects == 40


def test_a_script_that_touches_every_record_is_not_named(world: World) -> None:
    a_year(
        world,
        lambda number: {"updated_at": day(2, 20), **({"problem_id": "PRB1"} if number % 3 == 0 else {})},
    )
    assert found(world) == {}


def _linked(
    world: World, ids: Mapping[int, str], chosen: Callable[[int], bool], *, late: bool = False
) -> None:
    for number, name in ids.items():
        used_at = day(2, 20) if late and number > 10 and number <= RECENT else day(number, 10)
        if chosen(number):
            article = "KB1" if number <= RECENT and not late else f"KB{number}"
            world.record(
                "knowledge_use",
                type="linked",
                article_id=article,
                record_kind="incident",
                record_id=name,
                used_at=used_at,
            )


def test_articles_added_to_closed_incidents_in_one_evening_are_named(world: World) -> None:
    _linked(world, a_year(world), lambda number: number % 3 == 0, late=True)
    assert list(found(world)) == ["bulk-links"]


def test_one_article_on_unrelated_incidents_of_a_group_is_named(world: World) -> None:
    _linked(
        world,
        a_year(
            world, lambda number: {"assignment_group": "Network", "category": CATEGORIES[number // 3 % 4]}
        ),
        lambda number: number % 3 == 0,
    )
    assert list(found(world)) == ["forced-links"]


def test_one_article_on_incidents_of_one_kind_is_not_named(world: World) -> None:
    _linked(world, a_year(world), lambda number: number % 4 == 1)
    assert found(world) == {}


# --- Changes and requests ---


def _approved(world: World, hour_of_history: Callable[[int], int]) -> None:
    for number in range(2, DAYS, 2):
        name = world.record(
            "change",
            opened_at=day(number, 6),
            approved_at=day(number, 8),
            actual_start_at=day(number, 9),
            actual_end_at=day(number, 10),
            closed_at=day(number, 11),
            outcome="successful",
            approval="approved",
        )
        at = day(number, hour_of_history(number))
        world.changes(name, "approval", [(at, "approved", "person:ann")], kind="change")


def test_approvals_typed_after_the_work_and_dated_before_it_are_named(world: World) -> None:
    _approved(world, lambda number: 14 if number <= RECENT and number % 3 == 0 else 8)
    [suspicion] = found(world).values()
    assert suspicion.scenario == "back-dated-changes"
    assert suspicion.record_kind == "change"


def test_approvals_typed_when_they_say_are_not_named(world: World) -> None:
    _approved(world, lambda _: 8)
    assert found(world) == {}


def _cancelled(world: World, closing_hour: Callable[[int], int]) -> None:
    for number in range(1, DAYS + 1):
        hour = closing_hour(number)
        cancelled = hour != 12
        world.record(
            "request",
            type="item",
            opened_at=day(number, 8),
            due_at=day(number, 15),
            closed_at=day(number, hour),
            fulfilled_at=None if cancelled else day(number, hour),
            disposition="cancelled" if cancelled else None,
        )


def test_requests_cancelled_after_they_were_due_are_named(world: World) -> None:
    _cancelled(world, lambda number: 17 if number <= RECENT and number % 3 == 0 else 12)
    [suspicion] = found(world).values()
    assert suspicion.scenario == "cancelled-late-requests"
    assert suspicion.suspects == 30
    assert len(suspicion.sample) == 5


def test_requests_cancelled_before_they_were_due_are_not_named(world: World) -> None:
    _cancelled(world, lambda number: 10 if number <= RECENT and number % 3 == 0 else 12)
    assert found(world) == {}


# --- What a source can say ---


@pytest.mark.parametrize("lacking", ["category", "resolved_at"])
def test_what_no_source_fills_is_not_looked_for(world: World, lacking: str) -> None:
    a_year(world, lately({"category": "Other"}))
    world.lacks(lacking)
    assert "category-other" not in found(world)


def test_sources_that_do_not_count_are_not_looked_at(world: World) -> None:
    a_year(world, lately({"category": "Other"}))
    assert found(world, sources=frozenset({"another"})) == {}


def test_values_and_levels_stay_as_they_are(world: World) -> None:
    a_year(world, lately({"category": "Other"}))
    before = world.assess()
    assert found(world)
    assert world.assess() == before
