"""Method T: the improvement score of a monthly series (section 5.6, errata B12, B13, C4).

The seasonal form applies from 36 months only (B13, C4); series hold at most 24 months here, so it is
left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluators.statistics.arrays import BoolArray, FloatArray, IntArray

SeriesKind = Literal["share", "log_ratio", "score"]
"""share: percent 0-100; log_ratio: logarithms of observed/expected; score: any other positive number."""

FEWEST_POINTS = 9
"""Of the last 12 months."""
FEWEST_QUARTERS = 6
"""Of the last 8 quarters."""
LONGEST_SERIES = 24
_FEWEST_HELD = 10
_YEAR = 12
SIGNIFICANT = 1.645
"""One-sided 5 % point of the normal distribution."""
_LEAST_GAIN_SHARE = 1.5
_LEAST_GAIN_LOG = math.log(1.03)
_LEAST_GAIN_RELATIVE = 0.03
CAP = 50.0
"""Highest score of a gain too small to matter, or bought with something else."""
_PHI_RANGE = (0.2, 0.7)
_NO_POWER = 1e-18


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
        return bool(reached(self.values[None, :], self.f_point, better_is_up=self.better_is_up)[0])


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


def improvement(
    values: FloatArray,
    months: IntArray,
    *,
    kind: SeriesKind,
    better_is_up: bool = True,
    ceiling: Ceiling | None = None,
    a_year: int = _YEAR,
) -> TrendResult:
    """Score the improvement of monthly `values`; needs three points at least.

    `months` are ascending calendar indices, in which missing months leave gaps (erratum B12), or of other
    periods of which there are `a_year`. The score is
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
    held = ceiling is not None and ceiling.reached() and guarded > -SIGNIFICANT
    score = round(min(max(100 * guarded / SIGNIFICANT, 0.0), 100.0), 9)
    small = round(slope * a_year, 9) < round(_least_gain(kind, values[:a_year]), 9)
    capped = small and score > CAP and not held
    if held:
        score = 100.0
    return TrendResult(CAP if capped else score, z, guarded, slope * a_year, phi, capped, held)


def reached(values: FloatArray, f_point: float, *, better_is_up: bool) -> BoolArray:
    """Say for each row of monthly values whether 10 of the last 12 reach the F point (erratum B12)."""
    sign = 1.0 if better_is_up else -1.0
    good = np.round(sign * values[:, -_YEAR:], 9) >= round(sign * f_point, 9)
    return np.asarray(good.sum(axis=1) >= _FEWEST_HELD)


def improvement_scores(
    values: FloatArray,
    months: IntArray,
    held: BoolArray,
    *,
    kind: SeriesKind,
    better_is_up: bool = True,
    a_year: int = _YEAR,
) -> FloatArray:
    """Return the score of `improvement` for each row of resampled values, shape (rows, periods).

    `held` says of each row whether its ceiling is reached.
    """
    oriented = np.asarray(values, dtype=np.float64) * (1.0 if better_is_up else -1.0)
    positions = np.asarray(months, dtype=np.float64)
    later, earlier = np.tril_indices(oriented.shape[1], -1)
    gains = oriented[:, later] - oriented[:, earlier]
    slope = np.median(gains / (positions[later] - positions[earlier]), axis=1)
    phi = _phis(oriented, slope, positions)
    guarded = _mann_kendall_zs(oriented, gains) / np.sqrt((1 + phi) / (1 - phi))
    score = np.round(np.clip(100 * guarded / SIGNIFICANT, 0.0, 100.0), 9)
    small = np.round(slope * a_year, 9) < np.round(_least_gains(kind, values[:, :a_year]), 9)
    capped = np.where(small, np.minimum(score, CAP), score)
    return np.asarray(np.where(held & (guarded > -SIGNIFICANT), 100.0, capped), dtype=np.float64)


def _mann_kendall_zs(values: FloatArray, gains: FloatArray) -> FloatArray:
    """Return the Mann-Kendall z of each row, `gains` being its later values less its earlier ones."""
    n = values.shape[1]
    score = np.sign(gains).sum(axis=1)
    tied = np.zeros(len(values))
    for row in np.flatnonzero((gains == 0).any(axis=1)).tolist():
        _, ties = np.unique(values[row], return_counts=True)
        tied[row] = (ties * (ties - 1) * (2 * ties + 5)).sum()
    variance = (n * (n - 1) * (2 * n + 5) - tied) / 18
    known = variance > 0
    z = (score - np.sign(score)) / np.sqrt(np.where(known, variance, 1.0))
    return np.asarray(np.where(known, z, 0.0), dtype=np.float64)


def _phis(values: FloatArray, slope: FloatArray, months: FloatArray) -> FloatArray:
    """Return the corrected, clipped autocorrelation of the residuals of each row."""
    residuals = values - slope[:, None] * months
    residuals = residuals - np.median(residuals, axis=1)[:, None]
    power = (residuals**2).sum(axis=1)
    neighbours = np.diff(months) == 1
    products = (residuals[:, 1:] * residuals[:, :-1])[:, neighbours].sum(axis=1)
    raw = np.where(power > _NO_POWER, products / np.where(power > _NO_POWER, power, 1.0), 0.0)
    return np.asarray(np.clip(raw + (1 + 4 * raw) / values.shape[1], *_PHI_RANGE), dtype=np.float64)


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
    if power <= _NO_POWER:
        return 0.0
    neighbours = np.diff(months) == 1
    return float(np.sum(residuals[1:][neighbours] * residuals[:-1][neighbours])) / power


def _least_gain(kind: SeriesKind, baseline: FloatArray) -> float:
    """Return the yearly gain below which the score is capped (section 5.6, erratum B12)."""
    return float(_least_gains(kind, baseline[None, :])[0])


def _least_gains(kind: SeriesKind, baselines: FloatArray) -> FloatArray:
    """Return `_least_gain` of each row."""
    if kind == "score":
        return np.asarray(_LEAST_GAIN_RELATIVE * np.abs(np.median(baselines, axis=1)), dtype=np.float64)
    return np.full(len(baselines), _LEAST_GAIN_SHARE if kind == "share" else _LEAST_GAIN_LOG)
