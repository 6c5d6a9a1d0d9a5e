from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.achievement import Scale, achievement, achievements, f_point, rating, value_at

ANCHORS = [(50.0, 95.0, "linear"), (20.0, 3.0, "linear"), (8.0, 1.0, "log"), (0.5, 0.95, "linear")]


def test_achievement_is_the_share_of_the_way_between_the_anchors() -> None:
    assert achievement(72.5, 50, 95) == 0.5


def test_lower_is_better_when_the_full_anchor_is_the_smaller() -> None:
    assert achievement(10.87, 20, 3) == pytest.approx(0.537, abs=0.0005)


def test_a_logarithmic_scale_halves_at_the_geometric_mean() -> None:
    assert achievement(math.sqrt(8), 8, 1, "log") == 0.5


def test_zero_on_a_falling_logarithmic_scale_is_full() -> None:
    assert achievement(0.0, 8, 1, "log") == 1.0


@pytest.mark.parametrize(("value", "expected"), [(10.0, 0.0), (99.0, 1.0)])
def test_achievement_stays_between_0_and_1(value: float, expected: float) -> None:
    assert achievement(value, 50, 95) == expected


@given(st.floats(0, 1), st.sampled_from(ANCHORS))
@settings(max_examples=200, derandomize=True)
def test_value_at_is_the_inverse(share: float, anchors: tuple[float, float, Scale]) -> None:
    assert achievement(value_at(share, *anchors), *anchors) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("anchors", ANCHORS)
def test_many_values_are_rated_as_one_by_one(anchors: tuple[float, float, Scale]) -> None:
    values = np.linspace(0.01, 110, 500)
    assert achievements(values, *anchors) == pytest.approx([achievement(v, *anchors) for v in values])


def test_a_draw_without_value_has_no_achievement() -> None:
    assert np.isnan(achievements(np.array([np.nan]), 50, 95)[0])


@pytest.mark.parametrize(
    ("share", "letter"),
    [
        (None, "NE"),
        (0.0, "N"),
        (0.15, "N"),
        (0.15 + 4e-10, "N"),
        (0.150000001, "P"),
        (0.5, "P"),
        (0.51, "L"),
        (0.85, "L"),
        (0.85 + 1e-12, "L"),
        (0.850000001, "F"),
        (1.0, "F"),
    ],
)
def test_bands_end_at_15_50_and_85_percent(share: float | None, letter: str) -> None:
    assert rating(share) == letter


@pytest.mark.parametrize("zero", range(0, 60, 3))
@pytest.mark.parametrize("full", [80, 85, 90, 95, 97, 98])
def test_a_value_on_a_band_edge_stays_in_the_lower_band(zero: int, full: int) -> None:
    edges = [zero + share * (full - zero) for share in (0.15, 0.50, 0.85)]
    assert [rating(achievement(edge, zero, full)) for edge in edges] == ["N", "P", "L"]


def test_the_f_point_is_where_fully_begins() -> None:
    point = f_point(70, 95)
    assert rating(achievement(point, 70, 95)) == "L"
    assert rating(achievement(point + 0.001, 70, 95)) == "F"
