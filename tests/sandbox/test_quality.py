"""What quality is asked for, and what level it makes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.organisation import Quality
from sandbox.organisation.anchors import ANCHORS, ATTRIBUTES, attribute_achievements, level_of
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
@given(achievement=st.floats(0, 1), name=st.sampled_from(sorted(ANCHORS)))
def test_the_raw_value_of_an_achievement_scores_that_achievement(achievement: float, name: str) -> None:
    anchor = ANCHORS[name]
    assert anchor.achievement(anchor.value(achievement)) == pytest.approx(achievement, abs=1e-8)


def test_one_weak_indicator_keeps_an_attribute_from_being_fully_achieved() -> None:
    achieved = dict.fromkeys(ANCHORS, 1.0) | {"inc-ping-pong-rate": 0.4}
    assert attribute_achievements(achieved)["4.2"] == pytest.approx(0.8)
    achieved["inc-ping-pong-rate"] = 0.1
    assert attribute_achievements(achieved)["4.2"] == 0.5
