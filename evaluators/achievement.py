"""From an indicator's value to its achievement and rating (section 5.2, erratum B14)."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from evaluators.statistics.arrays import FloatArray

Scale = Literal["linear", "log"]
Rating = Literal["N", "P", "L", "F", "NE"]

NOT_UP_TO = 0.15
"""N up to and including this achievement."""
PARTLY_UP_TO = 0.50
LARGELY_UP_TO = 0.85
"""Above it an attribute or indicator is Fully achieved."""
_SMALLEST = 1e-9
"""Stands in for values at or below zero on a logarithmic scale."""


def rounded(achievement: float) -> float:
    """Round to 9 decimals, as before every comparison (erratum B14)."""
    return round(achievement, 9)


def achievement(value: float, zero: float, full: float, scale: Scale = "linear") -> float:
    """Return clip((x - x0)/(x100 - x0), 0, 1), rounded to 9 decimals; on logarithms for scale "log".

    `zero` and `full` are the values of 0 % and 100 %; either may be the larger. On a logarithmic scale values
    at or below zero count as the smallest there is.
    """
    x, x0, x100 = (_on_scale(number, scale) for number in (value, zero, full))
    return rounded(min(max((x - x0) / (x100 - x0), 0.0), 1.0))


def achievements(values: FloatArray, zero: float, full: float, scale: Scale = "linear") -> FloatArray:
    """Return `achievement` of many values at once, as for the draws of an indicator; NaN stays NaN."""
    x0, x100 = _on_scale(zero, scale), _on_scale(full, scale)
    x: FloatArray = np.log(np.maximum(values, _SMALLEST)) if scale == "log" else values
    scaled: FloatArray = np.clip((x - x0) / (x100 - x0), 0.0, 1.0)
    return np.round(scaled, 9)


def value_at(achievement: float, zero: float, full: float, scale: Scale = "linear") -> float:
    """Return the value at which `achievement` (0-1) is reached: the inverse of `achievement`."""
    x0, x100 = _on_scale(zero, scale), _on_scale(full, scale)
    x = x0 + achievement * (x100 - x0)
    return math.exp(x) if scale == "log" else x


def f_point(zero: float, full: float, scale: Scale = "linear") -> float:
    """Return the value where Fully begins, at 85 % achievement (ceiling rule, section 5.6)."""
    return value_at(LARGELY_UP_TO, zero, full, scale)


def rating(achievement: float | None) -> Rating:
    """Return N <= 15 < P <= 50 < L <= 85 < F of an achievement 0-1; NE where there is none."""
    if achievement is None:
        return "NE"
    exact = rounded(achievement)
    if exact <= NOT_UP_TO:
        return "N"
    if exact <= PARTLY_UP_TO:
        return "P"
    return "L" if exact <= LARGELY_UP_TO else "F"


def _on_scale(number: float, scale: Scale) -> float:
    return math.log(max(number, _SMALLEST)) if scale == "log" else number
