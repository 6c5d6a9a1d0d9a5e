from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from evaluators.catalogue import with_own
from evaluators.departments import lagging
from evaluators.measures.improvement import Improvement
from evaluators.policy import Policy
from evaluators.results import Assessment, IndicatorResult, Measurement, PracticeResult
from evaluators.statistics.trend import Ceiling, improvement, improvement_scores, reached
from tests.evaluators.world import EVERYTHING_COUNTS, World, entry, organisation, share

MAPPED = replace(
    EVERYTHING_COUNTS,
    departments={"Network": "Platform", "Mail": "Platform", "Desk*": "Users", "App*": "Users"},
)


def scopes(assessment: Assessment) -> dict[str | None, PracticeResult]:
    return {each.department: each for each in assessment.practices}


def answers(practice: PracticeResult) -> dict[str, IndicatorResult]:
    return {each.id: each for each in practice.indicators}


@pytest.fixture
def assessed(world: World) -> dict[str | None, PracticeResult]:
    organisation(world)
    return scopes(world.assess(MAPPED))


def test_the_organisation_comes_first_and_then_each_department(world: World) -> None:
    organisation(world)
    found = world.assess(MAPPED).practices
    assert [each.department for each in found] == [None, "Platform", "Users"]


def test_departments_add_up_to_the_organisation(assessed: dict[str | None, PracticeResult]) -> None:
    counted = {
        scope: answers(each)["inc-first-assignment-resolution"].measurement.denominator or 0
        for scope, each in assessed.items()
    }
    assert counted[None] == counted["Platform"] + counted["Users"] > 0
    assert (assessed[None].volume or 0) == sum(assessed[each].volume or 0 for each in ("Platform", "Users"))


def test_what_belongs_to_the_organisation_is_inherited(
    world: World, assessed: dict[str | None, PracticeResult]
) -> None:
    inherited = [each.id for each in world.catalogue.practice("incident").indicators if each.scope != "both"]
    assert inherited
    for name in inherited:
        assert answers(assessed["Users"])[name] == answers(assessed[None])[name]


def test_a_department_is_judged_on_its_own_records(world: World) -> None:
    for number in range(200):
        team = ("Network", "Desk")[number % 2]
        world.incident(assignment_group=team, reassignment_count=0 if team == "Network" else 2)
    found = scopes(world.assess(MAPPED))
    values = {
        scope: answers(each)["inc-first-assignment-resolution"].measurement.value
        for scope, each in found.items()
    }
    assert values == {None: 50.0, "Platform": 100.0, "Users": 0.0}


def test_samples_of_a_department_are_its_own(world: World) -> None:
    names = {
        team: world.incidents(60, assignment_group=team, reassignment_count=2) for team in ("Network", "Desk")
    }
    found = scopes(world.assess(MAPPED))
    for team, department in (("Network", "Platform"), ("Desk", "Users")):
        sample = answers(found[department])["inc-first-assignment-resolution"].measurement.sample
        assert len(sample) == 5
        assert set(sample) <= set(names[team])


def test_a_department_with_few_records_is_not_assessed(world: World) -> None:
    world.incidents(100, assignment_group="Network")
    world.incidents(29, assignment_group="Desk")
    assert set(scopes(world.assess(MAPPED))) == {None, "Platform"}


def test_the_same_rows_give_a_department_what_it_would_get_alone(world: World) -> None:
    wanted = entry(share("reassignment_count = 0"))
    for number in range(120):
        world.incident(assignment_group=("Network", "Desk")[number % 2], reassignment_count=number % 3)
    both = world.examination(MAPPED)
    indicator = world.catalogue.indicator("inc-first-assignment-resolution")
    assert wanted["scope"] == indicator.scope == "both"
    once = both.result(indicator, "Users")
    both.result(indicator, "Platform")
    assert both.result(indicator, "Users") == once
    assert world.examination(MAPPED).result(indicator, "Users") == once


def conforming(world: World, of: Mapping[str, object], policy: Policy) -> dict[str | None, Measurement]:
    """What an own indicator of conforming volume finds in the organisation and two departments."""
    catalogue = with_own(
        world.catalogue, {"indicators": [entry({"family": "conforming_volume", "of": of}, minimum_sample=3)]}
    )
    examination = world.examination(policy, catalogue=catalogue)
    indicator = catalogue.indicator("own-indicator")
    names = (None, "Platform", "Users")
    return {name: examination.result(indicator, name).measurement for name in names}


