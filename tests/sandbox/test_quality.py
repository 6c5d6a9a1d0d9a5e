"""What quality is asked for, and what level it makes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.organisation import Quality
from sandbox.organisation.anchors import (
    ANCHORS,
    ATTRIBUTES,
    EVERY,
    PRACTICES,
    attribute_achievements,
    level_of,
)
from storage.errors import UsageError

BANDS = {-1: 0.97, 0: 0.78, 1: 0.28}


@pytest.mark.parametrize("level", range(1, 6))
@pytest.mark.parametrize("seed", [1, 2])
def test_a_quality_of_a_level_lies_in_the_middle_of_its_band(level: int, seed: int) -> None:
    quality = Quality.of_level(level, seed)
    for name, anchor in ANCHORS.items():
        distance = max(-1, int(anchor.attribute[0]) - level)
        middle = BANDS.get(distance, 0.08)
        assert quality.attributes[anchor.attribute] == middle
        assert abs(quality.achievement(name) - middle) <= 0.06 + 1e-9


@settings(derandomize=True, max_examples=50)
@given(level=st.integers(1, 5), seed=st.integers(0, 10_000))
def test_a_quality_of_a_level_reaches_exactly_that_level(level: int, seed: int) -> None:
    quality = Quality.of_level(level, seed)
    achieved = attribute_achievements({name: quality.achievement(name) for name in ANCHORS})
    assert level_of(achieved) == level


@settings(derandomize=True, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_the_attributes_of_a_random_quality_decrease(seed: int) -> None:
    values = list(Quality.random(seed).attributes.values())
    assert values == sorted(values, reverse=True)


def test_an_indicator_may_differ_from_its_attribute() -> None:
    quality = Quality(dict.fromkeys(ATTRIBUTES, 0.5), {"inc-ping-pong-rate": 0.9})
    assert quality.achievement("inc-ping-pong-rate") == 0.9
    assert quality.achievement("inc-first-assignment-resolution") == 0.5


@pytest.mark.parametrize("attributes", [{}, dict.fromkeys(ATTRIBUTES, 1.1), {"9.9": 0.5}])
def test_a_quality_that_is_none_is_refused(attributes: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Quality(attributes)


def test_a_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError):
        Quality.of_level(6, seed=1)


@settings(derandomize=True, max_examples=50)
@given(achievement=st.floats(0, 1), name=st.sampled_from(sorted(EVERY)))
def test_the_raw_value_of_an_achievement_scores_that_achievement(achievement: float, name: str) -> None:
    anchor = EVERY[name]
    assert anchor.achievement(anchor.value(achievement)) == pytest.approx(achievement, abs=1e-8)


def test_one_weak_indicator_keeps_an_attribute_from_being_fully_achieved() -> None:
    achieved = dict.fromkeys(ANCHORS, 1.0) | {"inc-ping-pong-rate": 0.4}
    assert attribute_achievements(achieved)["4.2"] == pytest.approx(0.8)
    achieved["inc-ping-pong-rate"] = 0.1
    assert attribute_achievements(achieved)["4.2"] == 0.5


def test_there_are_nine_practices_with_128_indicators_and_a_core_one_in_every_attribute() -> None:
    assert len(PRACTICES) == 9
    assert len(EVERY) == 128
    for indicators in PRACTICES.values():
        assert {each.attribute for each in indicators.values() if each.core} == set(ATTRIBUTES)


@pytest.mark.parametrize("level", range(1, 6))
def test_a_quality_everywhere_reaches_its_level_in_every_practice(level: int) -> None:
    quality = Quality.everywhere(level, seed=7)
    assert set(quality.practices) == set(PRACTICES) - {"incident"}
    for indicators in PRACTICES.values():
        achieved = attribute_achievements({name: quality.achievement(name) for name in indicators})
        assert level_of(achieved) == level


def test_a_practice_may_have_a_level_of_its_own_and_leaves_incident_management_alone() -> None:
    quality = Quality.of_levels({"incident": 2, "release": 4}, seed=3)
    assert quality.practices["release"]["4.1"] == 0.78
    alone = Quality.of_level(2, seed=3)
    for name in ANCHORS:
        assert quality.achievement(name) == alone.achievement(name)


def test_a_random_quality_everywhere_has_that_of_incident_management_alone_in_it() -> None:
    everywhere, alone = Quality.random_everywhere(9), Quality.random(9)
    assert everywhere.attributes == alone.attributes
    for attributes in everywhere.practices.values():
        values = list(attributes.values())
        assert values == sorted(values, reverse=True)


def test_a_practice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError):
        Quality.of_levels({"cooking": 3}, seed=1)


def test_an_indicator_of_a_practice_that_is_not_asked_for_is_refused() -> None:
    with pytest.raises(UsageError):
        Quality(dict.fromkeys(ATTRIBUTES, 0.5), {"prb-throughput": 0.5})
