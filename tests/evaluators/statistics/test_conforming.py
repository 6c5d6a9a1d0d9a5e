from __future__ import annotations

import math

import pytest

from evaluators.statistics.conforming import (
    Rule,
    Team,
    conforming_volume,
    pooled_teams,
    reference_value,
    weighted_median,
)


def team(value: float, reach: float = 5.0, n: int = 100, name: str = "team") -> Team:
    return Team(name, n, value, value - reach, value + reach)


# --- Reference ---


def test_the_weighted_median_is_the_smallest_value_with_half_of_the_volume() -> None:
    assert weighted_median([(90.0, 50), (70.0, 30), (80.0, 20)]) == 80.0
    assert weighted_median([(90.0, 51), (70.0, 30), (80.0, 20)]) == 90.0


def test_the_reference_is_the_better_of_pooled_value_and_weighted_median() -> None:
    teams = [team(60.0), team(80.0), team(85.0)]
    assert reference_value(teams, pooled=75.0) == 80.0
    assert reference_value(teams, pooled=82.0) == 82.0


def test_the_reference_is_the_lower_one_where_lower_is_better() -> None:
    teams = [team(5.0), team(10.0), team(20.0)]
    assert reference_value(teams, pooled=12.0, better_is_up=False) == 10.0
    assert reference_value(teams, pooled=8.0, better_is_up=False) == 8.0


def test_without_tested_teams_the_pooled_value_is_the_reference() -> None:
    assert reference_value([], pooled=75.0) == 75.0


# --- Conforming ---


@pytest.mark.parametrize(("high", "conforms"), [(70.0, True), (69.999, False), (70 - 1e-12, True)])
@pytest.mark.parametrize("measure", ["proportion", "mean"])
def test_a_team_conforms_unless_credibly_10_points_behind(measure: str, high: float, conforms: bool) -> None:
    rule = Rule("mean" if measure == "mean" else "proportion", reference=80.0)
    assert rule.conforms(Team("a", 100, 60.0, 50.0, high)) is conforms


@pytest.mark.parametrize(("low", "conforms"), [(20.0, True), (20.001, False)])
def test_where_lower_is_better_the_lower_bound_counts(low: float, conforms: bool) -> None:
    rule = Rule("proportion", reference=10.0, better_is_up=False)
    assert rule.conforms(Team("a", 100, 30.0, low, 40.0)) is conforms


@pytest.mark.parametrize(("ratio", "conforms"), [(1.5, True), (1.51, False), (0.1, True)])
def test_a_team_may_take_half_as_long_again(ratio: float, conforms: bool) -> None:
    assert Rule("duration").conforms(Team("a", 100, 1.0, math.log(ratio), 2.0)) is conforms


def test_a_better_team_is_never_punished() -> None:
    assert Rule("proportion", reference=50.0).conforms(team(100.0, reach=0.0))


# --- Volume ---


def test_the_result_is_the_conforming_share_of_the_tested_volume() -> None:
    teams = [team(80.0, n=300), team(78.0, n=200), team(40.0, n=100)]
    result = conforming_volume(teams, Rule("proportion", reference=80.0), total=650)
    assert (result.conforming, result.tested, result.share) == (500, 600, 500 / 600)
    assert [good for _, good in result.teams] == [True, True, False]
    assert result.sufficient


def test_two_teams_are_too_few() -> None:
    result = conforming_volume([team(80.0)] * 2, Rule("mean", reference=80.0), total=200)
    assert result.reason == "2 teams are large enough to test, 3 are needed"


def test_no_team_at_all_has_no_share() -> None:
    result = conforming_volume([], Rule("mean", reference=80.0), total=0)
    assert (result.share, result.sufficient) == (None, False)


@pytest.mark.parametrize(("total", "sufficient"), [(500, True), (501, False)])
def test_the_tested_teams_must_hold_60_percent_of_all_volume(total: int, sufficient: bool) -> None:
    result = conforming_volume([team(80.0)] * 3, Rule("mean", reference=80.0), total=total)
    assert result.sufficient is sufficient


@pytest.mark.parametrize(("wide", "sufficient"), [(200, True), (201, False)])
def test_too_wide_teams_may_hold_40_percent_of_the_volume(wide: int, sufficient: bool) -> None:
    teams = [team(80.0, n=200), team(80.0, n=100), team(80.0, reach=10.5, n=wide)]
    result = conforming_volume(teams, Rule("proportion", reference=80.0), total=600)
    assert result.sufficient is sufficient


@pytest.mark.parametrize(("ratio", "wide"), [(4.0, False), (4.01, True)])
def test_a_duration_is_too_wide_beyond_a_ratio_of_4(ratio: float, wide: bool) -> None:
    assert Rule("duration").too_wide(Team("a", 30, 0.0, -1.0, math.log(ratio) - 1.0)) is wide


def test_ten_points_on_each_side_are_not_too_wide() -> None:
    assert not Rule("mean").too_wide(team(80.0, reach=10.0))


# --- Small teams ---


def test_small_teams_are_pooled_by_department_where_they_reach_30_together() -> None:
    volumes = {"a": 30, "b": 20, "c": 10, "d": 29, "e": 20}
    departments = {"a": "IT", "b": "IT", "c": "IT", "d": "HR"}
    assert pooled_teams(volumes, departments) == {"a": "a", "b": "IT (small teams)", "c": "IT (small teams)"}
