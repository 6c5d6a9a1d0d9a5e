"""Method T: the improvement score of a monthly series (section 5.6, errata B12, B13, C4).

The seasonal form applies from 36 months only (B13, C4); series hold at most 24 months here, so it is
left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluators.statistics.arrays import FloatArray, IntArray

SeriesKind = Literal["share", "log_ratio", "score"]
"""share: percent 0-100; log_ratio: logarithms of observed/expected; score: any other positive number."""

FEWEST_POINTS = 9
"""Of the last 12 months."""
LONGEST_SERIES = 24
_FEWEST_HELD = 10
_YEAR = 12
_SIGNIFICANT = 1.645
"""One-sided 5 % point of the normal distribution."""
_LEAST_GAIN_SHARE = 1.5
_LEAST_GAIN_LOG = math.log(1.03)
_LEAST_GAIN_RELATIVE = 0.03
_CAP = 50.0
_PHI_RANGE = (0.2, 0.7)


@dataclass(frozen=True, eq=False)
class Ceiling:
    """The indicator a trend may be held at: its monthly values and the value where it is Fully achieved."""

    values: FloatArray
    """Available values of the last 12 months."""
    f_point: float
    """Value at 85 % achievement, `evaluators.achievement.f_point` of its anchors."""
    better_is_up: bool = True

    def reached(self) -> bool:
        """Say whether at least 10 of the last 12 monthly values reach the F point (erratum B12)."""
        sign = 1.0 if self.better_is_up else -1.0
        recent = np.round(sign * self.values[-_YEAR:], 9)
        return int(np.sum(recent >= round(sign * self.f_point, 9))) >= _FEWEST_HELD


@dataclass(frozen=True)
class TrendResult:
    """Whether a series gets better; z and slope are positive when it does."""

    score: float
    """0-100."""
    z: float
    z_guarded: float
    """z after the guard against autocorrelation."""
    slope_per_year: float
    """Sen slope of 12 months in the unit of the series, positive = better."""
    phi: float
    """Lag-1 autocorrelation that the guard assumed."""
    capped: bool
    """The score was cut to 50 because the gain is too small to matter."""
    held: bool
    """The score is 100 because excellence is held (ceiling rule)."""


def enough_months(months: IntArray, last_month: int) -> bool:
    """Say whether at least 9 of the 12 months up to `last_month` are there (calendar indices)."""
    recent = (months > last_month - _YEAR) & (months <= last_month)
    return int(np.sum(recent)) >= FEWEST_POINTS


def improvement(
    values: FloatArray,
    months: IntArray,
    *,
    kind: SeriesKind,
    better_is_up: bool = True,
    ceiling: Ceiling | None = None,
) -> TrendResult:
    """Score the improvement of monthly `values`; needs three points at least.

    `months` are ascending calendar indices, in which missing months leave gaps (erratum B12). The score is
    clip(100 z' / 1.645) of the guarded Mann-Kendall z', at most 50 where the Sen slope is too small to
    matter, and 100 where excellence is held and not lost.
    """
    if len(values) < 3:
        raise ValueError("a trend needs at least three points")
    oriented = np.asarray(values, dtype=np.float64) * (1.0 if better_is_up else -1.0)
    positions = np.asarray(months, dtype=np.float64)
    z = mann_kendall_z(oriented)
    slope, phi = _slope_and_phi(oriented, positions)
    guarded = z / math.sqrt((1 + phi) / (1 - phi))
    held = ceiling is not None and ceiling.reached() and guarded > -_SIGNIFICANT
    score = round(min(max(100 * guarded / _SIGNIFICANT, 0.0), 100.0), 9)
    small = round(slope * _YEAR, 9) < round(_least_gain(kind, values), 9)
    capped = small and score > _CAP and not held
    if held:
        score = 100.0
    return TrendResult(_CAP if capped else score, z, guarded, slope * _YEAR, phi, capped, held)


def mann_kendall_z(values: FloatArray) -> float:
    """Return the Mann-Kendall z with continuity and tie correction; 0 when all values are equal."""
    n = len(values)
    later, earlier = np.tril_indices(n, -1)
    score = float(np.sign(values[later] - values[earlier]).sum())
    _, ties = np.unique(values, return_counts=True)
    tied = float((ties * (ties - 1) * (2 * ties + 5)).sum())
    variance = (n * (n - 1) * (2 * n + 5) - tied) / 18
    if variance <= 0:
        return 0.0
    return (score - float(np.sign(score))) / math.sqrt(variance)


def _slope_and_phi(values: FloatArray, months: FloatArray) -> tuple[float, float]:
    """Return the Sen slope per month and the corrected, clipped autocorrelation of its residuals."""
    from scipy.stats import theilslopes

    slope = float(theilslopes(values, months).slope)
    residuals = values - slope * months
    residuals = residuals - np.median(residuals)
    raw = _lag_one(residuals, months)
    corrected = raw + (1 + 4 * raw) / len(values)
    return slope, min(max(corrected, _PHI_RANGE[0]), _PHI_RANGE[1])


def _lag_one(residuals: FloatArray, months: FloatArray) -> float:
    """Return the lag-1 autocorrelation over neighbouring months; a gap makes no pair."""
    power = float(np.sum(residuals**2))
    if power <= 1e-18:
        return 0.0
    neighbours = np.diff(months) == 1
    return float(np.sum(residuals[1:][neighbours] * residuals[:-1][neighbours])) / power


def _least_gain(kind: SeriesKind, values: FloatArray) -> float:
    """Return the yearly gain below which the score is capped (section 5.6, erratum B12)."""
    if kind == "share":
        return _LEAST_GAIN_SHARE
    if kind == "log_ratio":
        return _LEAST_GAIN_LOG
    return _LEAST_GAIN_RELATIVE * abs(float(np.median(values[:_YEAR])))
