from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.trend import (
    Ceiling,
    SeriesKind,
    TrendResult,
    improvement,
    mann_kendall_z,
)
from tests.evaluators.statistics.series import autoregressive


def scored(values: list[float], kind: SeriesKind = "share", *, better_is_up: bool = True) -> TrendResult:
    return improvement(np.array(values), np.arange(len(values)), kind=kind, better_is_up=better_is_up)


def results(series: FloatArray, kind: SeriesKind) -> list[TrendResult]:
    months = np.arange(series.shape[1])
    return [improvement(values, months, kind=kind) for values in series]


# --- Mann-Kendall ---


def test_z_of_a_rising_series_follows_the_formula() -> None:
    assert mann_kendall_z(np.arange(12.0)) == pytest.approx((66 - 1) / math.sqrt(12 * 11 * 29 / 18))


def test_z_corrects_for_ties() -> None:
    values = np.array([1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 4.0, 4.0])
    score = 28 - 1 - 3 - 1
    variance = (8 * 7 * 21 - 2 * 1 * 9 - 3 * 2 * 11 - 2 * 1 * 9) / 18
    assert mann_kendall_z(values) == pytest.approx((score - 1) / math.sqrt(variance))


def test_z_of_a_falling_series_is_the_negative() -> None:
    values = np.array([3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0])
    assert mann_kendall_z(-values) == -mann_kendall_z(values)


def test_z_of_equal_values_is_0() -> None:
    assert mann_kendall_z(np.full(12, 7.0)) == 0.0


def test_z_counts_as_kendalls_tau_does() -> None:
    values = autoregressive(np.random.default_rng(1), 1, 15)[0]
    score = kendalltau(np.arange(15), values).statistic * 105
    assert mann_kendall_z(values) == pytest.approx((score - np.sign(score)) / math.sqrt(15 * 14 * 35 / 18))


# --- Score ---


def test_a_clear_rise_scores_100() -> None:
    result = scored([70 + month for month in range(24)])
    assert (result.score, result.capped, result.held) == (100.0, False, False)
    assert result.slope_per_year == pytest.approx(12.0)


def test_a_decline_scores_0() -> None:
    assert scored([90.0 - month for month in range(24)]).score == 0.0


def test_falling_is_improvement_where_lower_is_better() -> None:
    result = scored([30.0 - month for month in range(24)], better_is_up=False)
    assert result.score == 100.0
    assert result.slope_per_year == pytest.approx(12.0)


def test_equal_values_score_0() -> None:
    assert scored([80.0] * 12).score == 0.0


@pytest.mark.parametrize(
    ("kind", "start", "least"),
    [("share", 80.0, 1.5), ("log_ratio", 0.0, math.log(1.03)), ("score", 40.0, 0.03 * 40.0)],
)
def test_a_gain_too_small_to_matter_scores_50_at_most(kind: SeriesKind, start: float, least: float) -> None:
    offset = 0.0 if kind != "score" else -5.5 / 12 * least
    small = scored([start + offset + 0.98 * least / 12 * month for month in range(12)], kind)
    enough = scored([start + offset + 1.02 * least / 12 * month for month in range(12)], kind)
    assert (small.score, small.capped) == (50.0, True)
    assert (enough.score, enough.capped) == (100.0, False)


def test_the_baseline_is_the_median_of_the_first_twelve_months() -> None:
    values = [10.0 + 0.001 * month for month in range(12)] + [1000.0 + month for month in range(12)]
    assert not scored(values, "score").capped


def test_missing_months_keep_their_place_in_the_slope() -> None:
    months = np.array([0, 1, 2, 6, 7, 8, 12, 13, 14])
    result = improvement(70 + 0.5 * months, months, kind="share")
    assert result.slope_per_year == pytest.approx(6.0)


def test_the_guard_weakens_z_at_least_as_for_an_autocorrelation_of_two_tenths() -> None:
    result = scored([70 + month + (-1) ** month for month in range(24)])
    assert result.phi == 0.2
    assert result.z_guarded == pytest.approx(result.z / math.sqrt(1.5))


def test_strong_autocorrelation_is_guarded_up_to_seven_tenths() -> None:
    result = scored([70 + 5 * math.sin(month / 4) for month in range(24)])
    assert result.phi == 0.7


def test_a_trend_needs_three_points() -> None:
    with pytest.raises(ValueError, match="three points"):
        scored([1.0, 2.0])


# --- Ceiling ---


def held_at(values: list[float], *, f_point: float = 91.25) -> TrendResult:
    steady = np.array([91.0, 92.0] * 12)
    return improvement(steady, np.arange(24), kind="share", ceiling=Ceiling(np.array(values), f_point))


def test_excellence_held_scores_100() -> None:
    result = held_at([80.0, 80.0] + [91.25] * 10)
    assert (result.score, result.held, result.capped) == (100.0, True, False)


def test_nine_good_months_do_not_hold_excellence() -> None:
    assert not held_at([80.0] * 3 + [95.0] * 9).held


def test_months_before_the_last_twelve_do_not_hold_excellence() -> None:
    assert not held_at([95.0] * 12 + [80.0] * 12).held


def test_excellence_being_lost_is_not_held() -> None:
    falling = np.linspace(99, 92, 24)
    result = improvement(falling, np.arange(24), kind="share", ceiling=Ceiling(falling, 91.25))
    assert (result.score, result.held) == (0.0, False)


def test_a_low_value_reaches_the_f_point_where_lower_is_better() -> None:
    assert Ceiling(np.full(12, 3.0), 5.0, better_is_up=False).reached()
    assert not Ceiling(np.full(12, 6.0), 5.0, better_is_up=False).reached()


# --- Validity (section 8.2) ---


@pytest.mark.parametrize("months", [12, 24])
@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6])
def test_at_most_7_percent_of_stable_series_look_improved(months: int, phi: float) -> None:
    series = autoregressive(np.random.default_rng(5), 1_000, months, phi)
    significant = [result.z_guarded > 1.645 for result in results(series, "log_ratio")]
    assert np.mean(significant) <= 0.07


def test_five_points_over_24_months_are_found_in_60_percent() -> None:
    share = np.linspace(0.80, 0.85, 24)
    series = np.random.default_rng(6).binomial(200, share, size=(1_000, 24)) / 2.0
    found = results(series, "share")
    assert np.mean([result.z_guarded > 1.645 for result in found]) >= 0.60
    assert np.mean([result.score > 50 for result in found]) >= 0.80
