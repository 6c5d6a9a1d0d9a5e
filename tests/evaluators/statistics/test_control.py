from __future__ import annotations

import numpy as np
import pytest

from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.control import ControlResult, in_control
from tests.evaluators.statistics.series import autoregressive

WEEKS = 52
SERIES = 3_000


def judged(values: FloatArray) -> ControlResult:
    result = in_control(values)
    assert result is not None
    return result


def mean_share(series: FloatArray) -> float:
    return float(np.mean([judged(values).share for values in series]))


def calm_first_half() -> list[float]:
    return [0.0, 1.0] * 13


def test_the_first_half_sets_centre_and_sigma() -> None:
    result = judged(np.array(calm_first_half() + [5.0] * 27))
    assert (result.centre, result.sigma, result.first_judged) == (0.5, 1 / 0.954, 26)
    assert len(result.bad) == 27


def test_a_point_above_three_sigma_is_bad() -> None:
    second = [0.0, 1.0] * 12 + [0.0, 3.7]
    result = judged(np.array(calm_first_half() + second))
    assert result.bad.nonzero()[0].tolist() == [25]
    assert result.share == pytest.approx(25 / 26)


def test_a_point_below_is_never_bad() -> None:
    assert judged(np.array(calm_first_half() + [-9.0] * 26)).share == 1.0


def test_all_points_of_a_run_of_eight_are_bad() -> None:
    second = [0.0] * 10 + [1.0] * 8 + [0.0] * 8
    assert judged(np.array(calm_first_half() + second)).bad.nonzero()[0].tolist() == list(range(10, 18))


def test_a_run_of_seven_is_not_bad() -> None:
    second = [0.0] * 10 + [1.0] * 7 + [0.0] * 9
    assert judged(np.array(calm_first_half() + second)).share == 1.0


def test_a_run_starts_within_the_second_half() -> None:
    first = [0.0, 1.0] * 9 + [0.0] * 4 + [1.0] * 4
    second = [1.0] * 7 + [0.0] * 19
    assert judged(np.array(first + second)).share == 1.0


def test_a_first_half_that_does_not_vary_cannot_judge() -> None:
    assert in_control(np.array([1.0] * 26 + [0.0, 9.0] * 13)) is None


def test_too_few_points_cannot_judge() -> None:
    assert in_control(np.array([1.0, 2.0, 3.0])) is None


def test_stable_series_are_97_percent_in_control() -> None:
    shares = [judged(v).share for v in autoregressive(np.random.default_rng(1), SERIES, WEEKS)]
    assert np.mean(shares) == pytest.approx(0.97, abs=0.01)
    assert np.mean(shares) >= 0.96
    assert np.mean(np.array(shares) < 0.90) <= 0.10


def test_mildly_autocorrelated_series_are_92_percent_in_control() -> None:
    series = autoregressive(np.random.default_rng(2), SERIES, WEEKS, phi=0.3)
    assert mean_share(series) == pytest.approx(0.92, abs=0.02)


@pytest.mark.parametrize(("shift", "expected"), [(1.0, 0.76), (2.0, 0.50)])
def test_a_shift_in_the_last_quarter_is_found(shift: float, expected: float) -> None:
    series = autoregressive(np.random.default_rng(3), SERIES, WEEKS)
    series[:, 39:] += shift
    assert mean_share(series) == pytest.approx(expected, abs=0.02)


def test_steady_improvement_is_in_control() -> None:
    series = autoregressive(np.random.default_rng(4), 500, WEEKS) - np.linspace(0, 3, WEEKS)
    assert mean_share(series) == pytest.approx(1.0, abs=0.005)
