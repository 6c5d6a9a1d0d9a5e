"""Intervals around a measured value, 95 % unless said (section 5.3)."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from evaluators.statistics.arrays import FloatArray

_MEDIAN_REACH = 0.98
"""Half of 1.96: ranks n/2 ∓ 0.98 √n hold the median in 95 % of samples."""


def wilson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson interval of a proportion, as proportions 0-1 (method P).

    Without trials nothing is known: (0, 1).
    """
    low, high = wilson_many([successes], [trials], confidence)
    return float(low[0]), float(high[0])


def wilson_many(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper Wilson bounds of many proportions at once."""
    hits, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    safe = np.maximum(n, 1.0)
    share = hits / safe
    centre = (share + z**2 / (2 * safe)) / (1 + z**2 / safe)
    reach = z * np.sqrt(share * (1 - share) / safe + z**2 / (4 * safe**2)) / (1 + z**2 / safe)
    known = n > 0
    # At 0 and at n the bound is 0 and 1 exactly; floats miss it by one in the last place.
    low = np.where(known & (hits > 0), np.clip(centre - reach, 0.0, 1.0), 0.0)
    high = np.where(known & (hits < n), np.clip(centre + reach, 0.0, 1.0), 1.0)
    return low, high


def median_ranks(n: int) -> tuple[int, int]:
    """Return the 1-based ranks whose values enclose the median of `n` (method Q).

    The lower is ceil(n/2 - 0.98 √n), at least 1 (erratum A14); the upper mirrors it, at most n.
    """
    lower = max(1, math.ceil(n / 2 - _MEDIAN_REACH * math.sqrt(n)))
    return lower, n + 1 - lower


def median_interval(sorted_values: FloatArray) -> tuple[float, float]:
    """Return the order statistics that enclose the median of ascending, non-empty values (method Q)."""
    lower, upper = median_ranks(len(sorted_values))
    return float(sorted_values[lower - 1]), float(sorted_values[upper - 1])


def percentile_interval(draws: FloatArray, confidence: float = 0.95) -> tuple[float, float]:
    """Return the central interval of resampled values, NaN ignored (method B)."""
    outside = round(50 * (1 - confidence), 9)
    low, high = np.nanpercentile(draws, [outside, 100 - outside])
    return float(low), float(high)


def expanded(blocks: int, confidence: float = 0.95) -> float:
    """Return the confidence to take percentiles at so that a bootstrap of few blocks holds what it promises.

    A resample of k blocks varies by (k - 1)/k of what a sample does, and k blocks tell their own variance as
    badly as Student's t knows: the plain percentiles miss on both counts. The expanded ones stand at
    Φ(∓ √(k/(k-1)) · t) with the quantile t of k - 1 degrees of freedom. Source: the "expanded percentile
    interval" of Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69
    (2015) 371-386.
    """
    from scipy.special import ndtr, stdtrit

    reach = math.sqrt(blocks / (blocks - 1)) * float(stdtrit(blocks - 1, 0.5 + confidence / 2))
    return 2 * float(ndtr(reach)) - 1


def half_width(low: float, high: float) -> float:
    """Return (upper - lower) / 2 (erratum B7)."""
    return (high - low) / 2