def test_teams_of_a_department_are_measured_by_the_organisations_reference(world: World) -> None:
    for team in ("Network", "Mail", "Apps", "Desk"):
        world.incidents(100, assignment_group=team, category=None if team == "Desk" else "Network")
    policy = replace(
        EVERYTHING_COUNTS, departments={"Desk": "Users", "Network": "Platform", "Mail": "Platform"}
    )
    found = conforming(world, share("category IS NOT NULL"), policy)
    values = {name: each.value for name, each in found.items()}
    assert values == {None: 75.0, "Platform": 100.0, "Users": 0.0}, "alone, Users would be its own reference"
    assert found["Users"].n == 100


def test_expected_durations_are_those_of_the_organisation(world: World) -> None:
    for team, hours in (("Network", 1), ("Mail", 1), ("Apps", 1), ("Desk", 30)):
        world.incidents(100, assignment_group=team, lasting=timedelta(hours=hours))
    policy = replace(EVERYTHING_COUNTS, departments={"Desk": "Users", "*": "Platform"})
    ratio = {"family": "case_mix_ratio", "duration": "resolution_seconds", "strata": ["priority", "category"]}
    found = conforming(world, ratio, policy)
    values = {name: each.value for name, each in found.items()}
    assert values == {None: 75.0, "Platform": 100.0, "Users": 0.0}, "alone, Users would be as slow as usual"


def test_platforms_name_the_department_of_groups_that_no_pattern_fits(world: World) -> None:
    world.record("group", id="g1", name="Network", department="Infrastructure")
    world.record("group", id="g2", name="Desk", department="Infrastructure")
    world.incident(id="a", assignment_group="Network")
    world.incident(id="b", assignment_group="Desk")
    world.incident(id="c", assignment_group="g1")
    world.incident(id="d", assignment_group="Apps")
    policy = Policy(departments={"De*": "Users"})
    assert world.column("department", policy) == {
        "a": "Infrastructure",
        "b": "Users",
        "c": "Infrastructure",
        "d": None,
    }


def practice(department: str | None, level: int | None, volume: int) -> PracticeResult:
    return PracticeResult(
        practice="incident",
        department=department,
        level=level,
        possible=5,
        confirmed=level,
        index=float(level or 1),
        breadth=0.5,
        coverage=1.0,
        confidence="high",
        probability=1.0,
        bottleneck=None,
        reason="",
        next_step="",
        attributes=(),
        indicators=(),
        volume=volume,
    )


def test_departments_two_levels_below_are_named_if_they_hold_more_than_a_fifth() -> None:
    whole = practice(None, 3, 1000)
    (sentence,) = lagging((whole, practice("Platform", 1, 201), practice("Users", 2, 799)))
    assert "Platform (level 1)" in sentence
    assert "20 %" in sentence
    assert "Users" not in sentence
    assert list(lagging((whole, practice("Platform", 1, 200)))) == []
    assert list(lagging((whole, practice("Platform", None, 900)))) == []


def test_resampled_scores_are_the_scores_of_the_resamples() -> None:
    generator = np.random.default_rng(4)
    months = np.delete(np.arange(24), [3, 11])
    for kind in ("share", "log_ratio", "score"):
        values = np.round(50 + generator.normal(0, 2, (60, len(months))) + 0.2 * months, 1)
        values[0] = 50.0
        ceiling = Ceiling(values[0][-12:], 49.0)
        held = np.full(len(values), ceiling.reached())
        for used, reaching in ((None, np.zeros(len(values), dtype=np.bool_)), (ceiling, held)):
            scores = improvement_scores(values, months, reaching, kind=kind)  # type: ignore[arg-type]
            single = [improvement(each, months, kind=kind, ceiling=used).score for each in values]
            np.testing.assert_allclose(scores, single, atol=1e-6)
    assert reached(np.full((1, 12), 90.0), 90.0, better_is_up=True).tolist() == [True]


def test_a_trend_shares_its_rows_with_the_departments(world: World) -> None:
    organisation(world)
    found = scopes(world.assess(MAPPED, as_of=date(2026, 6, 15)))
    for name in ("inc-resolution-time-trend", "inc-handoff-trend"):
        indicator = world.catalogue.indicator(name)
        assert isinstance(indicator.measure, Improvement)
        measured = answers(found["Users"])[name].measurement
        assert measured.n <= answers(found[None])[name].measurement.n
