from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from tests.evaluators.world import World, entry, share

ANY = entry(share("priority = 3"))
NOISE = {
    "created_by": "automation:probe",
    "resolver": "automation:probe",
    "lasting": timedelta(seconds=299),
    "caller": None,
}


def counted(world: World, policy: Policy | None = None) -> int | None:
    return world.measure(ANY, policy or Policy()).measurement.denominator


@pytest.mark.parametrize(
    "columns",
    [
        {"disposition": "cancelled"},
        {"disposition": "duplicate"},
        {"parent_id": "R000001"},
        {"created_by": "migration:import"},
        NOISE,
    ],
)
def test_what_never_counts_is_left_out_unless_exclusions_are_switched_off(
    world: World, columns: dict[str, Any]
) -> None:
    world.incidents(10)
    world.incidents(3, **columns)
    assert counted(world) == 10
    assert counted(world, Policy(exclusions=Exclusions(enabled=False))) == 13


@pytest.mark.parametrize(
    "columns",
    [
        {"lasting": timedelta(seconds=300)},
        {"caller": "person:caller"},
        {"resolver": "person:ann"},
        {"created_by": "person:ann"},
        {"resolved_at": None},
    ],
)
def test_monitoring_noise_is_only_what_machines_close_at_once_with_nobody_affected(
    world: World, columns: dict[str, Any]
) -> None:
    world.incidents(10)
    world.incidents(3, **{**NOISE, **columns})
    assert counted(world) == 13


def test_an_incident_without_any_of_these_fields_counts(world: World) -> None:
    world.incidents(10, created_by=None, caller=None, resolver=None)
    assert counted(world) == 10


def test_records_of_the_warm_up_after_a_go_live_do_not_count(world: World) -> None:
    # 60 days from 2026-03-20 end with 2026-05-18.
    policy = Policy(exclusions=Exclusions(go_live=date(2026, 3, 20)))
    world.incident(opened_at="2026-03-19 09:00")
    world.incident(opened_at="2026-05-18 23:59")
    world.incident(opened_at="2026-05-19 00:00")
    assert counted(world) == 3
    assert counted(world, policy) == 1
    shorter = replace(policy, exclusions=Exclusions(go_live=date(2026, 3, 20), warm_up_days=0))
    assert counted(world, shorter) == 2


def notes(world: World, policy: Policy | None = None) -> tuple[str, ...]:
    return world.assess(policy or Policy()).notes


def test_with_all_columns_filled_no_exclusion_is_skipped(world: World) -> None:
    world.incidents(10)
    assert notes(world) == ()


def test_an_exclusion_on_a_column_that_is_not_filled_is_skipped_and_noted(world: World) -> None:
    world.incidents(10)
    world.incidents(3, **NOISE)
    world.lacks("caller", "parent_id")
    assert counted(world) == 13
    found = notes(world)
    assert len(found) == 2
    assert any("child of another incident" in note and "parent_id" in note for note in found)
    assert any("monitoring noise" in note and "caller" in note for note in found)


def test_nothing_is_noted_where_exclusions_are_switched_off(world: World) -> None:
    world.incidents(10)
    world.lacks("caller", "parent_id")
    assert notes(world, Policy(exclusions=Exclusions(enabled=False))) == ()


def test_an_exclusion_holds_for_the_source_that_can_answer_it(world: World) -> None:
    # The other source says nothing about callers and parents; that must not let the desk's children in.
    world.incidents(10)
    world.incidents(3, parent_id="R000001")
    world.incidents(3, **NOISE)
    world.incidents(5, source="other", caller=None)
    world.incidents(2, source="other", **NOISE)
    world.lacks("caller", "parent_id", source="other")
    assert counted(world) == 17
    found = notes(world)
    assert len(found) == 2
    assert all("other" in note for note in found)
